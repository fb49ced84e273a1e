"""``shuxin incident``: network data security incidents, reported within hours, followed up, ended and summed up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.matter import Config, Json, Output, Ref, hand_over, moment, papers_of, tell
from gateway.cli.officer import officer_of
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from gateway.statute.templates.incident import Reporting

app = typer.Typer(help="Security incidents: report, follow up, end, sum up.", no_args_is_help=True)


class Whose(StrEnum):
    """Whose network it is; the first report has 1, 2 and 4 hours."""

    CRITICAL = "critical"
    ORGAN = "organ"
    OTHER = "other"


class Grade(StrEnum):
    """特别重大、重大、较大、一般."""

    ESPECIALLY_SERIOUS = "especially-serious"
    SERIOUS = "serious"
    LARGER = "larger"
    ORDINARY = "ordinary"


Words = Annotated[str, typer.Option("--words", help="What is reported; a salted digest goes on chain.")]
Severity = Annotated[Grade, typer.Option(help="How severe; an ordinary incident has no statutory hours.")]

STATES = {"recorded": "已记录待报告", "reported": "已报告处置中", "ended": "处置结束待总结", "closed": "已结案"}
GRADES = {Grade.ESPECIALLY_SERIOUS: "特别重大", Grade.SERIOUS: "重大", Grade.LARGER: "较大", Grade.ORDINARY: "一般"}
NAMES = {
    "IncidentRecorded": ("记录", "recorded"), "IncidentRegraded": ("重新定级", "graded anew"),
    "IncidentReported": ("首次报告", "first report"), "IncidentFollowed": ("续报", "follow-up"),
    "IncidentEnded": ("处置结束", "ended"), "IncidentClosed": ("总结报告", "summary"),
}  # fmt: skip


@app.command()
def record(
    words: Annotated[str, typer.Argument(metavar="INCIDENT", help="What is known, in words.")],
    severity: Severity,
    found: Annotated[str, typer.Option(help="When it was discovered, e.g. 2026-03-05T10:00:00+08:00.")],
    authority: Annotated[str, typer.Option(help="The party it is to be reported to.")],
    config: Config,
    operator: Annotated[Whose, typer.Option(help="Whose network: 1, 2 or 4 hours.")] = Whose.ORGAN,
    output: Output = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Record that an incident was discovered; the hours of its first report run from then."""
    from contracts.calendar.dates import moment_of
    from contracts.incidents.rules import Operator
    from contracts.incidents.rules import Severity as Graded
    from gateway.statute.templates.incident import Reporting, noted

    at = moment_of(found)
    with officer_of(config) as officer:
        paper = noted(officer, words)
        incident = Reporting(officer, paper.digest)
        receipt = incident.record(Operator[operator.name], Graded[severity.name], at, authority)
        hand_over(output, [paper])
        due = moment(incident.incident().due) or "-"
        done = (f"已记录，首次报告截止 {due}", f"recorded; first report due {due}")
        tell(paper.digest, done, receipt, language, as_json=as_json)


@app.command()
def regrade(
    ref: Ref, severity: Severity, words: Words, config: Config, language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Grade an incident anew before its first report."""
    from contracts.incidents.rules import Severity as Graded

    with _incident(config, ref) as incident:
        receipt = incident.regrade(Graded[severity.name], words)
        tell(incident.matter.id, ("已重新定级", "graded anew"), receipt, language, as_json=as_json)


@app.command()
def report(
    ref: Ref,
    words: Words,
    config: Config,
    output: Output = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """State that the first report went to the authority; -o writes its papers. A late one is marked."""
    with _incident(config, ref) as incident:
        receipt = incident.report(words)
        hand_over(output, incident.papers())
        tell(incident.matter.id, ("已首次报告", "first report made"), receipt, language, as_json=as_json)


@app.command("follow-up")
def follow_up(
    ref: Ref,
    severity: Severity,
    words: Words,
    config: Config,
    output: Output = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Report what has become known since, and how severe it is by that."""
    from contracts.incidents.rules import Severity as Graded

    with _incident(config, ref) as incident:
        receipt = incident.follow_up(Graded[severity.name], words)
        hand_over(output, incident.papers())
        tell(incident.matter.id, ("已续报", "followed up"), receipt, language, as_json=as_json)


@app.command()
def end(ref: Ref, words: Words, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """State that the incident is dealt with; its summary is due 30 days later."""
    with _incident(config, ref) as incident:
        receipt = incident.end(words)
        due = moment(incident.incident().due) or "-"
        done = (f"处置结束，总结截止 {due}", f"ended; summary due {due}")
        tell(incident.matter.id, done, receipt, language, as_json=as_json)


@app.command()
def close(
    ref: Ref,
    words: Words,
    config: Config,
    output: Output = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Hand in the summary. A late one is marked."""
    with _incident(config, ref) as incident:
        receipt = incident.close(words)
        hand_over(output, incident.papers())
        tell(incident.matter.id, ("已结案", "closed"), receipt, language, as_json=as_json)


@app.command()
def show(ref: Ref, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Read an incident with its whole history by proof; what was late says so."""
    with _incident(config, ref) as incident:
        found, events = incident.incident(), incident.matter.events()
    state, grade, gravest = found.state.name.lower(), _grade(found.severity), _grade(found.gravest)
    happened = [(event.timestamp, event.name, bool(event.args.get("late"))) for event in events]
    if as_json:
        told = {
            "matter": incident.matter.id.hex(), "state": state, "severity": grade.value,
            "gravest": gravest.value, "found": found.found, "due": found.due or None,
            "events": [{"time": time, "event": NAMES[name][1], "late": late} for time, name, late in happened],
        }  # fmt: skip
        print(json.dumps(told))
        return
    is_zh = language is Tongue.ZH
    due = f", {'截止' if is_zh else 'due'} {moment(found.due)}" if found.due and state != "closed" else ""
    once = "" if gravest is grade else f", 曾定为{GRADES[gravest]}" if is_zh else f", was {gravest.value}"
    words = (STATES[state], GRADES[grade]) if is_zh else (state, grade.value)
    print(f"0x{incident.matter.id.hex()[:12]}: {', '.join(words)}{once}{due}")
    for time, name, late in happened:
        mark = ("  ** 逾期 **" if is_zh else "  ** LATE **") if late else ""
        print(f"  {moment(time)}  {NAMES[name][0 if is_zh else 1]}{mark}")


def _grade(severity: int) -> Grade:
    return list(Grade)[severity - 1]


@contextmanager
def _incident(config: Path, ref: str) -> Iterator[Reporting]:
    from gateway.statute.matter import matter_id
    from gateway.statute.templates.incident import Reporting

    with officer_of(config) as officer:
        incident = Reporting(officer, matter_id(ref))
        incident.matter.papers.keep(papers_of(ref))
        yield incident
