"""``shuxin notary``: records in streams, provable one by one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ledger.errors import TrustError

if TYPE_CHECKING:
    from ledger.log.checkpoint import Checkpoint
    from ledger.log.proof import StreamProof
    from mpc.node.config import NodeConfig

Told: TypeAlias = dict[str, str | int | None]

app = typer.Typer(help="Append records to streams, anchor them on the chain, prove one.", no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(help="The stream's directory.")]
Index = Annotated[int, typer.Option("--index", min=0, help="Which record, counted from 0.")]
Config = Annotated[Path | None, typer.Option("--config", help="A node's TOML file: use its chain and officer's key.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def append(
    directory: Directory,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Text files: each line is a record. None: only anchor what is there.")
    ] = None,
    stream: Annotated[str | None, typer.Option("--stream", help="The stream's name; needed the first time.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Each file is one record.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Append records to a stream, make it durable and, with --config, anchor it on the chain."""
    from gateway.streams import notarizing

    settings, paths = _load(config), files or []
    if not paths and settings is None:
        raise typer.BadParameter("name a file to append, or --config to anchor what is there")
    with _progress(paths) as advance:
        made = notarizing.append(directory, stream, paths, whole=whole, advance=advance)
    mark, told = made.checkpoint, _mark(made.checkpoint)
    text = f"{mark.name}: {made.records} records appended, {mark.size} in all, root {mark.root.hex()}"
    if settings is not None:
        block = _anchor(directory, settings)
        told["block"] = block
        text += f", anchored in block {block}" if block else ", anchored already"
    _tell(as_json, {**told, "first": made.first}, text)


@app.command()
def prove(
    directory: Directory,
    index: Index,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the proof goes.")],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Prove one record; with --config under the root that the chain holds."""
    from gateway.streams import notarizing

    settings, stream = _load(config), notarizing.opened(directory)
    proof = _prove_anchored(directory, index, settings) if settings else stream.prove(index)
    notarizing.write_proof(output, proof)
    told: Told = {"stream": proof.stream, "index": index, "size": proof.size, "root": proof.root.hex()}
    text = f"{output}: record {index} of the first {proof.size} of {proof.stream}, root {proof.root.hex()}"
    _tell(as_json, told, text)


@app.command()
def erase(
    directory: Directory,
    index: Index,
    yes: Annotated[bool, typer.Option("--yes", help="Confirm: this cannot be undone.")] = False,
    as_json: Json = False,
) -> None:
    """Erase the salt of one record, so that nobody can prove it or tie its digest to it any more."""
    from gateway.streams import notarizing

    if not yes:
        print(f"shuxin: record {index} could never be proven again; confirm with --yes", file=sys.stderr)
        raise typer.Exit(2)
    name = notarizing.erase(directory, index)
    _tell(as_json, {"stream": name, "erased": index}, f"{name}: the salt of record {index} is erased")


def _load(config: Path | None) -> NodeConfig | None:
    if config is None:
        return None
    from mpc.node import config as node_config

    return node_config.load(config)


def _anchor(directory: Path, config: NodeConfig) -> int | None:
    from gateway.streams import anchoring

    try:
        receipt = anchoring.put_on_chain(directory, config)
    except TrustError:
        print("shuxin: the stream itself is durable; without FILE the command only anchors it", file=sys.stderr)
        raise
    return receipt.block_number if receipt else None


def _prove_anchored(directory: Path, index: int, config: NodeConfig) -> StreamProof:
    from gateway.streams import anchoring

    return anchoring.prove(directory, index, config)


def _mark(checkpoint: Checkpoint) -> Told:
    return {"stream": checkpoint.name, "size": checkpoint.size, "root": checkpoint.root.hex()}


def _tell(as_json: bool, told: Told, text: str) -> None:
    print(json.dumps(told, ensure_ascii=False) if as_json else text)


@contextmanager
def _progress(files: Sequence[Path]) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("appending", total=sum(path.stat().st_size for path in files if path.is_file()))
        yield lambda count: bar.update(task, advance=count)
