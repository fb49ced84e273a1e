"""The yearly report (年度报告) from the tally: what the network, or one party in it, did in a year.

Sections and their figures are data here; words come with them. Refusals are grouped by the articles of the rule that
each rests on, breaches by their item. What it does NOT do: judge, or fill in what never reached the chain.
Sources: Regulation on Network Data Security Management, article 33 (a yearly report);
Regulation on Government Data Sharing, articles 20 to 29.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.calendar.dates import moment_of
from contracts.oversight.counting.figures import Figure
from contracts.oversight.counting.tally import Period, Tally
from contracts.regulation.rule_set import RuleSet, Wording, breach_text
from ledger.errors import InvalidRecord

SECTIONS: Final = (
    (Wording("共享申请与答复", "requests and answers"), (
        Figure.REQUESTS_MADE, Figure.REQUESTS_RECEIVED, Figure.SUPPLEMENTS, Figure.EXTENSIONS, Figure.WITHDRAWN,
        Figure.ANSWERS, Figure.ANSWERS_LATE, Figure.ANSWERS_OVERDUE, Figure.CONSENTS, Figure.REFUSALS,
    )),
    (Wording("目录、提供与使用", "catalogue, supply and use"), (
        Figure.ASSETS, Figure.UPDATES, Figure.UPDATES_LATE, Figure.RETURNS, Figure.SUPPLIES, Figure.SUPPLIES_LATE,
        Figure.RECEIPTS, Figure.JOBS, Figure.USES, Figure.USE_RECORDS, Figure.INSPECTIONS, Figure.INSPECTIONS_SERVED,
        Figure.DISPOSALS,
    )),
    (Wording("校核、争议与终止", "objections, disputes and ends"), (
        Figure.OBJECTIONS_RAISED, Figure.OBJECTIONS_ANSWERED, Figure.OBJECTIONS_UPHELD, Figure.OBJECTIONS_LATE,
        Figure.DISPUTES_OPENED, Figure.DISPUTES_SETTLED, Figure.DISPUTES_DECIDED, Figure.SUSPENSIONS,
        Figure.ENDS_FILED,
    )),
    (Wording("安全事件与违规", "incidents and breaches"), (
        Figure.INCIDENTS, Figure.INCIDENTS_REPORTED, Figure.INCIDENTS_LATE, Figure.INCIDENTS_CLOSED,
        Figure.SUMMARIES_LATE, Figure.BREACHES, Figure.CORRECTIONS, Figure.REFUSED_CALLS,
    )),
)  # fmt: skip
"""Headings with their figures, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Yearly:
    """One report. articles: refusals by article; items: breaches by item; severities: incidents."""

    year: int
    figures: Mapping[Figure, int]
    articles: Mapping[str, int] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)
    severities: Mapping[int, int] = field(default_factory=dict)

    @property
    def in_time(self) -> int:
        """How many answers came in time."""
        return self.figures.get(Figure.ANSWERS, 0) - self.figures.get(Figure.ANSWERS_LATE, 0)


def year_of(year: int) -> Period:
    """Return a calendar year at UTC+8.

    Raises:
        InvalidRecord: before the chain's time or beyond that of dates.
    """
    if not 1970 < year < 9999:
        raise InvalidRecord(f"year: expected one after 1970, got {year}")
    return Period(moment_of(f"{year}-01-01"), moment_of(f"{year + 1}-01-01"))


def report(year: int, counted: Tally, rules: RuleSet, party: bytes | None = None) -> Yearly:
    """Make the report of a year from its tally, of the network or of one party."""
    chosen = [party] if party is not None else list(counted.figures)
    figures = counted.total() if party is None else counted.of(party)
    refusals, breaches, severities = Counter[int](), Counter[int](), Counter[int]()
    for one in chosen:
        refusals += counted.refusals.get(one, Counter())
        breaches += counted.breaches.get(one, Counter())
        severities += counted.severities.get(one, Counter())
    articles = Counter[str]()
    for number, count in refusals.items():
        for article in rules.rule(f"R{number:02}").articles:
            articles[article] += count
    items = {breach_text(code): count for code, count in sorted(breaches.items())}
    return Yearly(year, dict(figures), dict(sorted(articles.items())), items, dict(sorted(severities.items())))
