"""``shuxin return``: data that a higher level gathered in a region flow back to it (article 24)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.officer import head_of, officer_of
from gateway.cli.proceeding import Config, Json
from gateway.cli.telling import await_head, tell
from gateway.cli.tongue import Language, Tongue
from mpc.protocols.words import Text

app = typer.Typer(help="Have data flow back to the region they came from.", no_args_is_help=True)
Asset = Annotated[str, typer.Argument(help="The asset's code.")]
NewCode = Annotated[str, typer.Option("--code", help="Another code than <grantee>/<purpose>/<asset>.")]
Region = Annotated[str, typer.Option(help="The region the data came from.")]


@app.command()
def gather(asset: Asset, region: Region, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """State, as owner or authority, that an asset holds data of a region below its owner's."""
    from gateway.statute.sharing.duties import Duties

    done = Text(f"holds data of {region}", f"含有 {region} 的数据")
    with officer_of(config) as officer:
        tell(asset, done, Duties(officer).gather(asset, region), language, as_json=as_json)


@app.command()
def claim(
    asset: Asset,
    region: Region,
    config: Config,
    purpose: Annotated[str, typer.Option(help="The purpose's code.")],
    words: Annotated[str, typer.Option(help="The purpose in words.")],
    basis: Annotated[str, typer.Option(help="The legal basis: statute and article.")],
    operations: Annotated[str, typer.Option(help="As in 'shuxin authorization request', export for the rows.")],
    columns: Annotated[str, typer.Option(help="Comma-separated columns.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The terms document to hand to the owner.")],
    method: Annotated[str, typer.Option(help="compute, api, batch or file.")] = "compute",
    days: Annotated[int, typer.Option(min=1, max=3650, help="From now on.")] = 365,
    uses: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many jobs.")] = 1000,
    code: NewCode = "",
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Claim, as a party of that region or a level above it, what was gathered there: there is no answer to wait for."""
    from gateway.cli.catalogue.authorization import operations_of
    from gateway.cli.matter import moment, put
    from gateway.statute.officers import AwaitingHead
    from gateway.statute.sharing.duties import Duties
    from gateway.statute.sharing.requesting import Period, Requesting, Wanted, code_of
    from ledger import canonical

    names = tuple(name.strip() for name in columns.split(","))
    wanted = Wanted(asset, purpose, words, basis, operations_of(operations), names, method)
    with officer_of(config) as officer:
        asking, duties = Requesting(officer), Duties(officer)
        terms = asking.draft(wanted, Period(days, uses), code)
        known = code or code_of(terms)
        asking.keep(terms, known)
        put(output, canonical.encode(terms.json()))
        try:
            receipt = duties.claim(terms, region, known)
        except AwaitingHead:
            other = f" --code {code}" if code else ""
            command = f"shuxin return agree {output} --region {region}{other} --config {config}"
            await_head(known, officer.party, command, language, as_json=as_json)
            return
        due = moment(duties.return_due(known))
        then = Text(
            f"the owner supplies until {due}; hand {output} to it",
            f"提供方应于 {due} 前回流；请将 {output} 交给提供方",
        )
        tell(known, Text("claimed and authorized", "已主张回流并获授权"), receipt, language, as_json=as_json, then=then)


@app.command()
def agree(
    terms: Annotated[Path, typer.Argument(help="The terms document that the officer drafted.")],
    region: Region,
    config: Config,
    code: NewCode = "",
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Agree, as head of the sharing body, to this department's claim of a region's data."""
    from gateway.cli.catalogue.authorization import explain
    from gateway.statute.sharing.requesting import code_of, read_terms

    found = read_terms(terms)
    if not as_json:
        explain(found, language)
    then = Text("next, the officer repeats: shuxin return claim", "下一步，经办人重新执行：shuxin return claim")
    with head_of(config) as head:
        receipt = head.agree_to_return(found, region, code)
        tell(code or code_of(found), Text("agreed to", "负责人已同意"), receipt, language, as_json=as_json, then=then)
