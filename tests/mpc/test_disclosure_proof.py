"""What the audit claims, held against exact arithmetic and against an adversary that solves for what it may not know.

Random jobs on a small domain: ranges, histograms, groups, and tables with margins, on random rows of three owners, in
random order. Cells that others of their job make up are not tested, as ``mpc.protocols.sums.schema`` has it.
"""

from __future__ import annotations

import random

import pytest
from adversary import Adversary, grid, holds
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import NotAuthorized
from mpc.disclosure.before.audit import require_answerable, select
from mpc.disclosure.before.cover import has_gap
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.before.register import Register
from mpc.disclosure.region import Cell, Region, Span

MINIMUM = 4
OWNERS, CONTRIBUTORS = 3, 2
WIDE, KINDS = 8, "pqr"
POINTS = grid({"asset": ["a"], "row.x": range(WIDE), "row.g": KINDS})
DOMAIN = Region.of({"row.x": Span(0, WIDE), "row.g": frozenset(KINDS)})
BASE = {"asset": frozenset("a")}


@st.composite
def spans(draw):
    low = draw(st.none() | st.integers(0, WIDE - 1))
    high = draw(st.integers((low or 0) + 1, WIDE) | (st.nothing() if low is None else st.none()))
    return Span(low, high)


@st.composite
def boxes(draw):
    sides = dict(BASE)
    if draw(st.booleans()):
        sides["row.x"] = draw(spans())
    if draw(st.booleans()):
        sides["row.g"] = frozenset(draw(st.sets(st.sampled_from(KINDS), min_size=1)))
    return Region.of(sides)


def inside(region, **sides):
    return Region.of(dict(region.sides) | {f"row.{name}": side for name, side in sides.items()})


@st.composite
def jobs(draw):
    """A single cell, a histogram with its count, groups, or a table with all margins."""
    base = draw(boxes())
    kind = draw(st.sampled_from(["one", "histogram", "groups", "table"]))
    edges = sorted(draw(st.sets(st.integers(0, WIDE - 1), min_size=1, max_size=3)))
    bins = [Span(low, high) for low, high in zip(edges, [*edges[1:], None], strict=True)]
    groups = [frozenset(text) for text in KINDS]
    whole = inside(base, x=Span(edges[0], None))
    listed = inside(base, g=frozenset(KINDS))
    found = {
        "one": [base],
        "histogram": [whole, *(inside(whole, x=span) for span in bins)],
        "groups": [inside(base, g=group) for group in groups],
        "table": [
            inside(listed, x=Span(edges[0], None)),
            *(inside(listed, x=span) for span in bins),
            *(inside(listed, x=Span(edges[0], None), g=group) for group in groups),
            *(inside(listed, x=span, g=group) for span in bins for group in groups),
        ],
    }[kind]
    return [Cell(str(number), region, base) for number, region in enumerate(dict.fromkeys(found))]


def held(region, rows):
    """Each owner's rows in a cell."""
    inside = [parts for point, parts in zip(POINTS, rows, strict=True) if holds(region, point)]
    return [sum(parts[owner] for parts in inside) for owner in range(OWNERS)]


def count(region, rows):
    return sum(held(region, rows))


def passes(region, rows):
    parts = held(region, rows)
    return sum(parts) >= MINIMUM and sum(part > 0 for part in parts) >= CONTRIBUTORS


def smallest(cells):
    """Of one job, the cells that no others of it make up: those that the gate tests."""
    points = {cell.region: {n for n, point in enumerate(POINTS) if holds(cell.region, point)} for cell in cells}
    return [cell for cell in cells if not any(points[other.region] < points[cell.region] for other in cells)]


def answered(asked, rows, audited=True):
    """Ask one after the other, as a node decides; return all bits and figures, and how many jobs were answered."""
    history, bits, figures, said = [], {}, {}, 0
    for cells in asked:
        try:
            if audited:
                require_answerable(history, cells, DOMAIN)
        except NotAuthorized:
            continue
        said += 1
        tested = {cell.name: passes(cell.region, rows) for cell in smallest(cells)}
        bits |= {cell.region: tested[cell.name] for cell in smallest(cells)}
        passed = frozenset(cell.name for cell in cells if _verdict(cell, cells, tested))
        opened = select(history, cells, passed, domain=DOMAIN) if audited else passed
        for cell in cells:
            is_open, is_proven = cell.name in opened, cell.name in passed
            outcome = Outcome.OPENED if is_open else Outcome.PASSED if is_proven else Outcome.BELOW
            history.append(Answer(cell.region, cell.base, outcome))
            if is_open:
                figures[cell.region] = count(cell.region, rows)
    return bits, figures, said


def _verdict(cell, cells, tested):
    """A cell that others make up passes if all of them do."""
    inside = [other for other in smallest(cells) if set(points_of(other)) <= set(points_of(cell))]
    return all(tested[other.name] for other in inside)


