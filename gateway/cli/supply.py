"""``shuxin supply``: state what was supplied under an authorization, and sign for it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.proceeding import Code, Config, Json, Paper, paper, proceedings, tell

app = typer.Typer(help="Supply what was consented to; sign for it.", no_args_is_help=True)


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
    as_json: Json = False,
) -> None:
    """State, as owner or as who hands on, that the data, or the means to compute on them, were supplied."""
    from contracts.supplies.rules import Method

    with proceedings(config, code) as case:
        tell(code, "supplied", case.deliver(Method[method.name], paper(file), source), as_json=as_json)


@app.command()
def sign(
    code: Code,
    config: Config,
    number: Annotated[int, typer.Option(min=1, help="Which delivery, counted from 1.")] = 1,
    as_json: Json = False,
) -> None:
    """Sign, as grantee, for a delivery: from now on this department answers for the data."""
    with proceedings(config, code) as case:
        tell(code, f"delivery {number} signed for", case.sign(number), as_json=as_json)


@app.command()
def show(code: Code, config: Config, as_json: Json = False) -> None:
    """Read the deliveries under an authorization, by proof."""
    from contracts.supplies.rules import Method
    from gateway.statute.answering import moment

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
    print(f"{code}: {len(found)} deliveries")
    for item in found:
        signed = f"signed for {item['signed']}" if item["signed"] else "not signed for"
        print(f"  {item['number']}: by {item['method']}, {item['delivered']}; {signed}; {item['content']}")
