"""An owner's cells with a Pedersen commitment to each, and the recipient's check of opened totals against them.

The randomness of a cell follows from the job's salt and all of the owner's values: the same input gives the same
commitments in every attempt, another input gives unrelated ones (two commitments to different values under the same
randomness would show the difference). The recipient learns sums of randomness only, never one owner's.

With the commitments each owner proves that it knows what they hold. Otherwise an owner could, in a later attempt,
commit to a constant less what the others had committed to in an earlier one, and so choose the total, as far as the
recipient helps it; since the recipient may be that helper, the proof is for every reader of the evidence.

What both checks show: the opened totals are the sums of what the owners knew and committed to before anything was
masked. They do NOT show which owner deviated (an opened audit does), nor that the gate tested the committed counts, nor
that a committed value lies in its bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger import canonical
from ledger.errors import VerificationError
from ledger.hashing import tagged
from mpc.commitment import Owner, Secret
from mpc.groups import pedersen
from mpc.groups.pedersen import Element, Scalar
from mpc.protocols.sums.schema import Schema
from mpc.sessions.session import Session
from mpc.stream import Stream, derive

_LABEL = "SHUXIN-MS-V1 commitment randomness"
_CONTEXT = "SHUXIN-MS-V1 openings"


@dataclass(frozen=True, slots=True)
class CommittedCells:
    """Commitments and what opens them, in schema order; ``input``: the commitment that stands on chain."""

    detail: bytes
    points: tuple[Element, ...]
    values: tuple[int, ...] = field(repr=False)
    randomness: tuple[Scalar, ...] = field(repr=False)
    input: bytes

    def prove(self, context: bytes, secret: bytes) -> bytes:
        """Prove that this owner knows what its commitments hold."""
        openings = list(zip(self.values, self.randomness, strict=True))
        return pedersen.KNOWLEDGE.prove(self.points, openings, context, secret)


def commit_cells(owner: Owner, schema: Schema, values: Mapping[str, int], secret: Secret) -> CommittedCells:
    """Commit to every cell; the same arguments give the same commitments."""
    told = canonical.encode({name: str(values[name]) for name in schema.names})
    source = Stream(derive(secret.salt, owner.digest(_LABEL, told), _LABEL))
    randomness = tuple(pedersen.draw(source) for _ in schema.names)
    ordered = tuple(values[name] for name in schema.names)
    points = tuple(pedersen.commit(value, r) for value, r in zip(ordered, randomness, strict=True))
    return CommittedCells(secret.detail, points, ordered, randomness, owner.commit(secret.detail, points))


def proof_context(session: Session, party: str, schema: Schema) -> bytes:
    """Say for what a proof of opening is good: one attempt of one job, one owner, these cells in this order."""
    return tagged(_CONTEXT, session.digest, party.encode(), *(name.encode() for name in schema.names))


def require_known(points: Sequence[Element], context: bytes, proof: bytes) -> None:
    """Hold an owner's proof against its commitments.

    Raises:
        InvalidRecord, VerificationError: malformed, or of other commitments, another owner, attempt or order of cells.
    """
    pedersen.KNOWLEDGE.verify(points, context, proof)


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
