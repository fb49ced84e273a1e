"""An owner's cells with a Pedersen commitment to each, and the recipient's check of opened totals against them.

The randomness of a cell follows from the job's salt and all of the owner's values: the same input gives the same
commitments in every attempt, another input gives unrelated ones (two commitments to different values under the same
randomness would show the difference). The recipient learns sums of randomness only, never one owner's.

What the check shows: the opened totals are the sums of what the owners committed to before anything was masked. It
does NOT show which owner deviated (an opened audit does), nor that the gate tested the committed counts, nor that a
committed value lies in its bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger import canonical
from ledger.errors import VerificationError
from mpc import pedersen
from mpc.commitment import Owner, Secret
from mpc.pedersen import Element, Scalar
from mpc.protocols.sums.schema import Schema
from mpc.stream import Stream, derive

_LABEL = "SHUXIN-MS-V1 commitment randomness"


@dataclass(frozen=True, slots=True)
class CommittedCells:
    """Commitments and what opens them, in schema order; ``input``: the commitment that stands on chain."""

    detail: bytes
    points: tuple[Element, ...]
    randomness: tuple[Scalar, ...] = field(repr=False)
    input: bytes


def commit_cells(owner: Owner, schema: Schema, values: Mapping[str, int], secret: Secret) -> CommittedCells:
    """Commit to every cell; the same arguments give the same commitments."""
    told = canonical.encode({name: str(values[name]) for name in schema.names})
    source = Stream(derive(secret.salt, owner.digest(_LABEL, told), _LABEL))
    randomness = tuple(pedersen.draw(source) for _ in schema.names)
    points = tuple(pedersen.commit(values[name], r) for name, r in zip(schema.names, randomness, strict=True))
    return CommittedCells(secret.detail, points, randomness, owner.commit(secret.detail, points))


def require_committed(
    names: Sequence[str], totals: Mapping[str, int], points: Sequence[Sequence[bytes]], masked: Sequence[Sequence[int]]
) -> None:
    """Hold opened totals against the owners' commitments.

    Args:
        names: all cells in order; totals: the opened ones.
        points, masked: one row an owner: commitments, and masked randomness, whose masks cancel in the sum.

    Raises:
        VerificationError: a total is not the sum of what was committed to.
    """
    for index, name in enumerate(names):
        if name not in totals:
            continue
        randomness = Scalar(sum(row[index] for row in masked) % pedersen.ORDER)
        if pedersen.commit(totals[name], randomness) != pedersen.product(row[index] for row in points):
            raise VerificationError(f"opened total of cell {name} is not the sum of what the owners committed to")
