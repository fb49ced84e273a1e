import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pieces import pieces
from specs import cells as cells_of
from specs import join, sums, table

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure import region
from mpc.disclosure.before.audit import require_answerable, select
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.region import Cell, Region, Span
from mpc.spec.parts import Interval, OneOf

ALL = frozenset("12345")


def cells(spec):
    return cells_of(spec, [source.asset for source in spec.sources])


def answered(spec, opened, passed=None):
    """History after a job: opened cells are answers, other passed cells are only known to be large enough."""
    return [
        Answer(
            cell.region,
            cell.base,
            Outcome.OPENED if cell.name in opened else Outcome.PASSED if cell.name in (passed or ()) else Outcome.BELOW,
        )
        for cell in cells(spec)
    ]


def test_a_grouped_join_opens_exactly_the_cells_that_passed():
    assert select([], cells(join()), ALL) == tuple("12345")
    assert select([], cells(join()), ALL - {"5"}) == tuple("1234")


@pytest.mark.parametrize("recipient", ["audit-office", "press-office"])
def test_the_total_after_four_of_five_groups_is_refused_whoever_asks(recipient):
    history = answered(join(), set("1234"))
    with pytest.raises(NotAuthorized, match="disclosure"):
        require_answerable(history, cells(join(grouped=False, recipient=recipient)))


def test_the_total_alone_is_answered():
    require_answerable([], cells(join(grouped=False)))
    assert select([], cells(join(grouped=False)), frozenset({"*"})) == ("*",)


def test_groups_after_the_total_are_refused_because_one_of_them_could_never_open():
    history = answered(join(grouped=False), {"*"})
    with pytest.raises(NotAuthorized, match="disclosure"):
        require_answerable(history, cells(join()))
    assert select(history, cells(join()), ALL - {"5"}) == ()


def test_the_refusal_text_is_the_same_whatever_was_answered():
    texts = set()
    for opened in (set("1234"), set("123"), set("12345")):
        try:
            require_answerable(answered(join(), opened), cells(join(grouped=False)))
        except NotAuthorized as refused:
            texts.add(str(refused))
    assert len(texts) == 1


def threshold(low):
    region = Region.of({"asset": frozenset({"sales"})}).narrowed([Interval("price", low, None)])
    return (Cell("count", region, region),)


def test_two_thresholds_with_rows_between_them_are_refused():
    history = [Answer(threshold(1002)[0].region, threshold(1002)[0].base, Outcome.OPENED)]
    with pytest.raises(NotAuthorized):
        require_answerable(history, threshold(1100))
    require_answerable(history, threshold(1002))


def test_the_general_tracker_is_stopped_at_its_third_query_and_a_pairwise_rule_is_not_enough():
    # rows: two boroughs of 500, a target of 3 inside a third; queries T+target, not T, everything
    sizes = np.array([500, 500, 900, 3])
    with_target, without, all_rows = np.array([1, 1, 0, 1]), np.array([0, 0, 1, 1]), np.array([1, 1, 1, 1])
    queries = [with_target, without, all_rows]
    assert all(int(abs(a - b) @ sizes) >= 10 for a in queries for b in queries if a is not b)  # pairwise rule passes

    def question(vector):
        region = Region.of({"class": frozenset(str(i) for i in range(4) if vector[i])})
        return Cell("count", region, region)

    history = []
    for query in (with_target, without):
        cell = question(query)
        assert select(history, [cell], frozenset({"count"})) == ("count",)
        history.append(Answer(cell.region, cell.base, Outcome.OPENED))
    assert select(history, [question(all_rows)], frozenset({"count"})) == ()


def test_beside_a_hidden_bin_the_total_stays_closed_and_every_other_bin_opens():
    """With the total open, another bin given up instead would be known to hold at least ten: 23 - 12 leaves 0 or 1."""
    names = tuple(cell.name for cell in cells(sums()))
    assert select([], cells(sums()), frozenset(names)) == names
    fewer = select([], cells(sums()), frozenset(names) - {"bin3"})
    assert fewer == tuple(name for name in names if name not in ("count", "bin3"))


