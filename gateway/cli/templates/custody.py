"""``shuxin custody``: hand an item on by two signatures, open and seal it, and say by proof who held it when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.matter import Config, Json, Output, Received, Ref, hand_over, moment, papers_of, tell
from gateway.cli.officer import officer_of
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from contracts.custody.holding import Holding
    from gateway.network.naming import Names
    from gateway.statute.papers import Papers
    from gateway.statute.templates.custody import Custody

app = typer.Typer(help="Items in custody: handed on by two signatures.", no_args_is_help=True)

Condition = Annotated[str, typer.Option(help="In words; a salted digest goes on chain.")]
Seal = Annotated[str, typer.Option(help="The seal in words, its number say; none: the item is open.")]
Reason = Annotated[str, typer.Option("--reason", help="In words; a salted digest goes on chain.")]

STATES = {"held": "保管中", "offered": "移交待签收", "closed": "已结束"}


@app.command()
def enter(
    words: Annotated[str, typer.Argument(metavar="ITEM", help="The item in words, unlike any other.")],
    condition: Condition,
    config: Config,
    seal: Seal = "",
    output: Output = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Begin an item's custody in this department."""
    from gateway.statute.templates.custody import Custody, described

    with officer_of(config) as officer:
        paper = described(officer, words)
        item = Custody(officer, paper.digest)
        receipt = item.enter(condition, seal)
        hand_over(output, [paper])
        tell(paper.digest, ("已入保管", "in custody"), receipt, language, as_json=as_json)


@app.command()
def offer(
    ref: Ref,
    to: Annotated[str, typer.Option(help="The party that is to take it.")],
    condition: Condition,
    config: Config,
    output: Output = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Offer the item to another party, in a stated condition; -o writes what the taker must read."""
    with _item(config, ref) as item:
        receipt = item.offer(to, condition)
        hand_over(output, item.words(item.item()))
        tell(item.matter.id, (f"已提出移交 {to}", f"offered to {to}"), receipt, language, as_json=as_json)


@app.command()
def take(
    ref: Ref,
    config: Config,
    papers: Received = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Sign for the item as offered to this department; the words it signs for are printed."""
    with _item(config, ref, papers) as item:
        receipt = item.take()
        if not as_json:
            for paper in item.words(item.item()):
                print(f"  {paper.words}")
        tell(item.matter.id, ("已签收", "taken"), receipt, language, as_json=as_json)


@app.command()
def decline(ref: Ref, reason: Reason, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """End an offer, as taker or as giver; the item stays where it is."""
    with _item(config, ref) as item:
        tell(item.matter.id, ("移交已终止", "offer ended"), item.decline(reason), language, as_json=as_json)


@app.command("open")
def open_(
    ref: Ref, condition: Condition, config: Config, language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Open a sealed item, as holder, and state its condition."""
    with _item(config, ref) as item:
        tell(item.matter.id, ("已启封", "opened"), item.reseal(condition, ""), language, as_json=as_json)


@app.command("seal")
def seal_(
    ref: Ref,
    condition: Condition,
    seal: Annotated[str, typer.Option(help="The new seal in words.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Put a seal on the item, as holder."""
    with _item(config, ref) as item:
        tell(item.matter.id, ("已加封", "sealed"), item.reseal(condition, seal), language, as_json=as_json)


@app.command()
def close(
    ref: Ref,
    outcome: Annotated[str, typer.Option(help="What became of it, in words; a salted digest goes on chain.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """End the item's custody for good, as holder."""
    with _item(config, ref) as item:
        tell(item.matter.id, ("保管已结束", "custody ended"), item.close(outcome), language, as_json=as_json)


@app.command()
def log(
    ref: Ref,
    config: Config,
    at: Annotated[str, typer.Option(help="Who held it then, e.g. 2026-03-05T10:00:00+08:00.")] = "",
    papers: Received = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say who held the item from when to when, from its whole history, proven against sealed headers."""
    from contracts.calendar.dates import moment_of
    from contracts.custody.holding import holder_at
    from gateway.network.naming import names_of
    from mpc.node import config as node_config

    wanted = moment_of(at) if at else None
    with _item(config, ref, papers) as item:
        state, found, names = item.item().state, item.holdings(), names_of(node_config.load(config))
        shown = found if wanted is None else [holder_at(found, wanted)]
        if as_json:
            lines = [_told(held, names, item.matter.papers) for held in shown]
            told = {"matter": item.matter.id.hex(), "state": state.name.lower(), "holdings": lines}
            print(json.dumps(told, ensure_ascii=False))
            return
        is_zh, word = language is Tongue.ZH, state.name.lower()
        print(f"0x{item.matter.id.hex()[:12]}: {STATES[word] if is_zh else word}")
        for held in shown:
            print(_line(held, names, item.matter.papers, is_zh=is_zh))


@contextmanager
def _item(config: Path, ref: str, papers: Path | None = None) -> Iterator[Custody]:
    from gateway.statute.matter import matter_id
    from gateway.statute.templates.custody import Custody

    with officer_of(config) as officer:
        item = Custody(officer, matter_id(ref))
        item.matter.papers.keep(papers_of(ref, papers))
        yield item


def _told(held: Holding, names: Names, papers: Papers) -> dict[str, object]:
    return {
        "holder": names.say(held.holder), "party": held.holder.hex(), "since": held.since, "until": held.until or None,
        "condition": held.condition.hex(), "seal": held.seal.hex() if any(held.seal) else None,
        "words": {"condition": _words(held.condition, papers), "seal": _words(held.seal, papers)},
    }  # fmt: skip


def _line(held: Holding, names: Names, papers: Papers, *, is_zh: bool) -> str:
    until = moment(held.until) or ("至今" if is_zh else "now")
    condition = _words(held.condition, papers) or f"0x{held.condition.hex()[:12]}"
    seal = _words(held.seal, papers) or f"0x{held.seal.hex()[:12]}"
    sealed = (f"封条 {seal}" if is_zh else f"sealed: {seal}") if any(held.seal) else ("未封" if is_zh else "open")
    return f"  {moment(held.since)} - {until}  {names.say(held.holder)}: {condition}; {sealed}"


def _words(digest: bytes, papers: Papers) -> str:
    found = papers.find(digest)
    return found.words if found else ""
