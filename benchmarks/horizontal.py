"""Departments with the same columns on real data: held-out AUC of the joint model beside a pooled one and each alone.

    SHUXIN_DATA=FOLDER python benchmarks/horizontal.py adult|default_credit [--rounds 30] [--lose]

adult: the census of 1994, four departments by kind of work, its own test set. default_credit: FATE's three parties and
test set. The run is that of ``federated.horizontal.rehearsal``: real secure aggregation, all parties in threads of this
process. Pooled: scikit-learn's logistic regression with the same ridge. ``--lose``: one department is lost in round 5
(adult).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from fate import table
from sklearn.linear_model import LogisticRegression

from federated.boosting.exposure import auc
from federated.columns import Class, Column, Number, encoded, labels
from federated.horizontal.family import Family, Floats
from federated.horizontal.rehearsal import plain, rehearse
from federated.horizontal.site import Settings, Site
from mpc.sessions.memory_channel import deliver, kill

RIDGE = 1.0
WORK = {
    "private": ("Private",),
    "own": ("Self-emp-not-inc", "Self-emp-inc"),
    "public": ("Local-gov", "State-gov", "Federal-gov"),
    "none": ("?", "Without-pay", "Never-worked"),
}
Rows = tuple[Floats, Floats]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("set", choices=("adult", "default_credit"))
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--hidden", type=int, default=0)
    parser.add_argument("--lose", action="store_true")
    asked = parser.parse_args()
    folder = Path(os.environ["SHUXIN_DATA"])
    parts, held = adult(folder) if asked.set == "adult" else credit(folder)
    rows, own = np.vstack([part[0] for part in parts.values()]), np.concatenate([part[1] for part in parts.values()])
    bounds = np.abs(np.vstack((rows, held[0]))).max(axis=0) + 1
    pooled = LogisticRegression(C=1 / RIDGE, max_iter=3000)
    means, deviations = rows.mean(axis=0), rows.std(axis=0)
    pooled.fit((rows - means) / deviations, own)
    print(f"pooled: AUC {auc(held[1], pooled.decision_function((held[0] - means) / deviations)):.4f}")
    for party, (columns, income) in parts.items():
        alone = LogisticRegression(C=1 / RIDGE, max_iter=3000).fit((columns - means) / deviations, income)
        print(f"{party} alone, {len(income)} rows: "
              f"AUC {auc(held[1], alone.decision_function((held[0] - means) / deviations)):.4f}")  # fmt: skip
    settings = Settings(Family.LOGISTIC, 1, 256, 0.2, 0.0, RIDGE / len(parts), 1 << 15, hidden=asked.hidden)
    sites = {party: Site(columns, income, bounds, settings) for party, (columns, income) in parts.items()}
    began = time.process_time()
    found = rehearse(sites, asked.rounds, intercept=kill("none", "upload/6") if asked.lose else deliver)
    took, sent = time.process_time() - began, sum(len(message.body) for message in found.network.sent)
    scaled = (held[0] - found.scale.means) / found.scale.deviations
    scores = sites[min(sites)].shape.scores(found.weights, np.hstack((np.ones((len(scaled), 1)), scaled)))[:, 0]
    quality = f"AUC {auc(held[1], scores):.4f}"
    print(f"joint: {quality}, {took:.1f} s of processor time, {sent / 1e6:.1f} MB, lost {found.lost[-1]}")
    if not asked.lose:
        weights, _ = plain(sites, asked.rounds)
        apart = np.abs(found.weights - weights).max() / np.abs(weights).max()
        print(f"largest difference to plain sums, relative: {apart:.1e}")


def credit(folder: Path) -> tuple[Mapping[str, Rows], Rows]:
    """FATE's three parties, and its test set."""
    files = {"guest": "guest", "host-1": "host_1", "host-2": "host_2", "test": "test"}
    parts = {}
    for party, name in files.items():
        columns = table(folder / "fate", f"default_credit_homo_{name}")
        columns.pop("id")
        label = columns.pop("y")
        parts[party] = (np.column_stack(list(columns.values())), label)
    held = parts.pop("test")
    return parts, held


def adult(folder: Path) -> tuple[Mapping[str, Rows], Rows]:
    """The census by kind of work, and its own test set."""
    with gzip.open(folder / "persons" / "uci_adult_census_income.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    cells = {name: [row[name] for row in rows] for name in rows[0]}
    numbers = {"age": (16, 99), "education_num": (1, 16), "capital_gain": (0, 1e5), "capital_loss": (0, 1e4),
               "hours_per_week": (0, 99)}  # fmt: skip
    declared: list[Column] = [Number(name, *bounds) for name, bounds in numbers.items()]
    for name in ("marital_status", "occupation", "relationship", "race", "sex"):
        declared.append(Class(name, tuple(sorted(set(cells[name])))[1:], other=True))
    found = np.column_stack(list(encoded(declared, cells).values()))
    income = labels(cells, "income", ("<=50K", ">50K"))
    work, split = np.array(cells["workclass"]), np.array(cells["split"])
    train = split == "train"
    parts = {party: train & np.isin(work, kinds) for party, kinds in WORK.items()}
    return {party: (found[rows], income[rows]) for party, rows in parts.items()}, (found[~train], income[~train])


if __name__ == "__main__":
    main()
