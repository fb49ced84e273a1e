"""Trees over rows of several departments: those of the pooled rows but for the noise, which is paid for by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from federated.boosting.exposure import auc
from federated.boosting.loss import Floats, Logistic, Softmax, Squared
from federated.ensemble.coordinator import train
from federated.ensemble.site import EnsembleSite
from federated.ensemble.terms import EnsembleTerms, even
from federated.ensemble.tree import Tree, digest, placed, scores
from federated.horizontal import noised
from federated.horizontal.noised import POINT_BITS, Draw
from ledger.errors import InvalidRecord

ROWS, OWNERS = 3000, 3
TERMS = EnsembleTerms(
    edges=[even(-3, 3, 12)] * 4, loss=Logistic(), trees=4, depth=3, least=5.0, ridge=1.0, rate=0.5, owners=OWNERS,
    colluders=1, lost=0, spread=1, persons=ROWS, micro_rho=50_000,
)  # fmt: skip


def nothing(_scale: float) -> int:
    """No noise."""
    return 0


def sampler(seed: int) -> Draw:
    """A stand-in for the sampler that repeats; scales are far above one."""
    source = np.random.default_rng(seed)
    return lambda scale: round(source.normal(scale=scale))


@cache
def people() -> tuple[Floats, Floats]:
    source = np.random.default_rng(2)
    columns = np.clip(source.normal(size=(ROWS, 4)), -3, 3)
    odds = 2 * columns[:, 0] * (columns[:, 1] > 0) - columns[:, 2]
    return columns, (source.random(ROWS) < 1 / (1 + np.exp(-odds))).astype(float)


def run(
    terms: EnsembleTerms, columns: Floats, labels: Floats, draw: Draw, parts: Sequence[int] = (500, 1500)
) -> list[Tree]:
    names = np.array([str(row) for row in range(len(labels))])
    held = zip(np.split(columns, parts), np.split(labels, parts), np.split(names, parts), strict=True)
    sites = [EnsembleSite(terms, rows, own, list(persons)) for rows, own, persons in held]

    def summed(done: Sequence[Tree], growing: Tree, level: int) -> Floats:
        layout = noised.layout(terms.protection.mechanism, terms.places, terms.persons, terms.owners)
        words = [layout.words(site.sums(done, growing, level, draw)) for site in sites]
        return layout.floats(np.sum(words, axis=0, dtype=np.uint64))

    return train(terms, summed)


def test_without_noise_the_trees_are_the_same_however_rows_are_divided() -> None:
    columns, labels = people()
    digests = {digest(run(TERMS, columns, labels, nothing, parts)) for parts in ((500, 1500), (100, 2900))}
    assert len(digests) == 1


def test_without_noise_they_rank_as_trees_of_the_pooled_rows() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    columns, labels = people()
    found = scores(run(TERMS, columns, labels, nothing), 1, placed(columns, TERMS.edges))[0]
    peer = HistGradientBoostingClassifier(max_iter=4, max_depth=3, learning_rate=0.5, l2_regularization=1.0,
                                          max_bins=12, early_stopping=False)  # fmt: skip
    expected = peer.fit(columns, labels).decision_function(columns)
    assert abs(auc(labels, found) - auc(labels, expected)) < 0.02
    assert auc(labels, found) > 0.79


def test_with_the_noise_that_is_paid_for_they_still_rank() -> None:
    columns, labels = people()
    found = scores(run(TERMS, columns, labels, sampler(1)), 1, placed(columns, TERMS.edges))[0]
    assert auc(labels, found) > 0.72
    assert digest(run(TERMS, columns, labels, sampler(1))) != digest(run(TERMS, columns, labels, nothing))


def test_classes_take_turns_and_numbers_are_learned() -> None:
    columns, _ = people()
    classes = np.digitize(columns[:, 0], (-0.5, 0.5)).astype(float)
    three = replace(TERMS, loss=Softmax(3), trees=2)
    found = scores(run(three, columns, classes, nothing), 3, placed(columns, TERMS.edges))
    assert (found.argmax(axis=0) == classes).mean() > 0.9
    numbers = replace(TERMS, loss=Squared(bound=8.0), least=50.0)
    found = scores(run(numbers, columns, 2 * columns[:, 0], nothing), 1, placed(columns, TERMS.edges))
    assert np.var(2 * columns[:, 0] - found[0]) < 0.1 * np.var(2 * columns[:, 0])


def test_a_person_adds_no_more_than_one_row_however_many_it_has() -> None:
    columns, labels = people()
    mechanism = TERMS.protection.mechanism

    def sums(persons: list[str], kept: slice) -> Floats:
        return EnsembleSite(TERMS, columns[kept], labels[kept], persons).sums([], Tree(), 0, nothing)

    names = [str(row) for row in range(100)]
    rest = sums(names[40:], slice(40, 100))
    forty = sums(["one"] * 40 + names[40:], slice(0, 100)) - rest
    assert 0 < np.linalg.norm(forty) * (1 << POINT_BITS) <= mechanism.longest
    assert np.linalg.norm(sums(names, slice(0, 100)) - rest) * (1 << POINT_BITS) > 3 * mechanism.longest


def test_without_noise_the_bin_of_one_row_tells_its_label_and_with_noise_it_does_not() -> None:
    columns, labels = people()
    columns = np.where(columns > 2.5, 2.4, columns)
    found = {}
    for label in (0.0, 1.0):
        rows, own = columns.copy(), labels.copy()
        rows[0, 0], own[0] = 2.9, label
        site = EnsembleSite(TERMS, rows, own, [str(row) for row in range(ROWS)])
        for name, draw in (("exact", nothing), ("noised", sampler(3))):
            sums = site.sums([], Tree(), 0, draw).reshape(-1, 4, TERMS.bins, 2)
            found[name, label] = sums[0, 0, -1, 0] * (1 << POINT_BITS) / TERMS.protection.mechanism.grain
    assert (found["exact", 0.0], found["exact", 1.0]) == (0.5, -0.5)
    assert abs(found["noised", 0.0] - found["noised", 1.0]) == 1.0  # the same draw, which nobody else has
    assert min(abs(found["noised", label]) for label in (0.0, 1.0)) > 1.0


def test_the_cost_is_that_of_every_level_of_every_tree() -> None:
    assert TERMS.releases == 4 * 3
    assert TERMS.protection.cost == 12 * 50_000
    assert replace(TERMS, loss=Softmax(3)).protection.cost == 36 * 50_000


def test_messages_of_all_levels_have_one_length() -> None:
    columns, labels = people()
    site = EnsembleSite(TERMS, columns, labels, [str(row) for row in range(ROWS)])
    tree = run(TERMS, columns, labels, nothing)[0]
    for level in range(3):
        above = Tree({node: split for node, split in tree.splits.items() if node < 1 << level})
        assert len(site.sums([], above, level, nothing)) == TERMS.places
    with pytest.raises(InvalidRecord, match="before it is split"):
        site.sums([], tree, 1, nothing)


@pytest.mark.parametrize(
    ("columns", "labels", "complaint"),
    [
        (np.zeros((49, 4)), np.zeros(49), "at least 50 rows"),
        (np.zeros((60, 3)), np.zeros(60), "a value in every column"),
        (np.full((60, 4), np.nan), np.zeros(60), "row 1, column 1"),
        (np.zeros((60, 4)), np.full(60, 2.0), "labels 0..1"),
    ],
)
def test_rows_that_cannot_be_used_are_named(columns: Floats, labels: Floats, complaint: str) -> None:
    with pytest.raises(InvalidRecord, match=complaint):
        EnsembleSite(TERMS, columns, labels, [str(row) for row in range(len(labels))])


@pytest.mark.parametrize(
    "changed",
    [{"edges": []}, {"edges": [np.array([1.0, 1.0])]}, {"depth": 7}, {"trees": 0}, {"least": 0.0}, {"micro_rho": 0},
     {"colluders": 3}],
)  # fmt: skip
def test_terms_without_noise_or_bins_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        replace(TERMS, **changed)
    with pytest.raises(InvalidRecord):
        even(1, 1, 4)
