"""Bounds that a requester chooses must not make an owner's node answer questions by failing.

Each attack is first run on the unguarded path, where whether an input can be prepared tells something about single
rows; then the guard's rule refuses it by the declaration alone, and the honest neighbour passes.
"""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from townspecs import PARCELS, REGISTRARS, SALES, join, parcels_csv, sales_csv, sums

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.sensitivity import Percent, Sensitivity
from mpc.kinds.bounds import BOUNDS, KEY, NOISE
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.registry import kind_of
from mpc.kinds.sums_bounds import FEW_VALUES
from mpc.node.guarding.guard import code, read_code
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.protocols.join.table import check_list, check_table
from mpc.spec.parts import Amount, Grouping, Interval, OneOf
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

WEAK = NoiseLimits(2000, -20)
SOLD = replace(SALES, key=None)
"""The same sales, their parcel declared as a column like others: a key may not be chosen one at a time anyway."""
TARGET, ABSENT = "1000010001", "1000019999"
ROWS = [(TARGET, "1", 734_500), ("1000010002", "1", 250_000), ("2000010003", "2", 910_000)]
FIRST = REGISTRARS[0]


def grounds(spec, party, schema, noise=WEAK):
    return [ground for ground, _ in faults(spec, party, schema, noise)]


def goes_on(directory, spec, party, schema, text):
    """Whether an owner without the guard's rule would go on, as everybody sees."""
    path = directory / "t.csv"
    path.write_text(text)
    table = Table(path, schema)
    try:
        data = kind_of(spec).prepare(party, table)
        if party == "finance":
            check_table(join_terms_of(spec), data.table)
        if party == "tax":
            check_list(join_terms_of(spec), data.keys)
        return True
    except InvalidRecord:
        return False
    finally:
        table.close()


def test_searching_for_a_price_by_the_bound_is_refused_before_a_row_is_read(tmp_path):
    """Attack: each job aborts or not at the owner, twenty of them tell the price of one parcel exactly."""

    def asked(bound):
        return replace(sums(edges=()), filters=(OneOf("bbl", (TARGET,)),), value=Amount("price", bound))

    low, high = 0, 1 << 21
    while high - low > 1:
        middle = (low + high) // 2
        if goes_on(tmp_path, asked(middle), FIRST, SOLD, sales_csv(ROWS)):
            high = middle
        else:
            low = middle
        assert grounds(asked(middle), FIRST, SOLD) == [BOUNDS]
    assert high == 734_500
    assert grounds(asked(10**9 - 1), FIRST, SOLD) == [BOUNDS]
    assert grounds(asked(10**9), FIRST, SOLD) == []


@pytest.mark.parametrize(
    "steered",
    [
        lambda target: replace(sums(edges=()), filters=(OneOf("bbl", (TARGET, target)),), rows=1),
        lambda target: replace(sums(edges=(10**6,)), filters=(OneOf("bbl", (target,)),)),
    ],
    ids=["rows", "edges"],
)
def test_rows_and_edges_ask_whether_a_parcel_was_sold(tmp_path, steered):
    sold_too, absent = "1000010002", ABSENT
    assert not goes_on(tmp_path, steered(sold_too), FIRST, SOLD, sales_csv(ROWS))
    assert goes_on(tmp_path, steered(absent), FIRST, SOLD, sales_csv(ROWS))
    assert {tuple(grounds(steered(target), FIRST, SOLD)) for target in (sold_too, absent)} == {(BOUNDS,)}


@pytest.mark.parametrize(
    ("edges", "filters", "is_fine"),
    [
        ((0, 5), (), True),
        ((1, 5), (), False),
        ((1000, 5000), (Interval("price", 1000, None),), True),
        ((1001, 5000), (Interval("price", 1000, None),), False),
        ((1000, 5000), (Interval("price", None, 9000),), False),
        ((1000, 5000), (Interval("price", 10, None), Interval("price", 1000, 9000)), True),
        ((1000, 5000), (OneOf("borough", ("1",)),), False),
    ],
)
def test_the_lowest_edge_lies_at_or_below_what_a_selected_row_may_hold(edges, filters, is_fine):
    assert grounds(replace(sums(edges=edges), filters=filters), FIRST, SALES) == ([] if is_fine else [BOUNDS])


