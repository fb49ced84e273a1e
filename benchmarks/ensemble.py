"""Noised trees over the rows of FATE's three default_credit parties: held-out AUC by cost, beside trees without noise.

    SHUXIN_DATA=FOLDER python benchmarks/ensemble.py [--trees 15]

Columns have 16 bins of one width between -3 and 3 (they come standardised). Sums are added up in the words of secure
aggregation, without its messages. scikit-learn gets the pooled rows, the same trees, depth, rate and ridge.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from horizontal import credit
from sklearn.ensemble import HistGradientBoostingClassifier

from federated.boosting.exposure import auc
from federated.boosting.loss import Floats, Logistic
from federated.ensemble.coordinator import train
from federated.ensemble.site import EnsembleSite
from federated.ensemble.terms import EnsembleTerms, even
from federated.ensemble.tree import Tree, placed, scores
from mpc.privacy.accounting import epsilon_milli


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trees", type=int, default=15)
    trees = parser.parse_args().trees
    parts, (columns, labels) = credit(Path(os.environ["SHUXIN_DATA"]))
    rows, own = np.vstack([part[0] for part in parts.values()]), np.concatenate([part[1] for part in parts.values()])
    peer = HistGradientBoostingClassifier(max_iter=trees, max_depth=3, learning_rate=0.3, l2_regularization=1.0,
                                          max_bins=16, early_stopping=False).fit(rows, own)  # fmt: skip
    print(f"pooled, scikit-learn, no noise: AUC {auc(labels, peer.decision_function(columns)):.4f}")
    terms = EnsembleTerms([even(-3, 3, 16)] * rows.shape[1], Logistic(), trees, 3, 20.0, 1.0, 0.3, len(parts), 1, 0, 1,
                          len(own), 1)  # fmt: skip
    for total in (100_000, 500_000, 1_000_000, 3_000_000):
        asked = replace(terms, micro_rho=total // terms.releases)
        sites = [EnsembleSite(asked, *part, [str(row) for row in range(len(part[1]))]) for part in parts.values()]
        source = np.random.default_rng(0)

        def draw(scale: float, source: np.random.Generator = source) -> int:
            return round(source.normal(scale=scale))

        def summed(done: Sequence[Tree], growing: Tree, level: int, sites: list[EnsembleSite] = sites) -> Floats:
            return np.sum([site.sums(done, growing, level, draw) for site in sites], axis=0)

        found = scores(train(asked, summed), 1, placed(columns, asked.edges))[0]
        epsilon = epsilon_milli(asked.protection.cost, -20) / 1000
        print(f"{asked.protection.cost} micro-rho (epsilon {epsilon:.1f} at 2^-20): AUC {auc(labels, found):.4f}")


if __name__ == "__main__":
    main()
