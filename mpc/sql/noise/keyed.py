"""Sums of a joint table under one owner's CKKS key: who holds it, who adds up, what each table weighs.

The same question as masked sums with noise ask, of sums alone; what it can ask beside are weights of owners' tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.privacy import mechanism
from mpc.privacy.declaration import Family
from mpc.privacy.mechanism import NoisedCell
from mpc.spec.job import CkksSpec, SumsSpec
from mpc.sql.refusal import Reason, Unanswerable

Noisy: TypeAlias = SumsSpec | CkksSpec


@dataclass(frozen=True, slots=True)
class Keyed:
    """holder, evaluator: two owners. weights: by asset; a table that is not named weighs 1."""

    holder: str
    evaluator: str
    weights: Mapping[str, int]


def job(spec: SumsSpec, keyed: Keyed) -> CkksSpec:
    """Ask a private question of masked sums under a key instead.

    Raises:
        Unanswerable: it asks for more than sums. InvalidRecord: a weight for no table of it, or terms that do not hold.
    """
    if spec.outputs != ("sum",):
        raise Unanswerable(Reason.KEYED, ", ".join(name for name in spec.outputs if name != "sum"))
    if strangers := sorted(set(keyed.weights) - {source.asset for source in spec.sources}):
        raise InvalidRecord(f"query: a weight for {strangers[0][:60]}, which this query does not ask")
    assert spec.privacy is not None
    return CkksSpec(
        purpose=spec.purpose,
        recipient=spec.recipient,
        sources=spec.sources,
        weights=tuple(keyed.weights.get(source.asset, 1) for source in spec.sources),
        holder=keyed.holder,
        evaluator=keyed.evaluator,
        filters=spec.filters,
        value=spec.value,
        rows=spec.rows,
        minimum=spec.minimum,
        privacy=spec.privacy,
    )


def cells(spec: Noisy) -> tuple[NoisedCell, ...]:
    """Lay out the figures of a job of either kind."""
    assert spec.privacy is not None
    if isinstance(spec, SumsSpec):
        return mechanism.cells(spec, spec.privacy)
    terms, groups = spec.terms, spec.privacy.protection.groups
    bounds = (max(map(abs, ends)) for ends in terms.bounds)
    figures = enumerate(zip(spec.names, terms.deviations_milli, bounds, strict=True))
    return tuple(
        NoisedCell(name, Family.SUM, None if groups is None else place, None, 1, deviation, bound)
        for place, (name, deviation, bound) in figures
    )
