"""Boosting tried out in one process: the model that the parties' own run gives, and scores of rows it has not seen."""

from __future__ import annotations

import numpy as np
import pytest
from boosting import BANK, RULES, TREES, people, train

from federated.boosting.rehearsal import rehearse
from ledger.errors import InvalidRecord

COLUMNS, LABELS = people()
OWNERS = {BANK: ("age",), "tax": ("income", "debt"), "health": ("visits",)}
HELD = {party: {name: COLUMNS[name] for name in names} for party, names in OWNERS.items()}


def test_a_rehearsal_grows_the_trees_of_the_parties_run() -> None:
    found = rehearse(BANK, LABELS, HELD, trees=TREES, most_bins=8, rules=RULES)
    expected = train(COLUMNS, LABELS, OWNERS)
    assert found.model == expected.model
    assert np.array_equal(found.scores(COLUMNS), expected.scores(COLUMNS))
    assert [done.loss for done in found.curve] == [done.loss for done in expected.curve]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({BANK: HELD[BANK]}, "columns of a party beside the label owner"),
        ({"tax": {"income": COLUMNS["income"][:-1]}}, "rows"),
        ({"tax": {"income": np.full(len(LABELS), np.nan)}}, "column income, row 1"),
    ],
)
def test_columns_that_make_no_run_are_refused(held: dict[str, dict[str, np.ndarray]], said: str) -> None:
    with pytest.raises(InvalidRecord, match=said):
        rehearse(BANK, LABELS, held, trees=1)
