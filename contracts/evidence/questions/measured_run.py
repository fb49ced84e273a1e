"""The counts by which an exact run is measured, restated for verifiers: their noise, what they cost, and their names.

    counted    rows of a fifth of the persons, by department or jointly, under noise as in ``noised_run``
    places     bins * slots of the last wave's vector, whole units of 2^-40

Restates ``mpc.training.measured`` and ``federated.runs.measured``; the tests hold both to each other. That the rows of
the fifth, and no others, were counted nobody can see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.evidence.questions import noised_run
from contracts.evidence.questions.noised import epsilon_milli, number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

FIFTH = 200
"""Thousandths of the persons, of every exact run."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What of a specification the counts depend on. slots: names, sorted, or ``*``; bins: of one slot."""

    slots: tuple[str, ...]
    bins: int
    guarantee: Mapping[str, JsonValue]

    def counts(self, total: Sequence[int]) -> JsonValue:
        """Return the counts by slot."""
        return noised_run.counts_of(self.slots, self.bins, total)


def read(spec: Mapping[str, JsonValue], contributors: int) -> Counted:
    """Read the member ``quality`` of a specification; raises InvalidRecord."""
    match spec:
        case {
            "sources": list(sources),
            "algorithm": {"model": str(model)},
            "quality": {
                "unit": str(),
                "neighbours": "add-or-remove-one-unit",
                "max_rows": int(max_rows),
                "units_at": "one owner" | "several owners" as units_at,
                "colluders": int(colluders),
                "nulls": "refused",
                "period": str(),
                "delta_log2": int(delta_log2),
                "noise": "distributed" | "local" as noise,
                "recipient_class": str(),
                "evaluation": {"held_out": int(share), "micro_rho": cost} as evaluation,
                **rest,
            },
        } if (
            not rest
            and share == FIFTH
            and noised_run.is_protected(max_rows, delta_log2, number(cost))
            and 0 <= colluders < contributors
        ):
            parties = tuple(sorted(noised_run.party_of(source) for source in sources))
        case _:
            raise InvalidRecord("specification: malformed quality")
    bins, by_department, paid = noised_run.evaluation_of(evaluation, model)
    shares = 1 if noise == "local" or by_department else contributors - colluders
    spread = len(parties) if units_at == "several owners" else 1
    count = noised_run.noise_of(lambda grain: grain * max_rows, 1, paid, shares, spread)
    guarantee: dict[str, JsonValue] = {
        "micro_rho": str(paid),
        "delta_log2": delta_log2,
        "epsilon_milli": str(epsilon_milli(paid, delta_log2)),
        "colluders": colluders,
        "noise": noise,
        "evaluation": count.json(),
    }
    return Counted(parties if by_department else ("*",), bins, guarantee)
