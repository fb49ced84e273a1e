"""What one unit may add: DuckDB against a plain model, the exact bound, and the attack without it."""

import hmac
import math
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privatespecs import private

from ledger.errors import InvalidRecord
from mpc.privacy.declaration import Family
from mpc.privacy.mechanism import cells
from mpc.privacy.truncation import Cuts, cuts, exact_cells
from mpc.spec.parts import Interval
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

SECRET = b"\x05" * 32
SALES = Schema({"bbl": Text("[a-z]+"), "borough": Text("[1-9]"), "price": Integer(-(10**9), 10**9)}, rows=400)
Row = tuple[str, str, int]


def table(directory, rows: list[Row]) -> Table:
    path = directory / "sales.csv"
    path.write_text("bbl,borough,price\n" + "".join(f"{u},{g},{v}\n" for u, g, v in rows))
    return Table(path, SALES)


def model(rows: list[Row], chosen: Cuts) -> list[tuple[str, int]]:
    """The same cuts, row by row."""

    def tag(kind: str, *parts: object) -> str:
        text = kind + "".join(f"{len(str(part).encode())}:{part}" for part in parts)
        return hmac.digest(chosen.key, text.encode(), "sha256").hex()

    units: dict[str, dict[str, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
    for unit, group, value in rows:
        if chosen.groups is None or group in chosen.groups[1]:
            label = "" if chosen.groups is None else group
            units[unit][label].append((tag("row", unit, group, value), value))
    found = []
    for unit, groups in units.items():
        for label in sorted(groups, key=lambda label: tag("group", unit, label))[: chosen.max_groups]:
            found += [(label, value) for _, value in sorted(groups[label])[: chosen.max_rows]]
    return sorted(found)


def cell_values(directory, spec, rows: list[Row]) -> dict[str, int]:
    chosen = cuts(spec.privacy, SECRET)
    found = table(directory, rows)
    try:
        return exact_cells(spec, spec.privacy, found.kept("price", chosen, spec.filters))
    finally:
        found.close()


ROWS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("1234"), st.integers(-20, 9000)), min_size=1, max_size=40
)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.integers(1, 4), st.integers(1, 3), st.booleans())
def test_the_database_keeps_what_the_plain_model_keeps(tmp_path_factory, rows, max_rows, max_groups, grouped):
    spec = private(grouped=grouped, max_rows=max_rows, max_groups=max_groups)
    chosen = cuts(spec.privacy, SECRET)
    found = table(tmp_path_factory.mktemp("t"), rows)
    assert sorted(found.kept("price", chosen, ())) == model(rows, chosen)
    found.close()


