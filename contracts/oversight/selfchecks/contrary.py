"""The contrary: what the chain's own acts say against an item of a standard, from one pass over all of them.

A contract refuses most of it, so on a chain whose contracts are this build's most counts are zero. They are counted all
the same, from what was done and not from what the contracts should have refused: a version that lets something through,
a member of Governance who left office, rows that nobody disposed of and a finding of an authority show here. What it
does NOT do: judge (``exhibits.py`` does), or see what never became an act.
Source of the findings: Regulation on Government Data Sharing, articles 39 to 41 (rule R27).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from contracts.addresses import AUTHORIZATIONS, BREACHES, CATALOGUE, CUSTODY, GRADES, JOBS, PARTIES, SUPPLIES
from contracts.authorizations.record import AuthorizationState
from contracts.authorizations.rules import obstacle
from contracts.breaches.rules import BreachState
from contracts.history import NOTHING
from contracts.oversight.acts import Act
from contracts.oversight.watching.permits import Asking, Permits
from contracts.parties.record import Agent
from ledger.chain.port import Event

YEAR_S: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Contrary:
    """The counts as of one block.

    Attributes:
        strangers: accounts that carried something out and that no party had appointed.
        out_of_office: accepted calls of accounts before or after their appointment.
        unread: accepted calls without an event that this build can read.
        outside: uses by jobs beyond purpose, operations, period or number of what was granted.
        uncovered: terms that cover personal information without legal basis or assessment.
        doubled: assets mounted under an item code that another one supplied.
        undisposed: authorizations that are over, under which rows were supplied, and no certificate of disposal.
        least: the smallest minimum count of a job that was opened; 0 if none was.
        keepers: open items of custody by the party that holds them.
        found: breaches an authority found and did not lift, open or of the last year, by number of the rule.
    """

    strangers: int = 0
    out_of_office: int = 0
    unread: int = 0
    outside: int = 0
    uncovered: int = 0
    doubled: int = 0
    undisposed: int = 0
    least: int = 0
    keepers: Mapping[bytes, int] = field(default_factory=dict)
    found: Mapping[int, int] = field(default_factory=dict)

    def breaches(self, *rules: int) -> int:
        return sum(self.found.get(rule, 0) for rule in rules)


def contrary(acts: Sequence[Act], agents: Mapping[bytes, Agent], now: int) -> Contrary:
    """Count what speaks against.

    Args:
        acts: every act of the chain up to a block, in order.
        agents: of the accounts in the acts, as Parties holds them at that block; others are left out.
        now: the time of that block.
    """
    changed = {event.topics[1][12:] for act in acts for event in act.events if _is_appointing(event)}
    terms = {
        account: (agent.valid_from, agent.valid_until) for account, agent in agents.items() if account not in changed
    }
    found = _Pass(terms, frozenset(changed))
    for act in acts:
        if act.accepted:
            found.take(act)
    return found.result(now)


@dataclass(slots=True)
class _Pass:
    """What one pass has to remember.

    Genesis appoints without events: what Parties holds is an account's term from the first if no event changes it. If
    one does (``changed``), what genesis set is not known, and calls before the first change are not held against it.
    """

    terms: dict[bytes, tuple[int, int]]
    changed: frozenset[bytes]
    _counts: Counter[str] = field(default_factory=Counter)
    _strangers: set[bytes] = field(default_factory=set)
    _permits: Permits = field(default_factory=Permits)
    _supplied: set[bytes] = field(default_factory=set)
    _items: dict[bytes, bytes] = field(default_factory=dict)
    _offers: Counter[bytes] = field(default_factory=Counter)
    _minimums: dict[bytes, int] = field(default_factory=dict)
    _opened: set[bytes] = field(default_factory=set)
    _keepers: dict[bytes, bytes] = field(default_factory=dict)
    _findings: dict[bytes, tuple[int, int, BreachState]] = field(default_factory=dict)

    def take(self, act: Act) -> None:
        """Follow one accepted act."""
        self._hold(act.sender, act.time)
        self._counts["unread"] += not act.events
        for event in act.events:
            if event.contract == JOBS:  # before the uses that it makes
                self._permits.take(event)
        for event in act.events:
            if event.contract in _FOLLOWING:
                _FOLLOWING[event.contract](self, event)

    def result(self, now: int) -> Contrary:
        recent = [
            rule for rule, time, state in self._findings.values()
            if state is not BreachState.LIFTED and (state is not BreachState.CLOSED or time >= now - YEAR_S)
        ]  # fmt: skip
        return Contrary(
            strangers=len(self._strangers),
            undisposed=sum(self._is_left(id, now) for id in self._supplied),
            least=min((self._minimums[job] for job in self._opened), default=0),
            keepers=Counter(self._keepers.values()),
            found=Counter(recent),
            **self._counts,
        )  # fmt: skip

    def _hold(self, sender: bytes, time: int) -> None:
        """Hold a call against its sender's term of office."""
        if sender in self.terms:
            start, until = self.terms[sender]
            self._counts["out_of_office"] += not start <= time < until
        elif sender not in self.changed:
            self._strangers.add(sender)

    def _appointed(self, event: Event) -> None:
        agent, args = event.topics[1][12:], event.args
        if event.name == "Enrolled":
            self.terms[agent] = (cast(int, args["valid_from"]), cast(int, args["valid_until"]))
        elif event.name == "Dismissed":
            self.terms[agent] = (0, event.timestamp)

    def _covered(self, event: Event) -> None:
        args = event.args
        if event.name == "TermsCovered" and args["personal"]:
            self._counts["uncovered"] += not (args["basis"] and args["assessment"] != NOTHING)

    def _supplied_rows(self, event: Event) -> None:
        if event.name == "Supplied":
            self._supplied.add(event.topics[1])

    def _used(self, event: Event) -> None:
        if event.name == "AuthorizationUsed":
            record, args = self._permits.authorization(event.topics[1]), event.args
            nothing = Asking(record.grantee, record.purpose, record.operations, ())
            asked = self._permits.jobs.get(cast(bytes, args["job"]), nothing)
            ground = obstacle(record, record.owner, event.timestamp, asked.purpose, asked.operations)
            self._counts["outside"] += ground is not None
        self._permits.take(event)

    def _computed(self, event: Event) -> None:
        job = event.topics[1]
        if event.name == "JobProposed":
            self._minimums[job] = cast(int, event.args["minimum"])
        elif event.name == "JobOpened":
            self._opened.add(job)

    def _catalogued(self, event: Event) -> None:
        asset = event.topics[1]
        if event.name == "AssetMounted":
            item = cast(bytes, event.args["item"])
            self._counts["doubled"] += self._offers[item] > 0
            self._offers[item] += 1
            self._items[asset] = item
        elif event.name in ("AssetUnmounted", "AssetDestroyed") and asset in self._items:
            self._offers[self._items.pop(asset)] -= 1

    def _judged(self, event: Event) -> None:
        id, state = event.topics[1], BreachState(cast(int, event.args["state"]))
        if event.name == "BreachFound":
            self._findings[id] = (cast(int, event.args["rule"]), event.timestamp, state)
        elif id in self._findings:
            rule, time, _ = self._findings[id]
            self._findings[id] = (rule, time, state)

    def _kept(self, event: Event) -> None:
        if event.name in ("ItemEntered", "ItemTaken"):
            self._keepers[event.topics[1]] = cast(bytes, event.args["party"])
        elif event.name == "ItemClosed":
            self._keepers.pop(event.topics[1], None)

    def _is_left(self, id: bytes, now: int) -> bool:
        """Say whether rows supplied under an authorization that is over were never certified as disposed of."""
        record = self._permits.authorization(id)
        is_over = record.state is AuthorizationState.REVOKED or record.valid_until <= now
        return is_over and record.state is not AuthorizationState.DISPOSED


_FOLLOWING: Final[Mapping[str, Callable[[_Pass, Event], None]]] = {
    PARTIES: _Pass._appointed,
    AUTHORIZATIONS: _Pass._used,
    JOBS: _Pass._computed,
    CATALOGUE: _Pass._catalogued,
    BREACHES: _Pass._judged,
    CUSTODY: _Pass._kept,
    SUPPLIES: _Pass._supplied_rows,
    GRADES: _Pass._covered,
}


def _is_appointing(event: Event) -> bool:
    return event.contract == PARTIES and event.name in ("Enrolled", "Dismissed")
