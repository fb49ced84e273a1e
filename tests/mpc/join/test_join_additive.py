"""The additive encryption of a join: named in the question, refused by owners that do not take it, told by EXPLAIN."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest
from specs import join
from townspecs import PARCELS, SALES
from townspecs import join as small_join

from gateway.statistics import explaining
from gateway.statistics.querying import Wanted
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.additive import schemes
from mpc.additive.djn import DamgardJurikNielsen, InsecureDamgardJurikNielsen
from mpc.additive.paillier import InsecurePaillier
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.registry import kind_of
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.spec import reader as spec_reader
from mpc.sql.planning.plan import Plan

WITH_DJN = replace(join(), additive="paillier-djn")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    SMALL = {"paillier": InsecurePaillier(512), "paillier-djn": InsecureDamgardJurikNielsen(512, 96)}


@pytest.mark.parametrize("name", SMALL)
def test_either_paillier_gives_the_plain_join(kit, name: str) -> None:
    table = kit.table_of(g1=12, g2=9, g3=10)
    released = kit.with_terms(encryption=SMALL[name]).run(table, kit.listed(table))["office"]
    found = {group: (cell.keys, cell.rows, *cell.sums) for group, cell in released.cells.items()}
    assert found == {group: kit.plain_join(table, kit.listed(table))[group] for group in ("1", "3")}


def test_a_question_names_its_encryption_where_it_is_not_the_usual_one() -> None:
    assert "additive" not in join().json()
    assert WITH_DJN.json()["additive"] == "paillier-djn"
    assert spec_reader.parse(canonical.encode(WITH_DJN.json())) == WITH_DJN
    assert spec_reader.from_json({**join().json(), "additive": "okamoto-uchiyama"}) == join()
    assert join_terms_of(WITH_DJN).encryption == DamgardJurikNielsen()
    assert kind_of(WITH_DJN).terms()["encryption"]["scheme"] == "paillier-djn"
    for unknown in ("rsa", "", "Paillier"):
        with pytest.raises(InvalidRecord):
            replace(join(), additive=unknown)
        with pytest.raises(InvalidRecord):
            spec_reader.from_json({**join().json(), "additive": unknown})


@pytest.mark.parametrize(("party", "schema"), [("finance", SALES), ("tax", PARCELS)])
def test_an_owner_that_refuses_an_encryption_refuses_the_question_whatever_the_rows(party: str, schema) -> None:
    asked, weak = small_join(), {"epsilon_milli": 2000, "delta_log2": -20}
    assert list(faults(asked, party, schema, NoiseLimits(**weak))) == []
    strict = NoiseLimits(**weak, additive=("paillier-djn", "paillier"))
    ((ground, said),) = faults(asked, party, schema, strict)
    assert ground == "job: encryption"
    assert "paillier-djn or paillier, not okamoto-uchiyama" in said
    assert list(faults(replace(asked, additive="paillier"), party, schema, strict)) == []


def test_a_query_names_a_known_encryption_or_is_refused_before_it_is_planned() -> None:
    assert Wanted("audit", {}, 10, 3, 100, -40).asking("office").additive == schemes.DEFAULT
    assert Wanted("audit", {}, 10, 3, 100, -40, additive="paillier").asking("office").additive == "paillier"
    with pytest.raises(InvalidRecord, match="one of okamoto-uchiyama, paillier-djn, paillier expected, got 'rsa'"):
        Wanted("audit", {}, 10, 3, 100, -40, additive="rsa")


@pytest.mark.parametrize("names", [(), ("rsa",), ("paillier", "rsa")])
def test_a_node_takes_part_under_known_encryptions_only(names) -> None:
    with pytest.raises(InvalidRecord, match="additive encryptions are among"):
        NoiseLimits(additive=names)


@pytest.mark.parametrize("name", schemes.NAMES)
def test_explain_names_the_encryption_and_counts_its_time(name: str) -> None:
    (found,) = explaining.explain(Plan(None, (replace(join(), additive=name),), ()))
    for language in ("en", "zh"):
        first = explaining.lines((found,), language)[0]
        assert schemes.TITLES[name].of(language) in first
        assert "finance/sales-2019" in first
    usual = kind_of(join()).seconds()
    assert kind_of(replace(join(), additive=name)).seconds() == pytest.approx(
        usual + (schemes.SECONDS[name] - schemes.SECONDS[schemes.DEFAULT]) * join().holder_most
    )
