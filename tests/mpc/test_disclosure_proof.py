"""What the audit claims, held against exact arithmetic and against an adversary that solves for what it may not know.

Random jobs on a small domain: ranges, histograms, groups, and tables with margins, on random rows, in random order.
"""

from __future__ import annotations

import random

import pytest
from adversary import Adversary, grid, holds
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import NotAuthorized
from mpc.disclosure.audit import require_answerable, select
from mpc.disclosure.cover import has_gap
from mpc.disclosure.history import Answer, Outcome
from mpc.disclosure.region import Cell, Region, Span
from mpc.disclosure.register import Register

MINIMUM = 4
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


def count(region, rows):
    return sum(number for point, number in zip(POINTS, rows, strict=True) if holds(region, point))


def answered(asked, rows, audited=True):
    """Ask one after the other, as a node decides; return what it would hold, and the figures."""
    history, figures, said = [], {}, 0
    for cells in asked:
        try:
            if audited:
                require_answerable(history, cells, DOMAIN)
        except NotAuthorized:
            continue
        said += 1
        passed = frozenset(cell.name for cell in cells if count(cell.region, rows) >= MINIMUM)
        opened = select(history, cells, passed, domain=DOMAIN) if audited else passed
        for cell in cells:
            is_open, is_proven = cell.name in opened, cell.name in passed
            outcome = Outcome.OPENED if is_open else Outcome.PASSED if is_proven else Outcome.BELOW
            history.append(Answer(cell.region, cell.base, outcome))
            if is_open:
                figures[cell.region] = count(cell.region, rows)
    return history, figures, said


def narrow(history, figures):
    """Say what the adversary knows too closely: of hidden cells, and of pieces of opened ones."""
    adversary = Adversary(history, figures, POINTS, MINIMUM)
    hidden = list(dict.fromkeys(answer.region for answer in history if answer.outcome is Outcome.BELOW))
    pieces = [
        number
        for number, regions in enumerate(adversary.classes)
        if not any(adversary.members(region) == [number] for region in regions if region in figures)
    ]
    found = adversary.intervals([*(adversary.members(region) for region in hidden), *([piece] for piece in pieces)])
    faults = []
    for region, known in zip(hidden, found, strict=False):
        least = 1 if any(_is_pair(answer, history, adversary) for answer in history) else 0
        if known.low > least or known.high < MINIMUM - 1:
            faults.append((region, known))
    for piece, known in zip(pieces, found[len(hidden) :], strict=True):
        if known.high is not None and known.high - known.low < MINIMUM - 2:
            faults.append((piece, known))
    return faults


def _is_pair(answer, history, adversary):
    """A total that passed and whose only parts are two hidden ones: each of them is at least one."""
    parts = {tuple(adversary.members(other.region)) for other in history if other.outcome is Outcome.BELOW}
    mine = set(adversary.members(answer.region))
    return answer.outcome is Outcome.PASSED and sum(set(part) < mine for part in parts) >= 2


MANY = st.lists(jobs(), min_size=2, max_size=7)
ROWS = st.integers(0, 1 << 32).map(
    lambda seed: [random.Random(seed + place).choice([0, 0, 1, 2, 3, 5, 9]) for place in range(len(POINTS))]
)


@settings(max_examples=120, deadline=None)
@given(MANY, ROWS)
def test_beside_all_figures_and_bits_a_hidden_cell_may_be_anything_below_the_minimum(asked, rows):
    history, figures, _ = answered(asked, rows)
    assert narrow(history, figures) == []


def test_without_the_audit_the_adversary_narrows_hidden_cells():
    faults, said = 0, 0
    for seed in range(40):
        asked, rows = [_job(seed, 0), _job(seed, 1), _job(seed, 2)], _rows(seed)
        history, figures, _ = answered(asked, rows, audited=False)
        faults += bool(narrow(history, figures))
        history, figures, answers = answered(asked, rows)
        said += answers
        assert narrow(history, figures) == []
    assert faults > 10
    assert said > 50


def _job(seed, place):
    chance = random.Random(f"{seed}/{place}")
    low = chance.randrange(WIDE - 1)
    base = inside(Region.of(BASE), x=Span(low, chance.randrange(low + 1, WIDE + 1)))
    if chance.random() < 0.5:
        return [Cell("count", base, base)]
    groups = [Cell(text, inside(base, g=frozenset(text)), base) for text in KINDS]
    listed = inside(base, g=frozenset(KINDS))
    return [Cell("count", listed, listed), *groups]


def _rows(seed):
    return [random.Random(f"{seed}/rows/{place}").choice([0, 0, 1, 2, 3]) for place in range(len(POINTS))]


@settings(max_examples=60, deadline=None)
@given(st.lists(jobs(), min_size=2, max_size=4), ROWS)
def test_whatever_the_weights_only_opened_cells_and_unions_of_them_are_determined(asked, rows):
    history, figures, _ = answered(asked, rows)
    adversary = Adversary(history, figures, POINTS, MINIMUM)
    if len(adversary.classes) > 11:
        return
    cells = [frozenset(adversary.members(region)) for region in figures]
    for target in adversary.determined():
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
