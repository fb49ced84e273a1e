"""Decisions of Governance by its members, each with an own key: notices, rule sets, lists and levels in force.

Every member runs the same command on the same file. The first proposes, the others approve, and whoever completes the
quorum carries it out; the proposal's id follows from what will be done, so members who hold different files never
meet. What is in force already is not done again, and a command that was interrupted may be repeated. State is read by
proof. What it does NOT do: judge a notice or rule set beyond what its reader refuses; the members do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts import layout
from contracts.addresses import CALENDAR, GOVERNANCE, LISTINGS, REGULATION
from contracts.artefacts import interfaces
from contracts.calendar import client as calendar
from contracts.calendar.dates import number_of
from contracts.calendar.notice import Notice
from contracts.governance import client as governance
from contracts.governance.calls import calls_action
from contracts.governance.client import Invocation
from contracts.governance.rules import MAX_APPROVALS
from contracts.grades import client as grades
from contracts.grades.rules import SetLevel
from contracts.layout import layout_of
from contracts.listings import client as listings
from contracts.listings.rules import SetList
from contracts.parties import client as parties
from contracts.parties.client import party_id
from contracts.regions import client as regions
from contracts.regions.rules import Place, SetRegion
from contracts.regulation import client as regulation
from contracts.regulation.client import jurisdiction_id
from contracts.regulation.rule_set import RuleSet
from gateway.network.connecting import MAX_AGAIN, officer_chain, submit_anew
from ledger.chain.port import Chain, Operation, StateFact
from ledger.crypto.signing import Address
from ledger.errors import Conflict, NotFound
from ledger.hashing import tagged
from ledger.proofs.headers import parse_header
from ledger.proofs.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, read_trust

OPEN_S = 30 * 86400
"""How long the members have, in seconds."""


class Progress(StrEnum):
    """How far a decision has come."""

    IN_FORCE = "in force"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a decision stands after a member's turn; approvals is 0 when there was nothing to decide."""

    progress: Progress
    approvals: int
    quorum: int


@dataclass(frozen=True, slots=True)
class Vote:
    """A proposal as proven: what it would do, until when, whether it was done, who approved."""

    action: bytes
    expires: int
    executed: bool
    approvers: tuple[bytes, ...]
    quorum: int


