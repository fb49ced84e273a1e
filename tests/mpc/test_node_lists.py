"""Whole jobs by groups of a list and over several lists: release, evidence, opened audit, what may be asked later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from city import City
from department import Holding
from foundedchain import trust_of
from townspecs import OFFICE, PARCELS, SALES, join, parcel, parcels_csv, sales_csv, sold

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import examine
from gateway.statistics.auditing import released
from mpc.kinds.registry import kind_of
from mpc.node.attempts.attempt import Finished
from mpc.node.guarding.limits import NoiseLimits
from mpc.opened import record
from mpc.opened.check import check
from mpc.spec.job import JoinSpec
from mpc.spec.join import Listing
from mpc.spec.parts import Grouping, OneOf, Source
from mpc.tables.schema import Schema, Text

ROWS, LISTED = sold({"1": 26, "2": 14})
AGED = Schema(
    {**PARCELS.columns, "age": Text("old|new")}, unique="bbl", key="bbl", groups=("age",), rows=400
)  # fmt: skip
OLD = {parcel(1, number) for number in range(12)}
LOOSEST = NoiseLimits(epsilon_milli=10_000, delta_log2=-20)
SECOND = [parcel(1, number) for number in range(4, 40)] + [parcel(2, number) for number in range(5)]


def aged_csv(keys: list[str]) -> str:
    return "bbl,age\n" + "".join(f"{key},{'old' if key in OLD else 'new'}\n" for key in keys)


def town(directory: Path) -> City:
    holdings = {
        "finance": Holding("sales", SALES, sales_csv(ROWS)),
        "housing": Holding("heritage", PARCELS, parcels_csv(SECOND)),
        "tax": Holding("stabilised", AGED, aged_csv(LISTED)),
    }
    return City(directory, holdings)


def by_age(groups: tuple[str, ...] = ("1", "2")) -> JoinSpec:
    return replace(join(groups=groups), lister_grouping=Grouping("age", ("new", "old")))


def on_both(groups: tuple[str, ...] = ("1", "2")) -> JoinSpec:
    heritage = Source("housing", "heritage", bytes(32))
    further = (Listing(Source("tax", "stabilised", bytes(32)), "bbl", 400, ()),)
    return replace(join(groups=groups), lister=heritage, further=further)


def figures(chosen: set[str], borough: str) -> dict[str, str]:
    prices = [price for key, at, price in ROWS if key in chosen and at == borough]
    return {"rows": str(len(prices)), "price": str(sum(prices))}


def opened_cells(finished: Finished) -> Mapping[str, dict[str, str]]:
    cells = finished.release.document["cells"]  # type: ignore[index, call-overload]
    return {cell["group"]: {"rows": cell["rows"], **cell["sums"]} for cell in cells}  # type: ignore[index, call-overload, union-attr]


def require_verified(city: City, job: bytes, finished: Finished) -> None:
    """Hold the evidence, and every owner's own record of the job, against each other."""
    release, mandate, office = finished.release, finished.mandate, city[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    bundle = collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure)
    found = released(examine(bundle.encode(), trust_of(city.node.genesis_hash)))
    for party in found.inputs:
        store = city[party].transcripts
        own = record.parse(store.read(store.find(job, None)))
        assert check(found, own).exit_code == 0, party


@pytest.mark.slow
def test_a_join_by_groups_of_the_list_releases_what_the_pooled_rows_give(tmp_path: Path) -> None:
    with town(tmp_path) as city:
        job, finished = city.ask(city.authorized(by_age()))
        assert finished is not None, city[OFFICE].said(job) + city["finance"].said(job)
        listed = set(LISTED)
        assert opened_cells(finished) == {
            '["1","new"]': figures(listed - OLD, "1"),
            '["1","old"]': figures(listed & OLD, "1"),
            '["2","new"]': figures(listed - OLD, "2"),
        }
        assert finished.release.document["withheld"] == ['["2","old"]']  # type: ignore[index, call-overload]
        require_verified(city, job, finished)


@pytest.mark.slow
def test_a_join_with_two_lists_releases_what_the_pooled_rows_give_and_neither_list_alone_after_it(
    tmp_path: Path,
) -> None:
    with town(tmp_path) as city:
        job, finished = city.ask(city.authorized(on_both()))
        assert finished is not None, city[OFFICE].said(job) + city["finance"].said(job)
        assert opened_cells(finished) == {"1": figures(set(LISTED) & set(SECOND), "1")}
        require_verified(city, job, finished)
        job, refused = city.ask(city.authorized(join(groups=("1", "2"))))
        assert refused is None  # all listed sales less those on both lists are few
        assert "would isolate rows" in city["finance"].said(job)


def test_a_party_is_a_lister_whichever_list_it_owns() -> None:
    spec = on_both()
    roles = {party: kind_of(spec).role(party) for party in spec.parties}
    assert roles == {"finance": "holder", "housing": "lister", "tax": "lister", OFFICE: "recipient"}
    assert kind_of(spec).columns("tax") == {"bbl"}
    assert kind_of(by_age()).columns("tax") == {"bbl", "age"}
    assert kind_of(by_age()).broken_down("tax") == {"age"}


def test_the_cells_of_both_owners_groups_are_boxes_over_both_tables() -> None:
    cells = kind_of(by_age()).cells(["sales", "stabilised"])
    assert [cell.name for cell in cells] == ['["1","new"]', '["1","old"]', '["2","new"]', '["2","old"]']
    assert dict(cells[1].region.sides)["in:stabilised.age"] == {"old"}
    chosen = kind_of(by_age()).selections("tax")
    assert chosen['["1","old"]'] == chosen['["2","old"]'] == (OneOf("age", ("old",)),)


@pytest.mark.parametrize(
    ("spec", "ground"),
    [
        (replace(by_age(), lister_grouping=Grouping("bbl", ("a", "b"))), "a key cannot be"),
        (replace(by_age(), lister_grouping=Grouping("street", ("a", "b"))), "not declared as one of"),
    ],
)
def test_groups_that_the_catalogue_of_the_list_does_not_declare_are_refused(spec: JoinSpec, ground: str) -> None:
    found = list(kind_of(spec).faults("tax", AGED, None, LOOSEST))
    assert any(ground in text for _, text in found)


def test_a_list_with_several_rows_a_key_has_no_groups() -> None:
    shared = replace(AGED, unique=None)
    found = [text for _, text in kind_of(by_age()).faults("tax", shared, None, LOOSEST)]
    assert found == ["job: a list is filtered, or has groups, only if its key is unique"]
    assert not list(kind_of(by_age()).faults("tax", AGED, None, LOOSEST))
