"""The departments' acts as the pure rules make them, without a chain: for histories too long for one.

Calls, order, payloads and events are those of ``statutetown.Town``; a stateful test holds rules and contracts in
lockstep, so that the acts are what a chain would have recorded. Nothing is signed or proven here.
"""
# ruff: noqa: ARG002 - a world of one act does not look at what it is asked about

from __future__ import annotations

from dataclasses import astuple, dataclass

import granting
from statutetown import FOUNDED, GRANTED, key_of

from contracts.addresses import CATALOGUE, ENDORSEMENTS, ENTRIES, GENESIS_ADDRESSES, GRADES, REQUESTS, SUPPLIES
from contracts.artefacts import interfaces
from contracts.authorizations.record import Authorization, AuthorizationState, Scope
from contracts.authorizations.terms import identifier
from contracts.calendar.dates import moment_of
from contracts.calendar.notice import merged, shipped
from contracts.catalogue import rules as catalogue
from contracts.catalogue.rules import Category
from contracts.endorsements import rules as endorsements
from contracts.entries import rules as entries
from contracts.entries.record import Entry
from contracts.grades import rules as grades
from contracts.history import Change
from contracts.oversight.acts import Act
from contracts.oversight.past.recorded import AsItWas, Timeline
from contracts.parties.client import party_id
from contracts.regulation.reader import national
from contracts.regulation.rules import NATIONAL
from contracts.requests import calls
from contracts.requests import rules as requests
from contracts.supplies import rules as supplies
from contracts.world import AgentRole
from ledger.abi import AbiValue
from ledger.chain.port import Event
from ledger.crypto.signing import Address
from ledger.hashing import keccak256
from ledger.proofs.proof import Log


def timeline() -> Timeline:
    """What is in force from the founding on, as a town has it."""
    limits = {stated.code: stated.length for stated in national().limits}
    return Timeline(merged(shipped()), {(NATIONAL, 1): limits}, {NATIONAL: 1})


@dataclass(frozen=True)
class Supplied:
    """The world of a supply: who acts, under which authorization, until when."""

    party: bytes
    granted: Authorization
    due: int

    def require_open(self, name: str) -> None:
        """Nothing is paused."""

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        return self.party

    def authorization(self, id: bytes) -> Authorization:
        return self.granted

    def supply_due(self, id: bytes) -> int:
        return self.due

    def return_due(self, id: bytes) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Entered(AsItWas):
    """The world of a mount that the chain accepts: its entry is filed."""

    held: Entry

    def filed(self, document: bytes) -> Entry:
        return self.held

    def asset(self, asset: bytes) -> catalogue.Asset:
        return catalogue.Asset(owner=self.party)


