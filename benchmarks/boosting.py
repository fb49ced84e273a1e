"""Vertical gradient boosting on real data: held-out quality beside the label side alone, a pooled run and scikit-learn.

    SHUXIN_DATA=FOLDER python benchmarks/boosting.py default_credit [--trees 30] [--bits 3072] [--alone 0]

The sets are FATE's examples in ``FOLDER/fate``: two halves of one table. One row in five is held out, stratified by
label where labels are classes (scikit-learn's ``train_test_split``, seed 42). scikit-learn's HistGradientBoosting gets
the same number of trees, depth, bins, rate, ridge and least rows. Both parties run in threads of this process, so
seconds are of one core for all parties together.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
import warnings
from pathlib import Path

import numpy as np
from fate import Columns, Halves, read
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from federated.boosting import bins, model
from federated.boosting.feature import FeatureOwner
from federated.boosting.growing import LEAST, Rules
from federated.boosting.label import LabelOwner, Round
from federated.boosting.loss import Floats, Logistic, Squared
from federated.boosting.terms import Terms
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama, OkamotoUchiyama
from mpc.additive.scheme import Parameters
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network
from mpc.stream import Randomness

BINS, RATE, DEPTH, RIDGE = 32, 0.3, 3, 1.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("set", choices=("breast", "default_credit", "motor", "student", "vehicle_scale"))
    parser.add_argument("--trees", type=int, default=30)
    parser.add_argument("--bits", type=int, default=3072)
    parser.add_argument("--alone", type=int, default=0)
    parser.add_argument("--exposure", type=float, default=1.0)
    asked = parser.parse_args()
    halves = read(Path(os.environ["SHUXIN_DATA"]) / "fate", asked.set)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nothing = InsecureOkamotoUchiyama(512, 64)  # where there is nobody to hide from
    for title, columns in (("label side alone", halves.guest), ("pooled", halves.pooled)):
        print(f"{title}, scikit-learn: {halves.quality(peer(halves, columns, asked.trees))}")
    for title, own, other, scheme, alone in (
        ("label side alone", halves.guest, {}, nothing, 0),
        ("pooled", halves.pooled, {}, nothing, 0),
        ("vertical", halves.guest, halves.host, OkamotoUchiyama(asked.bits, 320), asked.alone),
    ):
        began = time.process_time()
        scores, sent, curve = run(halves, own, other, asked.trees, scheme, alone, asked.exposure)
        took = time.process_time() - began
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{title}: {halves.quality(halves.loss.predict(scores))}, {took:.1f} s of processor time, "
              f"{sent / 1e6:.1f} MB sent, {memory:.0f} MB of memory, exposure {curve[-1].exposure:.3f} after "
              f"{sum(done.is_shared for done in curve)} shared rounds")  # fmt: skip


def run(
    halves: Halves, own: Columns, other: Columns, trees: int, scheme: Parameters, alone: int, exposure: float
) -> tuple[Floats, int, list[Round]]:
    """Train on the kept rows and score the held ones. An empty ``other`` gets a column that is never worth a split."""
    parts = {"guest": own, "host": other or {"nothing": np.arange(len(halves.labels)) % 2.0}}
    chosen = {party: {name: values[halves.kept] for name, values in found.items()} for party, found in parts.items()}
    train = {party: bins.fit(columns, BINS) for party, columns in chosen.items()}
    rules, labels = Rules(DEPTH, LEAST, RIDGE, RATE), halves.labels[halves.kept]
    terms = Terms("guest", {"host": len(parts["host"])}, len(labels), trees, BINS, rules, halves.loss, scheme,
                  alone, exposure)  # fmt: skip
    meanings, curve = {}, list[Round]()

    def guest(channel: Channel) -> model.Model:
        label = LabelOwner(channel, terms, labels, train["guest"], Randomness(bytes(32)))
        found = label.run(silent)
        meanings["guest"] = label.splits
        curve.extend(label.curve)
        return found

    def host(channel: Channel) -> None:
        owner = FeatureOwner(channel, "host", terms, train["host"], Randomness(bytes([1]) * 32))
        meanings["host"] = owner.run(silent)

    network = Network(("guest", "host"), timeout_s=3600)
    found = network.run({"guest": guest, "host": host})["guest"]
    assert isinstance(found, model.Model), found
    rows = {party: {name: values[halves.held] for name, values in columns.items()} for party, columns in parts.items()}
    answers = {party: model.sides(meanings[party], rows[party]) for party in parts}
    return model.scores(found, answers, len(halves.held)), sum(len(message.body) for message in network.sent), curve


def peer(halves: Halves, columns: Columns, trees: int) -> Floats:
    """Predict the held rows with scikit-learn's trees."""
    rows, labels = np.column_stack(list(columns.values())), halves.labels
    settings = {"max_iter": trees, "max_depth": DEPTH, "max_bins": BINS, "learning_rate": RATE,
                "l2_regularization": RIDGE, "min_samples_leaf": LEAST, "early_stopping": False}  # fmt: skip
    if isinstance(halves.loss, Squared):
        trees_of_numbers = HistGradientBoostingRegressor(**settings).fit(rows[halves.kept], labels[halves.kept])
        return trees_of_numbers.predict(rows[halves.held])
    found = HistGradientBoostingClassifier(**settings).fit(rows[halves.kept], labels[halves.kept])
    chances = found.predict_proba(rows[halves.held])
    return chances[:, 1] if isinstance(halves.loss, Logistic) else chances.T


def silent(_done: int, _total: int) -> None:
    """Report no progress."""


if __name__ == "__main__":
    main()
