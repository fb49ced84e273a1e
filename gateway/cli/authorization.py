"""``shuxin authorization``: ask for the use of an asset, grant it, stop it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import head_of, officer_of
from gateway.cli.proceeding import paper
from ledger.errors import InvalidRecord, NotFound

if TYPE_CHECKING:
    from contracts.authorizations.rules import Operations
    from contracts.authorizations.terms import Terms
    from contracts.grades.rules import Covering
    from gateway.statute.answering import Case
    from ledger.chain import Receipt

app = typer.Typer(help="Ask for the use of assets, grant it, stop it.", no_args_is_help=True)
Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Code = Annotated[str, typer.Argument(help="The authorization's code, by default <grantee>/<purpose>/<asset>.")]
NewCode = Annotated[str, typer.Option("--code", help="Another code than <grantee>/<purpose>/<asset>.")]
Rule = Annotated[int, typer.Option(min=1, max=27, help="Number of the rule it rests on, see 'shuxin rules check'.")]
Reason = Annotated[str, typer.Option("--reason", help="In words; a digest goes on chain.")]


PERSONAL = "If personal information is covered: the ground of article 13 of its Protection Law."


class PersonalBasis(StrEnum):
    """Items of article 13 of the Personal Information Protection Law."""

    NONE = "none"
    CONSENT = "consent"
    CONTRACT = "contract"
    STATUTORY_DUTY = "statutory-duty"
    EMERGENCY = "emergency"
    PUBLIC_INTEREST_REPORTING = "public-interest-reporting"
    DISCLOSED_ALREADY = "disclosed-already"
    OTHER_LAW = "other-law"


@app.command()
def request(
    asset: Annotated[str, typer.Argument(help="The asset's code.")],
    config: Config,
    owner: Annotated[str, typer.Option(help="The party that holds it.")],
    purpose: Annotated[str, typer.Option(help="The purpose's code.")],
    words: Annotated[str, typer.Option(help="The purpose in words.")],
    operations: Annotated[str, typer.Option(help="Of count,sum,mean,variance,histogram,join,distinct,export.")],
    columns: Annotated[str, typer.Option(help="Comma-separated columns the jobs may read.")],
    basis: Annotated[str, typer.Option(help="The legal basis: statute and article.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The terms document to hand to the owner.")],
    method: Annotated[str, typer.Option(help="How the data are shared: compute, api, batch or file.")] = "compute",
    days: Annotated[int, typer.Option(min=1, max=3650, help="From now on.")] = 30,
    uses: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many jobs.")] = 10,
    code: NewCode = "",
) -> None:
    """Ask an owner for the use of an asset; hand the terms document to the owner's officer."""
    from gateway.statute.officers import AwaitingHead
    from gateway.statute.requesting import Period, Requesting, Wanted, code_of
    from ledger import canonical

    names = tuple(name.strip() for name in columns.split(","))
    wanted = Wanted(asset, purpose, words, basis, _operations(operations), names, method)
    if not output.parent.is_dir():
        raise NotFound(f"{output.parent}: no such directory")
    with officer_of(config) as officer:
        asking = Requesting(officer)
        terms = asking.draft(wanted, Period(days, uses), code)
        try:
            receipt = asking.request(terms, owner, code)
        except AwaitingHead:
            output.write_bytes(canonical.encode(terms.json()))
            print(f"{code or code_of(terms)}: drafted; next, the head of the sharing body of {officer.party} runs")
            print(f"  shuxin authorization agree {output} --owner {owner} --config {config}")
            print("then repeat this command")
            return
        output.write_bytes(canonical.encode(terms.json()))
        _tell(code or code_of(terms), "requested", receipt)
    print(f"hand {output} to {owner}")


@app.command()
def agree(
    terms: Annotated[Path, typer.Argument(help="The terms document, drafted here or handed over by a requester.")],
    config: Config,
    owner: Annotated[str, typer.Option(help="As requester: the party that is asked. As owner: leave it out.")] = "",
    code: NewCode = "",
) -> None:
    """Agree, as head of the sharing body, to this department's request, or to its yes to another's."""
    from gateway.statute.requesting import code_of, read_terms

    found = read_terms(terms)
    _explain(found)
    with head_of(config) as head:
        receipt = head.agree_to_request(found, owner, code) if owner else head.agree_to_grant(found, code)
        _tell(code or code_of(found), "agreed to", receipt)


@app.command()
def grant(
    terms: Annotated[Path, typer.Argument(help="The terms document the requester handed over.")],
    config: Config,
    code: NewCode = "",
    personal_basis: Annotated[PersonalBasis, typer.Option(help=PERSONAL)] = PersonalBasis.NONE,
    assessment: Annotated[str, typer.Option(help="The impact assessment of personal information, in words.")] = "",
) -> None:
    """Say yes to a request with exactly these terms."""
    from contracts.grades.record import Basis
    from gateway.statute import entering
    from gateway.statute.requesting import Requesting, code_of, read_terms

    found = read_terms(terms)
    _explain(found)
    with officer_of(config) as officer:

        def covering() -> Covering:
            kept = entering.kept(officer.config.entries, found.asset)
            return entering.covering(kept, found, Basis[personal_basis.name], assessment)

        _tell(code or code_of(found), "granted", Requesting(officer).grant(found, covering, code))


