"""CKKS sums over four registrars' sales, with every term named."""

from __future__ import annotations

from dataclasses import replace

from privatespecs import DECLARED

from mpc.privacy.declaration import Declaration, Family, Privacy
from mpc.spec.job import CkksSpec
from mpc.spec.parts import Amount, Source

OWNERS = ("registrar-1", "registrar-2", "registrar-3", "registrar-4")


def weighted(
    *,
    declared: Declaration = DECLARED,
    grouped: bool = False,
    owners: tuple[str, ...] = OWNERS,
    weights: tuple[int, ...] = (3, 2, 1, -1),
    holder: str = OWNERS[3],
    evaluator: str = "",
    recipient: str = "audit-office",
    rows: int = 1000,
    **changes: object,
) -> CkksSpec:
    """Ask for the weighted sum of prices; ``changes`` are of the protection."""
    asked = replace(declared.protection("price", 0, "borough" if grouped else None), **changes)  # type: ignore[arg-type]
    return CkksSpec(
        purpose="market-audit",
        recipient=recipient,
        sources=tuple(Source(party, f"sales-{n}", bytes(32)) for n, party in enumerate(owners, start=1)),
        weights=weights,
        holder=holder,
        evaluator=evaluator or owners[1],
        filters=(),
        value=Amount("price", asked.largest),
        rows=rows,
        minimum=10,
        privacy=Privacy(asked, {Family.SUM: 100_000}, "everybody"),
    )
