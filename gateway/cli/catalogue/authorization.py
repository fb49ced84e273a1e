"""``shuxin authorization``: ask for the use of an asset, and answer; the rest is in ``standing``."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.catalogue import standing
from gateway.cli.catalogue.standing import Reason, case_of
from gateway.cli.officer import head_of, officer_of
from gateway.cli.proceeding import Code, Config
from gateway.cli.telling import await_head, clock, tell
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord, NotFound
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from contracts.authorizations.rules import Operations
    from contracts.authorizations.terms import Terms
    from contracts.grades.rules import Covering

app = typer.Typer(help="Ask for the use of assets, grant it, stop it.", no_args_is_help=True)
NewCode = Annotated[str, typer.Option("--code", help="Another code than <grantee>/<purpose>/<asset>.")]
Rule = Annotated[int, typer.Option(min=1, max=27, help="Number of the rule it rests on, see 'shuxin rules check'.")]


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
    language: Language = Tongue.EN,
) -> None:
    """Ask an owner for the use of an asset; hand the terms document to the owner's officer."""
    from gateway.statute.officers import AwaitingHead
    from gateway.statute.sharing.requesting import Period, Requesting, Wanted, code_of
    from ledger import canonical

    names = tuple(name.strip() for name in columns.split(","))
    wanted = Wanted(asset, purpose, words, basis, operations_of(operations), names, method)
    if not output.parent.is_dir():
        raise NotFound(f"{output.parent}: no such directory")
    with officer_of(config) as officer:
        asking = Requesting(officer)
        terms = asking.draft(wanted, Period(days, uses), code)
        try:
            receipt = asking.request(terms, owner, code)
        except AwaitingHead:
            output.write_bytes(canonical.encode(terms.json()))
            other = f" --code {code}" if code else ""
            command = f"shuxin authorization agree {output} --owner {owner}{other} --config {config}"
            await_head(code or code_of(terms), officer.party, command, language)
            return
        output.write_bytes(canonical.encode(terms.json()))
        then = Text(f"next, hand {output} to {owner}", f"下一步，把 {output} 交给 {owner}")
        tell(code or code_of(terms), Text("requested", "已申请"), receipt, language, then=then)


@app.command()
def agree(
    terms: Annotated[Path, typer.Argument(help="The terms document, drafted here or handed over by a requester.")],
    config: Config,
    owner: Annotated[str, typer.Option(help="As requester: the party that is asked. As owner: leave it out.")] = "",
    code: NewCode = "",
    language: Language = Tongue.EN,
) -> None:
    """Agree, as head of the sharing body, to this department's request, or to its yes to another's."""
    from gateway.statute.sharing.requesting import code_of, read_terms

    found = read_terms(terms)
    explain(found, language)
    command = "shuxin authorization request" if owner else f"shuxin authorization grant {terms}"
    then = Text(f"next, the officer runs: {command}", f"下一步，经办人执行：{command}")
    with head_of(config) as head:
        receipt = head.agree_to_request(found, owner, code) if owner else head.agree_to_grant(found, code)
        tell(code or code_of(found), Text("agreed to", "负责人已同意"), receipt, language, then=then)


@app.command()
def grant(
    terms: Annotated[Path, typer.Argument(help="The terms document the requester handed over.")],
    config: Config,
    code: NewCode = "",
    personal_basis: Annotated[PersonalBasis, typer.Option(help=PERSONAL)] = PersonalBasis.NONE,
    assessment: Annotated[str, typer.Option(help="The impact assessment of personal information, in words.")] = "",
    language: Language = Tongue.EN,
) -> None:
    """Say yes to a request with exactly these terms."""
    from contracts.grades.record import Basis
    from gateway.statute.officers import AwaitingHead
    from gateway.statute.sharing import entering
    from gateway.statute.sharing.requesting import Requesting, code_of, read_terms

    found = read_terms(terms)
    explain(found, language)
    with officer_of(config) as officer:

        def covering() -> Covering:
            kept = entering.kept(officer.config.entries, found.asset)
            return entering.covering(kept, found, Basis[personal_basis.name], assessment)

        named = code or code_of(found)
        try:
            receipt = Requesting(officer).grant(found, covering, code)
        except AwaitingHead as fault:
            other = f" --code {code}" if code else ""
            raise AwaitingHead(f"{fault}; she runs: shuxin authorization agree {terms}{other}") from fault
        then = Text(
            f"next, within 20 working days: shuxin supply deliver {named} --file ... (or a job uses it)",
            f"下一步，20个工作日内提供：shuxin supply deliver {named} --file ...（或由计算任务使用）",
        )
        tell(named, Text("granted", "已同意"), receipt, language, then=then)


