import copy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privatespecs import private
from specs import join, product, source, sums, table

from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.spec import job as job_spec
from mpc.spec import reader as spec_reader
from mpc.spec.parts import Amount, Interval, OneOf


@pytest.mark.parametrize("spec", [sums(), sums(edges=()), table(), product(), join(), join(grouped=False)])
def test_a_specification_survives_its_canonical_form(spec):
    assert spec_reader.parse(canonical.encode(spec.json())) == spec


@pytest.mark.parametrize("change", [
    {"value": Amount("area", 1 << 63, "sale_price")},
    {"outputs": ("variance",)},
    {"outputs": ("count",)},
    {"outputs": ("sum", "histogram"), "edges": (0,)},
    {"privacy": private().privacy},
    {"table": replace(table().table, column="area")},
])  # fmt: skip
def test_of_a_product_there_are_count_sum_and_mean(change):
    with pytest.raises(InvalidRecord, match="spec"):
        replace(product(), **change)


def test_a_product_is_of_two_columns_in_one_order():
    for column, by in (("sale_price", "area"), ("area", "area")):
        with pytest.raises(InvalidRecord, match="ascending"):
            Amount(column, 1, by)
    with pytest.raises(InvalidRecord, match="not products"):
        replace(join(), sums=(Amount("area", 1, "sale_price"),))


@pytest.mark.parametrize("change", [
    {"values": ("B", "A")}, {"values": ()}, {"values": ("A", "A")},
])  # fmt: skip
def test_a_table_needs_sorted_groups(change):
    with pytest.raises(InvalidRecord, match="spec"):
        replace(table().table, **change)


def test_a_table_that_is_too_large_or_groups_what_it_sums_is_refused():
    assert table(tuple(f"{n:02d}" for n in range(39))).table is not None
    with pytest.raises(InvalidRecord, match="must not exceed 160"):
        table(tuple(f"{n:02d}" for n in range(40)))
    with pytest.raises(InvalidRecord, match="another column"):
        replace(table(), table=replace(table().table, column="sale_price"))


BROKEN_TABLES = [{"priority": ["inner"]}, {"values": [1]}, {"more": 1}]


@pytest.mark.parametrize("broken", BROKEN_TABLES)
def test_a_malformed_table_is_refused(broken):
    value = table().json()
    value["table"] = {**value["table"], **broken}
    with pytest.raises(InvalidRecord):
        spec_reader.from_json(value)
    with pytest.raises(InvalidRecord):
        spec_reader.from_json({**table().json(), "table": None})


@pytest.mark.parametrize("spec", [sums(), join()])
def test_any_removed_or_added_field_is_refused(spec):
    value = spec.json()
    for name in value:
        broken = copy.deepcopy(value)
        del broken[name]
        with pytest.raises(InvalidRecord):
            spec_reader.from_json(broken)
    with pytest.raises(InvalidRecord, match="unknown fields extra"):
        spec_reader.from_json({**value, "extra": 1})


@pytest.mark.parametrize("spec", [sums(), join()])
def test_the_usual_group_is_not_written_and_another_one_is(spec):
    assert "prime_group" not in spec.json()
    other = replace(spec, prime_group="sm2")
    assert spec_reader.parse(canonical.encode(other.json())) == other
    assert job_spec.digest(other) != job_spec.digest(spec)
    assert spec_reader.from_json({**spec.json(), "prime_group": "ristretto255"}) == spec
    for unknown in ("p256", "SM2", ""):
        with pytest.raises(InvalidRecord):
            spec_reader.from_json({**spec.json(), "prime_group": unknown})


@pytest.mark.parametrize("spec", [sums(), join()])
def test_the_minimum_is_at_least_one_and_at_most_a_hundred(spec):
    for minimum in (1, 100):
        assert replace(spec, minimum=minimum).minimum == minimum
    for minimum in (0, 101):
        with pytest.raises(InvalidRecord, match=r"1\.\.100"):
            replace(spec, minimum=minimum)


def test_the_digest_moves_with_every_release_rule():
    assert len({job_spec.digest(spec) for spec in (sums(), sums(1001), replace(sums(), minimum=11))}) == 3


def test_sums_that_could_overflow_two_to_the_127_are_refused():
    largest = 1 << 53
    assert replace(sums(), value=Amount("sale_price", largest), rows=1 << 18).rows == 1 << 18
    with pytest.raises(InvalidRecord, match="overflow"):
        replace(sums(), value=Amount("sale_price", largest), rows=1 << 19)


def test_two_sources_cannot_form_a_masked_sum():
    with pytest.raises(InvalidRecord, match="at least 3 sources"):
        replace(sums(), sources=sums().sources[:2])
    with pytest.raises(InvalidRecord, match="3 contributors"):
        replace(sums(), contributors=2)


def test_the_recipient_is_never_a_source():
    with pytest.raises(InvalidRecord, match="recipient none of them"):
        replace(join(), recipient="tax")


def test_a_join_needs_two_owners():
    with pytest.raises(InvalidRecord):
        replace(join(), lister=source("finance", "rent-stabilised"))


def test_filters_that_select_nothing_are_refused():
    with pytest.raises(InvalidRecord):
        Interval("price", 5, 5)
    with pytest.raises(InvalidRecord):
        OneOf("borough", ("2", "1"))


@given(st.binary(max_size=200))
def test_garbage_raises_only_invalid_record(data):
    with pytest.raises(InvalidRecord):
        spec_reader.parse(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    ),
    st.sampled_from(sorted(join().json())),
)
def test_any_wrong_value_in_a_field_is_invalid_or_read(value, name):
    broken = {**join().json(), name: value}
    try:
        assert spec_reader.from_json(broken).json() == broken
    except InvalidRecord:
        return


def test_a_table_is_exact():
    with pytest.raises(InvalidRecord, match="a table is exact"):
        replace(private(grouped=True), table=table().table)
