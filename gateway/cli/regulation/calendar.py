"""``shuxin calendar``: which days are working days, and when a legal limit ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.adopting import Config, Key, adopting, tell_turn
from gateway.cli.tongue import Language, Tongue
from ledger.errors import NotFound

if TYPE_CHECKING:
    from contracts.calendar.notice import Notice

app = typer.Typer(help="Count working days and legal limits.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Notices = Annotated[list[Path] | None, typer.Option("--notice", help="Further holiday notices (TOML).")]


class Counting(StrEnum):
    """How days are counted."""

    WORKING = "working"
    CALENDAR = "calendar"


@app.command()
def due(
    start: Annotated[str, typer.Argument(metavar="DATE", help="2025-09-26, or a time with its zone.")],
    days: Annotated[int | None, typer.Option(min=1, max=250, help="How many days the limit has.")] = None,
    unit: Annotated[Counting, typer.Option(help="An end on a day off rolls forward.")] = Counting.WORKING,
    limit: Annotated[str | None, typer.Option(help="A limit of the rules instead, e.g. answer-conditional.")] = None,
    rules: Annotated[Path | None, typer.Option(help="With --limit: a jurisdiction's rule set (TOML).")] = None,
    notice: Notices = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say when a limit ends that begins on DATE, which itself does not count."""
    from contracts.calendar.dates import date_of, day_of, end_of, moment_of
    from contracts.calendar.notice import merged
    from contracts.calendar.rules import Unit, UnknownDay, last_day
    from contracts.regulation import reader, reading

    if (days is None) == (limit is None):
        raise typer.BadParameter("give --days or --limit")
    known, moment = _notices(notice), moment_of(start)
    told: dict[str, object] = {"start": start}
    try:
        if limit is not None:
            found = reading.deadline(reader.load(rules) if rules else reader.national(), merged(known), limit, moment)
            last, until = found.last_day, found.until
            told |= {"limit": limit, "rule": found.rule.id, "article": found.limit.article}
            told |= {"instrument": found.instrument}
            comma = "，" if language is Tongue.ZH else ", "
            why = comma + comma.join((found.rule.id, reading.cite([found.limit.article], language.value)))
        else:
            day = last_day(merged(known), day_of(moment), days or 0, Unit[unit.name])
            last, until, why = date_of(day), end_of(day), ""
            told |= {"days": days, "unit": unit.value}
    except UnknownDay as fault:
        raise NotFound(_uncovered(known, str(date_of(fault.day)), language.value)) from fault
    late_from = datetime.fromtimestamp(until, UTC).isoformat().replace("+00:00", "Z")
    told |= {"due": str(last), "weekday": last.isoweekday(), "late_from": late_from}
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    elif language is Tongue.ZH:
        print(f"截止 {last}（星期{'一二三四五六日'[last.weekday()]}）24:00，即 {late_from} 起逾期{why}")
    else:
        print(f"due {last} ({last:%A}) 24:00 at UTC+8; late from {late_from}{why}")


@app.command()
def show(
    notice: Annotated[list[Path] | None, typer.Argument(help="Holiday notices; none: those shipped here.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Check holiday notices and print their days: exit 2 with file and line if one is broken or two overlap."""
    from contracts.calendar.notice import load, merged, shipped

    found = tuple(load(path) for path in notice) if notice else shipped()
    merged(found)
    if as_json:
        print(json.dumps([_json(item) for item in found], ensure_ascii=False))
        return
    off, worked = ("放假", "上班") if language is Tongue.ZH else ("off", "worked")
    for item in found:
        print(f"{item.title[0] if language is Tongue.ZH else item.title[1]}: {item.first} - {item.last}")
        for name, days in ((off, item.off), (worked, item.worked)):
            print(f"  {name}: {', '.join(map(str, days)) or '-'}")
        print(f"  {item.issuer}: {item.source}")
        print(f"  {item.digest.hex()}")


@app.command()
def adopt(
    notice: Annotated[Path, typer.Argument(help="The holiday notice (TOML).")],
    config: Config,
    key: Key = "approver",
    language: Language = Tongue.EN,
) -> None:
    """Put a notice in force: every member of Governance runs this on the same file until the quorum is there."""
    from contracts.calendar.notice import load

    found = load(notice)
    with adopting(config, key) as member:
        tell_turn(str(notice), member.adopt_notice(found), language)


def _notices(paths: list[Path] | None) -> tuple[Notice, ...]:
    from contracts.calendar.notice import load, shipped

    return (*shipped(), *(load(path) for path in paths or ()))


def _uncovered(known: tuple[Notice, ...], day: str, language: str) -> str:
    covered = ", ".join(f"{item.first} - {item.last}" for item in known)
    if language == "zh":
        return f"没有覆盖 {day} 的节假日安排，不作推测；已有：{covered}；可用 --notice 补充"
    return f"no holiday notice covers {day}, and none is guessed; covered: {covered}; add one with --notice"


def _json(item: Notice) -> dict[str, object]:
    return {
        "title": {"zh": item.title[0], "en": item.title[1]},
        "issuer": item.issuer,
        "source": item.source,
        "first": str(item.first),
        "last": str(item.last),
        "off": [str(day) for day in item.off],
        "worked": [str(day) for day in item.worked],
        "digest": item.digest.hex(),
    }
