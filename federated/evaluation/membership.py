"""Membership inference: how well the loss of a row tells whether the model was trained on it.

A model that fits its rows better than others gives them away: whoever guesses "trained on" for a small loss is right
with the chance that is measured here as an AUC, of persons, each with its mean loss, so a person entered forty times
counts as one. Noise bounds it beforehand, for every attack: a run of rho in zCDP by Gaussian noise is a Gaussian
mechanism of mean sqrt(2 rho), whose AUC is Phi(sqrt(rho)) (Dong, Roth, Su 2022, corollary 1; what discrete shares are
short of a Gaussian, they are charged). Otherwise it stands in the card.

It does NOT try stronger attacks (shadow models), which know more than the loss. Source: Yeom et al., CSF 2018.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from federated.boosting.exposure import auc
from federated.columns import Floats
from ledger.errors import InvalidRecord

BOUND = 0.55
"""What models under differential privacy are to keep; runs of up to 15,790 micro-rho promise it."""


def membership(members: Floats, others: Floats) -> float:
    """Return the AUC of "a small loss is a member's". members, others: losses by person.

    Raises:
        InvalidRecord: none of either, or a loss that is no number.
    """
    if not len(members) or not len(others) or not np.isfinite(np.concatenate((members, others))).all():
        raise InvalidRecord("membership: losses of members and of others expected, all of them numbers")
    ones = np.concatenate((np.ones(len(members)), np.zeros(len(others))))
    return auc(ones, -np.concatenate((members, others)))


def promised(micro_rho: int) -> float:
    """Return the largest AUC that a run of this cost allows any attack.

    >>> round(promised(15_790), 3)
    0.55
    """
    return float(norm.cdf(np.sqrt(micro_rho / 1_000_000)))


def by_person(losses: Floats, persons: Sequence[str]) -> Floats:
    """Return each person's mean loss."""
    _, places = np.unique(np.array(persons), return_inverse=True)
    found: Floats = np.bincount(places, weights=losses) / np.bincount(places)
    return found
