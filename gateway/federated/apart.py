"""Departments on hosts of their own: a SuperLink at the office, a SuperNode at each department, files between them.

    office        the SuperLink, by a name that other hosts call it by; its certificate goes to every department
    department    a key for its SuperNode and a statement about it (``vouch``), which goes to the office
    office        the statement is checked against the chain and kept; the node is admitted (``admit``)
    department    the SuperNode, with the certificate; its own node beside it (``joined``)

Neither file is secret. Nobody reads the files of another: what a department is in a run for is decided by its node and
the chain, and what the office admits rests on a statement that only the department could sign.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from federated.flower.anchored import Anchored
from federated.flower.credentials import require_in_date
from federated.flower.programs import Link, Node
from gateway.federated.places import Place, courier_socket, known_port, link_directory, node_directory, read_place
from gateway.federated.processes import link_programs, node_programs
from gateway.federated.settling import settle
from gateway.federated.standing import standings
from gateway.federated.vouching import StandingOf, read_statement, require_vouched, vouch
from gateway.federated.vouching import admit as register
from gateway.network.supervising import Processes, Program
from ledger.errors import BackendError, InvalidRecord, NotAuthorized, NotFound, VerificationError
from mpc.node.config import NodeConfig
from mpc.node.whole import write_whole

Say = Callable[[str], None]
PATIENCE_S, AGAIN_S = 75.0, 5.0
"""A SuperLink takes a node whose process was killed for connected until it has missed its heartbeats for a minute."""


@contextmanager
def linked(office: NodeConfig, name: str, logs: Path, say: Say, *, port: int = 0) -> Iterator[Processes]:
    """Run an office's SuperLink, and admit the nodes whose statements it keeps.

    Args:
        name: host name or address by which departments call it; empty: only this machine can.
        port: 0 for the one it had before, or a free one.

    Raises:
        Conflict: its certificate is for another name.
    """
    now, link = datetime.now(UTC), Link(link_directory(office), port or known_port(office), name)
    link.prepare(now)
    Place(link, {}).write()  # nobody is connected until nodes are admitted, whatever the SuperLink remembers
    with Processes(link_programs(link, logs), say) as running:
        with Place(link, {}).control() as control:
            for number in settle(control):
                say(f"run {number} was cut off with the last SuperLink: stopped; ask for its job again and it goes on")
        _register(office, link, standings(office), say)
        yield running


def admit(office: NodeConfig, path: Path, say: Say, standing_of: StandingOf | None = None) -> Anchored:
    """Keep a department's statement, and admit its node: at once where the SuperLink runs, else when it starts.

    Raises:
        NotFound, InvalidRecord: no statement. NotAuthorized: out of date, not anchored, or replaced.
        VerificationError: not the department's.
    """
    found, looked_up = read_statement(path), standing_of or standings(office)
    require_vouched([found], looked_up, datetime.now(UTC))
    write_whole(_statements(office) / f"{found.statement.party}.json", found.encode())
    try:
        _register(office, read_place(office).link, looked_up, say)
    except (BackendError, NotFound) as gone:
        say(f"kept; {gone}: the node is admitted when the SuperLink starts")
    return found


def vouched(config: NodeConfig, output: Path, *, is_anew: bool = False) -> Anchored:
    """Make a department's statement about its node's key, or renew it, anchor it, and write it for the office.

    Args:
        is_anew: about another key; the one before stands no longer.
    """
    found = vouch(config, datetime.now(UTC), is_anew=is_anew)
    write_whole(output, found.encode())
    return found


@contextmanager
def joined(
    config: NodeConfig, address: str, certificate: Path, logs: Path, say: Say, *, patience_s: float = PATIENCE_S
) -> Iterator[Processes]:
    """Run a department's SuperNode beside its node.

    Args:
        address: host and port of the SuperLink. certificate: the SuperLink's own, as the office handed it out.
        patience_s: how long it is begun again where it is not admitted yet.

    Raises:
        InvalidRecord: no address. NotAuthorized: the certificate is out of date. BackendError: not admitted, or nobody
            answers there.
    """
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise InvalidRecord(f"flower link: an address as host:port expected, got {address[:60]!r}")
    now, directory = datetime.now(UTC), node_directory(config)
    vouch(config, now)
    own = directory / "link.crt"
    require_in_date(certificate.read_bytes(), now)
    if certificate.resolve() != own.resolve():
        shutil.copyfile(certificate, own)
    node = Node(directory, config.party, courier_socket(config), address, own)
    node.prepare(now)
    with ExitStack() as stack:
        yield _admitted(stack, node_programs([node], logs), say, time.monotonic() + patience_s)


def _admitted(stack: ExitStack, programs: Sequence[Program], say: Say, until: float) -> Processes:
    """Start a SuperNode, over and over until it is let in; raises BackendError with why it is not."""
    told = ""
    while True:
        try:
            return stack.enter_context(Processes(programs, say))
        except BackendError as fault:
            if time.monotonic() >= until:
                raise
            if told != (told := str(fault)):
                say(f"{fault}; tries again")
            time.sleep(AGAIN_S)


def _register(office: NodeConfig, link: Link, standing_of: StandingOf, say: Say) -> None:
    """Admit the nodes of all statements that stand, and nobody else."""
    good, now = list[Anchored](), datetime.now(UTC)
    for path in sorted(_statements(office).glob("*.json")):
        try:
            good += require_vouched([read_statement(path)], standing_of, now)
        except (NotAuthorized, VerificationError, InvalidRecord) as fault:
            say(f"{path.stem} is not admitted: {fault}")
    with Place(link, {}).control() as control:
        nodes = register(control, good, standing_of, now)
    Place(link, nodes).write()


def _statements(office: NodeConfig) -> Path:
    return link_directory(office) / "statements"
