"""Records read from proven words: every kind of field, and words that no contract stores."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from contracts import layout
from contracts.addresses import BUDGETS, OBJECTIONS, REQUESTS, RESTRICTIONS
from contracts.budgets.record import NOBODY, Proposal
from contracts.layout import layout_of
from contracts.objections.rules import Objection, ObjectionState
from contracts.records import choice, decode_struct, struct_fact
from contracts.requests.record import Request, RequestState
from contracts.restrictions.record import Restriction
from ledger.errors import InvalidRecord

ID = bytes([7]) * 32


def words(contract: str, variable: str, *keys: bytes, **values: int | bytes) -> dict[bytes, bytes]:
    slots = layout_of(contract).record(variable, *keys)
    return {slot: layout.word(values.get(name, 0)) for name, slot in slots.items()}


def test_a_record_is_read_field_by_field() -> None:
    stored = words(REQUESTS, "requests", ID, asset=ID, due=99, extended=1, state=3)
    assert set(stored) == set(struct_fact(REQUESTS, "requests", ID).slots)
    found = decode_struct(Request, stored, REQUESTS, "requests", ID)
    assert found == Request(asset=ID, due=99, extended=True, state=RequestState.CONSENTED)
    assert decode_struct(Request, words(REQUESTS, "requests", ID), REQUESTS, "requests", ID) == Request()


def test_an_address_is_twenty_bytes() -> None:
    key = (ID, ID, layout.word(0))
    stored = words(BUDGETS, "proposals", *key, officer=b"\1" * 20)
    assert decode_struct(Proposal, stored, BUDGETS, "proposals", *key).officer == b"\1" * 20
    stored = words(BUDGETS, "proposals", *key, officer=ID)
    with pytest.raises(InvalidRecord, match="expected an address"):
        decode_struct(Proposal, stored, BUDGETS, "proposals", *key)
    assert Proposal().officer == NOBODY


@pytest.mark.parametrize(
    ("kind", "contract", "variable", "field", "said"),
    [
        (Request, REQUESTS, "requests", "state", "request state: expected 0 to 5, got 9"),
        (Request, REQUESTS, "requests", "extended", "request extended: expected a boolean, got 9"),
        (Objection, OBJECTIONS, "objections", "state", "objection state: expected 0 to 4, got 9"),
        (Restriction, RESTRICTIONS, "restrictions", "ban", "restriction ban: expected a boolean, got 9"),
    ],
)
def test_a_word_that_no_contract_stores_is_refused(
    kind: type[Request], contract: str, variable: str, field: str, said: str
) -> None:
    stored = words(contract, variable, ID, **{field: 9})
    with pytest.raises(InvalidRecord, match=said):
        decode_struct(kind, stored, contract, variable, ID)


def test_words_that_a_proof_leaves_out_are_not_taken_for_zero() -> None:
    stored = words(REQUESTS, "requests", ID)
    stored.popitem()
    with pytest.raises(InvalidRecord, match="is not covered"):
        decode_struct(Request, stored, REQUESTS, "requests", ID)


def test_a_choice_is_one_of_its_kind() -> None:
    assert choice(ObjectionState, 2) is ObjectionState(2)
    with pytest.raises(InvalidRecord, match="objection state: expected 0 to 4, got 5"):
        choice(ObjectionState, 5)


def test_a_record_has_no_other_kinds_of_fields() -> None:
    @dataclass(frozen=True, slots=True)
    class Wrong:
        asset: str = ""

    with pytest.raises(TypeError, match="is no value of a record"):
        decode_struct(Wrong, words(REQUESTS, "requests", ID), REQUESTS, "requests", ID)
