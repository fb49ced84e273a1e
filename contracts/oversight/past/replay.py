"""Replay: the acts of the past run again on the pure rules, once as things stood and once under another rule set.

The first run must give the very events that the chain recorded, or nothing is said: only then does the second, which
differs in its limits alone, tell what would have been refused or late. What changes for one act changes those after it:
a request whose supplement would have been refused goes on without it. Requests that came before the first block keep
the limits they came under, as the contract has it. Acts that the chain refused are not run: stricter limits permit none
of them.

What it does NOT do: guess how people would have acted under the other rules. Everything that is no limit (who acted for
whom, what a head agreed to, what the catalogue offered) is taken as the chain had it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, cast

from contracts.addresses import CATALOGUE, REQUESTS
from contracts.authorizations.record import Scope
from contracts.catalogue.rules import Category
from contracts.history import Change
from contracts.oversight.acts import Act
from contracts.oversight.past.recorded import AsItWas, Limits, Supposed, Timeline
from contracts.oversight.past.timed import Timed
from contracts.regulation.rule_set import NATIONAL, RuleSet
from contracts.regulation.rules import Limit, effective, require_no_looser
from contracts.requests import calls
from contracts.requests import rules as requests
from contracts.requests.record import Request
from ledger.abi import AbiValue
from ledger.chain.port import Event
from ledger.errors import InvalidRecord, TrustError, VerificationError

CALLS: Final = {
    "ask_supplement": calls.AskSupplement,
    "extend": calls.Extend,
    "consent": calls.Consent,
    "refuse": calls.Refuse,
    "withdraw": calls.Withdraw,
}
_NAMED = re.compile(r"\((R[0-9]{2})\)")


class Verdict(StrEnum):
    """How an act would have fared that was taken, and in time."""

    REFUSED = "refused"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Finding:
    """One act that the other rules judge otherwise.

    Attributes:
        due: the moment it would have had to come before; 0 where it is refused for another reason.
        limit: the code of that limit.
        reason: the contract's words; empty for one that is only late.
        follows: an earlier act of the same matter would have been refused already.
    """

    block: int
    time: int
    index: int
    method: str
    party: bytes
    subject: bytes
    verdict: Verdict
    rule: str
    limit: str
    due: int
    reason: str
    follows: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay found, over how many acts."""

    acts: int
    findings: tuple[Finding, ...]


def bounded(rules: RuleSet, national: RuleSet, in_force: Limits) -> dict[str, Limit]:
    """Return the limits that a rule set would put in force, never looser than the national ceiling.

    Raises:
        InvalidRecord: a national file loosens the ceiling or leaves a limit out; any other file cannot even be read.
    """
    ceiling = {stated.code: stated.length for stated in national.limits}
    found = {}
    for code, most in ceiling.items():
        if rules.jurisdiction == NATIONAL and code not in {stated.code for stated in rules.limits}:
            raise InvalidRecord(f"{rules.jurisdiction}: the limit {code} is missing")
        own = rules.stated(code).length
        try:
            require_no_looser(own, most)
        except TrustError as fault:
            raise InvalidRecord(f"{code}: {fault}: {most.amount}, got {own.amount}") from fault
        found[code] = own if rules.jurisdiction == NATIONAL else effective(own, in_force.get(code, most))
    return found


def replay(
    acts: Iterable[Act],
    timeline: Timeline,
    supposed: Supposed,
    first: int,
    last: int,
    say: Callable[[int], None] | None = None,
) -> Outcome:
    """Run past acts under other limits.

    Args:
        acts: all of the chain up to the last block, in order.
        supposed: the rule set that counts as in force from the first block on.
        say: told the block of each act that was judged.
    Raises:
        VerificationError: this build's rules do not give what the chain recorded.
    """
    run, judged = _Run(timeline, supposed), 0
    for act in acts:
        if act.block > last:
            break
        if act.accepted and act.contract == REQUESTS and _has_changed(act):
            run.judge(act, is_replayed=act.block >= first)
            judged += act.block >= first
            if say is not None and act.block >= first:
                say(act.block)
        for event in act.events:
            run.take(act, event, is_replayed=act.block >= first)
    return Outcome(judged, tuple(run.findings))


