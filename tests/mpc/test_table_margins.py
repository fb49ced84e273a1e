"""Margins over hidden crossings: what their bits would give away, and that no gate asks them.

Tables of 2 x 2 at a minimum of 3 and of 9 x 2 at a minimum of 10, in which all crossings are too small and bits of
margins would leave one solution. The adversary solves integer programs over every bit of the job.
"""

from dataclasses import replace

import pytest
from adversary import Adversary, grid
from specs import cells, source, sums

from mpc.disclosure.before.audit import require_answerable, select
from mpc.protocols.sums import schema
from mpc.protocols.sums.rehearsal import rehearse
from mpc.spec.parts import Grouping

SMALL = (3, [(1, 2), (1, 2)])
TALL = (10, [(1, 9)] * 9)
OWNERS = ("r0", "r1", "r2")


def table(minimum, rows):
    """A declared table with a group a row and a bin a column."""
    groups = tuple(f"g{number}" for number in range(len(rows)))
    return replace(
        sums(edges=(0, 10)),
        filters=(),
        sources=tuple(source(owner, f"sales-{owner}") for owner in OWNERS),
        outputs=("count", "histogram"),
        table=Grouping("class", groups),
        minimum=minimum,
    )


def values(spec, rows):
    """Each owner's counts: the first owner has one of each crossing, the others deal out the rest."""
    found = {owner: {} for owner in OWNERS}
    for number, row in enumerate(rows):
        for column, total in enumerate(row):
            for place, owner in enumerate(OWNERS):
                name = f"group{number}-bin{column}"
                found[owner][name] = (total + (place + number + column) % 3) // 3
    for own in found.values():
        for cell in schema.of_spec(spec).cells:
            if cell.parts:
                own[cell.name] = sum(own[part] for part in cell.parts)
    return found


def gate_bits(spec, own, shape=None):
    """The bits that owners really see: of the cells that the protocol's gate tests."""
    shape = shape or schema.of_spec(spec)
    seen = rehearse(shape, own).owner("r0").bits
    regions = {cell.name: cell.region for cell in cells(spec, [s.asset for s in spec.sources])}
    return {regions[cell.name]: seen[cell.name] for cell in shape.gated}


def ungrouped(spec):
    """The same cells with a test for each, margins too."""
    shape = schema.of_spec(spec)
    return replace(shape, cells=tuple(replace(cell, parts=()) for cell in shape.cells))


def known(spec, bits, contributors):
    """What the bits say of each crossing."""
    assets = [s.asset for s in spec.sources]
    points = grid({"asset": assets[:1], "row.sale_price": [5, 15], "row.class": spec.table.values})
    found = Adversary(bits, {}, points, spec.minimum, len(OWNERS), contributors)
    crossings = [cell.region for cell in cells(spec, assets) if "-" in cell.name]
    return found.intervals([found.members(region) for region in crossings])


@pytest.mark.parametrize(("minimum", "rows"), [SMALL, TALL], ids=["2x2", "9x2"])
def test_a_hidden_crossing_may_hold_anything_below_the_minimum_beside_all_bits(minimum, rows):
    spec = table(minimum, rows)
    require_answerable([], cells(spec, [s.asset for s in spec.sources]))
    bits = gate_bits(spec, values(spec, rows))
    assert len(bits) == 2 * len(rows)
    assert not any(bits.values())
    for contributors in (1, 3):
        found = known(spec, bits, contributors)
        assert all(ends.low == 0 and (ends.high is None or ends.high >= minimum - 1) for ends in found)


@pytest.mark.parametrize(("minimum", "rows"), [SMALL, TALL], ids=["2x2", "9x2"])
def test_with_bits_of_margins_too_the_same_adversary_knows_that_no_crossing_is_empty(minimum, rows):
    spec = table(minimum, rows)
    bits = gate_bits(spec, values(spec, rows), ungrouped(spec))
    assert len(bits) == 3 * len(rows) + 3
    assert sum(bits.values()) == len(rows) + 2  # every row, the larger column, the total
    assert all(ends.low >= 1 for ends in known(spec, bits, 3))
    alone = known(spec, bits, 1)  # where enough owners are known to contribute, the counts come out one by one
    assert [(ends.low, ends.high) for ends in alone] == [(count, count) for row in rows for count in row]


@pytest.mark.parametrize("minimum", [3, 10])
def test_a_margin_opens_with_all_of_its_crossings_and_not_before(minimum):
    rows = [(12, 15), (11, 2)]
    spec = table(minimum, rows)
    shape, found = schema.of_spec(spec), cells(spec, [s.asset for s in spec.sources])
    passed = rehearse(shape, values(spec, rows)).owner("r0").bits
    names = {name for name, bit in passed.items() if bit}
    assert names == {"group0-bin0", "group0-bin1", "group1-bin0", "group0", "bin0"}
    assert set(select([], found, frozenset(names))) == names


def test_every_cell_is_tested_or_exactly_made_up_of_tested_ones():
    """The parts that the protocol names are those that hold the rows, in every layout."""
    layouts = [
        sums(edges=()),
        sums(edges=(1000,)),
        sums(),
        replace(sums(edges=()), table=Grouping("class", ("a", "b"))),
        replace(sums(edges=(1000, 2000, 3000)), table=Grouping("class", ("a", "b"))),
    ]
    for spec in layouts:
        assets = [s.asset for s in spec.sources]
        points = grid({"asset": assets[:1], "row.sale_price": [1500, 2500, 1 << 30], "row.class": ["a", "b"]})
        regions = {cell.name: cell.region for cell in cells(spec, assets)}
        shape = schema.of_spec(spec)
        everything = Adversary(dict.fromkeys(regions.values(), True), {}, points, 3)
        for cell in shape.cells:
            if cell.parts:
                parts = [everything.members(regions[part]) for part in cell.parts]
                assert sorted(number for part in parts for number in part) == everything.members(regions[cell.name])
        assert {cell.name for cell in shape.gated} == set(regions) - {cell.name for cell in shape.cells if cell.parts}
