"""``shuxin objection``: report data as wrong, answer such a report, and see what stands under objection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.officer import officer_of
from gateway.cli.proceeding import Code, Config, Json, Name, Words, proceedings
from gateway.cli.telling import tell
from gateway.cli.tongue import Language, Tongue
from ledger.errors import NotFound
from ledger.files import read_bounded
from mpc.protocols.words import Text

app = typer.Typer(help="Report wrong data; answer; see what is under objection.", no_args_is_help=True)

MARKS = {
    "clear": {"en": "clear", "zh": "无异议"},
    "under objection": {"en": "UNDER OBJECTION", "zh": "异议处理中"},
    "corrected since": {"en": "CORRECTED SINCE", "zh": "数据此后已更正"},
}


@app.command("raise")
def object_(
    code: Code, name: Name, config: Config, words: Words, language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Report, as grantee, that the data are wrong or incomplete; the owner has 10 working days."""
    then = Text(
        f"next, the owner verifies and answers: shuxin objection answer {code} {name} --corrected (or --confirmed)",
        f"下一步，由提供方核实并答复：shuxin objection answer {code} {name} --corrected（或 --confirmed）",
    )
    with proceedings(config, code) as case:
        receipt = case.object(name, words)
        done, paper = Text("objection raised", "已提出校核申请"), case.paper("object", words, name)
        tell(f"{code} {name}", done, receipt, language, as_json=as_json, paper=paper, then=then)


@app.command()
def answer(
    code: Code,
    name: Name,
    config: Config,
    words: Words,
    corrected: Annotated[bool, typer.Option("--corrected/--confirmed", help="Whether the data were wrong.")],
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say, as owner, what verification found."""
    with proceedings(config, code) as case:
        receipt = case.answer_objection(name, words, is_corrected=corrected)
        done = Text("corrected", "已更正") if corrected else Text("confirmed", "经核实数据无误")
        paper = case.paper("answer-objection", words, name)
        tell(f"{code} {name}", done, receipt, language, as_json=as_json, paper=paper)


@app.command()
def withdraw(code: Code, name: Name, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Take an objection back that has no answer."""
    with proceedings(config, code) as case:
        done = Text("withdrawn", "已撤回校核申请")
        tell(f"{code} {name}", done, case.withdraw_objection(name), language, as_json=as_json)


@app.command()
def marks(
    evidence: Annotated[Path, typer.Argument(help="The evidence of a result.")],
    config: Config,
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Verify evidence, and say whether anything it rests on is under objection now: exit 3 if something is."""
    from contracts.evidence import bundle
    from contracts.evidence.verify import examine
    from gateway.statute.sharing.proceedings import marks as marks_of
    from mpc.node import config as node_config
    from mpc.node.node import read_trust

    if not evidence.is_file():
        raise NotFound(f"{evidence}: no such file")
    read = node_config.load(config)
    examined = examine(read_bounded(evidence, bundle.LIMIT), read_trust(read.trust))
    with officer_of(read) as officer:
        found = marks_of(officer, examined)
    if as_json:
        print(json.dumps({asset: mark.value for asset, mark in found.items()}))
    else:
        for asset, mark in found.items():
            comma = "：" if language is Tongue.ZH else ": "
            print(f"{asset}{comma}{MARKS[mark.value][language.value]}")
    raise typer.Exit(3 if any(mark.value != "clear" for mark in found.values()) else 0)