def test_a_product_is_bounded_by_both_columns_and_of_neither_with_few_values():
    """A column that is 0 or 1 picks rows out: its product with a price adds up single sales behind others' count."""
    many = replace(SALES, columns={**SALES.columns, "area": Integer(-10, 900)})
    asked = replace(sums(edges=()), outputs=("sum",), value=Amount("area", 900 * 10**9, "price"))
    assert grounds(asked, FIRST, many) == []
    assert grounds(replace(asked, value=Amount("area", 900 * 10**9 - 1, "price")), FIRST, many) == [BOUNDS]
    assert grounds(asked, FIRST, SALES) == [BOUNDS]
    few = replace(many, columns={**SALES.columns, "area": Integer(0, FEW_VALUES - 2)})
    assert grounds(asked, FIRST, few) == [BOUNDS]
    enough = replace(many, columns={**SALES.columns, "area": Integer(0, FEW_VALUES - 1)})
    assert grounds(asked, FIRST, enough) == []
    judged = replace(enough, sensitivity=Sensitivity(None, (Percent(10),)))
    assert grounds(asked, FIRST, judged) == [BOUNDS]


@pytest.mark.parametrize(
    ("area", "is_fine"),
    [
        ((Interval("area", 0, 2),), False),
        ((Interval("area", 899, None),), False),
        ((Interval("area", None, FEW_VALUES - 11),), False),
        ((Interval("area", 0, 900), Interval("area", None, 2)), False),
        ((Interval("area", 0, FEW_VALUES - 1),), False),
        ((Interval("area", 0, FEW_VALUES),), True),
    ],
)
def test_a_filter_makes_no_column_of_few_values_for_a_product(area, is_fine):
    """Attack: rows whose area is 0 hide one whose area is 1; the sum of area * price is that one's price."""
    many = replace(SALES, columns={**SALES.columns, "area": Integer(-10, 900)})
    asked = replace(sums(edges=()), outputs=("sum",), value=Amount("area", 900 * 10**9, "price"))
    assert grounds(replace(asked, filters=area), FIRST, many) == ([] if is_fine else [BOUNDS])


def test_the_bound_holds_both_ends_of_the_declared_column():
    """A bound stays below 2^63 by its own rule, so values of a fitting column are integers of 64 bits."""
    whole = replace(SALES, columns={**SALES.columns, "price": Integer(-(1 << 40), 1 << 20)})
    assert grounds(replace(sums(edges=()), value=Amount("price", 1 << 40)), FIRST, whole) == []
    assert grounds(replace(sums(edges=()), value=Amount("price", (1 << 40) - 1)), FIRST, whole) == [BOUNDS]


def test_most_keys_of_the_list_ask_whether_a_parcel_is_on_it(tmp_path):
    """Attack: one key known to be listed, one guessed, at most one allowed."""
    listed = parcels_csv([TARGET, "1000010002"])

    def asked(guess):
        return replace(join(groups=()), lister_most=1, lister_filters=(OneOf("bbl", (TARGET, guess)),))

    assert not goes_on(tmp_path, asked("1000010002"), "tax", PARCELS, listed)
    assert goes_on(tmp_path, asked(ABSENT), "tax", PARCELS, listed)
    for guess in ("1000010002", ABSENT):
        assert set(grounds(asked(guess), "tax", PARCELS)) == {KEY, BOUNDS}
    assert grounds(join(groups=()), "tax", PARCELS) == []


@pytest.mark.parametrize(
    "changes",
    [{"holder_most": 399}, {"rows": 399}, {"sums": (Amount("price", 10**9 - 1),)}],
    ids=["most keys", "rows", "bound"],
)
def test_a_holders_bounds_hold_its_declaration(changes):
    assert grounds(join(), "finance", SALES) == []
    assert grounds(replace(join(), **changes), "finance", SALES) == [BOUNDS]