def distance(spec, one: dict[str, int], other: dict[str, int], family: Family) -> int:
    layout = [cell for cell in cells(spec, spec.privacy) if cell.family is family]
    return sum(((one[cell.name] - other[cell.name]) // cell.grain) ** 2 for cell in layout)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.lists(st.tuples(st.sampled_from("1234"), st.integers(-(10**9), 10**9)), min_size=1, max_size=12),
       st.booleans())  # fmt: skip
def test_one_unit_more_or_less_moves_the_figures_by_the_sensitivity_at_most(tmp_path_factory, rows, added, grouped):
    outputs = ("count", "sum", "variance")
    specs = [private(outputs, grouped=grouped, max_groups=2)]
    if not grouped:
        specs.append(private(("histogram",), edges=(0, 99)))
    with_unit = [*rows, *(("z", group, value) for group, value in added)]
    for spec in specs:
        before = cell_values(tmp_path_factory.mktemp("a"), spec, rows)
        after = cell_values(tmp_path_factory.mktemp("b"), spec, with_unit)
        for family in spec.families:
            moved = distance(spec, before, after, family)
            assert moved <= spec.privacy.protection.sensitivity_squared(family, 3)


def test_the_bound_is_reached(tmp_path):
    """Ten rows at the upper bound in four groups: two rows in each of two groups remain."""
    spec = private(grouped=True, max_groups=2)
    rows = [("a", "1", 7)]
    heavy = [("z", str(1 + i % 3), 5000) for i in range(12)]
    before, after = cell_values(tmp_path, spec, rows), cell_values(tmp_path, spec, rows + heavy)
    squared = spec.privacy.protection.sensitivity_squared
    assert distance(spec, before, after, Family.SUM) == squared(Family.SUM, 3)
    assert distance(spec, before, after, Family.COUNT) == squared(Family.COUNT, 3)


def test_exactly_the_rows_beyond_the_bound_are_left_out(tmp_path):
    rows = [("a", "1", value) for value in range(5)] + [("b", "1", 1)] + [("c", "2", value) for value in (7, 8)]
    assert cell_values(tmp_path, private(), rows)["count"] // cells(private(), private().privacy)[0].grain == 2 + 1 + 2


def test_other_units_rows_stay_whatever_stands_before_them(tmp_path):
    """An order by place in the file would change with every unit before; this one does not."""
    rows = [("m", "1", value) for value in range(30)]
    alone = table(tmp_path, rows).kept("price", cuts(private().privacy, SECRET), ())
    shifted = table(tmp_path, [("a", "1", 999_999)] * 3 + rows).kept("price", cuts(private().privacy, SECRET), ())
    assert [value for _, value in shifted if value != 999_999] == [value for _, value in alone]


def test_which_rows_stay_follows_from_the_secret_and_not_from_the_value(tmp_path):
    rows = [("m", "1", value) for value in range(100)]
    found = table(tmp_path, rows)
    kept = [
        {value for _, value in found.kept("price", cuts(private().privacy, bytes([n]) * 32), ())} for n in range(40)
    ]
    assert len({frozenset(values) for values in kept}) > 35
    mean = sum(sum(values) for values in kept) / 80
    assert abs(mean - 49.5) < 5 * 28.9 / math.sqrt(80)  # five deviations; by value it would be 0.5 or 98.5


def test_values_are_clipped_to_the_declared_bounds(tmp_path):
    spec = private(("sum",))
    grain = cells(spec, spec.privacy)[0].grain
    assert cell_values(tmp_path, spec, [("a", "1", 10**9), ("b", "1", -5), ("c", "1", 3)])["sum"] == grain * 5003


def test_rows_of_groups_that_are_not_public_are_not_counted(tmp_path):
    spec = private(("count",), grouped=True)
    found = cell_values(tmp_path, spec, [("a", "1", 1), ("b", "9", 1), ("c", "3", 1)])
    grain = cells(spec, spec.privacy)[0].grain
    assert found == {"count-0": grain, "count-1": 0, "count-2": grain}


def test_filters_come_before_the_cuts(tmp_path):
    spec = replace(private(("count",)), filters=(Interval("price", 100, None),))
    rows = [("a", "1", value) for value in range(90, 103)]
    assert cell_values(tmp_path, spec, rows)["count"] == 2 * cells(spec, spec.privacy)[0].grain


def test_a_unit_column_that_is_not_declared_is_refused(tmp_path):
    with pytest.raises(InvalidRecord, match="'owner' is not declared"):
        table(tmp_path, [("a", "1", 1)]).kept("price", replace(cuts(private().privacy, SECRET), unit="owner"), ())


def test_without_truncation_one_unit_moves_the_count_by_all_its_rows(tmp_path):
    """The attack: 40 rows of one person against noise made for two of them."""
    spec = private(("count",))
    open_cuts = replace(cuts(spec.privacy, SECRET), max_rows=10**6)
    rows = [("a", "1", 1)] * 3
    before = table(tmp_path, rows).kept("price", open_cuts, ())
    after = table(tmp_path, rows + [("z", "1", value) for value in range(40)]).kept("price", open_cuts, ())
    moved = (len(after) - len(before)) ** 2
    assert moved == 1600 > spec.privacy.protection.sensitivity_squared(Family.COUNT, 3)
