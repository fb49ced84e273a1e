"""What rounds over owners' own rows answer alike, exact or with noise: who takes part, how long, which words stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from contracts.authorizations.record import Operations
from ledger.canonical import JsonValue
from mpc.kinds.models.seated import Seated
from mpc.kinds.stacked import Stacked
from mpc.spec.training import TrainingSpec
from mpc.training import descriptor

CARRIED = ("version", "statistic", "purpose", "recipient", "sources", "round_s", "apps")
"""What of a specification no figure depends on; with anything else changed a run draws other figures."""
SECONDS_A_WAVE = 3.0
"""Of a wave on a chain of one block a second; a linear model's own arithmetic is far below."""


class Rounds(Seated, Stacked, Protocol):
    """Answers of a run in rounds; see ``mpc.kinds.kind.Kind``."""

    __slots__ = ()
    spec: TrainingSpec

    @property
    def contributors(self) -> int:
        return self.spec.contributors

    def operations(self) -> Operations:
        return Operations.TRAIN

    def broken_down(self, party: str) -> frozenset[str]:
        return frozenset()

    def public_numbers(self) -> Mapping[str, int]:
        return descriptor.public(self.spec)

    def most_numbers(self) -> Mapping[str, int]:
        return {"lost": len(self.spec.sources) - self.spec.contributors}

    def seconds(self) -> float:
        return SECONDS_A_WAVE * self.spec.waves


def depended_on(spec: TrainingSpec) -> dict[str, JsonValue]:
    """Return what of a specification the figures of its run depend on."""
    asked = spec.json()
    assert isinstance(asked, dict)
    return {name: asked[name] for name in asked if name not in CARRIED}


def matrix(columns: Sequence[Sequence[int]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return columns of whole numbers as (rows, columns) of eight bytes."""
    return np.array(columns, dtype=np.float64).T
