"""The rules of Grades as values and functions: what ``grades.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. That the digests of a cover are of the columns that the
terms name, the owner's node checks, which holds both.
Source: GB/T 43697 and 39477; Regulation on Government Data Sharing, article 37 (R26); Personal Information Protection
Law, articles 13 and 55.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import GRADES
from contracts.catalogue.rules import Asset
from contracts.entries.record import Entry
from contracts.grades.record import COMPUTE_ONLY, HIGHEST, LOWEST, NOTHING, Basis, Column, Cover, Personal
from contracts.history import Change, Journal
from contracts.world import AgentRole, World
from ledger.abi import encode
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import keccak256

COLUMNS_GRADED: Final = "ColumnsGraded(bytes32,uint256,bytes32,bytes32,uint256,uint256)"
TERMS_COVERED: Final = "TermsCovered(bytes32,uint256,bytes32,bytes32,bytes32,uint256,uint256,uint256,bytes32)"
LEVEL_SET: Final = "LevelSet(bytes32,uint256,uint256)"

COMPUTING: Final = 127
MAX_COLUMNS: Final = 64


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores: columns by entry and id, covers by asset and terms, levels by party.

    highest: of each graded entry, the highest grade among all its columns.
    """

    columns: Mapping[tuple[bytes, bytes], Column] = field(default_factory=dict)
    covers: Mapping[tuple[bytes, bytes], Cover] = field(default_factory=dict)
    levels: Mapping[bytes, int] = field(default_factory=dict)
    highest: Mapping[bytes, int] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def column(self, document: bytes, id: bytes) -> Column:
        return self.columns.get((document, id), Column())

    def cover(self, asset: bytes, terms: bytes) -> Cover:
        return self.covers.get((asset, terms), Cover())

    def level(self, party: bytes) -> int:
        return max(self.levels.get(party, 0), LOWEST)


class GradedWorld(World, Protocol):
    """What the rules ask besides: Catalogue and Entries."""

    def asset(self, asset: bytes) -> Asset:
        """Return a catalogue record, all zero for an asset never mounted."""
        ...

    def filed(self, document: bytes) -> Entry:
        """Return an entry by its digest, all zero for one never filed."""
        ...


class Grading(Protocol):
    """What the rules of a contract ask that grants something."""

    def grading_obstacle(self, asset: bytes, terms: bytes, recipient: bytes, operations: int) -> str:
        """Say why terms may not be granted to a recipient for these operations, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class SetLevel:
    """Register up to which grade a party may be a recipient."""

    party: bytes
    level: int


@dataclass(frozen=True, slots=True)
class Grade:
    """Lay open the columns that a filed entry commits to."""

    document: bytes
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Covering:
    """State which columns of the entry in force some terms cover."""

    asset: bytes
    terms: bytes
    columns: tuple[bytes, ...]
    basis: int = Basis.NONE
    assessment: bytes = NOTHING


Call: TypeAlias = SetLevel | Grade | Covering
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: GradedWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, SetLevel):
        return _set_level(state, call, world.is_governance(caller))
    world.require_open(GRADES)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Grade():
            return _grade(state, call, party, world.filed(call.document))
        case Covering():
            return _cover(state, call, party, world.asset(call.asset))


def obstacle(cover: Cover, document: bytes, level: int, operations: int) -> str:
    """Say why terms may not be granted, or nothing.

    Args:
        document: of the entry now in force; level: the recipient's.
    """
    if not cover.grade or cover.document != document:
        return "columns of the terms not graded (R03)"
    return _obstacle(cover.grade, level, operations)


def whole_obstacle(highest: int, level: int, operations: int) -> str:
    """Say why an asset with all its columns may not be granted, or nothing; highest: of their grades, 0 for none."""
    if not highest:
        return "columns of the entry not graded (R03)"
    return _obstacle(highest, level, operations)


def _obstacle(grade: int, level: int, operations: int) -> str:
    if grade > level:
        return "grade above the recipient's level (R03)"
    if grade >= COMPUTE_ONLY and operations & COMPUTING != operations:
        return "grade allows computing only (R03)"
    return ""


def require_graded(world: Grading, asset: bytes, terms: bytes, recipient: bytes, operations: int) -> None:
    """Refuse what Grades would not have granted.

    Raises:
        NotAuthorized: with the text of the module ``grading``.
    """
    if text := world.grading_obstacle(asset, terms, recipient, operations):
        raise NotAuthorized(f"grades: {text}")


def columns_digest(columns: Sequence[Column]) -> bytes:
    """Return what an entry says of its columns: keccak256 of their ABI encoding."""
    return keccak256(encode(["(bytes32,uint256,uint256)[]"], [tuple(map(astuple, columns))]))


def _set_level(state: State, call: SetLevel, is_governance: bool) -> Result:
    if not is_governance:
        raise NotAuthorized("grades: governance only")
    if call.party == NOTHING:
        raise InvalidRecord("grades: party missing")
    if not 0 < call.level <= HIGHEST:
        raise InvalidRecord("grades: level")
    journal, change = state.journal.record(LEVEL_SET, call.party, call.level)
    return replace(state, levels={**state.levels, call.party: call.level}, journal=journal), (change,)


def _grade(state: State, call: Grade, party: bytes, filed: Entry) -> Result:
    if filed.owner != party:
        raise NotAuthorized("grades: no such entry (R03)")
    if columns_digest(call.columns) != filed.columns:
        raise InvalidRecord("grades: not the columns of the entry (R03)")
    columns = dict(state.columns)
    for column in call.columns:
        if column.id == NOTHING:
            raise InvalidRecord("grades: column missing (R03)")
        if not 0 < column.grade <= HIGHEST:
            raise InvalidRecord("grades: grade (R03)")
        if column.personal > Personal.SENSITIVE:
            raise InvalidRecord("grades: personal information (R26)")
        if (call.document, column.id) in columns:
            raise Conflict("grades: column twice (R03)")
        columns[call.document, column.id] = column
    if not call.columns:
        raise InvalidRecord("grades: column missing (R03)")
    highest = max(column.grade for column in call.columns)
    values = (party, call.document, len(call.columns), highest)
    journal, change = state.journal.record(COLUMNS_GRADED, filed.asset, *values)
    kept = {**state.highest, call.document: highest}
    return replace(state, columns=columns, highest=kept, journal=journal), (change,)


def _cover(state: State, call: Covering, party: bytes, asset: Asset) -> Result:
    if asset.owner != party:
        raise NotAuthorized("grades: asset of another party")
    if call.terms == NOTHING:
        raise InvalidRecord("grades: terms missing")
    if state.cover(call.asset, call.terms).document == asset.document:
        raise Conflict("grades: covered already")
    covered = [state.column(asset.document, id) for id in call.columns]
    if not all(column.grade for column in covered):
        raise NotFound("grades: unknown column (R03)")
    if not covered:
        raise InvalidRecord("grades: column missing (R03)")
    highest, personal = max(column.grade for column in covered), max(column.personal for column in covered)
    if call.basis > Basis.OTHER_LAW or bool(call.basis) != bool(personal):
        raise NotAuthorized("grades: legal basis (R26)")
    if personal and call.assessment == NOTHING:
        raise NotAuthorized("grades: impact assessment missing (R26)")
    cover = Cover(asset.document, highest, personal, call.basis, call.assessment)
    journal, change = state.journal.record(TERMS_COVERED, call.asset, party, call.terms, *astuple(cover))
    covers = {**state.covers, (call.asset, call.terms): cover}
    return replace(state, covers=covers, journal=journal), (change,)