class Paper:
    """Stands in for a town: the same calls, a block for each ``block``."""

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self._now, self._number, self._index = FOUNDED, 0, 0
        self._days, self._limits = merged(shipped()), timeline().limits_of(bytes(32))
        self._states: dict[bytes, requests.State] = {}
        self._documents: dict[bytes, bytes] = {}
        self._waiting: list[tuple[str, calls.Call, str, tuple[AbiValue, ...]]] = []
        self._supplying: list[tuple[str, str, bytes]] = []

    def at(self, text: str) -> None:
        self._now = max(self._now, moment_of(text))

    def send_mount(self, owner: str, asset: str) -> None:
        statement, party, caller = granting.stated(asset), party_id(owner), key_of(owner).address
        filing, document = statement.filing, statement.document(party)
        numbers = (filing.content.category, filing.content.grade)
        entry = Entry(filing.asset, party, *numbers, filing.content.columns, self._now)
        world = Entered(party, bytes(32), (0, bytes(32)), self._days, self._limits, entry)
        self._endorse(owner, entries.act_of(filing, party, 1))
        _, changes = entries.apply(entries.State(), filing, caller, self._now, world)
        self._tell(owner, ENTRIES, "file", (filing.asset, astuple(filing.content), filing.conditions), changes)
        graded = grades.Grade(document, statement.chained)
        _, changes = grades.apply(grades.State(), graded, caller, self._now, world)
        self._tell(owner, GRADES, "grade", (document, tuple(map(astuple, graded.columns))), changes)
        call = catalogue.Mount(filing.asset, identifier(f"item/{asset}"), document)
        _, changes = catalogue.apply(catalogue.State(), call, caller, self._now, world)
        self._documents[call.asset] = document
        self._tell(owner, CATALOGUE, "mount", astuple(call), changes)

    def send_request(self, requester: str, owner: str, asset: str, name: str) -> None:
        basis, *rest = (keccak256(f"{name} ground {n}".encode()) for n in range(5))
        scope = Scope(identifier("audit"), GRANTED, keccak256(b"terms"), self._now, self._now + 300 * 86_400, 10)
        id, grounds = keccak256(name.encode()), (basis, *rest)
        call = calls.Submit(id, identifier(asset), party_id(owner), grounds, scope)
        self._waiting.append((requester, call, "submit", (id, call.asset, call.owner, grounds, astuple(scope))))

    def send_refusal(self, owner: str, name: str) -> None:
        call = calls.Refuse(keccak256(name.encode()), 12, keccak256(b"reasons"))
        self._waiting.append((owner, call, "refuse", astuple(call)))

    def send_consent(self, owner: str, asset: str, name: str) -> None:
        call = calls.Consent(keccak256(name.encode()), self._documents[identifier(asset)])
        self._waiting.append((owner, call, "consent", astuple(call)))

    def send_supply(self, requester: str, owner: str, name: str) -> None:
        self._supplying.append((requester, owner, keccak256(name.encode())))

    def block(self) -> list[Act]:
        """Carry out what waits: agreements in one block, what rests on them in the next."""
        start = len(self.acts)
        for party, call, _, _ in self._waiting:
            self._agree(party, call)
        signing = [self._supply(*supplied) for supplied in self._supplying]
        self._supplying.clear()
        self._next()
        for party, call, method, args in self._waiting:
            self._carry_out(party, call, method, args)
        for requester, state, id in signing:
            self._change_supply(requester, "sign", state, supplies.Sign(id, 1))
        self._waiting.clear()
        self._next()
        return self.acts[start:]

    def _next(self) -> None:
        self._number, self._index, self._now = self._number + 1, 0, self._now + 1

    def _agree(self, party: str, call: calls.Call) -> None:
        count = self._states.get(call.id, requests.State()).journal.count(call.id)
        self._endorse(party, requests.act_of(call, count + 1))  # type: ignore[arg-type]

    def _endorse(self, party: str, act: bytes) -> None:
        world = AsItWas(party_id(party), bytes(32), (0, bytes(32)), self._days, self._limits)
        head = key_of(party, AgentRole.HEAD).address
        _, changes = endorsements.apply(endorsements.State(), endorsements.Endorse(act), head, self._now, world)
        self._tell(party, ENDORSEMENTS, "endorse", (act,), changes, AgentRole.HEAD)

    def _carry_out(self, party: str, call: calls.Call, method: str, args: tuple[AbiValue, ...]) -> None:
        owner = call.owner if isinstance(call, calls.Submit) else bytes(32)
        document = self._documents[call.asset] if isinstance(call, calls.Submit) else bytes(32)
        world = AsItWas(party_id(party), owner, (Category.CONDITIONAL, document), self._days, self._limits)
        held = self._states.get(call.id, requests.State())
        caller = key_of(party).address
        self._states[call.id], changes = requests.apply(held, call, caller, self._now, world)
        self._tell(party, REQUESTS, method, args, changes)

    def _supply(self, requester: str, owner: str, id: bytes) -> tuple[str, supplies.State, bytes]:
        call = supplies.Deliver(id, supplies.Method.FILE, keccak256(b"content"))
        return requester, self._change_supply(owner, "deliver", supplies.State(), call), id

    def _change_supply(self, party: str, method: str, state: supplies.State, call: supplies.Call) -> supplies.State:
        due = self._states[call.authorization].request(call.authorization).supply
        world = Supplied(party_id(party), self._grant(call.authorization), due)
        after, changes = supplies.apply(state, call, key_of(party).address, self._now, world)
        self._tell(party, SUPPLIES, method, astuple(call), changes)
        return after

    def _grant(self, id: bytes) -> Authorization:
        held = self._states[id]
        made = requests.granted(held, id)
        return Authorization(
            made.asset, made.owner, made.grantee, *astuple(made.scope), state=AuthorizationState.GRANTED
        )

    def _tell(
        self, party: str, contract: str, method: str, args: tuple[AbiValue, ...], changes: tuple[Change, ...],
        role: AgentRole = AgentRole.OFFICER,
    ) -> None:  # fmt: skip
        interface, address = interfaces()[contract], Address(GENESIS_ADDRESSES[contract])
        events = []
        for place, change in enumerate(changes):
            log = Log(address, change.topics, change.data)
            name, told = interface.decode_event(log)
            where = (self._number, self._now, self._index, place)
            events.append(Event(contract, name, address, log.topics, log.data, told, *where))
        payload = interface.encode_call(method, args)
        sender = key_of(party, role).address
        self.acts.append(Act(self._number, self._now, self._index, sender, contract, payload, True, tuple(events)))
        self._index += 1
