"""``shuxin rules``: what a rule set asks, by which article, within which limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.adopting import Config, Key, adopting, tell_turn
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from contracts.regulation.rule_set import Rule, RuleSet, StatedLimit

app = typer.Typer(help="Rule sets of the Regulation: check, adopt, replay the past under one.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

UNITS = {
    "en": {"WORKING": "working days", "CALENDAR": "calendar days", "YEARS": "years"},
    "zh": {"WORKING": "个工作日", "CALENDAR": "日", "YEARS": "年"},
}


@app.callback()
def rules() -> None:
    """Read rule sets of the statute."""


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A rule set (TOML); none: the national one shipped here.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Check and explain a rule set: exit 2 with file and line if it is broken or looser than the national one."""
    from contracts.regulation import reader

    found = reader.national() if file is None else reader.load(file)
    if as_json:
        print(json.dumps({**found.in_words, "digest": found.digest.hex()}, ensure_ascii=False))
    else:
        print("\n".join(_explained(found, language.value)))


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(help="The rule set (TOML).")],
    config: Config,
    key: Key = "approver",
    language: Language = Tongue.EN,
) -> None:
    """Put a rule set in force: every member of Governance runs this on the same file until the quorum is there."""
    from contracts.regulation import reader

    found = reader.load(file)
    with adopting(config, key) as member:
        tell_turn(str(file), member.adopt_rules(found), language)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="NEW", help="The rule set to hold against the past (TOML).")],
    config: Annotated[Path, typer.Option("--config", help="The department's node configuration.")],
    from_block: Annotated[int, typer.Option(help="From this block on it counts as in force.")],
    to_block: Annotated[int | None, typer.Option(help="Up to this block; else to the newest.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """List the past acts that a rule set would have refused or found late; the chain is only read."""
    from contracts.oversight.past.replay import Verdict
    from contracts.regulation import reader
    from gateway.cli.oversight.inbox import observing, progress
    from gateway.statute.observation import replaying

    rules = reader.load(file)
    with observing(config) as (_, observer, names):
        head = observer.follow(progress("read"))
        wanted = replaying.span(from_block, to_block, head.number)
        outcome = replaying.run(observer, rules, wanted, head, progress("replayed"))
    if as_json:
        told = {"from": wanted.first, "to": wanted.last, "rules": rules.digest.hex(), "acts": outcome.acts}
        findings = [replaying.json_of(found, rules) for found in outcome.findings]
        print(json.dumps({**told, "findings": findings}, ensure_ascii=False))
        return
    refused = sum(found.verdict is Verdict.REFUSED for found in outcome.findings)
    counts = (len(outcome.findings) - refused, refused)
    if language is Tongue.ZH:
        head_line = "区块 {}–{}：{} 个行为，{} 个将逾期，{} 个将被拒绝"
    else:
        head_line = "blocks {} - {}: {} acts, {} would have been late, {} refused"
    print(head_line.format(wanted.first, wanted.last, outcome.acts, *counts))
    for found in outcome.findings:
        print(replaying.line(found, rules, names, language.value))


def _explained(found: RuleSet, language: str) -> list[str]:
    is_zh = language == "zh"
    lines = [
        f"{found.title.say(language)} ({found.jurisdiction})",
        f"{'依据' if is_zh else 'instrument'}: {found.instrument}",
        f"{'施行' if is_zh else 'in force'}: {found.in_force}",
        f"{'摘要' if is_zh else 'digest'}: {found.digest.hex()}",
        "",
    ]
    for rule in found.rules:
        lines += _rule(rule, language)
    lines += ["", "期限" if is_zh else "limits"] if found.limits else []
    return lines + [_limit(limit, found, language) for limit in found.limits]


def _rule(rule: Rule, language: str) -> list[str]:
    from contracts.regulation.reading import cite

    lines = [
        f"{rule.id}  {cite(rule.articles, language)}: {rule.condition.say(language)}",
        f"     {'拒绝时' if language == 'zh' else 'refusal'}: {rule.message.say(language)}",
    ]
    if rule.breaches:
        lines.append(f"     {'违规情形' if language == 'zh' else 'breach'}: {cite(rule.breaches, language)}")
    return lines


def _limit(stated: StatedLimit, found: RuleSet, language: str) -> str:
    from contracts.regulation.reading import cite
    from contracts.regulation.rules import LimitUnit

    bound = {"en": ("at most", "at least"), "zh": ("不超过", "不少于")}[language][stated.length.minimum]
    unit = UNITS[language][LimitUnit(stated.length.unit).name]
    place, since = cite([stated.article], language), stated.start.say(language)
    text = f"{stated.code}: {place}, {stated.rule}: {bound} {stated.length.amount} {unit}, {since}"
    if found.national is None:
        return f"  {text}"
    national = found.national.stated(stated.code).length.amount
    return f"  {text} ({'国家规定' if language == 'zh' else 'national'}: {national})"
