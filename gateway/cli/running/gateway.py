"""``shuxin gateway``: the API's process, its index, folders of proofs, and what a platform hands over."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gateway.cli.running import pages
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.api.serving import Gateway

app = typer.Typer(help="Serve provenance, rights and proofs to programs; keep the index.", no_args_is_help=True)
Config = Annotated[Path, typer.Option("--config", help="The gateway's TOML file; SHUXIN_GATEWAY_* stands above it.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def serve(config: Config) -> None:
    """Serve the API until stopped; the index follows the chain meanwhile."""
    from gateway.cli.waiting import stop_signal

    stopping = stop_signal()  # the server raises the signal again when it has ended; what was opened is closed first
    settings = pages.settings_of(config)
    from gateway.api import crew, serving

    def say(port: int) -> None:
        print(f"gateway: http://{settings.host}:{port}/v1/openapi.json", flush=True)

    if settings.workers > 1:
        crew.run(settings, stopping, say=say)
        return
    with serving.opened(settings) as gateway:
        say(settings.port)
        serving.serve(settings, gateway)


@app.command()
def index(
    config: Config,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Empty the index first and read from block 0.")] = False,
    digest: Annotated[bool, typer.Option("--digest", help="Print a digest over all rows.")] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Bring the index up to the chain's proven head and say where it stands."""
    with _opened(config) as gateway:
        explorer, observer = gateway.services.explorer, gateway.services.observer
        if rebuild:
            explorer.index.forget()
        head = explorer.index.follow(
            observer.chain, observer.view, say=lambda done, all: print(f"{done}/{all} blocks", file=sys.stderr)
        )
        told: dict[str, object] = {"block": head.number, "hash": head.block_hash.hex()}
        if digest:
            told["digest"] = explorer.index.digest().hex()
    print(json.dumps(told) if as_json else "\n".join(f"{name}: {value}" for name, value in told.items()))


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="A node: authorization:..., a digest, or a code.")],
    config: Config,
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.pdf or FILE.html.")],
    language: Language = Tongue.EN,
    depth: Annotated[int, typer.Option(min=1, max=32, help="So many steps up and down.")] = 4,
    block: Annotated[int | None, typer.Option("--block", min=0, help="As of this block.")] = None,
    proofs: Annotated[Path | None, typer.Option("--proofs", metavar="DIR", help="Also write the proofs here.")] = None,
) -> None:  # fmt: skip
    """Write the printable audit report of a node; a PDF has the proofs of its lines attached."""
    from gateway.exports.audit import gathering, html, pdf
    from mpc.node.whole import write_whole

    if output.suffix not in (".pdf", ".html"):
        raise InvalidRecord(f"report: expected FILE.pdf or FILE.html, got {output.name}")
    with _opened(config) as gateway:
        given = gateway.services
        given.explorer.index.follow(given.observer.chain, given.observer.view)
        found = gathering.gather(given.explorer, name, depth=depth, block=block)
        shown = gathering.proofs(given.explorer, found) if proofs or output.suffix == ".pdf" else {}
        spoken: Literal["en", "zh"] = "zh" if language is Tongue.ZH else "en"
        say = given.trust, given.names, spoken
    written = pdf.document(found, *say, shown) if output.suffix == ".pdf" else html.page(found, *say)
    if proofs:
        for place, data in shown.items():
            write_whole(proofs / gathering.file_of(place), data)
    write_whole(output, written)
    told = f"{len(found.places)} events, {len(shown)} proofs" if shown else f"{len(found.places)} events"
    print(f"{output}: {told}, as of block {found.block}", file=sys.stderr)


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A folder of evidence and proofs.")],
    trust: Annotated[Path, typer.Option("--trust", help="The trust file, obtained out of band.")],
    report: Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write the report as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Verify every file of a folder offline; exit 0 if all hold, 1 if one does not."""
    from gateway.exports import bulk
    from gateway.exports.table import csv_of
    from ledger.proofs import trust as trust_file
    from mpc.node.whole import write_whole

    found = bulk.check(folder, bulk.files_of(folder), trust_file.load(trust))
    rows = [one.json() for one in found]
    if report is not None:
        write_whole(report, csv_of(["file", "sha256", "verdict", "failed", "detail"], rows))
    if as_json:
        print(json.dumps({"files": rows, "holding": sum(one.holds for one in found)}))
    else:
        for one in found:
            print(f"{one.verdict:10} {one.name}{f': {one.failed}: {one.detail}' if one.failed else ''}")
        print(f"{sum(one.holds for one in found)} of {len(found)} hold")
    raise typer.Exit(0 if found and all(one.holds for one in found) else 1)


@app.command()
def take(
    kind: Annotated[str, typer.Argument(help="exchange, openlineage, dcat, prov, or prov-valid.")],
    file: Annotated[Path, typer.Argument(help="What the platform hands over.")],
    config: Config,
    as_json: Json = False,
) -> None:
    """Take in documents of an existing platform, or exchange events under the authorizations they cite."""
    from gateway.imports import documents, exchange
    from gateway.imports.reading import LIMIT
    from ledger.files import read_bounded

    if kind != "exchange" and kind not in documents.READERS:
        raise InvalidRecord(f"{kind!r}: expected exchange, {', '.join(documents.READERS)}")
    data = read_bounded(file, LIMIT)
    with _opened(config) as gateway:
        services = gateway.services
        book = services.exchange if kind == "exchange" else services.imports
        if book is None:
            raise InvalidRecord(f"{config}: imports = true is needed to take anything in")
        if kind != "exchange":
            print(json.dumps(documents.take(book, kind, data).json()))
            return
        outcomes = exchange.Desk(book, services.explorer.view).take(exchange.read(data))
    if as_json:
        print(json.dumps({"items": [one.json() for one in outcomes]}))
    else:
        for one in outcomes:
            print(f"{one.event}: {f'record {one.place}' if one.place is not None else one.reason}")
    raise typer.Exit(0 if all(one.place is not None for one in outcomes) else 1)


pages.register(app)


@contextmanager
def _opened(config: Path) -> Iterator[Gateway]:
    """Open a gateway beside the one that serves, which holds the access log."""
    settings = pages.settings_of(config).model_copy(update={"accounts": False})
    from gateway.api.serving import opened

    with opened(settings) as gateway:
        yield gateway
