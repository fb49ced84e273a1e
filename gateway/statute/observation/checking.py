"""Self-checks over an observer: the facts of one block, and the table of a standard in words.

Counts come from the chronicle, parameters (parties, quorum, validators, rule set) from storage by proof. What it does
NOT do: replace an assessment; the table says of each item what the chain shows, or that it shows nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from contracts.addresses import GRADES
from contracts.oversight.counting.tally import Period
from contracts.oversight.selfchecks.contrary import YEAR_S, contrary
from contracts.oversight.selfchecks.exhibit import VERDICTS, Facts, Verdict
from contracts.oversight.selfchecks.selfcheck import Line, counts
from contracts.oversight.selfchecks.standard import Standard
from contracts.oversight.watching.alert import Kind
from contracts.regulation.rules import NATIONAL
from gateway.statute.observation.observing import Observer
from gateway.statute.observation.reporting import counted, parties_in
from gateway.statute.observation.standing import agents_of, governing, version_of
from ledger.proofs.headers import Header


def facts(observer: Observer, at: Header, known: Iterable[bytes], *, is_single: bool) -> Facts:
    """Gather what the exhibits are made from, as of a block.

    Args:
        known: parties that this department knows beside those in the acts.
        is_single: by the trust file, all validators' keys are in one hand.
    """
    acts, since = observer.acts(at), max(0, at.timestamp - YEAR_S)
    alerts, year = observer.alerts(at), Period(since, at.timestamp + 1)
    events = [event for act in acts for event in act.events]
    entities = {(event.contract, event.name, event.topics[1]) for event in events}
    valid = {
        party: record
        for party, record in parties_in(observer, at, acts, known).items()
        if record.valid_from <= at.timestamp < record.valid_until
    }
    ruled, senders = governing(observer.view, at), {act.sender for act in acts}
    return Facts(
        acts=len(acts),
        refused=sum(not act.accepted for act in acts),
        senders=len(senders),
        parties=valid,
        events=Counter((contract, name) for contract, name, _ in entities),
        personal=sum(
            event.contract == GRADES and event.name == "TermsCovered" and bool(event.args["personal"])
            for event in events
        ),
        figures=counted(observer, at, acts, year).total(),
        alerts=Counter(alert.kind for alert in alerts if alert.kind is not Kind.OVERDUE and alert.since >= since),
        overdue=Counter(str(alert.detail["step"]) for alert in alerts if alert.kind is Kind.OVERDUE),
        quorum=ruled.quorum,
        members=ruled.members,
        validators=ruled.validators,
        is_single=is_single,
        rules=version_of(observer.view, at, NATIONAL),
        contrary=contrary(acts, agents_of(observer.view, at, senders), at.timestamp),
    )


def table_lines(found: Standard, lines: Sequence[Line], language: str) -> list[str]:
    """Say the table: items the chain shows something of one by one, the others together under their reason."""
    is_zh = language == "zh"
    told = [f"{found.number} {found.title.say(language)}: {found.scope.say(language)}"]
    for line in lines:
        told += _lines(line, language)
    outside: dict[str, list[str]] = {}
    for line in lines:
        if line.item.outside:
            outside.setdefault(line.item.outside.say(language), []).append(line.item.id)
    told += [f"[{VERDICTS[Verdict.NOT_SHOWN].say(language)}] {why}: {', '.join(ids)}" for why, ids in outside.items()]
    made = [f"{VERDICTS[verdict].say(language)} {count}" for verdict, count in counts(lines).items()]
    return [*told, f"{'合计' if is_zh else 'in all'} {len(lines)}: {', '.join(made)}"]


def table_json(found: Standard, lines: Sequence[Line]) -> dict[str, object]:
    return {
        "standard": found.number, "scope": {"zh": found.scope.zh, "en": found.scope.en}, "source": found.source,
        "counts": {verdict.value: count for verdict, count in counts(lines).items()},
        "items": [_item(line) for line in lines],
    }  # fmt: skip


def _lines(line: Line, language: str) -> list[str]:
    """Say an item with an exhibit in three lines; nothing for another."""
    item, is_zh = line.item, language == "zh"
    if line.shown is None or item.asks is None:
        return []
    return [
        f"[{VERDICTS[line.verdict].say(language)}] {item.id} {item.name.say(language)}",
        f"    {'要求' if is_zh else 'asks'}: {item.asks.say(language)}",
        f"    {'链上证据' if is_zh else 'the chain shows'}: {line.shown.evidence.say(language)}",
    ]


def _item(line: Line) -> dict[str, object]:
    why = line.shown.evidence if line.shown else line.item.outside
    return {
        "id": line.item.id, "name": {"zh": line.item.name.zh, "en": line.item.name.en},
        "verdict": line.verdict.value, "exhibit": line.item.exhibit or None,
        "evidence" if line.shown else "outside": {"zh": why.zh, "en": why.en} if why else None,
    }  # fmt: skip
