"""What every kind without noise answers alike: it costs no privacy, names no data period, and has no error to tell.

A kind inherits this beside what it says itself. It does NOT say that figures are harmless: minimum and disclosure audit
judge them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from contracts.budgets.record import Mode
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.inputs import Input
from mpc.kinds.kind import Cost
from mpc.privacy.noise import Sampler
from mpc.privacy.release import Estimate
from mpc.spec.parts import Source
from mpc.tables.table import Table

EXACT = "privacy: exact figures have no noise to estimate"


class Sourced(Protocol):
    """A specification, as far as its sources go."""

    @property
    def sources(self) -> Sequence[Source]: ...


class Exact(Protocol):
    """Answers of a kind whose figures carry no noise; see ``mpc.kinds.kind.Kind``."""

    __slots__ = ()
    spec: Sourced

    def cost(self) -> Cost:
        return Cost(Mode.EXACT, 0, 0)

    def periods(self) -> tuple[str | None, ...]:
        return (None,) * len(self.spec.sources)

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        raise ValueError("an exact question has no noise")

    def estimate(self) -> Estimate:
        raise InvalidRecord(EXACT)

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        raise InvalidRecord(EXACT)
