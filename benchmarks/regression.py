"""Vertical logistic regression on real data: held-out AUC beside the label side alone and a pooled scikit-learn.

    SHUXIN_DATA=FOLDER python benchmarks/regression.py default_credit [--rounds 5] [--components 0] [--bits 3072]

One row in five is held out, stratified by label (seed 42). scikit-learn gets all columns, the same ridge. Both parties
run in threads of this process, so seconds are of one core for both together.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
from fate import read
from sklearn.linear_model import LogisticRegression

from federated.boosting.exposure import auc
from federated.columns import Floats
from federated.vertical.components import Components, principal, standardised
from federated.vertical.logistic.feature import FeatureSide
from federated.vertical.logistic.label import LabelSide
from federated.vertical.logistic.terms import LogisticTerms
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network
from mpc.stream import Randomness


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("set", choices=("breast", "default_credit"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--components", type=int, default=0)
    parser.add_argument("--bits", type=int, default=3072)
    asked = parser.parse_args()
    halves = read(Path(os.environ["SHUXIN_DATA"]) / "fate", asked.set)
    guest, host = (np.array(list(half.values())) for half in (halves.guest, halves.host))
    kept, held = halves.kept, halves.held
    labels, truth = halves.labels[kept], halves.labels[held]
    for title, columns in (("label side alone", guest), ("pooled", np.vstack((guest, host)))):
        scaled = standardised(columns[:, kept])
        found = LogisticRegression(max_iter=2000).fit(scaled.of(columns[:, kept]).T, labels)
        print(f"{title}, scikit-learn: AUC {auc(truth, found.decision_function(scaled.of(columns[:, held]).T)):.4f}")

    def prepared(columns: Floats) -> Components:
        return principal(columns, asked.components) if asked.components else standardised(columns)

    scales = [prepared(columns[:, kept]) for columns in (guest, host)]
    own, other = (scale.of(columns[:, kept]) for scale, columns in zip(scales, (guest, host), strict=True))
    scheme = OkamotoUchiyama(asked.bits, 320)
    terms = LogisticTerms("guest", "host", (len(own), len(other)), len(labels), asked.rounds, 1.0, 3.0, scheme)

    def label(channel: Channel) -> Floats:
        return LabelSide(channel, terms, own, labels, Randomness(bytes(32))).run()

    def feature(channel: Channel) -> Floats:
        return FeatureSide(channel, terms, other, Randomness(bytes([1]) * 32)).run()

    network, began = Network(("guest", "host"), timeout_s=3600), time.process_time()
    outcomes = network.run({"guest": label, "host": feature})
    first, second = outcomes["guest"], outcomes["host"]
    assert isinstance(first, np.ndarray), first
    assert isinstance(second, np.ndarray), second
    scores = first[0] + first[1:] @ scales[0].of(guest[:, held]) + second @ scales[1].of(host[:, held])
    sent = sum(len(message.body) for message in network.sent) / 1e6
    print(
        f"vertical: AUC {auc(truth, scores):.4f}, {time.process_time() - began:.1f} s of processor time, {sent:.1f} MB"
    )


if __name__ == "__main__":
    main()
