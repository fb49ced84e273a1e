"""What ``shuxin authorization`` does with one that was granted: suspend, resume, revoke, dispose, show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of
from gateway.cli.proceeding import Code, Config, Json, words_of
from gateway.cli.telling import clock, tell
from gateway.cli.tongue import Language, Tongue
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from gateway.statute.sharing.answering import Case

Reason = Annotated[str, typer.Option("--reason", help="In words; a salted digest goes on chain.")]
STATES = {
    "received": "待答复", "incomplete": "待补充材料", "consented": "已同意", "refused": "不予共享",
    "withdrawn": "已撤回", "granted": "生效", "suspended": "已暂停", "revoked": "已终止", "disposed": "已处置",
}  # fmt: skip


@contextmanager
def case_of(config: Path, code: str) -> Iterator[Case]:
    """Open a case for the officer of a department."""
    from gateway.statute.sharing.answering import Case

    with officer_of(config) as officer:
        yield Case(officer, code)


def suspend(
    code: Code,
    config: Config,
    reason: Reason,
    breach: Annotated[str, typer.Option(help="The breach that was found, an item of article 40 such as '40(2)'.")] = "",
    language: Language = Tongue.EN,
) -> None:
    """Stop every use until resumed, as owner or as authority; running jobs stop at their next step."""
    from contracts.regulation.rule_set import breach_number

    number = breach_number(breach) if breach else 0
    then = Text(f"to lift it: shuxin authorization resume {code}", f"恢复：shuxin authorization resume {code}")
    with case_of(config, code) as case:
        receipt = case.suspend(reason, number)
        tell(code, Text("suspended", "已暂停"), receipt, language, paper=case.paper("suspend", reason), then=then)


def resume(code: Code, config: Config, language: Language = Tongue.EN) -> None:
    """Lift a suspension that this party ordered."""
    with case_of(config, code) as case:
        tell(code, Text("in force again", "已恢复"), case.resume(), language)


def revoke(code: Code, config: Config, reason: Reason, language: Language = Tongue.EN) -> None:
    """End an authorization for good."""
    then = Text(
        f"next, the requester disposes of the data: shuxin authorization dispose {code} --certificate ...",
        f"下一步，由申请方处置数据：shuxin authorization dispose {code} --certificate ...",
    )
    with case_of(config, code) as case:
        receipt = case.revoke(reason)
        tell(code, Text("revoked", "已终止"), receipt, language, paper=case.paper("revoke", reason), then=then)


def dispose(
    code: Code,
    config: Config,
    certificate: Annotated[Path, typer.Option(help="The certificate of disposal; its salted digest goes on chain.")],
    language: Language = Tongue.EN,
) -> None:
    """State, as grantee, that the data are disposed of as the owner requires: no later use is permitted."""
    content = words_of(certificate)
    with case_of(config, code) as case:
        receipt = case.dispose(content)
        tell(code, Text("disposed of", "已处置"), receipt, language, paper=case.paper("dispose", content))


def show(code: Code, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Read a request, and the authorization it became, from the chain, by proof."""
    with case_of(config, code) as case:
        found = case.standing()
    print(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(_lines(code, found, language)))


def register(app: typer.Typer) -> None:
    """Add the commands to ``shuxin authorization``."""
    for command in (suspend, resume, revoke, dispose, show):
        app.command()(command)


def _lines(code: str, found: dict[str, object], language: Tongue) -> list[str]:
    told = {name: str(value) for name, value in found.items()}
    told |= {name: clock(told[name]) for name in ("requested", "due", "supply", "valid_from", "valid_until")}
    if language is Tongue.ZH:
        lines = [f"{code}：{STATES[told['state']]}，编号 0x{told['id']}"]
        lines.append(f"  申请于 {told['requested']}，答复截止 {told['due']}")
        if told["supply"]:
            lines.append(f"  {told['valid_from']} 至 {told['valid_until']}；已用 {told['uses']}/{told['max_uses']} 次")
            lines.append(f"  提供截止 {told['supply']}；条款 {told['terms']}")
        return lines
    lines = [f"{code}: {told['state']}, id 0x{told['id']}"]
    lines.append(f"  asked for on {told['requested']}, answer due {told['due']}")
    if told["supply"]:
        period = f"from {told['valid_from']} until {told['valid_until']}"
        lines.append(f"  {period}; {told['uses']} of {told['max_uses']} uses")
        lines.append(f"  supply due {told['supply']}; terms {told['terms']}")
    return lines