@dataclass(slots=True)
class _Run:
    """Every matter twice: as it was, and as it would have been."""

    timeline: Timeline
    supposed: Supposed
    findings: list[Finding] = field(default_factory=list)
    _real: dict[bytes, requests.State] = field(default_factory=dict)
    _other: dict[bytes, requests.State] = field(default_factory=dict)
    _refused: set[bytes] = field(default_factory=set)
    _entries: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    _timed: Timed = field(default_factory=Timed)

    def take(self, act: Act, event: Event, *, is_replayed: bool) -> None:
        """Follow an event, and judge it where its only rule is a limit."""
        self.timeline.take(event)
        self._timed.follow(event, self.timeline, self.supposed if is_replayed else None)
        asked = self._other.get(event.topics[1], requests.State()).request(event.topics[1])
        missed = self._timed.missed(event, asked.supply)
        if missed is not None and is_replayed:
            party, method = cast(bytes, event.args["party"]), act.call()[0]
            place = (act.block, act.time, act.index, method, party)
            verdict = (Verdict.LATE, missed.rule, missed.limit, missed.due, "")
            self.findings.append(Finding(*place, missed.subject, *verdict, missed.subject in self._refused))
        if event.contract == CATALOGUE and event.name in ("AssetMounted", "AssetAmended"):
            entry = cast(int, event.args["category"]), cast(bytes, event.args["document"])
            self._entries[event.topics[1]] = entry

    def judge(self, act: Act, *, is_replayed: bool) -> None:
        """Run one act both ways; before the first block both ways are one."""
        method, call = _call(act)
        own = [event for event in act.events if event.contract == REQUESTS]
        if not own:
            raise _unlike(act)
        party = cast(bytes, own[0].args["party"])
        world = self._world(call, party)
        before = self._real.get(call.id, requests.State())
        after, changes = requests.apply(before, call, act.sender, act.time, world)
        _require_recorded(act, changes, own)
        self._real[call.id] = after
        if not is_replayed:
            return
        held = self._other.get(call.id, before)
        try:
            other = replace(world, limits=self.timeline.limits_of(world.owner, self.supposed))
            self._other[call.id], _ = requests.apply(held, call, act.sender, act.time, other)
        except TrustError as fault:
            self._other[call.id] = held
            self._find(act, call, method, party, held, Verdict.REFUSED, str(fault))
            self._refused.add(call.id)
            return
        answered = isinstance(call, calls.Consent | calls.Refuse)
        if answered and held.request(call.id).is_overdue(act.time) and not before.request(call.id).is_overdue(act.time):
            self._find(act, call, method, party, held, Verdict.LATE, "")

    def _find(
        self, act: Act, call: calls.Call, method: str, party: bytes, held: requests.State, verdict: Verdict,
        reason: str,
    ) -> None:  # fmt: skip
        request = held.request(call.id)
        is_short = request.category == Category.UNCONDITIONAL
        named = _NAMED.search(reason)
        overdue = verdict is Verdict.LATE or reason.startswith("request: overdue")
        limit = ("answer-unconditional" if is_short else "answer-conditional") if overdue else ""
        rule = named[1] if named else ("R09" if is_short else "R10")
        due = request.due if overdue else 0
        self.findings.append(
            Finding(
                act.block, act.time, act.index, method, party, call.id, verdict, rule, limit, due, reason,
                call.id in self._refused,
            )
        )  # fmt: skip

    def _world(self, call: calls.Call, party: bytes) -> AsItWas:
        asked = call if isinstance(call, calls.Submit) else self._asked(call.id)
        entry = self._entries.get(asked.asset, (0, bytes(32)))
        return AsItWas(party, asked.owner, entry, self.timeline.days, self.timeline.limits_of(asked.owner))

    def _asked(self, id: bytes) -> Request:
        return self._real.get(id, requests.State()).request(id)


def _call(act: Act) -> tuple[str, calls.Call]:
    """Read an accepted call of Requests."""
    method, args = act.call()
    if method == "submit":
        *named, scope = args
        return method, calls.Submit(*named, Scope(*cast("tuple[AbiValue, ...]", scope)))  # type: ignore[arg-type,call-arg]
    if method not in CALLS:
        raise _unlike(act)
    return method, CALLS[method](*args)


def _has_changed(act: Act) -> bool:
    """Say whether an accepted call was more than a question, which anybody may send as a transaction."""
    return any(event.contract == REQUESTS for event in act.events) or act.call()[0] in {"submit", *CALLS}


def _require_recorded(act: Act, changes: Iterable[Change], own: list[Event]) -> None:
    given = [(change.topics, change.data) for change in changes]
    if given != [(tuple(event.topics), event.data) for event in own]:
        raise _unlike(act)


def _unlike(act: Act) -> VerificationError:
    return VerificationError(
        f"replay: block {act.block}: this build's rules do not give what the chain recorded, so they judge nothing"
    )
