"""A run tried out in one process gives the model that the rounds give, and says clearly what it can not use."""

from __future__ import annotations

import csv
import io

import pytest
from noisytown import noisy
from trainingtown import asked, holdings, plainly

from federated.runs import linear
from federated.simulation import simulate
from ledger.errors import InvalidRecord, NotAuthorized

HELD = holdings()
SPEC = asked()


def table(text: str) -> dict[str, list[int]]:
    rows = list(csv.DictReader(io.StringIO(text)))
    return {name: [int(row[name]) for row in rows] for name in rows[0]}


TABLES = {name: table(holding.csv) for name, holding in HELD.items()}


def changed(**columns: list[int]) -> dict[str, dict[str, list[int]]]:
    return TABLES | {"bank-b": TABLES["bank-b"] | columns}


def test_a_simulated_run_gives_the_model_of_the_rounds_bit_for_bit():
    found, expected = simulate(SPEC, TABLES), plainly(SPEC, HELD)
    assert found.document == linear.document(SPEC, expected)
    assert found.digest == linear.digest(expected.encode())
    assert len(found.digests) == SPEC.waves
    assert simulate(SPEC, dict(reversed(TABLES.items()))) == found


def test_a_run_with_noise_is_not_simulated():
    with pytest.raises(InvalidRecord, match="draws its own"):
        simulate(noisy(), TABLES)


def test_another_row_gives_another_model():
    label = list(TABLES["bank-b"]["late"])
    label[0] = 1 - label[0]
    assert simulate(SPEC, changed(late=label)).digest != simulate(SPEC, TABLES).digest


@pytest.mark.parametrize(
    ("tables", "fault", "reason"),
    [
        ({"bank-a": TABLES["bank-a"]}, InvalidRecord, "tables of bank-a, bank-b, bank-c, bank-d expected, got bank-a"),
        (TABLES | {"bank-b": {"income": [1]}}, InvalidRecord, "bank-b: no column debt"),
        (changed(debt=[501, *TABLES["bank-b"]["debt"][1:]]), InvalidRecord, "row 1 of debt is 501; a whole number in"),
        (changed(debt=[float("nan")] * 900), InvalidRecord, "row 1 of debt is nan; a whole number"),
        (changed(debt=["none"] * 900), InvalidRecord, "debt holds something that is no number"),
        (changed(debt=[0] * 899), InvalidRecord, "bank-b: columns of different lengths"),
        (changed(**{n: c[:99] for n, c in TABLES["bank-b"].items()}), NotAuthorized, "99 rows, at least 100"),
        (changed(**{n: c * 2 for n, c in TABLES["bank-b"].items()}), InvalidRecord, "1800 rows, at most 1000"),
    ],
)
def test_tables_that_do_not_fit_are_refused_by_party_and_column(tables, fault, reason):
    with pytest.raises(fault, match=reason):
        simulate(SPEC, tables)
