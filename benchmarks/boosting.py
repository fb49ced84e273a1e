"""Vertical gradient boosting on real data: held-out AUC against the label side alone and a pooled run, and its cost.

    python benchmarks/boosting.py GUEST.csv.gz HOST.csv.gz [--trees 30] [--bits 3072]

The files are the two halves of one table (``id``, label ``y``, columns ``x0..``), as in FATE's examples. One row in
five is held out. Both parties run in threads of this process, so seconds are of one core for all parties together.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import resource
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from federated.boosting import bins, model
from federated.boosting.feature import FeatureOwner
from federated.boosting.growing import Rules
from federated.boosting.label import LabelOwner
from federated.boosting.loss import Floats, Logistic
from federated.boosting.terms import Terms
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama, OkamotoUchiyama
from mpc.additive.scheme import Parameters
from mpc.channel import Channel
from mpc.memory_channel import Network
from mpc.stream import Randomness

BINS, RATE, DEPTH, RIDGE = 32, 0.3, 3, 1.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("guest", type=Path)
    parser.add_argument("host", type=Path)
    parser.add_argument("--trees", type=int, default=30)
    parser.add_argument("--bits", type=int, default=3072)
    asked = parser.parse_args()
    guest, host = read(asked.guest), read(asked.host)
    assert (guest.pop("id") == host.pop("id")).all()
    labels = guest.pop("y")
    order = np.random.default_rng(42).permutation(len(labels))
    held, kept = order[: len(order) // 5], order[len(order) // 5 :]
    pooled = {f"guest {name}": values for name, values in guest.items()}
    pooled |= {f"host {name}": values for name, values in host.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nothing = InsecureOkamotoUchiyama(512, 64)  # where there is nobody to hide from
    secure = OkamotoUchiyama(asked.bits, 320)
    for title, own, other, scheme in (
        ("label side alone", guest, {}, nothing),
        ("pooled", pooled, {}, nothing),
        ("vertical", guest, host, secure),
    ):
        began = time.process_time()
        scores, sent = run(own, other, labels, kept, held, asked.trees, scheme)
        took = time.process_time() - began
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{title}: held-out AUC {auc(labels[held], scores):.4f}, {took:.1f} s of processor time, "
              f"{sent / 1e6:.1f} MB sent, {memory:.0f} MB of memory")  # fmt: skip


def run(
    own: Mapping[str, Floats], other: Mapping[str, Floats], labels: Floats, kept: np.ndarray, held: np.ndarray,
    trees: int, scheme: Parameters,
) -> tuple[Floats, int]:  # fmt: skip
    """Train on the kept rows and score the held ones. An empty ``other`` gets a column that is never worth a split."""
    parts = {"guest": own, "host": other or {"nothing": np.arange(len(labels)) % 2.0}}
    chosen = {party: {name: values[kept] for name, values in found.items()} for party, found in parts.items()}
    train = {party: bins.fit(columns, BINS) for party, columns in chosen.items()}
    rules = Rules(DEPTH, 50, RIDGE, RATE)
    terms = Terms("guest", {"host": len(parts["host"])}, len(kept), trees, BINS, rules, Logistic(), scheme)
    meanings = {}

    def guest(channel: Channel) -> model.Model:
        label = LabelOwner(channel, terms, labels[kept], train["guest"], Randomness(bytes(32)))
        found = label.run(silent)
        meanings["guest"] = label.splits
        return found

    def host(channel: Channel) -> None:
        owner = FeatureOwner(channel, "host", terms, train["host"], Randomness(bytes([1]) * 32))
        meanings["host"] = owner.run(silent)

    network = Network(("guest", "host"), timeout_s=600)
    found = network.run({"guest": guest, "host": host})["guest"]
    assert isinstance(found, model.Model), found
    rows = {party: {name: values[held] for name, values in columns.items()} for party, columns in parts.items()}
    answers = {party: model.sides(meanings[party], rows[party]) for party in parts}
    return model.scores(found, answers, len(held)), sum(len(message.body) for message in network.sent)


def silent(_done: int, _total: int) -> None:
    """Report no progress."""


def read(path: Path) -> dict[str, Floats]:
    """Read a table of numbers by column."""
    with gzip.open(path, "rt") as file:
        rows = list(csv.reader(file))
    return dict(zip(rows[0], np.array(rows[1:], dtype=float).T, strict=True))


def auc(labels: Floats, scores: Floats) -> float:
    """Return the area under the curve (Mann-Whitney)."""
    ranks, ones = rankdata(scores), labels.sum()
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(labels) - ones)))


if __name__ == "__main__":
    main()
