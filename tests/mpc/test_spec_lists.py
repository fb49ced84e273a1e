"""Specifications of joins by groups of the list and over several lists: one form each, and their bounds."""

import copy
from dataclasses import replace

import pytest
from privatejoins import private_join
from specs import grouped_join, join, join_of_lists, source

from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.spec import reader as spec_reader
from mpc.spec.join import Listing
from mpc.spec.parts import Grouping

AGE = Grouping("age", ("new", "old"))


@pytest.mark.parametrize("spec", [grouped_join(), join_of_lists(), join_of_lists(lists=3, grouped=False)])
def test_a_specification_survives_its_canonical_form(spec):
    assert spec_reader.parse(canonical.encode(spec.json())) == spec


def test_what_a_join_of_two_does_not_ask_is_not_written():
    document = join().json()
    assert "further" not in document
    assert "grouping" not in document["lister"]


@pytest.mark.parametrize("spec", [grouped_join(), join_of_lists()])
def test_any_removed_or_added_field_of_a_list_is_refused(spec):
    document = spec.json()
    for path in (("lister",), ("further", 0)) if spec.further else (("lister",), ("lister", "grouping")):
        part = document
        for step in path:
            part = part[step]
        for name in part:
            if name == "grouping" and path == ("lister",):
                continue
            broken = copy.deepcopy(document)
            inner = broken
            for step in path:
                inner = inner[step]
            del inner[name]
            with pytest.raises(InvalidRecord):
                spec_reader.from_json(broken)
        broken = copy.deepcopy(document)
        inner = broken
        for step in path:
            inner = inner[step]
        inner["more"] = "1"
        with pytest.raises(InvalidRecord):
            spec_reader.from_json(broken)


def listing(party):
    return Listing(source(party, f"list-{party}"), "bbl", 100, ())


@pytest.mark.parametrize(
    "further",
    [
        (listing("aaa"),),
        (listing("zzz"), listing("yyy")),
        (listing("tax"),),
        (listing("finance"),),
        (listing("audit-office"),),
        tuple(listing(f"x{n}") for n in range(4)),
        (replace(listing("zzz"), most=0),),
    ],
    ids=["before the lister", "out of order", "the lister", "the holder", "the recipient", "too many", "no keys"],
)
def test_lists_are_few_of_different_owners_and_in_order(further):
    with pytest.raises(InvalidRecord):
        replace(join(), further=further)


def test_one_of_several_lists_has_no_groups_and_noise_goes_with_neither():
    for change in ({"lister_grouping": AGE, "further": (listing("zzz"),)},):
        with pytest.raises(InvalidRecord):
            replace(join(), **change)
    for change in ({"lister_grouping": AGE}, {"further": (listing("zzz"),)}):
        with pytest.raises(InvalidRecord, match="figures with noise"):
            replace(private_join(), **change)


def test_cells_and_dummies_are_bounded():
    many = Grouping("age", tuple(f"{n:03d}" for n in range(60)))
    with pytest.raises(InvalidRecord, match="256 cells"):
        replace(join(), lister_grouping=many)
    with pytest.raises(InvalidRecord, match="dummy keys"):
        replace(join_of_lists(lists=3), grouping=many)