@app.command()
def refuse(code: Code, config: Config, reason: Reason, rule: Rule) -> None:
    """Say no to a request, for good."""
    with _case(config, code) as case:
        _tell(code, "refused", case.refuse(rule, reason))


@app.command()
def agree_refusal(code: Code, config: Config, reason: Reason, rule: Rule) -> None:
    """Agree, as head of the sharing body, to a no in exactly these words."""
    with officer_of(config) as officer, head_of(config) as head:
        from gateway.statute.answering import Case

        _tell(code, "agreed to the no", head.agree_to_refusal(Case(officer, code).refusal(rule, reason)))


@app.command()
def supplement(code: Code, config: Config, missing: Reason) -> None:
    """Ask the requester, once and completely, for what its request lacks; the deadline begins anew with the answer."""
    with _case(config, code) as case:
        _tell(code, "incomplete", case.ask_supplement(missing))


@app.command()
def extend(code: Code, config: Config, reason: Reason) -> None:
    """Give the owner more time to answer, once: the authority's officer."""
    with _case(config, code) as case:
        _tell(code, "extended", case.extend(reason))


@app.command()
def withdraw(code: Code, config: Config) -> None:
    """Take back a request that has no answer yet."""
    with _case(config, code) as case:
        _tell(code, "withdrawn", case.withdraw())


@app.command()
def suspend(
    code: Code,
    config: Config,
    reason: Reason,
    breach: Annotated[str, typer.Option(help="The breach that was found, an item of article 40 such as '40(2)'.")] = "",
) -> None:
    """Stop every use until resumed, as owner or as authority; running jobs stop at their next step."""
    from contracts.regulation.rule_set import breach_number

    with _case(config, code) as case:
        _tell(code, "suspended", case.suspend(reason, breach_number(breach) if breach else 0))


@app.command()
def resume(code: Code, config: Config) -> None:
    """Lift a suspension that this party ordered."""
    with _case(config, code) as case:
        _tell(code, "in force again", case.resume())


@app.command()
def revoke(code: Code, config: Config, reason: Reason) -> None:
    """End an authorization for good."""
    with _case(config, code) as case:
        _tell(code, "revoked", case.revoke(reason))


@app.command()
def dispose(
    code: Code,
    config: Config,
    certificate: Annotated[Path, typer.Option(help="The certificate of disposal; its digest goes on chain.")],
) -> None:
    """State, as grantee, that the data are disposed of as the owner requires: no later use is permitted."""
    if not certificate.is_file():
        raise NotFound(f"{certificate}: no such file")
    with _case(config, code) as case:
        _tell(code, "disposed of", case.dispose(paper(certificate)))


@app.command()
def show(
    code: Code, config: Config, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """Read a request, and the authorization it became, from the chain, by proof."""
    with _case(config, code) as case:
        found = case.standing()
    print(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(_lines(code, found)))


def _explain(found: Terms) -> None:
    names = ", ".join(str(operation.name).lower() for operation in found.operations)
    print(f"{found.grantee} may use {found.asset} for {found.purpose} ({found.purpose_text}), by {found.basis}:")
    print(f"  operations {names}; columns {', '.join(found.columns)}; by {found.method}, {found.max_uses} times")


def _lines(code: str, found: dict[str, object]) -> list[str]:
    lines = [f"{code}: {found['state']}, id 0x{found['id']}"]
    lines.append(f"  asked for by {found['requested']}, answer due {found['due']}")
    if found["supply"]:
        period = f"from {found['valid_from']} until {found['valid_until']}"
        lines.append(f"  {period}; {found['uses']} of {found['max_uses']} uses")
        lines.append(f"  supply due {found['supply']}; terms {found['terms']}")
    return lines


def _tell(code: str, done: str, receipt: Receipt | None) -> None:
    print(f"{code}: {done}, block {receipt.block_number}" if receipt else f"{code}: {done} before; nothing to do")


@contextmanager
def _case(config: Path, code: str) -> Iterator[Case]:
    from gateway.statute.answering import Case

    with officer_of(config) as officer:
        yield Case(officer, code)


def _operations(text: str) -> Operations:
    from contracts.authorizations.rules import Operations

    known = {str(operation.name).lower(): operation for operation in Operations}
    found = Operations(0)
    for name in (part.strip() for part in text.split(",")):
        if name not in known:
            raise InvalidRecord(f"operations: expected some of {', '.join(known)}, got {name!r}")
        found |= known[name]
    return found