@app.command()
def refuse(code: Code, config: Config, reason: Reason, rule: Rule, language: Language = Tongue.EN) -> None:
    """Say no to a request, for good."""
    from gateway.statute.officers import AwaitingHead

    with case_of(config, code) as case:
        try:
            receipt = case.refuse(rule, reason)
        except AwaitingHead as fault:
            words = f"--rule {rule} --reason {shlex.quote(reason)}"
            raise AwaitingHead(f"{fault}; she runs: shuxin authorization agree-refusal {code} {words}") from fault
        tell(code, Text("refused", "已不同意"), receipt, language, paper=case.paper("refuse", reason))


@app.command()
def agree_refusal(code: Code, config: Config, reason: Reason, rule: Rule, language: Language = Tongue.EN) -> None:
    """Agree, as head of the sharing body, to a no in exactly these words."""
    command = f"shuxin authorization refuse {code} --rule {rule} --reason {shlex.quote(reason)}"
    then = Text(f"next, the officer runs: {command}", f"下一步，经办人执行：{command}")
    with case_of(config, code) as case, head_of(config) as head:
        receipt = head.agree_to_refusal(case.refusal(rule, reason))
        tell(code, Text("agreed to the no", "负责人已同意不予共享"), receipt, language, then=then)


@app.command()
def supplement(code: Code, config: Config, missing: Reason, language: Language = Tongue.EN) -> None:
    """Ask the requester, once and completely, for what its request lacks; the deadline begins anew with the answer."""
    with case_of(config, code) as case:
        receipt = case.ask_supplement(missing)
        tell(code, Text("incomplete", "已要求补充材料"), receipt, language, paper=case.paper("supplement", missing))


@app.command()
def extend(code: Code, config: Config, reason: Reason, language: Language = Tongue.EN) -> None:
    """Give the owner more time to answer, once: the authority's officer."""
    with case_of(config, code) as case:
        receipt = case.extend(reason)
        due = clock(str(case.standing()["due"]))
        then = Text(f"the answer is due {due}", f"答复截止 {due}")
        tell(code, Text("extended", "已延长答复期限"), receipt, language, paper=case.paper("extend", reason), then=then)


@app.command()
def withdraw(code: Code, config: Config, language: Language = Tongue.EN) -> None:
    """Take back a request that has no answer yet."""
    with case_of(config, code) as case:
        tell(code, Text("withdrawn", "已撤回"), case.withdraw(), language)


standing.register(app)


def explain(found: Terms, language: Tongue) -> None:
    """Say what terms permit, for whom and on which basis."""
    names = ", ".join(str(operation.name).lower() for operation in found.operations)
    columns = ", ".join(found.columns)
    if language is Tongue.ZH:
        print(f"{found.grantee} 可为 {found.purpose}（{found.purpose_text}）使用 {found.asset}，依据 {found.basis}：")
        print(f"  操作 {names}；字段 {columns}；方式 {found.method}，{found.max_uses} 次")
        return
    print(f"{found.grantee} may use {found.asset} for {found.purpose} ({found.purpose_text}), by {found.basis}:")
    print(f"  operations {names}; columns {columns}; by {found.method}, {found.max_uses} times")


def operations_of(text: str) -> Operations:
    """Read the names of operations; raises InvalidRecord."""
    from contracts.authorizations.rules import Operations

    known = {str(operation.name).lower(): operation for operation in Operations}
    found = Operations(0)
    for name in (part.strip() for part in text.split(",")):
        if name not in known:
            raise InvalidRecord(f"operations: expected some of {', '.join(known)}, got {name!r}")
        found |= known[name]
    return found
