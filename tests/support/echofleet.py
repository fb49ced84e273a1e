"""A Flower deployment of some departments whose nodes are echoes: SuperLink, SuperNodes and executors as processes."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from federated.courier.client import Refusal
from federated.courier.message import BEGIN, COLLECT, Message, Replies, Wave, parse_message, parse_replies, parse_wave
from federated.courier.server import CourierServer
from federated.flower import bundle
from federated.flower.apps import write_roster
from federated.flower.control import Control, RunState
from federated.flower.credentials import create_key
from federated.flower.programs import Link, Node
from gateway.federated.processes import link_programs, node_programs
from gateway.network.supervising import Processes

RUN = bytes(range(32))
WAIT_S = 240.0


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in sockets:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in sockets]


def echo(asked: Message, _: bytes) -> bytes:
    """A department's answer: what it was asked, backwards."""
    return asked.body[::-1]


def refusing(asked: Message, _: bytes) -> bytes:
    """A department that answers nothing."""
    raise Refusal("authorization: revoked", "the authorization was revoked")


@dataclass
class Script:
    """The office's node: asks for the given bodies, one wave each, and notes what came back and when."""

    parties: Sequence[str]
    bodies: Sequence[bytes]
    deadline_s: int = 120
    replies: list[Mapping[str, bytes]] = field(default_factory=list)
    missing: list[Mapping[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    apps: set[bytes] = field(default_factory=set)

    def __call__(self, asked: Message, app: bytes) -> bytes:
        self.apps.add(app)
        self.times.append(time.monotonic())
        if asked.step != BEGIN:
            found = parse_replies(asked.body)
            if found.number == len(self.replies) + 1:
                self.replies.append(found.bodies)
                self.missing.append(found.missing)
        number = len(self.replies) + 1
        if number > len(self.bodies):
            return Wave(RUN, 1, number, 0, {}, "done").encode()
        messages = {p: Message(RUN, 1, number, "round", self.bodies[number - 1]).encode() for p in self.parties}
        return Wave(RUN, 1, number, self.deadline_s, messages).encode()


@dataclass
class NearOffice:
    """The office's node, called in this process."""

    script: Script

    def begin(self, run: bytes) -> Wave:
        return parse_wave(self.script(Message(run, 0, 0, BEGIN, b""), b""))

    def collect(self, wave: Wave, bodies: Mapping[str, bytes], missing: Mapping[str, str]) -> Wave:
        replies = Replies(wave.run, wave.attempt, wave.number, bodies, missing)
        return parse_wave(self.script(Message(wave.run, wave.attempt, wave.number, COLLECT, replies.encode()), b""))


def near(answering: Callable[[Message, bytes], bytes]) -> Callable[[bytes], bytes]:
    """A department's node, called in this process."""
    return lambda data: answering(parse_message(data), b"")


@dataclass
class Fleet:
    """What runs. nodes: the Flower node of each department."""

    link: Link
    parties: Sequence[str]
    homes: Mapping[str, Node]
    office: Path
    nodes: dict[str, int] = field(default_factory=dict)
    link_processes: Processes | None = None
    node_processes: Processes | None = None
    said: list[str] = field(default_factory=list)

    def control(self) -> Control:
        return Control(self.link.address, self.link.certificate, self.link.token)

    def settings(self) -> dict[str, str]:
        return {"run": RUN.hex(), "roster": write_roster(self.nodes), "office": str(self.office)}

    def run(self, script: Script, wait_s: float = WAIT_S) -> RunState:
        """Run the office's script to its end."""
        with CourierServer(self.office, script), self.control() as control:
            number = control.start(bundle.bundle(), self.settings())
            return until_finished(control, number, wait_s)


def until_finished(control: Control, number: int, wait_s: float = WAIT_S) -> RunState:
    end = time.monotonic() + wait_s
    while not (found := control.run(number)).is_finished:
        assert time.monotonic() < end, f"run {number} is {found.status} after {wait_s} s"
        time.sleep(0.2)
    return found


@contextmanager
def deployed(
    directory: Path,
    answering: Mapping[str, Callable[[Message, bytes], bytes] | None],
    *,
    is_stock: bool = False,
) -> Iterator[Fleet]:
    """Start everything, registered, and stop it; where no answer is given, somebody else listens on the socket."""
    ports, parties, now = free_ports(len(answering) + 1), sorted(answering), datetime.now(UTC)
    link = Link(directory / "link", ports[0])
    link.prepare(now)
    homes = {}
    for party, port in zip(parties, ports[1:], strict=True):
        at = directory / party
        homes[party] = Node(at, party, at / "courier" / "s", link.address, link.certificate, port if is_stock else 0)
        homes[party].prepare(now)
    fleet = Fleet(link, parties, homes, directory / "office" / "s")
    keys = {party: create_key(homes[party].key) for party in parties}
    with ExitStack() as stack:
        for party, answer in answering.items():
            if answer is not None:
                stack.enter_context(CourierServer(homes[party].courier, answer))
        logs = directory / "logs"
        fleet.link_processes = stack.enter_context(Processes(link_programs(link, logs), fleet.said.append))
        with fleet.control() as control:
            fleet.nodes = {party: control.register(keys[party], party) for party in parties}
        nodes = node_programs(list(homes.values()), logs)
        fleet.node_processes = stack.enter_context(Processes(nodes, fleet.said.append))
        yield fleet