def test_a_holders_amounts_are_declared_as_at_least_zero():
    below = replace(SALES, columns={**SALES.columns, "price": Integer(-1, 10**9)})
    assert grounds(join(), "finance", below) == [BOUNDS]


def test_rows_of_undeclared_groups_are_not_selected_and_tell_nothing(tmp_path):
    """Before, a row of another group ended the job: a price filter around one sale told its borough."""
    asked = replace(join(groups=("1",)), filters=(Interval("price", 900_000, None),))
    path = tmp_path / "t.csv"
    path.write_text(sales_csv(ROWS))
    table = Table(path, SALES)
    unfiltered = {row.group for row in table.by_key("bbl", "borough", ["price"], asked.filters)}
    assert unfiltered - set(asked.grouping.values) == {"2"}  # what used to be an InvalidRecord
    found = kind_of(asked).prepare("finance", table)
    table.close()
    assert found.table == {}
    check_table(join_terms_of(asked), found.table)


def test_a_key_in_two_groups_is_a_fault_of_the_whole_table_whatever_is_asked(tmp_path):
    twice = sales_csv([*ROWS, (TARGET, "2", 5)])
    narrow = replace(join(), filters=(Interval("price", 100_000, None),))
    ungrouped = replace(SALES, groups=())
    assert not goes_on(tmp_path, join(), "finance", ungrouped, twice)  # and with a filter between the two sales
    assert goes_on(tmp_path, narrow, "finance", ungrouped, twice)  # it went on: which sales, told by the abort
    assert grounds(narrow, "finance", ungrouped) == [BOUNDS]
    with pytest.raises(InvalidRecord, match="two groups of column 'borough'"):
        Table(tmp_path / "t.csv", SALES)


@pytest.mark.parametrize("changes", [
    {"filters": (OneOf("bbl", (TARGET,)),)},
    {"grouping": Grouping("bbl", (TARGET,))},
    {"lister_filters": (OneOf("bbl", (TARGET,)),)},
], ids=["filter", "grouping", "list"])  # fmt: skip
def test_a_key_is_neither_filtered_nor_grouped_by_at_either_owner(changes):
    asked = replace(join(), **changes)
    assert KEY in grounds(asked, "finance", SALES)
    assert KEY in grounds(asked, "tax", PARCELS)
    other = replace(join(), filters=(OneOf("borough", ("1", "2")),), grouping=None)
    assert grounds(other, "finance", SALES) == grounds(other, "tax", PARCELS) == []


def test_an_asset_is_joined_by_its_declared_key_only():
    assert grounds(join(), "finance", replace(SALES, key=None, groups=()))[0] == KEY
    assert grounds(join(), "tax", replace(PARCELS, key=None)) == [KEY]
    columns = {**PARCELS.columns, "owner": Text(".+")}
    assert grounds(replace(join(), lister_key="owner"), "tax", replace(PARCELS, columns=columns)) == [KEY]


def test_a_list_is_filtered_only_if_its_key_is_unique():
    columns = {**PARCELS.columns, "units": Integer(0, 100)}
    asked = replace(join(), lister_filters=(Interval("units", 6, None),))
    assert grounds(asked, "tax", replace(PARCELS, columns=columns)) == []
    assert grounds(asked, "tax", replace(PARCELS, columns=columns, unique=None)) == [KEY]
    assert grounds(join(), "tax", replace(PARCELS, unique=None)) == []


@pytest.mark.parametrize(("limits", "is_fine"), [
    (NoiseLimits(2000, -20), True), (NoiseLimits(1999, -20), False), (NoiseLimits(2000, -21), False),
    (NoiseLimits(), False),
])  # fmt: skip
def test_the_noise_is_at_least_what_the_node_asks_for(limits, is_fine):
    for party, schema in (("finance", SALES), ("tax", PARCELS)):
        assert grounds(join(), party, schema, limits) == ([] if is_fine else [NOISE])


