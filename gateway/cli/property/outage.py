"""``shuxin property outage``: entries signed while the chain is out of reach, and entering them later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of
from gateway.cli.present import now
from gateway.cli.property.registering import Config, Directory, Json
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from gateway.property.outages.queue import Queue, Queued

app = typer.Typer(
    help="While the chain is out of reach: sign entries, and enter them later in order.", no_args_is_help=True
)


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(metavar="ENTRY.toml", help="What is asked for, as for `property apply`.")],
    config: Config,
    directory: Directory = Path("register"),
    as_json: Json = False,
) -> None:
    """Sign an entry and put it at the end of the queue. It has no effect until the chain has it."""
    from gateway.network.connecting import OFFICER
    from gateway.property.entering import entry
    from ledger.proofs.belief import BeliefStore
    from mpc.node import config as node_config
    from mpc.node.node import open_keys, read_trust

    asked, node = entry.load(file), node_config.load(config)
    key, genesis = open_keys(node).load(OFFICER), read_trust(node.trust).genesis_hash
    with closing(BeliefStore(node.state / f"{OFFICER}-belief.sqlite", genesis)) as belief:
        seen = belief.load().number
    with _queue(directory, genesis) as queue:
        _tell([queue.sign(asked, key, seen, now())], as_json, Tongue.EN)


@app.command("list")
def list_(
    config: Config, directory: Directory = Path("register"), language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Show the queue: what waits, what was entered, what conflicts with what. Asks no chain."""
    from mpc.node import config as node_config
    from mpc.node.node import read_trust

    with _queue(directory, read_trust(node_config.load(config).trust).genesis_hash) as queue:
        _tell(queue.all(), as_json, language)


@app.command()
def enter(
    config: Config, directory: Directory = Path("register"), language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Enter what was signed, in order. Conflicts stay and are shown; exit code 1 if there are any."""
    from gateway.property.book import Book
    from gateway.property.outages.queue import Queue
    from gateway.property.outages.reentry import Reentry
    from mpc.node import config as node_config
    from mpc.node.node import read_trust

    node = node_config.load(config)
    with closing(Book(directory)) as book, officer_of(node) as officer:
        found = Reentry(book, officer, Queue(book, read_trust(node.trust).genesis_hash)).run()
    _tell(found, as_json, language)
    if any(known.is_open for known in found):
        raise typer.Exit(1)


@app.command()
def drop(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The application's number.")],
    config: Config,
    reason: Annotated[str, typer.Option(help="Why it is given up; stays in the queue.")],
    directory: Directory = Path("register"),
    as_json: Json = False,
) -> None:
    """Give a signed entry up, with the reason; one that conflicts may then be asked for anew."""
    from mpc.node import config as node_config
    from mpc.node.node import read_trust

    with _queue(directory, read_trust(node_config.load(config).trust).genesis_hash) as queue:
        _tell([queue.drop(code, reason)], as_json, Tongue.EN)


@contextmanager
def _queue(directory: Path, genesis: bytes) -> Iterator[Queue]:
    from gateway.property.book import Book
    from gateway.property.outages.queue import Queue

    with closing(Book(directory)) as book:
        yield Queue(book, genesis)


def _tell(found: list[Queued], as_json: bool, language: Tongue) -> None:
    if as_json:
        print(json.dumps([_json(known) for known in found], ensure_ascii=False))
        return
    from gateway.property.cases.casetables import show_queue

    show_queue(found, language is Tongue.ZH)


def _json(known: Queued) -> dict[str, object]:
    entry = known.entry
    return {
        "n": entry.n,
        "code": entry.code,
        "unit": entry.unit,
        "signed": datetime.fromtimestamp(entry.time, UTC).isoformat(),
        "signer": f"0x{entry.signer.hex()}",
        "seen": entry.seen,
        "state": known.state.value,
        "reason": known.reason,
        "against": list(known.against),
        "block": known.block,
    }
