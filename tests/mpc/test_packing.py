"""Packed columns: sums come apart exactly, nothing crosses a guard bit, and what does not fit is refused."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.additive.djn import InsecureDamgardJurikNielsen
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.additive.packing import Bounds, Columns, Packing, batches
from mpc.additive.paillier import InsecurePaillier
from mpc.additive.scheme import RangeGuard
from mpc.stream import Stream

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    PARAMETERS = {
        "ou": InsecureOkamotoUchiyama(1024, 96),
        "paillier": InsecurePaillier(512),
        "djn": InsecureDamgardJurikNielsen(512, 96),
    }
KEYS = {name: parameters.generate(Stream(bytes(32))) for name, parameters in PARAMETERS.items()}
COLUMNS = Columns((Bounds(0, 1), Bounds(-50, 200), Bounds(0, 10**12), Bounds(7, 7)), addends=1000)

BOUNDS = st.tuples(st.integers(-(2**40), 2**40), st.integers(0, 2**40)).map(lambda b: Bounds(b[0], b[0] + b[1]))


@st.composite
def tables(draw):
    columns = Columns(tuple(draw(st.lists(BOUNDS, min_size=1, max_size=5))), draw(st.integers(1, 6)))
    row = st.tuples(*(st.integers(b.least, b.most) for b in columns.bounds))
    return columns, draw(st.lists(row, max_size=columns.addends))


@given(table=tables())
@settings(max_examples=60, deadline=None)
def test_sums_of_packed_rows_are_the_sums_of_their_columns(table) -> None:
    columns, rows = table
    packed = sum(columns.pack(row) for row in rows)
    expected = tuple(sum(row[i] for row in rows) for i in range(len(columns.bounds)))
    assert columns.totals(packed, len(rows)) == expected


@pytest.mark.parametrize("name", KEYS)
def test_four_columns_travel_in_one_ciphertext_of_every_scheme(name: str) -> None:
    key, source = KEYS[name], Stream(b"\1" * 32)
    COLUMNS.require_fits(key.public.plaintext_bits)
    rows = [(i % 2, i * 3 - 50, 10**12 - i, 7) for i in range(40)]
    total = key.public.mask(0, source)
    for row in rows:
        total = key.public.add(total, key.encrypt(COLUMNS.pack(row), source, bits=COLUMNS.packing.total))
    opened = key.decrypt(total, bits=COLUMNS.packing.total)
    assert COLUMNS.totals(opened, len(rows)) == tuple(map(sum, zip(*rows, strict=True)))


def test_the_largest_sums_leave_every_guard_bit_empty() -> None:
    most = tuple(b.most for b in COLUMNS.bounds)
    packed = COLUMNS.pack(most) * COLUMNS.addends
    numbers = COLUMNS.packing.unpack(packed)
    assert all(not n >> (w - 1) for n, w in zip(numbers, COLUMNS.packing.widths, strict=True))
    assert COLUMNS.totals(packed, COLUMNS.addends) == tuple(m * COLUMNS.addends for m in most)


def test_without_room_for_the_addends_a_carry_would_change_the_next_column() -> None:
    narrow = Packing(tuple((b.most - b.least).bit_length() or 1 for b in COLUMNS.bounds))
    row = (1, 250, 0, 0)
    assert narrow.unpack(narrow.pack(row) * 4)[2] != 0
    assert COLUMNS.packing.unpack(COLUMNS.packing.pack(row) * 4)[2] == 0


def test_a_mask_widens_every_slot_and_comes_off_again() -> None:
    masked = Columns(COLUMNS.bounds, 10, mask_bits=40)
    mask = tuple((1 << bits + 40) - 1 for bits in masked.values)
    packed = masked.packing.pack(mask) + 10 * masked.pack((1, 200, 10**12, 7))
    numbers = masked.packing.unpack(packed)
    differences = [n - m for n, m in zip(numbers, mask, strict=True)]
    assert masked.totals(masked.packing.pack(differences), 10) == (10, 2000, 10**13, 70)


@pytest.mark.parametrize("row", [(2, 0, 0, 7), (0, -51, 0, 7), (0, 0, 10**12 + 1, 7), (0, 0, 0, 8), (0, 0, 0)])
def test_a_row_outside_its_bounds_is_refused_without_its_value(row) -> None:
    with pytest.raises(InvalidRecord) as caught:
        COLUMNS.pack(row)
    assert not any(character.isdigit() for character in str(caught.value))


def test_a_sum_that_no_such_rows_give_meets_the_guard() -> None:
    two = COLUMNS.pack((1, 200, 5, 7)) * 2
    for packed, addends in ((two, 1), (-1, 2), (1 << COLUMNS.packing.total, 2), (two + (3 << 20), 2)):
        with pytest.raises(RangeGuard):
            COLUMNS.totals(packed, addends)
    with pytest.raises(ValueError, match="declared"):
        COLUMNS.totals(two, 1001)


def test_columns_that_the_key_cannot_hold_are_refused_or_spread_over_several_plaintexts() -> None:
    wide = Bounds(0, 1 << 100)
    with pytest.raises(InvalidRecord, match="the key offers"):
        Columns((wide,) * 3, 1000).require_fits(277)
    spread = batches([wide, wide, wide, Bounds(0, 1)], 1000, 277)
    assert [len(columns.bounds) for columns in spread] == [2, 2]
    assert all(columns.packing.total <= 277 for columns in spread)
    with pytest.raises(InvalidRecord):
        batches([Bounds(0, 1 << 300)], 1, 277)


def test_slots_and_declarations_of_nothing_are_refused() -> None:
    for make in (lambda: Packing(()), lambda: Packing((0,)), lambda: Bounds(2, 1), lambda: Columns((), 1),
                 lambda: Columns((Bounds(0, 1),), 0)):  # fmt: skip
        with pytest.raises(InvalidRecord):
            make()
    with pytest.raises(ValueError, match="overflows"):
        Packing((3,)).pack((8,))
