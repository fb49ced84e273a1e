"""``shuxin supply``: state what was supplied under an authorization, and sign for it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.proceeding import Code, Config, Json, Paper, proceedings, words_of
from gateway.cli.telling import clock, tell
from gateway.cli.tongue import Language, Tongue
from mpc.protocols.words import Text

app = typer.Typer(help="Supply what was consented to; sign for it.", no_args_is_help=True)
METHODS = {"compute": "联合计算", "api": "接口", "batch": "批量", "file": "文件"}


class How(StrEnum):
    """Ways of supply."""

    COMPUTE = "compute"
    API = "api"
    BATCH = "batch"
    FILE = "file"


@app.command()
def deliver(
    code: Code,
    config: Config,
    file: Paper,
    method: Annotated[How, typer.Option(help="How the data are supplied.")] = How.COMPUTE,
    source: Annotated[str, typer.Option(help="To hand on: the code under which this department was supplied.")] = "",
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """State, as owner or as who hands on, that the data, or the means to compute on them, were supplied."""
    from contracts.supplies.rules import Method

    content = words_of(file)
    with proceedings(config, code) as case:
        receipt = case.deliver(Method[method.name], content, source)
        number = len(case.deliveries())
        then = Text(
            f"next, the requester signs: shuxin supply sign {code} --number {number}",
            f"下一步，由申请方签收：shuxin supply sign {code} --number {number}",
        )
        done = Text("supplied", "已提供")
        tell(code, done, receipt, language, as_json=as_json, paper=case.paper("deliver", content), then=then)


@app.command()
def sign(
    code: Code,
    config: Config,
    number: Annotated[int, typer.Option(min=1, help="Which delivery, counted from 1.")] = 1,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Sign, as grantee, for a delivery: from now on this department answers for the data."""
    with proceedings(config, code) as case:
        done = Text(f"delivery {number} signed for", f"已签收第 {number} 次提供")
        tell(code, done, case.sign(number), language, as_json=as_json)


@app.command()
def show(code: Code, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Read the deliveries under an authorization, by proof."""
    from contracts.supplies.rules import Method
    from gateway.statute.sharing.answering import moment

    with proceedings(config, code) as case:
        found = [
            {
                "number": number, "method": Method(item.method).name.lower(), "content": item.content.hex(),
                "delivered": moment(item.delivered), "signed": moment(item.signed),
            }
            for number, item in enumerate(case.deliveries(), start=1)
        ]  # fmt: skip
    if as_json:
        print(json.dumps({"code": code, "deliveries": found}))
        return
    is_zh = language is Tongue.ZH
    print(f"{code}：共提供 {len(found)} 次" if is_zh else f"{code}: {len(found)} deliveries")
    for item in found:
        number, method = item["number"], str(item["method"])
        delivered, signed = clock(str(item["delivered"])), clock(str(item["signed"]))
        if is_zh:
            told = f"{METHODS[method]}，{delivered}；{f'签收 {signed}' if signed else '未签收'}"
        else:
            told = f"by {method}, {delivered}; {f'signed for {signed}' if signed else 'not signed for'}"
        print(f"  {number}: {told}; {item['content']}")
