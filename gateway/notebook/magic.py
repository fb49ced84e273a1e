"""``%%authorized``: a cell that runs only under grants in force on the chain, and whose output carries an evidence id.

    %load_ext gateway.notebook

    %%authorized sales-1 sales-2 --purpose fee-survey --config office/node.toml
    frame = query("SELECT ...", purpose="fee-survey", config="office/node.toml")
    frame

Before anything of the cell runs, every grant is proven under a fresh sealed block; one that is missing, revoked,
suspended, expired, used up or for something else refuses the cell with that reason. Afterwards they are proven once
more, and the output is shown with its stamp (``gateway.notebook.stamp``). An output that cannot be stamped, or of a
cell whose grant ended while it ran, is not shown. It does NOT keep other cells from running: it is for who wants to
show under what authority something was done, not a wall in one's own kernel.

``%shuxin verify ...`` is the command of that name, without a process of its own.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NoReturn

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import display
from IPython.utils.capture import CapturedIO, capture_output

from contracts.artefacts import interfaces
from contracts.authorizations.record import Operations
from gateway.network.connecting import reading_chain
from gateway.notebook import outputs, permits, stamp
from gateway.notebook.permits import Wish
from gateway.notebook.stamp import Cell, Stamp
from ledger.canonical import JsonValue
from ledger.chain.port import Chain
from ledger.errors import InvalidRecord
from ledger.proofs.view import ProvenView
from mpc.node import config as node_config
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust

OUT = "authorized"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Bring ``%%authorized`` and ``%shuxin`` into a notebook."""
    shell.register_magics(Authorized)


@magics_class
class Authorized(Magics):
    """The magic."""

    @cell_magic
    def authorized(self, line: str, cell: str) -> None:
        """Run a cell under grants in force: ``%%authorized ASSET ... --purpose P --config node.toml``."""
        given = _parse(line)
        config = node_config.load(given.config)
        wish = Wish(_codes(given, config.party), given.purpose, _operations(given.operation))
        with _viewed(config) as (view, chain):
            found = permits.require(wish, config.party, view, chain)
        results, shown = self._run(cell)
        with _viewed(config) as (view, _):
            permits.require_still(wish, config.party, view)
        common = _common(shown)
        made = Cell(outputs.cell_digest(cell), outputs.output_digest(common), _evidence(results))
        stamped = stamp.stamp(made, wish, found, config, given.output)
        shown.show()  # type: ignore[no-untyped-call]
        _show(stamped, wish, config)

    @line_magic
    def shuxin(self, line: str) -> None:
        """Run a command of ``shuxin`` in this process; an exit code other than 0 is told, and raises nothing."""
        from gateway.command import main

        try:
            main(arguments=_words(line))
        except SystemExit as ended:
            if ended.code:
                sys.stderr.flush()  # so that the reason always stands in front of the code
                print(f"exit code {ended.code}")

    def _run(self, cell: str) -> tuple[list[object], CapturedIO]:
        """Run the cell in the notebook's own namespace; what it raises is raised, and nothing is stamped."""
        results = list[object]()
        assert self.shell is not None  # it is the one that runs this
        with capture_output() as shown:
            hook = sys.displayhook

            def keep(value: object) -> None:
                results.append(value)
                hook(value)

            sys.displayhook = keep
            result = self.shell.run_cell(cell, store_history=False)  # type: ignore[no-untyped-call]
        result.raise_error()
        return results, shown


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as one of our errors."""

    def error(self, message: str) -> NoReturn:
        raise InvalidRecord(f"authorized: {message}; {self.format_usage().strip()}")


def _parse(line: str) -> argparse.Namespace:
    parser = _Parser(prog="%%authorized", add_help=False)
    parser.add_argument("assets", nargs="+", help="assets; each authorization is <party>/<purpose>/<asset>")
    parser.add_argument("--purpose", required=True, help="code of the purpose")
    parser.add_argument("--config", type=Path, required=True, help="node.toml of the party that may")
    parser.add_argument("--code", action="append", default=[], metavar="ASSET=CODE", help="another code of one of them")
    parser.add_argument("--operation", action="append", default=[], help="what is to be done; default: count")
    parser.add_argument("-o", "--output", type=Path, default=Path(OUT), help="where evidence goes; default: authorized")
    return parser.parse_args(_words(line))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as fault:
        raise InvalidRecord(f"{line[:80]!r}: {fault}") from fault


def _codes(given: argparse.Namespace, party: str) -> tuple[str, ...]:
    named = dict(text.partition("=")[::2] for text in given.code)
    if unknown := sorted(set(named) - set(given.assets)):
        raise InvalidRecord(f"authorized: --code names {unknown[0]!r}, which is not among the assets")
    return tuple(named.get(asset) or f"{party}/{given.purpose}/{asset}" for asset in given.assets)


def _operations(names: Sequence[str]) -> Operations:
    known = {operation.name.lower(): operation for operation in Operations if operation.name}
    if unknown := [name for name in names if name not in known]:
        raise InvalidRecord(f"authorized: no operation {unknown[0]!r}; there are {', '.join(known)}")
    wanted = Operations(0)
    for name in names or ["count"]:
        wanted |= known[name]
    return wanted


@contextmanager
def _viewed(config: NodeConfig) -> Iterator[tuple[ProvenView, Chain]]:
    """Look at the chain as this party's node does, without any of its signing keys."""
    with closing(reading_chain(config)) as chain:
        view = ProvenView(chain, read_trust(config.trust), config.state / "notebook-belief.sqlite", interfaces())
        with closing(view):
            yield view, chain


def _common(shown: CapturedIO) -> list[JsonValue]:
    return [
        *outputs.stream("stdout", shown.stdout),
        *outputs.stream("stderr", shown.stderr),
        *(outputs.display(output.data) for output in shown.outputs),
    ]


def _evidence(results: Sequence[object]) -> tuple[str, ...]:
    """Name the evidence of jobs that shown data frames of ``gateway.statistics.query`` carry."""
    found = [getattr(result, "attrs", {}).get("evidence", ()) for result in results]
    return tuple(str(one["sha256"]) for of_frame in found for one in of_frame)


def _show(stamped: Stamp, wish: Wish, config: NodeConfig) -> None:
    """Show the stamp below the output."""
    under = ", ".join(wish.codes)
    verify = f"shuxin verify {stamped.proof} --record {stamped.record} --trust {config.trust.resolve()}"
    text = (
        f"evidence {stamped.id}\nauthorized by {under}, in force after block {stamped.block} 授权有效\n"
        f"verify 验证: {verify}"
    )
    mark = {outputs.MARK: {"id": stamped.id, "record": str(stamped.record)}}
    display(outputs.boxed(text), raw=True, metadata=mark)  # type: ignore[no-untyped-call]
