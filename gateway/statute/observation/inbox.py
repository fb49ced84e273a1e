"""What waits for a department, told to people, programs and calendars: what, by when, by which article, and if late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from contracts.calendar.dates import ZONE, day_of, end_of
from contracts.oversight.pending.agenda import Item
from contracts.regulation.reader import national
from contracts.regulation.reading import cite
from contracts.world import AgentRole
from gateway.network.naming import Names
from gateway.statute.observation.ics import Entry
from ledger.canonical import JsonValue
from ledger.proofs.headers import Header


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing that waits, in words."""

    item: Item
    names: Names
    language: str

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles that ask for it, each once; none for the network's own working."""
        rules = national()
        found = [article for id in self.item.about.rules for article in rules.rule(id).articles]
        return tuple(dict.fromkeys(found))

    @property
    def subject(self) -> str:
        """What it is about: the asset where one is named, and who waits for it."""
        facts = self.item.facts
        parts = [self.names.say(cast(bytes, facts[name])) for name in ("asset", "requester") if name in facts]
        return " / ".join([*parts, self.names.say(self.item.case[:32])])

    @property
    def rule(self) -> str:
        """The rules and their articles, or nothing."""
        if not self.item.about.rules:
            return ""
        return f"{', '.join(self.item.about.rules)} ({cite(self.articles, self.language)})"

    def lines(self, now: int) -> list[str]:
        """Say it in three lines."""
        step, is_zh = self.item.about, self.language == "zh"
        late = ("  ** 逾期 **" if is_zh else "  ** OVERDUE **") if self.item.is_overdue(now) else ""
        told = [f"{until(self.item.due, self.language)}{late}", f"  {step.what.say(self.language)}: {self.subject}"]
        after = f"{'逾期后果' if is_zh else 'if late'}: {step.late.say(self.language)}"
        return [*told, f"  {self.rule + '; ' if self.rule else ''}{after}"]

    def json(self, now: int) -> dict[str, JsonValue]:
        item, step = self.item, self.item.about
        return {
            "step": item.step, "kind": item.kind, "case": item.case.hex(),
            "duties": [str(duty.name).lower() for duty in AgentRole if duty in step.role],
            "since": item.since, "due": item.due or None, "overdue": item.is_overdue(now),
            "rules": list(step.rules), "breach": step.breach or None, "articles": list(self.articles),
            "subject": self.subject,
            "what": {"zh": step.what.zh, "en": step.what.en}, "late": {"zh": step.late.zh, "en": step.late.en},
        }  # fmt: skip

    def entry(self, network: bytes) -> Entry:
        """Make it a calendar's entry; its UID follows from network, matter, step and party alone."""
        item = self.item
        uid = f"{item.kind}-{item.case.hex()}-{item.step}-{item.party.hex()[:16]}@{network.hex()[:16]}.shuxin"
        step = item.about
        title = f"{step.what.say(self.language)}: {self.subject}"
        text = (self.rule, step.late.say(self.language), until(item.due, self.language))
        return Entry(uid, item.due, title, "\n".join(part for part in text if part), item.since)


def letters(items: Sequence[Item], names: Names, language: str, role: AgentRole | None = None) -> list[Letter]:
    """Return what waits, for one duty of the department's agents or for all."""
    return [Letter(item, names, language) for item in items if role is None or role in item.about.role]


def until(due: int, language: str) -> str:
    """Say a moment: as the end of its day where it is one.

    >>> until(1758902400, "en")
    '2025-09-26 24:00'
    """
    if not due:
        return "无期限" if language == "zh" else "no time limit"
    last = day_of(due - 1)
    if end_of(last) == due:
        return f"{datetime.fromtimestamp(due - 1, ZONE):%Y-%m-%d} 24:00"
    return moment(due)


def moment(time: int) -> str:
    """Write unix seconds as the statute's clock shows them, UTC+8.

    >>> moment(1758902399)
    '2025-09-26 23:59:59'
    """
    return f"{datetime.fromtimestamp(time, ZONE):%Y-%m-%d %H:%M:%S}"


def heading(party: str, count: int, at: Header, language: str) -> str:
    """Say how much waits, as of which block."""
    time = datetime.fromtimestamp(at.timestamp, UTC).astimezone(ZONE)
    if language == "zh":
        return f"{party}：{count} 项待办，截至区块 {at.number}（{time:%Y-%m-%d %H:%M:%S}，UTC+8）"
    return f"{party}: {count} waiting, as of block {at.number} ({time:%Y-%m-%d %H:%M:%S}, UTC+8)"
