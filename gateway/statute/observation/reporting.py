"""Yearly report and governance table over an observer: counted from the chronicle, roles and calendar read by proof.

Needs no signing key; who runs it on the same chain up to the same block gets the same figures. What it does NOT do:
count what never reached a block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from contracts.oversight.acts import Act
from contracts.oversight.counting.figures import SEVERITIES, WORDS, Figure
from contracts.oversight.counting.kpi import SIDES, TABLE, Row, Side
from contracts.oversight.counting.tally import Period, Tally, tally
from contracts.oversight.counting.yearly import SECTIONS, Yearly
from contracts.parties.record import Party
from contracts.regulation.reading import cite
from gateway.network.naming import Names
from gateway.statute.folding import parties_named
from gateway.statute.observation.observing import Observer
from gateway.statute.observation.standing import parties_of, registered
from ledger.proofs.headers import Header


def counted(observer: Observer, at: Header, acts: Sequence[Act], period: Period) -> Tally:
    """Count a period of the chain.

    Args:
        acts: all up to the block.
    """
    parties = parties_of(observer.view, at, {act.sender for act in acts if not act.accepted})
    return tally(acts, period, at.timestamp, parties, observer.statute(at).days)


def parties_in(observer: Observer, at: Header, acts: Iterable[Act], known: Iterable[bytes]) -> dict[bytes, Party]:
    """Return how all parties are registered that this department knows or that appear in the acts."""
    seen = {party for act in acts for party in parties_named(act)}
    return registered(observer.view, at, {*known, *seen})


def roles_of(observer: Observer, at: Header, acts: Iterable[Act], known: Iterable[bytes]) -> dict[bytes, int]:
    """Return the registered roles of those parties."""
    return {party: record.roles for party, record in parties_in(observer, at, acts, known).items()}


def kpi_lines(rows: Sequence[Row], names: Names, language: str) -> list[str]:
    """Say the governance table, side by side under headings."""
    lines: list[str] = []
    for side in Side:
        lines.append(f"{SIDES[side].say(language)}:")
        found = sorted((row for row in rows if row.side is side), key=lambda row: names.say(row.party))
        if not found:
            lines.append("  -")
        for row in found:
            lines.append(f"  {names.say(row.party)}")
            pairs = zip(TABLE[side], row.texts, strict=True)
            lines += [f"    {column.words.say(language)}: {text}" for column, text in pairs]
    return lines


def kpi_json(rows: Sequence[Row], names: Names) -> list[dict[str, object]]:
    return [
        {
            "side": row.side.value, "party": row.party.hex(), "name": names.say(row.party),
            "indicators": {code: value.json() for code, value in row.values.items()},
        }
        for row in rows
    ]  # fmt: skip


def yearly_lines(report: Yearly, language: str) -> list[str]:
    """Say a yearly report."""
    is_zh, lines = language == "zh", list[str]()
    for heading, figures in SECTIONS:
        lines.append(heading.say(language))
        for figure in figures:
            lines.append(f"  {WORDS[figure].say(language)}: {report.figures.get(figure, 0)}")
            if figure is Figure.ANSWERS:
                lines.append(f"  {'其中按时答复' if is_zh else 'answers given in time'}: {report.in_time}")
    for title, counts in (
        ("不予共享的依据" if is_zh else "refusals by article", report.articles),
        ("违规情形" if is_zh else "breaches by item", report.items),
    ):
        lines += _counted(title, {cite([place], language): count for place, count in counts.items()})
    grades = {SEVERITIES[grade].say(language): count for grade, count in report.severities.items()}
    return lines + _counted("安全事件分级" if is_zh else "incidents by severity", grades)


def yearly_json(report: Yearly) -> dict[str, object]:
    return {
        "year": report.year, "figures": {figure.value: report.figures.get(figure, 0) for figure in Figure},
        "answers-in-time": report.in_time, "refusals-by-article": dict(report.articles),
        "breaches-by-item": dict(report.items),
        "incidents-by-severity": {SEVERITIES[grade].en: count for grade, count in report.severities.items()},
    }  # fmt: skip


def _counted(title: str, counts: Mapping[str, int]) -> list[str]:
    return [title, *(f"  {name}: {count}" for name, count in counts.items())] if counts else [f"{title}: -"]