def test_a_total_stays_closed_beside_a_bin_that_stays_closed_this_time_though_it_was_open_before():
    asked = cells(sums())
    history = [Answer(cell.region, cell.base, Outcome.OPENED) for cell in asked]
    names = [cell.name for cell in asked]
    assert select(history, asked, frozenset(names)) == tuple(names)
    held_back = frozenset(names) - {"bin1"}  # as an owner's dominance rule wants it, now that sums are asked
    assert select(history, asked, held_back) == tuple(name for name in names if name not in ("count", "bin1"))


def test_a_repeated_question_is_answerable_again():
    history = answered(join(), set("1234"))
    require_answerable(history, cells(join()))
    assert select(history, cells(join()), ALL - {"5"}) == tuple("1234")


def test_regions_are_equal_however_the_filters_were_written():
    base = Region.of({})
    once = base.narrowed([Interval("price", 1000, 5000)])
    twice = base.narrowed([Interval("price", None, 5000), Interval("price", 1000, 9000)])
    assert once == twice


def test_filters_that_exclude_each_other_are_refused():
    with pytest.raises(InvalidRecord, match="exclude"):
        Region.of({}).narrowed([Interval("price", 5, 9), Interval("price", 9, 12)])
    with pytest.raises(InvalidRecord, match="number and as a text"):
        Region.of({}).narrowed([Interval("price", 5, 9), OneOf("price", ("a",))])


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 10), st.sets(st.sampled_from("abc"), min_size=1)),
        min_size=1,
        max_size=5,
    )
)
def test_pieces_partition_every_region(boxes):
    regions = [Region.of({"x": Span(low, low + width), "g": frozenset(groups)}) for low, width, groups in boxes]
    found = pieces(regions)
    points = {
        tuple(int(low <= x < low + width and g in groups) for low, width, groups in boxes)
        for x in range(-1, 32)
        for g in "abcd"
    }
    assert {tuple(int(bit) for bit in row) for row in found} == {point for point in points if any(point)}


@pytest.mark.parametrize("spec", [sums(), join()])
def test_a_region_survives_its_json_form(spec):
    for cell in cells(spec):
        assert region.read(cell.region.json()) == cell.region


class TestTables:
    """A declared table: crossings of three groups and three bins, and all margins."""

    SPEC = table()

    def opened(self, below, candidates=None):
        names = frozenset(cell.name for cell in cells(self.SPEC))
        return set(select([], cells(self.SPEC), names - below, candidates))

    def test_without_small_cells_everything_opens(self):
        assert self.opened(frozenset()) == {cell.name for cell in cells(self.SPEC)}

    def test_beside_a_hidden_crossing_its_margins_and_the_total_stay_closed_and_all_else_opens(self):
        closed = {"group1-bin2", "group1", "bin2", "count"}
        assert self.opened({"group1-bin2"}) == {cell.name for cell in cells(self.SPEC)} - closed

    def test_a_cell_that_another_owner_does_not_open_closes_its_margins_too(self):
        everything = frozenset(cell.name for cell in cells(self.SPEC))
        closed = {"group0-bin0", "group0", "bin0", "count"}
        assert self.opened(frozenset(), everything - {"group0-bin0"}) == everything - closed

    def test_a_margin_asked_later_is_answered_only_if_its_row_is_complete(self):
        history = answered(self.SPEC, self.opened({"group1-bin2"}), {cell.name for cell in cells(self.SPEC)})
        margins = {cell.name: (cell,) for cell in cells(self.SPEC)}
        require_answerable(history, margins["group0"])
        for name in ("group1", "bin2", "count"):
            with pytest.raises(NotAuthorized, match="isolate rows"):
                require_answerable(history, margins[name])