class Member:
    """One member of Governance at the chain."""

    def __init__(
        self, chain: Chain, view: ProvenView, address: Address, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._chain, self._view, self._address, self._clock = chain, view, address, clock

    def close(self) -> None:
        self._view.close()
        self._chain.close()

    def adopt_notice(self, notice: Notice) -> Standing:
        """Take this member's turn in putting a holiday notice in force."""
        fact = calendar.span_fact(number_of(notice.first))
        held = calendar.decode_span(number_of(notice.first), self._view.value(CALENDAR, fact.slots))
        if held.notice == notice.digest:
            return Standing(Progress.IN_FORCE, 0, 0)
        return self.decide(calendar.set_call(notice.span))

    def adopt_rules(self, rules: RuleSet) -> Standing:
        """Take this member's turn in putting a rule set in force."""
        call = rules.call
        fact = regulation.standing_fact(call.jurisdiction)
        held = regulation.decode_standing(call.jurisdiction, self._view.value(REGULATION, fact.slots))
        if held.digest == call.digest:
            return Standing(Progress.IN_FORCE, 0, 0)
        return self.decide(regulation.set_call(call))

    def adopt_list(self, call: SetList) -> Standing:
        """Take this member's turn in setting the terms of a credit list."""
        fact = listings.list_fact(call.list)
        if listings.decode_list(call.list, self._view.value(LISTINGS, fact.slots)) == call.terms:
            return Standing(Progress.IN_FORCE, 0, 0)
        return self.decide(listings.set_call(call))

    def set_level(self, party: str, level: int) -> Standing:
        """Take this member's turn in registering up to which grade a party may be a recipient.

        Raises:
            NotFound: no such party is registered.
        """
        id = self._registered(party)
        if layout.number(self.proven(fact := grades.level_fact(id)), fact.slots[0]) == level:
            return Standing(Progress.IN_FORCE, 0, 0)
        return self.decide(grades.level_call(SetLevel(id, level)))

    def set_region(self, region: str, above: str) -> Standing:
        """Take this member's turn in saying that there is a region, and in which it lies."""
        call = SetRegion(jurisdiction_id(region), jurisdiction_id(above))
        if regions.decode_above(call.region, self.proven(regions.above_fact(call.region))) == call.above:
            return Standing(Progress.IN_FORCE, 0, 0)
        return self.decide(regions.call_of(call))

    def place(self, party: str, region: str) -> Standing:
        """Take this member's turn in saying where a party sits; raises NotFound if no such party is registered."""
        id, there = self._registered(party), jurisdiction_id(region)
        if regions.decode_place(id, self.proven(regions.place_fact(id))) == there:
            return Standing(Progress.IN_FORCE, 0, 0)
        return self.decide(regions.call_of(Place(id, there)))

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        """Read proven words of the newest believed block."""
        return self._view.value(fact.contract, fact.slots)

    def has_sealed(self, validator: Address) -> bool:
        """Say whether a validator seals the newest believed block, or sealed any before, as proven."""
        head, before = self._view.head(), self._view.changes()
        return any(validator in found.validators for found in (head, *(parse_header(one.header) for one in before)))

    def _registered(self, party: str) -> bytes:
        id = party_id(party)
        if not parties.decode_party(id, self.proven(parties.party_fact(id))).roles:
            raise NotFound(f"party {party}: none of this code is registered")
        return id

    def decide(self, call: Invocation) -> Standing:
        """Propose or approve one call, and carry it out if that completes the quorum.

        Raises:
            NotAuthorized: this key is no member's, or the call is refused; the message has the contract's reason.
        """
        id, vote = self._open(calls_action([call]))
        if not vote.approvers:
            expires = int(self._clock()) + OPEN_S
            self._submit(id, lambda op_id: governance.propose_calls(id, [call], expires, op_id=op_id))
        elif self._address not in vote.approvers:
            self._submit(id, lambda op_id: governance.approve(id, op_id=op_id))
        vote = self._vote(id)
        if len(vote.approvers) < vote.quorum:
            return Standing(Progress.OPEN, len(vote.approvers), vote.quorum)
        self._submit(id, lambda op_id: governance.execute(id, [call], op_id=op_id))
        return Standing(Progress.IN_FORCE, len(vote.approvers), vote.quorum)

    def _open(self, action: bytes) -> tuple[bytes, Vote]:
        """Find the proposal that is open or can be made: the same decision may have been taken or lapsed before."""
        for turn in range(MAX_AGAIN):
            id = tagged("SHUXIN-DECISION-V1", action, turn.to_bytes(8, "big"))
            vote = self._vote(id)
            if not vote.approvers or (not vote.executed and self._clock() < vote.expires):
                return id, vote
        raise Conflict(f"this was decided {MAX_AGAIN} times")

    def _vote(self, id: bytes) -> Vote:
        found = layout_of(GOVERNANCE)
        record = found.record("proposals", id)
        length, quorum = found.slot("approvers", id), found.slot("quorum")
        values = self._view.value(GOVERNANCE, (*record.values(), length, quorum))
        count = layout.number(values, length)
        if count > MAX_APPROVALS:
            raise Conflict(f"proposal {id.hex()}: {count} approvals")
        slots = tuple(found.slot("approvers", id, offset=1 + index) for index in range(count))
        approvers = self._view.value(GOVERNANCE, slots) if slots else {}
        return Vote(
            layout.digest(values, record["action"]),
            layout.number(values, record["expires"]),
            layout.number(values, record["executed"]) != 0,
            tuple(layout.address(approvers, slot) for slot in slots),
            layout.number(values, quorum),
        )

    def _submit(self, id: bytes, make: Callable[[bytes], Operation]) -> None:
        method = make(bytes(32)).method

        def numbered(again: int) -> Operation:
            parts = (id, method.encode(), self._address, again.to_bytes(8, "big"))
            return make(tagged("SHUXIN-DECISION-STEP-V1", *parts))

        submit_anew(self._chain, numbered, self._view.head().number)


def member(config: NodeConfig, key: str, *, clock: Callable[[], float] = time.time) -> Member:
    """Open a member's connection with the named key of a department."""
    chain = officer_chain(config, key)
    belief = config.state / f"{key}-belief.sqlite"
    view = ProvenView(chain, read_trust(config.trust), belief, interfaces(), clock=clock)
    return Member(chain, view, open_keys(config).load(key).address, clock=clock)