def test_a_filter_of_the_wrong_kind_is_refused_by_the_declaration():
    assert grounds(replace(sums(), filters=(Interval("borough", 0, 1),)), FIRST, SALES)[0] == BOUNDS
    assert grounds(replace(sums(edges=()), filters=(OneOf("price", ("1",)),)), FIRST, SALES) == [BOUNDS]


ROW = st.tuples(st.sampled_from([f"10000100{n:02d}" for n in range(8)]), st.integers(0, 50))
SMALL = replace(SALES, columns={**SALES.columns, "price": Integer(0, 50)}, rows=12)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROW, min_size=1, max_size=12),
    ends=st.tuples(st.integers(-5, 60), st.integers(1, 40)),
    groups=st.sets(st.sampled_from("123"), min_size=1),
    bound=st.integers(48, 52),
    most=st.integers(10, 14),
    edge=st.integers(-2, 30),
)
def test_what_the_guard_lets_through_can_always_be_prepared(tmp_path, rows, ends, groups, bound, most, edge):
    table = sales_csv([(bbl, str(int(bbl[-1]) % 3 + 1), price) for bbl, price in rows])
    span = (Interval("price", ends[0], ends[0] + ends[1]),)
    summed = replace(sums(edges=(edge, edge + 7)), filters=span, value=Amount("price", bound), rows=most)
    grouping = Grouping("borough", tuple(sorted(groups)))
    joined = replace(
        join(), filters=span, grouping=grouping, sums=(Amount("price", bound),), holder_most=most, rows=most
    )
    for spec, party in ((summed, FIRST), (joined, "finance")):
        if not grounds(spec, party, SMALL):
            assert goes_on(tmp_path, spec, party, SMALL, table)


def test_dummy_keys_are_bounded_over_all_groups():
    """Before, 256 groups at the weakest settings asked a node for 45 million dummy keys: an hour of work."""
    groups = Grouping("borough", tuple(f"{n:03d}" for n in range(256)))
    with pytest.raises(InvalidRecord, match="dummy keys"):
        replace(join(), grouping=groups, epsilon_milli=1, delta_log2=-128)
    with pytest.raises(InvalidRecord, match="dummy keys"):
        replace(join(), grouping=groups, epsilon_milli=100, delta_log2=-40)  # 256 x 556
    replace(join(), grouping=Grouping("borough", groups.values[:235]), epsilon_milli=100, delta_log2=-40)


def test_a_table_is_held_against_its_declared_rows(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(sales_csv(ROWS))
    Table(path, replace(SALES, rows=3)).close()
    with pytest.raises(InvalidRecord, match=r"3 rows, 1\.\.2 declared"):
        Table(path, replace(SALES, rows=2))


def test_a_key_too_long_for_a_join_is_a_fault_of_the_whole_table(tmp_path):
    schema = Schema({"bbl": Text(".*")}, key="bbl")
    path = tmp_path / "t.csv"
    for key, is_fine in (("x" * 256, True), ("x" * 257, False), ("é" * 128, True), ("é" * 129, False)):
        path.write_text(parcels_csv([key]))
        if is_fine:
            Table(path, schema).close()
        else:
            with pytest.raises(InvalidRecord, match="256 bytes"):
                Table(path, schema)


@pytest.mark.parametrize("changes", [
    {"key": "price"}, {"key": "absent"}, {"groups": ("price",)}, {"groups": ("bbl",)},
    {"rows": 0}, {"rows": 50_000_001},
])  # fmt: skip
def test_a_declaration_that_cannot_hold_is_refused(changes):
    with pytest.raises(InvalidRecord):
        replace(SALES, **changes)


def test_a_ground_of_any_text_is_32_bytes_of_ascii():
    assert read_code(code("Zeit für 时间")) == "Zeit f?r ??"
    assert len(code("é" * 100)) == 32
