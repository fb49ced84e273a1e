"""``shuxin rules replay``: the chain's past under another rule set, with everything the replay rests on read by proof.

Nothing is signed or sent. What takes long is reading the chain for the first time; that is kept in the chronicle as it
goes, so a run that was interrupted goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.addresses import CALENDAR, REGIONS, REGULATION
from contracts.calendar.dates import ZONE
from contracts.oversight.acts import Act
from contracts.oversight.past.recorded import Supposed, Timeline
from contracts.oversight.past.replay import Finding, Outcome, Verdict, bounded, replay
from contracts.regulation.client import jurisdiction_id
from contracts.regulation.reader import national
from contracts.regulation.reading import cite, refusal
from contracts.regulation.rule_set import RuleSet
from contracts.regulation.rules import NATIONAL
from gateway.network.naming import Names
from gateway.statute.observation.inbox import until
from gateway.statute.observation.observing import Observer
from gateway.statute.observation.standing import limits_of_version, version_of, working_days
from ledger.chain.port import Event
from ledger.errors import InvalidRecord
from ledger.proofs.headers import Header


@dataclass(frozen=True, slots=True)
class Span:
    """Blocks first to last, both included."""

    first: int
    last: int


def span(first: int, last: int | None, head: int) -> Span:
    """Check which blocks are asked for. Raises: InvalidRecord if the chain has no such blocks."""
    last = head if last is None else last
    if not 1 <= first <= last <= head:
        raise InvalidRecord(f"blocks {first} to {last}: the chain has blocks 1 to {head}")
    return Span(first, last)


def timeline(observer: Observer, head: Header, acts: Sequence[Act]) -> Timeline:
    """Read what was in force before the first act, and the limits of every version since.

    A span that genesis set and an act amended later is read as genesis had it, which takes a node with old states.
    """
    events = [event for act in acts for event in act.events if event.contract in (CALENDAR, REGULATION)]
    rule_sets = Counter(event.topics[1] for event in events if event.name == "RulesSet")
    regions = [event.topics[1] for act in acts for event in act.events if _sets_region(event)]
    genesis = observer.view.header(0)
    at = genesis if _amends_genesis(events) else head
    reached = {one: version_of(observer.view, head, one) for one in dict.fromkeys((NATIONAL, *regions))}
    versions = {
        (one, n): limits_of_version(observer.view, head, one, n)
        for one, version in reached.items()
        for n in range(1, version + 1)
    }
    days = working_days(observer.view, at, since=genesis.timestamp)
    return Timeline(days, versions, {one: version - rule_sets[one] for one, version in reached.items()})


def run(
    observer: Observer, rules: RuleSet, wanted: Span, head: Header, say: Callable[[int, int], None] | None = None
) -> Outcome:
    """Replay a span of blocks under a rule set.

    Raises:
        InvalidRecord: the rule set loosens the national ceiling.
        VerificationError: what was read is not what was sealed, or this build has other rules than the chain.
    """
    acts = observer.acts(observer.at(head, wanted.last))
    found = timeline(observer, head, acts)
    newest = max((version for one, version in found.versions if one == NATIONAL), default=0)
    limits = bounded(rules, national(), found.versions.get((NATIONAL, newest), {}))
    jurisdiction = jurisdiction_id(rules.jurisdiction)
    is_regional = any(event.topics[1] == jurisdiction for act in acts for event in act.events if _sets_region(event))
    supposed = Supposed(jurisdiction, limits, is_regional)
    total = wanted.last - wanted.first + 1
    tell = (lambda block: say(block - wanted.first + 1, total)) if say is not None else None
    outcome = replay(acts, found, supposed, wanted.first, wanted.last, tell)
    if say is not None:
        say(total, total)
    return outcome


def _sets_region(event: Event) -> bool:
    return event.contract == REGIONS and event.name == "RegionSet"


def _amends_genesis(events: Sequence[Event]) -> bool:
    """Say whether a span was amended whose first version is in no act."""
    versions: dict[bytes, object] = {}
    for event in events:
        if event.name == "SpanSet":
            versions.setdefault(event.topics[1], event.args["version"])
    return any(first != 1 for first in versions.values())


def line(found: Finding, rules: RuleSet, names: Names, language: str) -> str:
    """Say a finding in one line, with its article."""
    is_zh = language == "zh"
    time = f"{datetime.fromtimestamp(found.time, ZONE):%Y-%m-%d %H:%M:%S}"
    place = f"区块 {found.block}" if is_zh else f"block {found.block}"
    who = f"{names.say(found.party)} {found.method} {names.say(found.subject)}"
    due = until(found.due, language)
    words = {
        Verdict.LATE: f"逾期，截止 {due}" if is_zh else f"late, due {due}",
        Verdict.REFUSED: f"拒绝（{found.reason}）" if is_zh else f"refused ({found.reason})",
    }[found.verdict]
    after = ("；因此前的行为已被拒绝" if is_zh else "; follows from an earlier one") if found.follows else ""
    return f"{time} {place}: {who}: {words}{after}: {message(found, rules, language)}"


def message(found: Finding, rules: RuleSet, language: str) -> str:
    """Return the rule's message with its articles, and the article of the limit where one passed."""
    text = refusal(rules, found.rule).text(language)
    if not found.limit:
        return text
    stated = rules.stated(found.limit)
    here = any(known.code == found.limit for known in rules.limits)
    instrument = (rules if here else national()).instrument
    return f"{text} [{instrument}, {cite([stated.article], language)}: {stated.length.amount}]"


def json_of(found: Finding, rules: RuleSet) -> dict[str, object]:
    """Say a finding to programs."""
    return {
        "block": found.block, "time": found.time, "index": found.index, "method": found.method,
        "party": found.party.hex(), "subject": found.subject.hex(), "verdict": found.verdict.value,
        "rule": found.rule, "articles": list(rules.rule(found.rule).articles), "limit": found.limit or None,
        "due": found.due or None, "reason": found.reason or None, "follows": found.follows,
        "message": {language: message(found, rules, language) for language in ("zh", "en")},
    }  # fmt: skip
