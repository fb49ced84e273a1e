"""Rule sets: what the statute asks of whom, by which article, within which limit, in words of both languages.

The national rule set holds the rules; any other jurisdiction's only states the limits in which it is stricter, and a
file that loosens the national ones cannot even be constructed. Digest and numbers of a rule set stand in Regulation
on chain. What it does NOT do: enforce anything; ``docs/regulation.md`` says which contract does, and what none
does yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from contracts.regulation.client import jurisdiction_id, limit_id
from contracts.regulation.rules import Entry, Limit, LimitUnit, SetRules, require_no_looser
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound, TrustError
from ledger.hashing import tagged

NATIONAL: Final = "national"
RULE_IDS: Final = tuple(f"R{number:02}" for number in range(1, 28))
# Items of the lists of breaches: of providers, of requesters, of authorities.
BREACH_ITEMS: Final = {39: 9, 40: 7, 41: 3}
_PLACE = re.compile(r"([1-9][0-9]{0,2})(?:\(([1-9])\))?")


class Bound(StrEnum):
    """Whom a rule binds."""

    PROVIDER = "provider"
    REQUESTER = "requester"
    AUTHORITY = "authority"
    CONTRACTOR = "contractor"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in both languages."""

    zh: str
    en: str

    def say(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. articles: ``"25"`` or ``"25(2)"``; breaches: items of articles 39 to 41, ``"39(4)"``."""

    id: str
    binds: Bound
    articles: tuple[str, ...]
    condition: Wording
    message: Wording
    breaches: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.id not in RULE_IDS:
            raise InvalidRecord(f"unknown rule {self.id!r}")
        if not self.articles:
            raise InvalidRecord(f"{self.id} cites no article")
        for breach in self.breaches:
            article, item = place(breach)
            if not 0 < item <= BREACH_ITEMS.get(article, 0):
                raise InvalidRecord(f"unknown breach {breach!r}")

    def json(self) -> JsonValue:
        return {
            "id": self.id,
            "binds": self.binds.value,
            "articles": list(self.articles),
            "condition": {"zh": self.condition.zh, "en": self.condition.en},
            "message": {"zh": self.message.zh, "en": self.message.en},
            "breaches": list(self.breaches),
        }


@dataclass(frozen=True, slots=True)
class StatedLimit:
    """A limit as a rule set states it: its code, its rule, the article it stands in, what starts it, how long it is."""

    code: str
    rule: str
    article: str
    start: Wording
    length: Limit

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", self.code):
            raise InvalidRecord(f"{self.code!r} is not a code")
        if self.length.unit not in list(LimitUnit) or not 0 < self.length.amount <= 250:
            raise InvalidRecord(f"{self.code}: expected 1 to 250 days or years")
        if self.length.unit == LimitUnit.YEARS and not self.length.minimum:
            raise InvalidRecord(f"{self.code}: years are for what must be kept at least")

    def json(self) -> JsonValue:
        return {
            "code": self.code,
            "rule": self.rule,
            "article": self.article,
            "start": {"zh": self.start.zh, "en": self.start.en},
            "at_least" if self.length.minimum else "at_most": self.length.amount,
            "unit": LimitUnit(self.length.unit).name.lower(),
        }


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One jurisdiction's rules and limits, each id and code once.

    Attributes:
        articles: how many articles the instrument has; rules and limits cite only these.
        national: the rule set that bounds this one; None for the national one itself.
    """

    jurisdiction: str
    title: Wording
    instrument: str
    source: str
    in_force: date
    articles: int
    rules: tuple[Rule, ...]
    limits: tuple[StatedLimit, ...]
    national: RuleSet | None = None

    def __post_init__(self) -> None:
        if (self.jurisdiction == NATIONAL) != (self.national is None):
            raise InvalidRecord("a rule set is the national one or is bounded by it")
        ids, codes = [rule.id for rule in self.rules], [limit.code for limit in self.limits]
        if len(set(ids)) != len(ids) or len(set(codes)) != len(codes):
            raise InvalidRecord("a rule or limit appears twice")
        if self.national is None and set(ids) != set(RULE_IDS):
            raise InvalidRecord(f"the national rule set lacks {', '.join(sorted(set(RULE_IDS) - set(ids)))}")
        if self.national is not None and ids:
            raise InvalidRecord("only the national rule set holds rules; others hold stricter limits")
        for rule in self.rules:
            for article in rule.articles:
                self._check_article(rule.id, article)
        for limit in self.limits:
            self._check_article(limit.code, limit.article)
            self.rule(limit.rule)
            if self.national is not None:
                self.national.bound(limit)

    def rule(self, id: str) -> Rule:
        """Return a rule, the national one where this rule set has none.

        Raises:
            NotFound: there is no such rule.
        """
        for rule in self.rules or (self.national.rules if self.national else ()):
            if rule.id == id:
                return rule
        raise NotFound(f"rule set {self.jurisdiction}: no rule {id!r}")

    def stated(self, code: str) -> StatedLimit:
        """Return the limit that holds here: its own, or the national one.

        Raises:
            NotFound: there is no such limit.
        """
        for limit in (*self.limits, *(self.national.limits if self.national else ())):
            if limit.code == code:
                return limit
        raise NotFound(f"rule set {self.jurisdiction}: no limit {code!r}")

    def bound(self, limit: StatedLimit) -> None:
        """Refuse another jurisdiction's limit that this, the national rule set, does not know or is stricter than.

        Raises:
            InvalidRecord: with what differs.
        """
        if limit.code not in {own.code for own in self.limits}:
            raise InvalidRecord(f"unknown limit {limit.code!r}")
        own = self.stated(limit.code)
        if own.rule != limit.rule:
            raise InvalidRecord(f"{limit.code} is a limit of {own.rule}, not of {limit.rule}")
        try:
            require_no_looser(limit.length, own.length)
        except TrustError as fault:
            raise InvalidRecord(f"{limit.code}: {fault}: {own.length.amount}, got {limit.length.amount}") from fault

    @property
    def in_words(self) -> dict[str, JsonValue]:
        """The content as JSON, over which the digest goes."""
        return {
            "version": 1,
            "jurisdiction": self.jurisdiction,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "instrument": self.instrument,
            "source": self.source,
            "in_force": str(self.in_force),
            "articles": self.articles,
            "rules": [rule.json() for rule in self.rules],
            "limits": [limit.json() for limit in self.limits],
        }

    @property
    def digest(self) -> bytes:
        """The 32 bytes that stand on chain: over the content, not over spaces and comments of the file."""
        return tagged("SHUXIN-RULES-V1", canonical.encode(self.in_words))

    @property
    def call(self) -> SetRules:
        """The call that puts this rule set in force."""
        limits = tuple(
            Entry(limit_id(stated.code), stated.length.amount, stated.length.unit, stated.length.minimum)
            for stated in self.limits
        )
        return SetRules(jurisdiction_id(self.jurisdiction), self.digest, limits)

    def _check_article(self, name: str, article: str) -> None:
        if not 0 < place(article)[0] <= self.articles:
            raise InvalidRecord(f"{name}: unknown article {article!r}, there are {self.articles}")


def breach_number(text: str) -> int:
    """Return the number under which an item of the lists of breaches stands on chain.

    Raises:
        InvalidRecord: there is no such item.

    >>> breach_number("39(4)")
    3904
    """
    article, item = place(text)
    if not 0 < item <= BREACH_ITEMS.get(article, 0):
        raise InvalidRecord(f"unknown breach {text!r}")
    return article * 100 + item


def breach_text(number: int) -> str:
    """Return the item behind such a number; empty for zero, which is no breach.

    >>> breach_text(3904)
    '39(4)'
    """
    return f"{number // 100}({number % 100})" if number else ""


def place(text: str) -> tuple[int, int]:
    """Read an article or an item of one: ``"25"`` gives (25, 0), ``"39(4)"`` gives (39, 4).

    Raises:
        InvalidRecord: it is neither.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        raise InvalidRecord(f"unknown article {text!r}")
    return int(found[1]), int(found[2] or 0)
