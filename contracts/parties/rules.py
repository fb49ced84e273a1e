"""The rules of Parties as values and functions: what ``parties.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from contracts.addresses import PARTIES
from contracts.history import Change, Journal
from contracts.layout import word
from contracts.parties.calls import Call, Compromised, Dismiss, Enroll, Register, Renew, Rotate
from contracts.parties.record import NOBODY, NOTHING, Agent, Keys, Party
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

REGISTERED: Final = "Registered(bytes32,uint256,uint256,uint256,uint256)"
ROTATED: Final = "Rotated(bytes32,uint256,uint256,bytes32,bytes32,bytes32)"
COMPROMISED: Final = "Compromised(bytes32,uint256,uint256,uint256)"
ENROLLED: Final = "Enrolled(bytes32,uint256,bytes32,uint256,uint256,uint256)"
DISMISSED: Final = "Dismissed(bytes32,uint256,bytes32)"

PARTY_ROLES: Final = 127
AGENT_ROLES: Final = 31
CONSENT: Final = AgentRole.APPROVER | AgentRole.HEAD
INSPECTION: Final = CONSENT | AgentRole.AUDITOR
DATA: Final = PartyRole.OWNER | PartyRole.REQUESTER
SEPARATED: Final = (PartyRole.AUTHORITY, PartyRole.OPERATOR, PartyRole.AUDITOR)
MAX_TIME: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    parties: Mapping[bytes, Party] = field(default_factory=dict)
    agents: Mapping[bytes, Agent] = field(default_factory=dict)
    epochs: Mapping[bytes, int] = field(default_factory=dict)
    keys: Mapping[tuple[bytes, int], Keys] = field(default_factory=dict)
    admitted_until: Mapping[bytes, int] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def party(self, party: bytes) -> Party:
        return self.parties.get(party, Party())

    def agent(self, agent: bytes) -> Agent:
        return self.agents.get(agent, Agent())

    def epoch(self, party: bytes) -> int:
        return self.epochs.get(party, 0)


Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: World) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    match call:
        case Register() | Renew():
            if not world.is_governance(caller):
                raise NotAuthorized("parties: governance only")
            return _register(state, call, now) if isinstance(call, Register) else _renew(state, call)
        case Dismiss():
            return _dismiss(state, call, caller, now, world)
        case Rotate() | Compromised() | Enroll():
            _require_appointed(state, call.party, caller, now, world, stops=isinstance(call, Compromised))
    match call:
        case Rotate():
            return _rotate(state, call, now)
        case Compromised():
            return _compromise(state, call, now)
        case Enroll():
            return _enroll(state, call)


def acting(state: State, agent: bytes, role: int, now: int) -> bytes:
    """Return the party an agent acts for now; one role of the mask is enough.

    Raises:
        NotAuthorized: it may not act.
    """
    found = state.agent(agent)
    if found.party == NOTHING:
        raise NotAuthorized("parties: unknown agent")
    if not found.roles & role:
        raise NotAuthorized("parties: agent lacks the role")
    if now < found.valid_from:
        raise NotAuthorized("parties: agent not yet valid")
    if now >= found.valid_until:
        raise NotAuthorized("parties: agent expired")
    if not state.party(found.party).is_serving(PARTY_ROLES, now):
        raise NotAuthorized("parties: party not valid")
    return found.party


def _require_appointed(state: State, party: bytes, caller: bytes, now: int, world: World, *, stops: bool) -> None:
    """Refuse all but Governance and approvers of the party, who may take powers away even while paused."""
    if world.is_governance(caller):
        return
    if not stops:
        world.require_open(PARTIES)
    if acting(state, caller, AgentRole.APPROVER, now) != party:
        raise NotAuthorized("parties: approver of another party")


def _register(state: State, call: Register, now: int) -> Result:
    if call.party == NOTHING:
        raise InvalidRecord("parties: party missing")
    if state.party(call.party).roles:
        raise Conflict("parties: already registered")
    state, entered = _set_party(state, Renew(call.party, call.roles, call.valid_from, call.valid_until))
    state, keyed = _set_keys(state, Rotate(call.party, call.statement, call.seal, call.tls), now)
    return state, (entered, keyed)


def _renew(state: State, call: Renew) -> Result:
    _require_known(state, call.party)
    state, change = _set_party(state, call)
    return state, (change,)


def _rotate(state: State, call: Rotate, now: int) -> Result:
    _require_known(state, call.party)
    state, change = _set_keys(state, call, now)
    return state, (change,)


def _compromise(state: State, call: Compromised, now: int) -> Result:
    if not 0 < call.epoch <= state.epoch(call.party):
        raise NotFound("parties: unknown epoch")
    if not 0 < call.since <= now:
        raise InvalidRecord("parties: not in the past")
    keys = state.keys[call.party, call.epoch]
    if keys.compromised and call.since >= keys.compromised:
        raise Conflict("parties: already compromised")
    journal, change = state.journal.record(COMPROMISED, call.party, call.epoch, call.since)
    marked = {**state.keys, (call.party, call.epoch): replace(keys, compromised=call.since)}
    return replace(state, keys=marked, journal=journal), (change,)


def _enroll(state: State, call: Enroll) -> Result:
    party, known = state.party(call.party), state.agent(call.agent)
    check_enrolment(party, known, call)
    held = known.held | call.roles
    agent = Agent(call.party, call.roles, held, call.valid_from, call.valid_until)
    journal, change = state.journal.record(
        ENROLLED, word(call.agent), call.party, call.roles, call.valid_from, call.valid_until
    )
    return replace(
        state,
        parties={**state.parties, call.party: replace(party, duties=party.duties | call.roles)},
        agents={**state.agents, call.agent: agent},
        admitted_until={**state.admitted_until, call.agent: call.valid_until},
        journal=journal,
    ), (change,)


def check_enrolment(party: Party, known: Agent, call: Enroll) -> None:
    """Refuse an appointment that this party cannot make."""
    if not party.roles:
        raise NotFound("parties: unknown party")
    if call.agent == NOBODY:
        raise InvalidRecord("parties: agent missing")
    if known.party not in (NOTHING, call.party):
        raise Conflict("parties: agent of another party")
    if not 0 < call.roles <= AGENT_ROLES:
        raise InvalidRecord("parties: unknown role")
    held = known.held | call.roles
    if held & AgentRole.AUDITOR and held & CONSENT:
        raise NotAuthorized("parties: approver and auditor in one agent")
    if party.roles & PartyRole.OPERATOR and call.roles & INSPECTION:
        raise NotAuthorized("parties: operator may not approve or audit")
    if call.valid_from >= call.valid_until:
        raise InvalidRecord("parties: empty validity")
    if call.valid_until > party.valid_until:
        raise InvalidRecord("parties: agent outlives its party")


def _dismiss(state: State, call: Dismiss, caller: bytes, now: int, world: World) -> Result:
    agent = state.agent(call.agent)
    if agent.party == NOTHING:
        raise NotFound("parties: unknown agent")
    _require_appointed(state, agent.party, caller, now, world, stops=True)
    if now >= agent.valid_until:
        raise Conflict("parties: agent expired")
    journal, change = state.journal.record(DISMISSED, word(call.agent), agent.party)
    return replace(
        state,
        agents={**state.agents, call.agent: replace(agent, valid_until=now)},
        admitted_until={**state.admitted_until, call.agent: 0},
        journal=journal,
    ), (change,)


def _require_known(state: State, party: bytes) -> None:
    if not state.party(party).roles:
        raise NotFound("parties: unknown party")


def _set_party(state: State, call: Renew) -> tuple[State, Change]:
    known = state.party(call.party)
    if not 0 < call.roles <= PARTY_ROLES:
        raise InvalidRecord("parties: unknown role")
    if sum(bool(call.roles & role) for role in SEPARATED) > 1:
        raise NotAuthorized("parties: manager and operator and auditor are three")
    if call.roles & PartyRole.OPERATOR and known.duties & INSPECTION:
        raise NotAuthorized("parties: operator may not approve or audit")
    if call.roles & PartyRole.OPERATOR and call.roles & DATA:
        raise NotAuthorized("parties: operator has no data (R25)")
    if not call.valid_from < call.valid_until <= MAX_TIME:
        raise InvalidRecord("parties: empty validity")
    journal, change = state.journal.record(REGISTERED, call.party, call.roles, call.valid_from, call.valid_until)
    party = Party(call.roles, known.duties, call.valid_from, call.valid_until)
    return replace(state, parties={**state.parties, call.party: party}, journal=journal), change


def _set_keys(state: State, call: Rotate, now: int) -> tuple[State, Change]:
    if NOTHING in (call.statement, call.seal, call.tls):
        raise InvalidRecord("parties: key missing")
    before = state.epoch(call.party)
    keys = dict(state.keys)
    if before:
        keys[call.party, before] = replace(keys[call.party, before], until=now)
    keys[call.party, before + 1] = Keys(call.statement, call.seal, call.tls, since=now)
    journal, change = state.journal.record(ROTATED, call.party, before + 1, call.statement, call.seal, call.tls)
    return replace(state, keys=keys, epochs={**state.epochs, call.party: before + 1}, journal=journal), change
