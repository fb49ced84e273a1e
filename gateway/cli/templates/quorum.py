"""``shuxin quorum``: an action in force once m of n named parties have agreed to the same words in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.matter import Config, Json, Output, Received, Ref, hand_over, moment, papers_of, tell
from gateway.cli.officer import officer_of
from gateway.cli.present import now
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from gateway.statute.templates.quorum import Quorum

app = typer.Typer(help="Actions that several named parties must agree to.", no_args_is_help=True)

DAY_S = 86400
STATES = {"open": "征求同意中", "in_force": "已生效", "refused": "已否决", "over": "期满未生效"}
VOICES = {"named": "未表态", "agreed": "同意", "opposed": "反对"}


@app.command()
def propose(
    words: Annotated[str, typer.Argument(metavar="ACTION", help="What is to be agreed to, in words.")],
    parties: Annotated[str, typer.Option(help="Comma-separated codes of the parties named.")],
    needed: Annotated[int, typer.Option(min=1, max=16, help="How many of them must agree.")],
    config: Config,
    days: Annotated[int, typer.Option(min=1, max=366, help="Until when, counted from now.")] = 30,
    output: Output = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Name the parties that must agree; -o writes the words that each of them must read."""
    from gateway.statute.templates.quorum import Quorum, worded

    named = [code.strip() for code in parties.split(",") if code.strip()]
    with officer_of(config) as officer:
        paper = worded(officer, words, named, needed)
        receipt = Quorum(officer, paper.digest).propose(named, needed, now() + days * DAY_S)
        hand_over(output, [paper])
        done = (f"已提出，须 {len(named)} 方中 {needed} 方同意", f"proposed: {needed} of {len(named)} must agree")
        tell(paper.digest, done, receipt, language, as_json=as_json)


@app.command()
def agree(
    ref: Ref,
    config: Config,
    papers: Received = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say yes, as a named party, to words that are printed."""
    with _action(config, ref, papers) as action:
        receipt = action.agree()
        if not as_json:
            print("\n".join(f"  {line}" for line in action.words().words.splitlines()))
        tell(action.matter.id, ("已同意", "agreed"), receipt, language, as_json=as_json)


@app.command()
def oppose(
    ref: Ref,
    config: Config,
    reason: Annotated[str, typer.Option("--reason", help="In words; a salted digest goes on chain.")],
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say no, as a named party."""
    with _action(config, ref) as action:
        tell(action.matter.id, ("已反对", "opposed"), action.oppose(reason), language, as_json=as_json)


@app.command()
def show(
    ref: Ref, config: Config, papers: Received = None, language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Say by proof whether an action is in force, and who has said what: exit 3 if it is not in force."""
    from gateway.network.naming import names_of
    from mpc.node import config as node_config

    names = names_of(node_config.load(config))
    with _action(config, ref, papers) as action:
        found, named = action.action(), action.named()
        state = found.standing(now()).name.lower()
        voices = {names.say(party): action.voice(party).name.lower() for party in named}
        paper = action.words() if action.matter.papers.find(action.matter.id) else None
    if as_json:
        told = {
            "matter": action.matter.id.hex(), "state": state, "needed": found.needed, "expires": found.expires,
            "parties": voices, "words": paper.words if paper else None,
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
    else:
        is_zh = language is Tongue.ZH
        of = f"须 {found.needed}/{found.named}，截止" if is_zh else f"{found.needed} of {found.named}, until"
        word = STATES[state] if is_zh else state.replace("_", " ")
        print(f"0x{action.matter.id.hex()[:12]}: {word} ({of} {moment(found.expires)})")
        for code, voice in voices.items():
            print(f"  {code}: {VOICES[voice] if is_zh else voice}")
    raise typer.Exit(0 if state == "in_force" else 3)


@contextmanager
def _action(config: Path, ref: str, papers: Path | None = None) -> Iterator[Quorum]:
    from gateway.statute.matter import matter_id
    from gateway.statute.templates.quorum import Quorum

    with officer_of(config) as officer:
        action = Quorum(officer, matter_id(ref))
        action.matter.papers.keep(papers_of(ref, papers))
        yield action
