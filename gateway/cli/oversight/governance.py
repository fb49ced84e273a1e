"""``shuxin report``, ``governance``, ``self-check``: a year in figures, the table of "1+2" governance, standards."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.oversight.inbox import observing, progress
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord, NotFound

if TYPE_CHECKING:
    from contracts.oversight.counting.tally import Period
    from ledger.proofs.headers import Header
    from mpc.node.config import NodeConfig

report = typer.Typer(help="A yearly report, counted from the chain.", no_args_is_help=True)
governance = typer.Typer(help="Who manages, who operates, who audits: figures from the chain.", no_args_is_help=True)

Config = Annotated[Path, typer.Option("--config", help="A department's node configuration.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class Which(StrEnum):
    """Standards whose items are checked."""

    MLPS = "mlps"
    DSMM = "dsmm"


@report.callback()
def reports() -> None:
    """Reports computed from the chain."""


@governance.callback()
def governing() -> None:
    """Who manages, who operates, who audits."""


@report.command()
def year(
    wanted: Annotated[int, typer.Argument(metavar="YYYY", help="A calendar year at UTC+8.")],
    config: Config,
    party: Annotated[str, typer.Option(help="Only what this party did; none: the whole network.")] = "",
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """The yearly report: requests, answers, supplies, objections, disputes, uses, incidents, breaches."""
    from contracts.oversight.counting.yearly import report as made
    from contracts.oversight.counting.yearly import year_of
    from contracts.parties.client import party_id
    from contracts.regulation.reader import national
    from gateway.statute.observation.reporting import counted, yearly_json, yearly_lines
    from gateway.statute.observation.standing import registered

    period = year_of(wanted)
    with observing(config) as (_, observer, _names):
        at = observer.follow(progress("blocks"))
        one = party_id(party) if party else None
        if one is not None and not registered(observer.view, at, [one]):
            raise NotFound(f"{party}: the chain knows no party of this code")
        found = made(wanted, counted(observer, at, observer.acts(at), period), national(), one)
    if as_json:
        told = {"party": party or None, "block": at.number, "until": min(period.end, at.timestamp)}
        print(json.dumps({**yearly_json(found), **told}, ensure_ascii=False))
        return
    whose = party or ("全网" if language is Tongue.ZH else "the whole network")
    head = f"{wanted} 年度报告（{whose}）" if language is Tongue.ZH else f"Yearly report {wanted} of {whose}"
    print(_as_of(head, at, period, language))
    print("\n".join(yearly_lines(found, language.value)))


@governance.command()
def kpi(
    config: Config,
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="First day; none: since the founding.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="DATE", help="Last day; none: until now.")] = "",
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """The table of data management, operation and audit, and of providers and users, from the chain's acts."""
    from contracts.oversight.counting.kpi import table
    from gateway.statute.observation.reporting import counted, kpi_json, kpi_lines, roles_of

    with observing(config) as (read, observer, names):
        at = observer.follow(progress("blocks"))
        period = _period(start, end, at)
        acts = observer.acts(at)
        rows = table(counted(observer, at, acts, period).figures, roles_of(observer, at, acts, _known(read)))
    if as_json:
        told = {"from": period.start, "to": min(period.end, at.timestamp), "block": at.number}
        print(json.dumps({**told, "rows": kpi_json(rows, names)}, ensure_ascii=False))
        return
    head = "治理指标" if language is Tongue.ZH else "Governance indicators"
    print(_as_of(head, at, period, language))
    print("\n".join(kpi_lines(rows, names, language.value)))


def self_check(
    wanted: Annotated[Which, typer.Argument(metavar="STANDARD", help="mlps (GB/T 22239) or dsmm (GB/T 37988).")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say of each item of a standard what the chain shows of it: met, not met, or not shown by the chain."""
    from contracts.oversight.selfchecks.selfcheck import check, standard
    from contracts.oversight.selfchecks.standard import Code
    from gateway.statute.observation.checking import facts, table_json, table_lines
    from ledger.proofs.trust import Assurance
    from mpc.node.node import read_trust

    found = standard(Code[wanted.name])
    with observing(config) as (read, observer, _names):
        at = observer.follow(progress("blocks"))
        is_single = read_trust(read.trust).assurance is Assurance.SINGLE_OPERATOR
        lines = check(found, facts(observer, at, _known(read), is_single=is_single))
    if as_json:
        print(json.dumps({"block": at.number, "time": at.timestamp, **table_json(found, lines)}, ensure_ascii=False))
        return
    print(f"截至区块 {at.number}" if language is Tongue.ZH else f"as of block {at.number}")
    print("\n".join(table_lines(found, lines, language.value)))


def _period(start: str, end: str, at: Header) -> Period:
    """Read the days of a period, both included."""
    from contracts.calendar.dates import DAY, moment_of
    from contracts.oversight.counting.tally import Period

    for day in (start, end):
        if day and len(day) != len("2026-03-05"):
            raise InvalidRecord(f"period: expected a day like 2026-03-05, got {day!r}")
    return Period(moment_of(start) if start else 0, moment_of(end) + DAY if end else at.timestamp + 1)


def _known(config: NodeConfig) -> list[bytes]:
    from contracts.parties.client import party_id

    return [party_id(pem.stem) for pem in config.parties.glob("*.pem")]


def _as_of(head: str, at: Header, period: Period, language: Tongue) -> str:
    from gateway.cli.matter import moment

    first, last = moment(period.start) or "-", moment(min(period.end, at.timestamp + 1) - 1)
    if language is Tongue.ZH:
        return f"{head}：{first} 至 {last}，截至区块 {at.number}"
    return f"{head}: {first} to {last}, as of block {at.number}"
