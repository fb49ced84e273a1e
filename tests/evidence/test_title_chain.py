"""A unit made of others leads to all of them, and to nothing else."""

from __future__ import annotations

import pytest

from contracts.applications.rules import RegistrationType
from contracts.evidence.bundle import RecordedEvent
from contracts.evidence.title.chain import UnitHistory, lineage, read
from contracts.evidence.title.document import UnitChain
from contracts.history import Change
from contracts.titles.holding import parts_digest, sole
from contracts.titles.record import UnitState
from contracts.titles.register import TITLE_ENTERED
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256

NOTHING = bytes(32)
WHOLE, LEFT, RIGHT, OTHER = (keccak256(name) for name in (b"whole", b"left", b"right", b"other"))
ASKED = keccak256(b"the application of the merger")
FIRST, ALTERATION, TRANSFER = (
    RegistrationType.FIRST, RegistrationType.ALTERATION, RegistrationType.TRANSFER,
)  # fmt: skip
Told = tuple[RegistrationType, UnitState, bytes, bytes]
"""Kind, state after it, source and origin of an entry."""


def history(unit: bytes, *entries: Told, parts: tuple[bytes, ...] = ()) -> UnitHistory:
    events = (event(unit, n, *entry) for n, entry in enumerate(entries, start=1))
    return read(UnitChain(unit, tuple(events), (), parts, None))


def event(unit: bytes, n: int, kind: int, state: UnitState, source: bytes, origin: bytes) -> RecordedEvent:
    content = (NOTHING, int(kind), source, origin, keccak256(b"plan"), 2, *sole(keccak256(b"Ann")).values)
    change = Change(TITLE_ENTERED, unit, (n, int(state), *content))
    return RecordedEvent(change.topics, change.data)


def made_first(unit: bytes, *then: Told) -> UnitHistory:
    return history(unit, (FIRST, UnitState.REGISTERED, keccak256(unit), NOTHING), *then)


def ended_in(unit: bytes, origin: bytes, source: bytes = ASKED) -> UnitHistory:
    return made_first(unit, (ALTERATION, UnitState.SUCCEEDED, source, origin))


def merged(*parts: bytes, named: tuple[bytes, ...] | None = None) -> UnitHistory:
    entry = (ALTERATION, UnitState.REGISTERED, ASKED, parts_digest(parts))
    return history(WHOLE, entry, parts=parts if named is None else named)


def by_unit(*histories: UnitHistory) -> dict[bytes, UnitHistory]:
    return {one.chain.unit: one for one in histories}


def test_a_merged_unit_leads_to_all_of_its_parts_in_their_order() -> None:
    units = by_unit(merged(LEFT, RIGHT), ended_in(LEFT, WHOLE), ended_in(RIGHT, WHOLE))
    assert lineage(units) == [WHOLE, LEFT, RIGHT]


def test_a_divided_unit_leads_to_the_one_it_was_part_of() -> None:
    part = history(LEFT, (ALTERATION, UnitState.REGISTERED, ASKED, WHOLE))
    assert lineage(by_unit(part, ended_in(WHOLE, parts_digest([LEFT, RIGHT])))) == [LEFT, WHOLE]


def test_a_unit_that_was_registered_first_leads_nowhere_also_after_alterations() -> None:
    altered = (ALTERATION, UnitState.REGISTERED, ASKED, NOTHING)
    assert lineage(by_unit(made_first(LEFT, altered))) == [LEFT]


def test_a_chain_that_divides_and_merges_again_has_each_unit_once() -> None:
    left, right = (history(u, (ALTERATION, UnitState.REGISTERED, OTHER, OTHER),
                           (ALTERATION, UnitState.SUCCEEDED, ASKED, WHOLE)) for u in (LEFT, RIGHT))  # fmt: skip
    units = by_unit(merged(LEFT, RIGHT), left, right, ended_in(OTHER, parts_digest([LEFT, RIGHT]), OTHER))
    assert lineage(units) == [WHOLE, LEFT, RIGHT, OTHER]


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ([merged(LEFT, RIGHT), ended_in(LEFT, WHOLE)], "which is left out"),
        ([merged(LEFT, RIGHT, named=(LEFT,)), ended_in(LEFT, WHOLE)], "not those that the merger names"),
        ([merged(LEFT, RIGHT, named=(RIGHT, LEFT))], "not those that the merger names"),
        ([merged(LEFT, RIGHT, named=()), ended_in(LEFT, WHOLE)], "which is left out"),
        ([merged(LEFT, RIGHT), made_first(LEFT), ended_in(RIGHT, WHOLE)], "did not end in unit"),
        ([merged(LEFT, RIGHT), ended_in(LEFT, WHOLE, OTHER), ended_in(RIGHT, WHOLE)], "did not end in unit"),
        ([merged(LEFT, RIGHT), history(LEFT), ended_in(RIGHT, WHOLE)], "did not end in unit"),
        ([history(LEFT, (FIRST, UnitState.REGISTERED, ASKED, NOTHING), parts=(RIGHT,))], "not merged has parts"),
    ],
    ids=["a part left out", "a part unnamed", "another order", "taken for a division", "a part that lives on",
         "a part that ended otherwise", "a part without entries", "parts of a first registration"],
)  # fmt: skip
def test_a_chain_with_a_gap_is_refused(units: list[UnitHistory], reason: str) -> None:
    with pytest.raises(VerificationError, match=reason):
        lineage(by_unit(*units))


def test_an_event_of_another_kind_or_state_is_no_entry() -> None:
    for values in ((1, 9), (1, 1)):
        change = Change("Else(bytes32,uint256,uint256)", LEFT, values)
        with pytest.raises(InvalidRecord):
            read(UnitChain(LEFT, (RecordedEvent(change.topics, change.data),), (), (), None))
    with pytest.raises(InvalidRecord, match="an entry of state 1 and type 77"):
        read(UnitChain(LEFT, (event(LEFT, 1, 77, UnitState.REGISTERED, ASKED, NOTHING),), (), (), None))
