"""Attack 26: one question in many words has one digest; another row set, table, version or reader has another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ckksspecs import weighted
from specs import join, source, sums, table

from ledger.errors import InvalidRecord
from mpc.disclosure import question
from mpc.privacy.declaration import EVERYBODY
from mpc.spec import reader as spec_reader
from mpc.spec.parts import Amount, Grouping, Interval, OneOf

PRICE, YEAR = Interval("sale_price", 1000, None), Interval("year", 2010, 2020)
SUMS = replace(sums(edges=()), filters=(PRICE, YEAR, OneOf("class", ("01", "02"))))


def digest(spec, versions=1, recipient_class=EVERYBODY):
    return question.identify(spec, {found.asset: versions for found in spec.sources}, recipient_class)


def written(spec, *filters):
    return spec_reader.from_json({**spec.json(), "filters": list(filters)})


ABOVE = {"column": "sale_price", "above": "999"}
AT_MOST = {"column": "year", "at_least": "2010", "at_most": "2019"}
CLASSES = {"column": "class", "one_of": ["01", "02"]}
SAME = {
    "filters in another order": replace(SUMS, filters=SUMS.filters[::-1]),
    "filters twice": replace(SUMS, filters=SUMS.filters * 2),
    "one range as two": replace(
        SUMS, filters=(PRICE, Interval("year", 2010, None), Interval("year", None, 2020), SUMS.filters[2])
    ),
    "a list within a longer one": replace(SUMS, filters=(*SUMS.filters, OneOf("class", ("01", "02", "03")))),
    "a mean for its sum and count": replace(SUMS, outputs=("mean",)),
    "outputs in another order": replace(SUMS, outputs=("sum", "count")),
    "sources in another order": replace(SUMS, sources=SUMS.sources[::-1]),
    "another authorization": replace(SUMS, sources=tuple(replace(s, authorization=bytes(32)) for s in SUMS.sources)),
    "wider bounds": replace(SUMS, rows=SUMS.rows + 1, value=Amount("sale_price", 1 << 33)),
    "another group of the gate": replace(SUMS, prime_group="sm2"),
}
OTHER = {
    "a product with another column": replace(SUMS, value=Amount("sale_price", 1 << 40, "year")),
    "one row more": replace(SUMS, filters=(Interval("sale_price", 999, None), *SUMS.filters[1:])),
    "one filter less": replace(SUMS, filters=SUMS.filters[:2]),
    "another table": replace(SUMS, sources=(source("registrar-9", "sales-9"), *SUMS.sources[1:])),
    "a variance": replace(SUMS, outputs=("variance",)),
    "a count alone": replace(SUMS, outputs=("count",)),
    "another sum": replace(SUMS, value=Amount("area", 1 << 32)),
    "a histogram": replace(SUMS, edges=(1000, 5000), outputs=("count", "sum", "histogram")),
    "another minimum": replace(SUMS, minimum=11),
    "another purpose": replace(SUMS, purpose="tax-audit"),
    "another recipient": replace(SUMS, recipient="press-office"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_rows_in_other_words_are_the_same_question(name):
    assert SAME[name] != SUMS
    assert digest(SAME[name]) == digest(SUMS)


@pytest.mark.parametrize("name", OTHER)
def test_other_rows_quantities_rules_or_readers_are_another_question(name):
    assert digest(OTHER[name]) != digest(SUMS)


def test_a_new_version_of_a_table_or_another_class_makes_another_question():
    assert digest(SUMS, versions=2) != digest(SUMS)
    assert digest(SUMS, recipient_class="ab" * 32) != digest(SUMS)


def test_joins_and_tables_too():
    groups = join()
    assert digest(replace(groups, sums=(*groups.sums, *groups.sums))) == digest(groups)
    assert digest(replace(groups, holder_most=1 << 20, epsilon_milli=50)) == digest(groups)
    assert digest(replace(groups, grouping=Grouping("borough", ("1", "2")))) != digest(groups)
    assert digest(join(grouped=False)) != digest(groups)
    assert digest(replace(groups, lister_key="owner")) != digest(groups)
    assert len({digest(table()), digest(table(("A", "B"))), digest(sums())}) == 3


def test_above_and_at_most_are_other_words_for_the_next_integer():
    assert written(SUMS, ABOVE, AT_MOST, CLASSES) == SUMS


def test_a_filter_has_each_side_once():
    with pytest.raises(InvalidRecord, match="either at_least or above"):
        written(SUMS, {"column": "year", "at_least": "2010", "above": "2009"})
    assert written(SUMS, {"column": "year", "at_most": "2009"}).filters == (Interval("year", None, 2010),)


def test_of_ckks_sums_other_weights_are_another_question_and_another_key_holder_is_not() -> None:
    asked = weighted()
    assert digest(replace(asked, weights=(3, 2, 1, 1))) != digest(asked)
    assert digest(replace(asked, holder="registrar-1", evaluator="registrar-3")) == digest(asked)