def points_of(cell):
    return [number for number, point in enumerate(POINTS) if holds(cell.region, point)]


def adversary(bits, figures):
    return Adversary(bits, figures, POINTS, MINIMUM, OWNERS, CONTRIBUTORS)


def narrow(bits, figures):
    """Say what the adversary knows too closely: of hidden cells, and of pieces of opened ones."""
    known = adversary(bits, figures)
    hidden = [region for region, bit in bits.items() if not bit]
    pieces = [
        number
        for number, regions in enumerate(known.classes)
        if not any(known.members(region) == [number] for region in regions if region in figures)
    ]
    found = known.intervals([*(known.members(region) for region in hidden), *([piece] for piece in pieces)])
    faults = []
    for region, ends in zip(hidden, found, strict=False):
        if ends.low > 0 or (ends.high is not None and ends.high < MINIMUM - 1):
            faults.append((region, ends))
    for piece, ends in zip(pieces, found[len(hidden) :], strict=True):
        if ends.high is not None and ends.high - ends.low < MINIMUM - 1:
            faults.append((piece, ends))
    return faults


MANY = st.lists(jobs(), min_size=2, max_size=7)
ROWS = st.integers(0, 1 << 32).map(lambda seed: _rows(seed, [0, 0, 1, 2, 3, 5, 9]))


@settings(max_examples=60, deadline=None)
@given(MANY, ROWS)
def test_beside_all_figures_and_bits_a_hidden_cell_may_be_anything_below_the_minimum(asked, rows):
    bits, figures, _ = answered(asked, rows)
    assert narrow(bits, figures) == []


def test_without_the_audit_the_adversary_narrows_hidden_cells():
    faults, said = 0, 0
    for seed in range(25):
        asked, rows = [_job(seed, 0), _job(seed, 1), _job(seed, 2)], _rows(seed, [0, 0, 1, 2, 3])
        bits, figures, _ = answered(asked, rows, audited=False)
        faults += bool(narrow(bits, figures))
        bits, figures, answers = answered(asked, rows)
        said += answers
        assert narrow(bits, figures) == []
    assert faults > 3
    assert said > 30


def _job(seed, place):
    chance = random.Random(f"{seed}/{place}")
    low = chance.randrange(WIDE - 1)
    base = inside(Region.of(BASE), x=Span(low, chance.randrange(low + 1, WIDE + 1)))
    if chance.random() < 0.5:
        return [Cell("count", base, base)]
    groups = [Cell(text, inside(base, g=frozenset(text)), base) for text in KINDS]
    listed = inside(base, g=frozenset(KINDS))
    return [Cell("count", listed, listed), *groups]


def _rows(seed, sizes):
    """Of every point, each owner's rows: a size that is dealt out at random."""
    chance, found = random.Random(f"{seed}/rows"), []
    for _ in POINTS:
        owners = [chance.randrange(OWNERS) for _ in range(chance.choice(sizes))]
        found.append(tuple(owners.count(owner) for owner in range(OWNERS)))
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(jobs(), min_size=2, max_size=4), ROWS)
def test_whatever_the_weights_only_opened_cells_and_unions_of_them_are_determined(asked, rows):
    bits, figures, _ = answered(asked, rows)
    known = adversary(bits, figures)
    if len(known.classes) > 11:
        return
    cells = [frozenset(known.members(region)) for region in figures]
    for target in known.determined():
        within = [cell for cell in cells if cell <= target]
        assert frozenset().union(*within) == target


@pytest.mark.parametrize("unnamed", [False, True])
@settings(max_examples=150, deadline=None)
@given(one=boxes(), others=st.lists(boxes(), max_size=6))
def test_a_gap_is_found_exactly_where_there_is_one(unnamed, one, others):
    """Against every point; texts that nobody names stand for themselves with ``unnamed``."""
    names = (KINDS, "z") if unnamed else (KINDS,)
    texts = [text for group in names for text in group]
    points = grid({"asset": ["a"], "row.x": range(-1, WIDE + 1), "row.g": texts})
    domain = Region.of({"row.g": frozenset(KINDS)}) if not unnamed else Region(())
    truth = any(holds(one, point) and not any(holds(other, point) for other in others) for point in points)
    assert has_gap(one, others, domain, unnamed=unnamed) is truth


@settings(max_examples=150, deadline=None)
@given(st.lists(boxes(), min_size=1, max_size=8, unique=True), boxes())
def test_the_register_compares_as_regions_do(regions, one):
    register = Register(regions)
    assert list(register.meeting(one)) == [region.meets(one) for region in regions]
    points = grid({"asset": ["a"], "row.x": range(-1, WIDE + 1), "row.g": [*KINDS, "z"]})
    inner = [all(holds(one, point) for point in points if holds(region, point)) for region in regions]
    assert list(register.inside(one)) == inner
