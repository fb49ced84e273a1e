"""``shuxin dispute``: negotiate about a case, take it step by step higher, settle or decide it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.proceeding import Code, Config, Json, Name, Words, proceedings
from gateway.cli.telling import clock, tell
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord
from mpc.protocols.words import Text

app = typer.Typer(help="Disputes between the two parties of a case.", no_args_is_help=True)

STEPS = {
    "negotiation": "协商", "authority": "主管部门", "common": "共同的上级主管部门", "government": "本级政府",
}  # fmt: skip
STATES = {"unknown": "不存在", "open": "处理中", "settled": "已和解", "decided": "已裁决"}


class Step(StrEnum):
    """Steps above negotiation."""

    AUTHORITY = "authority"
    COMMON = "common"
    GOVERNMENT = "government"


@app.command("open")
def open_(
    code: Code,
    name: Name,
    config: Config,
    words: Words,
    about_end: Annotated[bool, typer.Option("--about-end", help="About the announced end.")] = False,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Begin to negotiate with the other party of a case; only what is about an end can end the service."""
    with proceedings(config, code) as case:
        receipt = case.dispute(name, words, about_end=about_end)
        then = Text(
            "next, both sign a settlement (shuxin dispute settle), or either takes it up: shuxin dispute escalate",
            "下一步，双方签署和解（shuxin dispute settle），或任一方提请上一级：shuxin dispute escalate",
        )
        done, paper = Text("dispute opened", "已提起争议"), case.paper("dispute", words, name)
        tell(f"{code} {name}", done, receipt, language, as_json=as_json, paper=paper, then=then)


@app.command()
def escalate(
    code: Code,
    name: Name,
    config: Config,
    words: Words,
    to: Annotated[Step, typer.Option(help="The next step: no step is skipped.")],
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Bring a dispute before the respondent's authority, then the common superior, then the government."""
    from contracts.disputes.rules import Rung

    with proceedings(config, code) as case:
        receipt = case.escalate(name, words, Rung[to.name])
        step = Rung(case.disputed(name).step).name.lower()
        done, paper = Text(f"taken to step {step}", f"已提请：{STEPS[step]}"), case.paper("escalate", words, name)
        tell(f"{code} {name}", done, receipt, language, as_json=as_json, paper=paper)


@app.command()
def settle(
    code: Code,
    name: Name,
    config: Config,
    words: Annotated[str, typer.Option("--words", help="The settlement, by the party that words it.")] = "",
    paper: Annotated[Path | None, typer.Option(help="Or the paper that the other party handed over.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Sign a settlement; it holds when the other party has signed the same paper."""
    from contracts.disputes.rules import DisputeState
    from gateway.statute import papers

    if bool(words) == (paper is not None):
        raise InvalidRecord("settlement: give --words, or the other party's --paper")
    handed = papers.read(paper)[0] if paper else None
    with proceedings(config, code) as case:
        receipt = case.settle(name, handed or words)
        then = Text(
            f"the other party signs with: shuxin dispute settle {code} {name} --paper FILE",
            f"对方据此签署：shuxin dispute settle {code} {name} --paper 文件",
        )
        is_settled = case.disputed(name).state is DisputeState.SETTLED
        done = Text("settlement signed", "已签署和解")
        tell(
            f"{code} {name}", done, receipt, language, as_json=as_json, then=None if is_settled else then,
            paper=paper or case.paper("settle", words, name),
        )  # fmt: skip


@app.command()
def decide(
    code: Code,
    name: Name,
    config: Config,
    words: Words,
    winner: Annotated[str, typer.Option(help="The party whose claim is upheld.")],
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Decide a dispute that is before this authority."""
    from contracts.disputes.rules import Rung

    with proceedings(config, code) as case:
        receipt = case.decide(name, winner, words)
        is_final = case.disputed(name).step == Rung.GOVERNMENT
        then = Text(
            "final at once" if is_final else "final in 15 days, until then either party may take it a step further",
            "裁决即时生效" if is_final else "任一方可在15日内提请上一级，逾期裁决生效",
        )
        done, paper = Text(f"decided for {winner}", f"裁决支持 {winner}"), case.paper("decide", words, name)
        tell(f"{code} {name}", done, receipt, language, as_json=as_json, paper=paper, then=then)


@app.command()
def show(code: Code, name: Name, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Read a dispute by proof: its step, since when, and by when it may go further."""
    from contracts.disputes.rules import APPEAL, SILENCE, DisputeState, Rung
    from gateway.statute.sharing.answering import moment

    with proceedings(config, code) as case:
        found = case.disputed(name)
    step, state = Rung(found.step).name.lower() if found.step else "", found.state.name.lower()
    is_final = found.step == Rung.GOVERNMENT
    last = found.since + APPEAL if found.state is DisputeState.DECIDED and not is_final else 0
    silent = found.state is DisputeState.OPEN and Rung.NEGOTIATION < found.step < Rung.GOVERNMENT
    after = found.since + SILENCE if silent else 0
    if as_json:
        times = {"since": moment(found.since), "appeal_until": moment(last), "may_go_up_from": moment(after)}
        print(json.dumps({"code": code, "name": name, "state": state, "step": step, **times}))
        return
    is_zh = language is Tongue.ZH
    place = (f"，{STEPS[step]}" if is_zh else f", step {step}") if step else ""
    print(f"{code} {name}：{STATES[state]}{place}" if is_zh else f"{code} {name}: {state}{place}")
    if last:
        print(f"  {clock(last)} 前可提请上一级" if is_zh else f"  may go one step further until {clock(last)}")
    if after:
        print(f"  未裁决的，{clock(after)} 起可提请上一级" if is_zh else f"  undecided, may go up from {clock(after)}")
