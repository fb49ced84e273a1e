"""The audit of joins by groups of a list and over several lists: what may be asked after what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from specs import cells, grouped_join, join, join_of_lists

from ledger.errors import NotAuthorized
from mpc.disclosure.before.audit import require_answerable, select
from mpc.disclosure.before.history import Answer, Outcome
from mpc.spec.job import JoinSpec
from mpc.spec.join import Listing
from mpc.spec.parts import Grouping, Interval, OneOf, Source

TWO, BY_AGE, THREE = join(), grouped_join(), join_of_lists()


def answered(spec: JoinSpec, opened: bool = True) -> list[Answer]:
    outcome = Outcome.OPENED if opened else Outcome.BELOW
    found = cells(spec, [source.asset for source in spec.sources])
    return [Answer(cell.region, cell.base, outcome, cell.quantities) for cell in found]


def ask(spec: JoinSpec, *before: Sequence[Answer]) -> None:
    past = [answer for answers in before for answer in answers]
    found = cells(spec, [source.asset for source in spec.sources])
    require_answerable(past, found)
    assert select(past, found, frozenset(cell.name for cell in found)) == tuple(cell.name for cell in found)


def test_the_same_questions_may_be_asked_again() -> None:
    for spec in (BY_AGE, THREE):
        ask(spec, answered(spec))


@pytest.mark.parametrize(
    ("first", "then"),
    [(TWO, BY_AGE), (BY_AGE, TWO), (TWO, THREE), (THREE, TWO), (THREE, join_of_lists(3)), (join_of_lists(3), THREE)],
)
def test_a_join_and_its_part_in_a_group_or_on_one_more_list_are_not_both_told(first: JoinSpec, then: JoinSpec) -> None:
    """Their difference is a group that was not asked, or the keys that the further list lacks."""
    with pytest.raises(NotAuthorized):
        ask(then, answered(first))


@pytest.mark.parametrize("opened", [True, False])
def test_groups_of_the_list_are_not_cut_by_groups_of_the_holder_afterwards(opened: bool) -> None:
    with pytest.raises(NotAuthorized):
        ask(BY_AGE, answered(grouped_join(grouped=False), opened))


def test_a_further_list_of_other_assets_may_be_asked_of_the_same_rows() -> None:
    """Neither lies in the other: each has keys that the other's list lacks."""
    heritage = THREE.listings[0]
    alone = replace(TWO, lister=heritage.source, lister_key=heritage.key, lister_most=heritage.most)
    ask(alone, answered(TWO))


@pytest.mark.parametrize(
    "change",
    [
        {"filters": (Interval("sale_price", 500, None),)},
        {"holder_key": "other"},
        {"lister_filters": (OneOf("status", ("a",)),), "further": ()},
    ],
)
def test_two_assets_keep_filters_and_keys_also_beside_a_third_one(change: dict[str, object]) -> None:
    """Counts of distinct keys over filters do not add up, so that they are not compared as boxes."""
    other = replace(join_of_lists(), **change) if "further" not in change else replace(TWO, **change)  # type: ignore[arg-type]
    elsewhere = replace(other, grouping=Grouping("borough", ("6",)))
    first = answered(TWO) if "further" not in change else answered(THREE)
    with pytest.raises(NotAuthorized, match="some of these assets were joined with other"):
        ask(elsewhere, first)


def test_exchanged_roles_beside_a_third_list_are_refused() -> None:
    sales = Listing(Source("finance", "sales-2019", bytes(32)), "bbl", 1 << 17, ())
    far = Listing(Source("zoo", "animals", bytes(32)), "bbl", 1 << 17, ())
    turned = replace(
        TWO, holder=TWO.lister, grouping=None, sums=(), filters=(),
        lister=sales.source, lister_key="bbl", lister_most=sales.most, further=(far,),
    )  # fmt: skip
    with pytest.raises(NotAuthorized, match="roles"):
        ask(turned, answered(TWO))
