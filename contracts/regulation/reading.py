"""What a rule set says of a case: until when something is due, by which article, and what a refusal must name.

Pure functions of a rule set, a calendar and times; the clock is passed in. The same moments come from Regulation on
chain, which holds the same numbers; what that contract does not know are the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.calendar import rules as calendar
from contracts.calendar.dates import date_of, day_of, end_of
from contracts.regulation.rule_set import BREACH_ITEMS, Rule, RuleSet, StatedLimit, place
from contracts.regulation.rules import effective
from ledger.errors import Conflict


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due. until: whoever acts at it or later is late; article: of the instrument that says so."""

    limit: StatedLimit
    rule: Rule
    instrument: str
    start: int
    last_day: date
    until: int

    def is_missed(self, now: int) -> bool:
        """Say whether the limit is over.

        Raises:
            Conflict: the clock shows a time before the limit began.
        """
        return calendar.is_late(self.until, self.start, now)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal carries: the rule, its articles, the breach codes, and a text that names them."""

    rule: Rule

    def text(self, language: str) -> str:
        """Return one line; it always names the articles."""
        cited = cite(self.rule.articles, language)
        if language == "zh":
            return f"{self.rule.message.zh}（{cited}，{self.rule.id}）"
        return f"{self.rule.message.en} ({cited}, {self.rule.id})"


def cite(places: Sequence[str], language: str) -> str:
    """Return articles in words.

    >>> cite(["25", "39(4)"], "zh"), cite(["25", "39(4)"], "en")
    ('第25条、第39条第4项', 'article 25, article 39(4)')
    """
    if language != "zh":
        return ", ".join(f"article {text}" for text in places)
    return "、".join(_chinese(*place(text)) for text in places)


def _chinese(article: int, part: int) -> str:
    # Articles 39 to 41 are lists, whose parts are items (项); elsewhere parts are paragraphs (款).
    return f"第{article}条" + (f"第{part}{'项' if article in BREACH_ITEMS else '款'}" if part else "")


def deadline(rules: RuleSet, days: calendar.State, code: str, start: int) -> Deadline:
    """Say until when a step is due that began at a moment (unix seconds).

    Raises:
        NotFound: the limit is unknown, or a day to be counted is in no calendar.
        Conflict: the limit says how long something must be kept; it is no deadline.
    """
    stated = rules.stated(code)
    bounds = rules.national or rules
    limit = effective(stated.length, bounds.stated(code).length)
    if limit.minimum:
        raise Conflict("regulation: no deadline")
    last = calendar.last_day(days, day_of(start), limit.amount, limit.unit)
    own = any(known.code == code for known in rules.limits)
    return Deadline(
        stated, rules.rule(stated.rule), (rules if own else bounds).instrument, start, date_of(last), end_of(last)
    )


def refusal(rules: RuleSet, id: str) -> Refusal:
    """Return what a refusal under a rule carries.

    Raises:
        NotFound: there is no such rule.
    """
    return Refusal(rules.rule(id))
