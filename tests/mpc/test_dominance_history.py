"""What an owner withheld as dominated stays withheld, whatever was asked before and is asked later.

Two groups and their total. The first group's sum is nearly one respondent's; its count is not secret.
"""

from dataclasses import replace

import pytest
from specs import cells, source, sums

from ledger.errors import NotAuthorized
from mpc.node.guarding.opening import Opening
from mpc.node.memory.journal import NodeJournal
from mpc.node.memory.versions import OwnRows
from mpc.sessions.session import Seat, Session
from mpc.spec.parts import Grouping, OneOf

OWNERS = ("a", "b", "c")
GROUPS = ("x", "y")
COUNTS = replace(
    sums(edges=()),
    sources=tuple(source(owner, f"sales-{owner}") for owner in OWNERS),
    filters=(),
    outputs=("count",),
    table=Grouping("class", GROUPS),
)
SUMS = replace(COUNTS, outputs=("count", "sum"))
TOTAL = replace(SUMS, table=None, filters=(OneOf("class", GROUPS),))
COUNTED_TOTAL = replace(TOTAL, outputs=("count",))
FIRST = replace(TOTAL, filters=(OneOf("class", ("x",)),))
FIGURES = {"group0": 90, "group1": 40, "count": 130}
"""True sums; all counts pass."""


class Signer:
    """A statement key that never signs."""

    suite, public = "ed25519", b"\1" * 32

    def sign(self, message):
        raise AssertionError("nothing is signed here")


class Owner:
    """One owner's journal; its first group is dominated when its sum is asked."""

    def __init__(self, directory):
        self.journal, self.jobs = NodeJournal(directory / "n.sqlite"), 0

    def ask(self, spec, dominated=("group0",), *, forgetful=False):
        """Decide about a job of which every cell passed; ``forgetful``: without what was asked beside counts."""
        self.jobs += 1
        found = cells(spec, [s.asset for s in spec.sources])
        carriers = [cell.name for cell in found if cell.quantities]
        slacks = {name: (-1,) if name in dominated else (1,) for name in carriers}
        if forgetful:
            found = tuple(replace(cell, quantities=()) for cell in found)
        rows = {cell.name: bytes(16) for cell in found}
        own = OwnRows("sales-a", b"version", spec.minimum, False, rows, slacks)
        seats = tuple(Seat(owner, Signer.public, bytes(32)) for owner in OWNERS)
        job = bytes([self.jobs]) * 32
        session = Session("p", bytes(32), job, 1, seats, "office", b"\2" * 32, {}, "a", Signer(), bytes(32))
        decide = Opening(session, found, {}, self.journal, lambda: None, own)
        decide.begin()
        return decide({cell.name: True for cell in found})


@pytest.fixture
def owner(tmp_path):
    made = Owner(tmp_path)
    yield made
    made.journal.close()


def test_a_total_asked_later_does_not_show_a_dominated_part_whose_count_was_open(owner):
    assert owner.ask(COUNTS) == {"group0", "group1", "count"}
    assert owner.ask(SUMS) == {"group1"}
    with pytest.raises(NotAuthorized, match="isolate rows"):
        owner.ask(TOTAL)


def test_without_the_memory_of_quantities_it_does(owner):
    assert owner.ask(COUNTS, forgetful=True) == {"group0", "group1", "count"}
    assert owner.ask(SUMS, forgetful=True) == {"group1"}
    assert owner.ask(TOTAL, forgetful=True) == {"count"}
    assert FIGURES["count"] - FIGURES["group1"] == FIGURES["group0"]


def test_nor_do_parts_asked_after_their_total(owner):
    """The other way round: beside the total's sum, each group's is the other one's."""
    assert owner.ask(COUNTS) == {"group0", "group1", "count"}
    assert owner.ask(TOTAL) == {"count"}
    for spec in (SUMS, replace(FIRST, filters=(OneOf("class", ("y",)),))):
        with pytest.raises(NotAuthorized, match="isolate rows"):
            owner.ask(spec)
    assert owner.ask(COUNTS) == {"group0", "group1", "count"}


def test_a_dominated_cell_stays_closed_for_every_later_question(owner):
    assert owner.ask(SUMS) == {"group1"}
    assert owner.ask(COUNTS) == {"group1"}
    assert owner.ask(replace(FIRST, outputs=("count",))) == set()
    for spec in (TOTAL, COUNTED_TOTAL):
        with pytest.raises(NotAuthorized, match="isolate rows"):
            owner.ask(spec)


def test_also_if_its_count_was_answered_before(owner):
    assert owner.ask(COUNTS) == {"group0", "group1", "count"}
    assert owner.ask(SUMS) == {"group1"}
    assert owner.ask(COUNTS) == {"group1"}


def test_once_it_is_judged_as_safe_it_opens(owner):
    assert owner.ask(SUMS) == {"group1"}
    assert owner.ask(SUMS, dominated=()) == {"group0", "group1", "count"}
    assert owner.ask(COUNTS) == {"group0", "group1", "count"}
    assert owner.ask(TOTAL) == {"count"}


def test_where_nothing_is_dominated_all_orders_are_answered(owner):
    everything = {"group0", "group1", "count"}
    assert owner.ask(COUNTS, ()) == owner.ask(SUMS, ()) == everything
    assert owner.ask(TOTAL, ()) == owner.ask(COUNTED_TOTAL, ()) == {"count"}
