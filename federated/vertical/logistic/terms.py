"""What both owners agree on before a vertical logistic regression, and the sizes of what they send.

Columns travel as whole numbers: a standardised value is cut to [-2.5, 2.5], so that few rows stand out (``leverage``),
and counted in 64ths from -2.5. Every round opens to each owner one number for each of its own columns, and one more:
with rows fewer than forty times all of them the numbers would begin to fix labels or scores
(``mpc.vertical.regression``), so such terms are refused. An owner with many columns and few rows brings components of
them (``federated.vertical.components``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from federated.columns import Floats
from federated.vertical.logistic.curve import CONTROLS, RESIDUAL_BITS
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.additive.packing import Packing
from mpc.protocols.align.terms import MASK_BITS
from mpc.vertical.regression import MAX_BLOCK, MAX_ROWS, MAX_STEPS, ROWS_A_NUMBER

SPAN, UNITS, MOST_REACH = 2.5, 64, 8.0
"""Standardised values are cut to [-SPAN, SPAN] and counted in units of 1/UNITS from -SPAN."""
VALUE_BITS = int(2 * SPAN * UNITS).bit_length()
PAD_BITS = RESIDUAL_BITS + MASK_BITS
"""Of the number that hides one row's residual."""


@dataclass(frozen=True, slots=True)
class LogisticTerms:
    """One run. columns: of the label owner and of the feature owner; ridge: penalty on squared weights, without the
    constant; reach: how far the feature owner's columns may move a score."""

    label: str
    feature: str
    columns: tuple[int, int]
    rows: int
    rounds: int
    ridge: float
    reach: float
    scheme: OkamotoUchiyama

    def __post_init__(self) -> None:
        if self.label == self.feature or not all(1 <= count <= MAX_BLOCK for count in self.columns):
            raise InvalidRecord(f"regression: two owners with 1..{MAX_BLOCK} columns each expected")
        if not (1 <= self.rounds <= MAX_STEPS and 0 < self.ridge <= 1e6 and 0.5 <= self.reach <= MOST_REACH):
            raise InvalidRecord(
                f"regression: 1..{MAX_STEPS} rounds, ridge in (0, 10^6], reach in 0.5..{MOST_REACH} expected"
            )
        opened = self.rounds * (1 + max(self.columns))
        wanted = ROWS_A_NUMBER * opened
        if self.rows < wanted:
            raise InvalidRecord(
                f"regression: {opened} numbers are opened to one owner, which asks for {wanted} rows; there are "
                f"{self.rows}: fewer rounds, or components of the columns"
            )
        if self.rows > MAX_ROWS:
            raise InvalidRecord(f"regression: at most {MAX_ROWS} rows, got {self.rows}: choose some at random")
        if max(self.crossed_bits, self.summed_bits) > self.scheme.plaintext_bits:
            raise InvalidRecord("regression: sums do not fit the encryption")

    @property
    def crossed_bits(self) -> int:
        """A slot for the sum of a column times the pads of all rows."""
        return self.rows.bit_length() + VALUE_BITS + PAD_BITS + 1

    @property
    def summed_bits(self) -> int:
        """A slot for the sum of a column times lifted residuals, masked."""
        return self.rows.bit_length() + VALUE_BITS + RESIDUAL_BITS + MASK_BITS + 1

    @property
    def crossed(self) -> list[Packing]:
        """How the label owner's columns, with ones before them, share plaintexts."""
        return self._packings(1 + self.columns[0], self.crossed_bits)

    @property
    def summed(self) -> list[Packing]:
        """How the feature owner's gradient, with the sum of residuals before it, shares plaintexts."""
        return self._packings(1 + self.columns[1], self.summed_bits)

    def record(self) -> JsonValue:
        """Render for the job record."""
        return {
            "label": self.label,
            "feature": self.feature,
            "columns": [str(count) for count in self.columns],
            "rows": str(self.rows),
            "rounds": str(self.rounds),
            "ridge": self.ridge.hex(),
            "reach": self.reach.hex(),
            "controls": str(CONTROLS),
            "scheme": self.scheme.record(),
        }

    def _packings(self, slots: int, width: int) -> list[Packing]:
        most = self.scheme.plaintext_bits // width
        return [Packing((width,) * min(most, slots - start)) for start in range(0, slots, most)]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """An owner's columns as both kinds of number. counted: (1 + columns, rows), ones before them; values: the same as
    standardised numbers, so that both owners compute with what was sent."""

    counted: list[list[int]]
    values: Floats

    def step(self, gradient: Floats, weights: Floats, curvature: float, ridge: float) -> Floats:
        """Return the weights after a step of Newton on this block alone, the curvature being the mean over rows."""
        penalty = np.full(len(weights), ridge)
        penalty[0] = 1e-9
        hessian = curvature * self.values @ self.values.T + np.diag(penalty)
        moved: Floats = weights - np.linalg.solve(hessian, gradient + penalty * weights)
        if not np.isfinite(moved).all() or np.abs(moved).max() > 1e3:
            raise InvalidRecord("regression: training diverged; more ridge is needed")
        return moved


def block(columns: Floats) -> Block:
    """Prepare standardised columns, (columns, rows).

    Raises:
        InvalidRecord: a value that is no number.
    """
    if not np.isfinite(columns).all():
        column, row = np.argwhere(~np.isfinite(columns))[0]
        raise InvalidRecord(f"regression: column {column + 1}, row {row + 1}: a number expected")
    counted = np.rint((np.clip(columns, -SPAN, SPAN) + SPAN) * UNITS).astype(np.int64)
    ones = np.ones((1, columns.shape[1]))
    return Block([[1] * columns.shape[1], *counted.tolist()], np.vstack((ones, counted / UNITS - SPAN)))


def gradient(sums: list[float], block: Block) -> Floats:
    """Turn sums of counted columns times residuals, the plain sum first, into the gradient of standardised columns."""
    first, *rest = sums
    return np.array([first, *(total / UNITS - SPAN * first for total in rest)])[: len(block.values)]
