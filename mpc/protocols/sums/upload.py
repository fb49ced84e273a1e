"""The two messages to the recipient, as bytes: masked cells with their commitments and, later, what opens them.

An owner's upload is x + pad + pairwise masks modulo 2^128 for every cell, its commitments to the cells with the detail
that binds them to the commitment on chain, and one proof that it knows what they hold. Its opening carries, for the
opened cells, the pads and the commitments' randomness plus pairwise masks modulo the group order, and zeros for the
others, so that its length tells nothing. Evidence keeps both with their signatures: whoever has all owners' messages
re-adds an opened total and holds it against the commitments. No upload minus its own pad is readable, and no owner's
randomness, since pairwise masks remain on both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.errors import InvalidRecord
from mpc.commitment import DIGEST_BYTES
from mpc.groups import pedersen
from mpc.groups.pedersen import ELEMENT_BYTES, KNOWLEDGE, SCALAR_BYTES, Element
from mpc.vector import WORD_BYTES, Vector, decode

MASKED, OPEN = "masked", "open"
TRANSCRIPT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Upload:
    """``transcript``: digest over session and keys; ``masked``, ``points``: one place a cell; ``detail``: see
    ``mpc.commitment``; ``proof``: of knowledge of all openings, see ``mpc.groups.knowledge``."""

    transcript: bytes
    masked: Vector = field(repr=False)
    detail: bytes
    points: tuple[Element, ...]
    proof: bytes

    def encode(self) -> bytes:
        """Render as transcript, 16 bytes a cell, detail, 32 bytes a cell, then 96 bytes of proof."""
        return self.transcript + self.masked.encode() + self.detail + b"".join(self.points) + self.proof


@dataclass(frozen=True, slots=True)
class Opening:
    """``transcript``: digest over keys and gate; ``opened``: one flag a cell; ``pads``, ``randomness`` (masked): zero
    where not opened."""

    transcript: bytes
    opened: tuple[bool, ...]
    pads: Vector = field(repr=False)
    randomness: tuple[int, ...] = field(repr=False)

    def encode(self) -> bytes:
        """Render as transcript, a byte 0 or 1 a cell, 16 bytes a cell, then 32 bytes a cell."""
        scalars = b"".join(value.to_bytes(SCALAR_BYTES, "little") for value in self.randomness)
        return self.transcript + bytes(self.opened) + self.pads.encode() + scalars


def upload_size(cells: int) -> int:
    """Count the bytes of an upload."""
    return TRANSCRIPT_BYTES + WORD_BYTES * cells + DIGEST_BYTES + ELEMENT_BYTES * cells + KNOWLEDGE.proof_bytes


def opening_size(cells: int) -> int:
    """Count the bytes of an opening."""
    return TRANSCRIPT_BYTES + cells + WORD_BYTES * cells + SCALAR_BYTES * cells


def decode_upload(body: bytes, cells: int) -> Upload:
    """Read an upload; raises InvalidRecord, also for a commitment that is no group element."""
    if len(body) != upload_size(cells):
        raise InvalidRecord(f"upload: {upload_size(cells)} bytes expected, got {len(body)}")
    words_end = TRANSCRIPT_BYTES + WORD_BYTES * cells
    detail_end = words_end + DIGEST_BYTES
    proof_start = detail_end + ELEMENT_BYTES * cells
    masked, points = decode(body[TRANSCRIPT_BYTES:words_end]), pedersen.read(body[detail_end:proof_start])
    return Upload(body[:TRANSCRIPT_BYTES], masked, body[words_end:detail_end], points, body[proof_start:])


def decode_opening(body: bytes, cells: int) -> Opening:
    """Read an opening; raises InvalidRecord, also when a withheld cell carries a pad or randomness."""
    if len(body) != opening_size(cells):
        raise InvalidRecord(f"opening: {opening_size(cells)} bytes expected, got {len(body)}")
    flags_end = TRANSCRIPT_BYTES + cells
    opened = read_flags(body[TRANSCRIPT_BYTES:flags_end])
    pads_end = flags_end + WORD_BYTES * cells
    pads, randomness = decode(body[flags_end:pads_end]), _scalars(body[pads_end:])
    if any((pad or r) and not flag for pad, r, flag in zip(pads.integers(), randomness, opened, strict=True)):
        raise InvalidRecord("opening: a withheld cell carries a pad or randomness")
    return Opening(body[:TRANSCRIPT_BYTES], opened, pads, randomness)


def keep(values: Sequence[int], chosen: Sequence[bool]) -> tuple[int, ...]:
    """Set every place to zero that is not chosen."""
    return tuple(value if flag else 0 for value, flag in zip(values, chosen, strict=True))


def _scalars(body: bytes) -> tuple[int, ...]:
    starts = range(0, len(body), SCALAR_BYTES)
    found = tuple(int.from_bytes(body[start : start + SCALAR_BYTES], "little") for start in starts)
    if any(value >= pedersen.ORDER for value in found):
        raise InvalidRecord("opening: randomness is not reduced modulo the group order")
    return found


def read_flags(body: bytes) -> tuple[bool, ...]:
    """Read one byte a cell, 0 or 1; raises InvalidRecord."""
    if not set(body) <= {0, 1}:
        raise InvalidRecord("flags: bytes 0 and 1 expected")
    return tuple(byte == 1 for byte in body)
