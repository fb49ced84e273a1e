"""A small vertical logistic regression between a bank with labels and a tax office, over in-memory channels."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from federated.columns import Floats
from federated.vertical.logistic.feature import FeatureSide
from federated.vertical.logistic.label import LabelSide
from federated.vertical.logistic.terms import LogisticTerms
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama, OkamotoUchiyama
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Intercept, Network, deliver
from mpc.stream import Randomness

BANK, TAX = "bank", "tax"


def small_keys() -> OkamotoUchiyama:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return InsecureOkamotoUchiyama(bits=1024, randomiser_bits=64)


@dataclass(frozen=True, slots=True)
class Regressed:
    """outcomes: by party, its weights or what ended its run."""

    outcomes: Mapping[str, object]
    network: Network

    def scores(self, bank: Floats, tax: Floats) -> Floats:
        """Score rows; columns standardised, (columns, rows)."""
        own, other = self.outcomes[BANK], self.outcomes[TAX]
        assert isinstance(own, np.ndarray), self.outcomes
        assert isinstance(other, np.ndarray), self.outcomes
        found: Floats = own[0] + own[1:] @ bank + other @ tax
        return found


def regress(
    bank: Floats,
    tax: Floats,
    labels: Floats,
    *,
    rounds: int = 3,
    reach: float = 3.0,
    scheme: OkamotoUchiyama | None = None,
    intercept: Intercept = deliver,
) -> Regressed:
    """Run both owners in threads."""
    columns = (len(bank), len(tax))
    terms = LogisticTerms(BANK, TAX, columns, len(labels), rounds, 1.0, reach, scheme or small_keys())
    network = Network((BANK, TAX), intercept=intercept, timeout_s=3600)
    programs: dict[str, Callable[[Channel], object]] = {
        BANK: lambda channel: LabelSide(channel, terms, bank, labels, Randomness(bytes(32))).run(),
        TAX: lambda channel: FeatureSide(channel, terms, tax, Randomness(bytes([1]) * 32)).run(),
    }
    return Regressed(network.run(programs), network)
