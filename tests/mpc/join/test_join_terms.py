"""Terms of a join: bounds, slots, padding, and their record."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.additive.paillier import Paillier
from mpc.dummies import MatchNoise
from mpc.protocols.join.layout import Column, Slots
from mpc.protocols.join.terms import JoinTerms, padded, parse_terms

TERMS = JoinTerms(
    holder="finance",
    lister="tax",
    groups=("1", "2"),
    columns=(Column("price", 0, 10**10),),
    holder_keys=100_000,
    lister_keys=100_000,
    rows=100_000,
    minimum=10,
    noise=MatchNoise(100, -40),
)


@pytest.mark.parametrize("encryption", [OkamotoUchiyama(), OkamotoUchiyama(2048, 288), Paillier()])
def test_record_reads_back_to_the_same_terms(encryption):
    terms = replace(TERMS, encryption=encryption)
    assert parse_terms(canonical.decode(canonical.encode(dict(terms.record())))) == terms


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"holder": "tax"},
        {"groups": []},
        {"groups": ["1", "1"]},
        {"columns": [{"name": "x", "least": "5", "most": "5"}]},
        {"columns": [{"name": "x", "least": "0", "most": "1"}] * 2},
        {"holder_keys": "0"},
        {"lister_keys": 5},
        {"rows": str(1 << 33)},
        {"minimum": 0},
        {"epsilon_milli": 0},
        {"delta_log2": -1},
        {"list_unit": 0},
        {"group_unit": 1 << 17},
        {"encryption": {"scheme": "none"}},
        {"encryption": {"scheme": "okamoto-uchiyama", "bits": 1024, "randomiser_bits": 320}},
        {"encryption": {"scheme": "okamoto-uchiyama", "bits": 3072, "randomiser_bits": 128}},
        {"encryption": {"scheme": "paillier", "bits": 3072, "more": 1}},
        {"surplus": 1},
    ],
    ids=str,
)
def test_records_outside_the_declared_form_are_refused(change):
    with pytest.raises(InvalidRecord):
        parse_terms({**TERMS.record(), **change})


@pytest.mark.parametrize("field", sorted(TERMS.record()))
def test_missing_fields_are_refused(field):
    with pytest.raises(InvalidRecord):
        parse_terms({k: v for k, v in TERMS.record().items() if k != field})


@given(values=st.lists(st.integers(0, 2**60), min_size=3, max_size=3))
@settings(max_examples=50, deadline=None)
def test_slots_keep_numbers_apart(values):
    slots = Slots((20, 20, 20))
    assert slots.unpack(slots.pack(tuple(values))) == tuple(values)


def test_a_number_too_large_for_its_slot_is_a_bug():
    slots = Slots((20, 20))
    assert slots.unpack(slots.pack(((1 << 61) - 1, 0))) == ((1 << 61) - 1, 0)
    with pytest.raises(ValueError, match="overflows"):
        slots.pack((1 << 61, 0))


def test_a_sum_and_its_mask_never_carry_into_the_next_slot():
    """The largest value plus the largest mask still fits the slot."""
    for bits, width in zip(TERMS.slots.values, TERMS.slots.widths, strict=True):
        assert ((1 << bits) - 1) + ((1 << (bits + 40)) - 1) < 1 << width


def test_slots_hold_every_declared_total():
    rows, price = TERMS.slots.values[1:]
    assert TERMS.rows < 1 << rows
    assert TERMS.rows * 10**10 < 1 << price


@given(count=st.integers(0, 10**6), unit=st.integers(1, 5000))
def test_padding_rounds_up_to_the_unit(count, unit):
    assert padded(count, unit) % unit == 0
    assert count <= padded(count, unit) < count + unit


def test_all_dummies_fit_whatever_number_is_drawn():
    """The padded size leaves room for the largest number of dummies, so it says nothing about the drawn one."""
    for keys in (0, 1, 499, 500, 9999):
        assert TERMS.group_size(keys) >= keys + TERMS.noise.universe
