"""The residual of a row as a polynomial of what the other owner's columns add to its score.

The label owner knows the own part a of a row's score and its label y, the feature owner its own part b. The residual
sigma(a + b) - y as a function of b is a cubic with four controls (Bernstein form): the label owner makes the
controls, the feature owner the weights, which are not negative and add up to one. So a residual is a weighted sum of
four numbers, which additive encryption can form. Controls are the least squares fit of the true sigmoid over [-reach,
reach].

It does NOT follow scores that the other owner's columns move further than ``reach``: these count as that far. Sources:
Farin, Curves and Surfaces for CAGD, chapter 4 (Bernstein form); the sigmoid approximated for encrypted training: Kim et
al., JMIR Medical Informatics 2018.
"""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np

from federated.columns import Floats

CONTROLS = 4
LIFT = 2.0
"""Added to controls so that none is negative; since weights add up to one, it is added to every residual."""
POINT_BITS, STEP_BITS = 12, 9
"""Of controls, behind the point; of weights, which are multiples of 2^-9. More would tell more of rows, and nothing of
the model (``mpc.vertical.regression``)."""
RESIDUAL_BITS = 26
"""A lifted residual: below 4, with 12 bits of the control and 9 of the weight behind the point, and room."""
_NODES = 64


def controls(scores: Floats, labels: Floats, reach: float) -> list[list[int]]:
    """Return the lifted controls of every row in units of 2^-12, by control."""
    fit, places = _fit(reach)
    curve = _sigmoid(scores[:, None] + places[None, :]) @ fit.T - labels[:, None]
    lifted: list[list[int]] = np.rint((curve.T + LIFT) * (1 << POINT_BITS)).astype(np.int64).tolist()
    return lifted


def weights(scores: Floats, reach: float) -> list[list[int]]:
    """Return the weights of every row in units of 2^-9, by row; they add up to 2^9."""
    exact = _basis((np.clip(scores, -reach, reach) + reach) / (2 * reach)) * (1 << STEP_BITS)
    whole = np.floor(exact).astype(np.int64)
    rest = (1 << STEP_BITS) - whole.sum(axis=1)
    order = np.argsort(-(exact - whole), axis=1, kind="stable")
    ranks = np.argsort(order, axis=1, kind="stable")
    found: list[list[int]] = (whole + (ranks < rest[:, None])).tolist()
    return found


def residual(lifted: float, rows: float = 1) -> float:
    """Read a sum of lifted residuals of so many rows, or of rows that count that often."""
    return lifted / (1 << POINT_BITS + STEP_BITS) - LIFT * rows


@cache
def _fit(reach: float) -> tuple[Floats, Floats]:
    """The least squares fit at Chebyshev places, and these places."""
    places = (1 - np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)) / 2
    fit = np.asarray(np.linalg.pinv(_basis(places)), dtype=np.float64)
    return fit, 2 * reach * places - reach


def _basis(places: Floats) -> Floats:
    degree = CONTROLS - 1
    found: Floats = np.stack(
        [comb(degree, k) * places**k * (1 - places) ** (degree - k) for k in range(CONTROLS)], axis=1
    )
    return found


def _sigmoid(scores: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(scores, -60, 60)))
    return found
