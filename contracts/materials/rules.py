"""The rules of Materials as values and functions: what ``materials.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. What a material is, and whose, stands in papers
outside the chain (``contracts.materials.slip``).
Source: Regulation on Government Data Sharing, article 19 (rule R07).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from contracts.addresses import MATERIALS
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.abi import AbiValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

MATERIAL_REGISTERED: Final = "MaterialRegistered(bytes32,uint256,bytes32,bytes32,bytes32,uint256,uint256,bytes32[])"
MATERIAL_REUSED: Final = "MaterialReused(bytes32,uint256,bytes32,uint256,bytes32,bytes32)"
MATERIAL_WITHDRAWN: Final = "MaterialWithdrawn(bytes32,uint256,bytes32,uint256,bytes32)"

NOTHING: Final = bytes(32)
MAX_PURPOSES: Final = 16
DEPARTMENTS: Final = PartyRole.OWNER | PartyRole.REQUESTER | PartyRole.REGISTRAR | PartyRole.COURT | PartyRole.AUTHORITY
"""Who may keep and rely: everybody but an operator, who has no data (rule R25)."""


@dataclass(frozen=True, slots=True)
class Material:
    """One material as it was registered last; all zero for an id never used."""

    keeper: bytes = NOTHING
    kind: bytes = NOTHING
    content: bytes = NOTHING
    version: int = 0
    valid_until: int = 0
    withdrawn: bool = False

    def is_valid(self, now: int) -> bool:
        return not self.withdrawn and now < self.valid_until


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. purposes: of (id, version); reused: (id, version, party, matter)."""

    materials: Mapping[bytes, Material] = field(default_factory=dict)
    purposes: Mapping[tuple[bytes, int], frozenset[bytes]] = field(default_factory=dict)
    reused: frozenset[tuple[bytes, int, bytes, bytes]] = frozenset()
    journal: Journal = field(default_factory=Journal)

    def material(self, id: bytes) -> Material:
        return self.materials.get(id, Material())

    def is_reusable(self, id: bytes, purpose: bytes, now: int) -> bool:
        """Say whether nobody needs to be asked for a material for a purpose."""
        found = self.material(id)
        return found.is_valid(now) and purpose in self.purposes.get((id, found.version), ())


@dataclass(frozen=True, slots=True)
class Register:
    """Register what was handed in here, and what it may be relied on for."""

    id: bytes
    kind: bytes
    content: bytes
    valid_until: int
    purposes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if len(self.purposes) > MAX_PURPOSES:
            raise InvalidRecord(f"material: at most {MAX_PURPOSES} purposes, got {len(self.purposes)}")


@dataclass(frozen=True, slots=True)
class Rely:
    """Rely on a material that another department keeps, for one matter."""

    id: bytes
    content: bytes
    purpose: bytes
    matter: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Say, as keeper, that nobody may rely on a material any more."""

    id: bytes
    reason: bytes


Call: TypeAlias = Register | Rely | Withdraw
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: World) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Withdraw):
        world.require_open(MATERIALS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    if not isinstance(call, Withdraw) and not world.serving(party, DEPARTMENTS, now):
        raise NotAuthorized("material: departments only (R25)")
    match call:
        case Register():
            return _register(state, call, party, now)
        case Rely():
            return _rely(state, call, party, now)
        case Withdraw():
            return _withdraw(state, call, party)


def _register(state: State, call: Register, party: bytes, now: int) -> Result:
    if NOTHING in (call.id, call.kind):
        raise InvalidRecord("material: kind missing")
    if call.content == NOTHING:
        raise InvalidRecord("material: content missing")
    if now >= call.valid_until:
        raise InvalidRecord("material: period")
    if not call.purposes:
        raise InvalidRecord("material: purpose missing")
    before = state.material(call.id)
    if before.keeper != party and before.is_valid(now):
        raise Conflict("material: submitted already (R07)")
    if NOTHING in call.purposes:
        raise InvalidRecord("material: purpose missing")
    after = Material(party, call.kind, call.content, before.version + 1, call.valid_until)
    scope = {**state.purposes, (call.id, after.version): frozenset(call.purposes)}
    values = (party, call.kind, call.content, after.version, call.valid_until, call.purposes)
    return _record(replace(state, purposes=scope), MATERIAL_REGISTERED, call.id, after, *values)


def _rely(state: State, call: Rely, party: bytes, now: int) -> Result:
    found = _known(state, call.id)
    if found.keeper == party:
        raise Conflict("material: kept here")
    if found.withdrawn:
        raise Conflict("material: withdrawn")
    if now >= found.valid_until:
        raise Conflict("material: expired")
    if found.content != call.content:
        raise Conflict("material: another version")
    if call.purpose not in state.purposes[call.id, found.version]:
        raise NotAuthorized("material: outside its purposes (R15)")
    if call.matter == NOTHING:
        raise InvalidRecord("material: matter missing")
    use = (call.id, found.version, party, call.matter)
    if use in state.reused:
        raise Conflict("material: relied on for this already")
    used = replace(state, reused=state.reused | {use})
    return _record(used, MATERIAL_REUSED, call.id, found, party, found.version, call.purpose, call.matter)


def _withdraw(state: State, call: Withdraw, party: bytes) -> Result:
    found = _known(state, call.id)
    if found.keeper != party:
        raise NotAuthorized("material: kept by another")
    if found.withdrawn:
        raise Conflict("material: withdrawn")
    if call.reason == NOTHING:
        raise InvalidRecord("material: reason missing")
    after = replace(found, withdrawn=True)
    return _record(state, MATERIAL_WITHDRAWN, call.id, after, party, found.version, call.reason)


def _known(state: State, id: bytes) -> Material:
    found = state.material(id)
    if not found.version:
        raise NotFound("material: unknown")
    return found


def _record(state: State, signature: str, id: bytes, after: Material, *values: AbiValue) -> Result:
    journal, change = state.journal.record(signature, id, *values)
    return replace(state, materials={**state.materials, id: after}, journal=journal), (change,)
