"""The two messages to the recipient, as bytes: the masked vector and, later, the opening pads.

An owner's upload is x + pad + pairwise masks modulo 2^128 for every cell; its opening carries the pads of the
opened cells and zeros for the others, so that its length tells nothing. Evidence keeps both with their
signatures: whoever has all owners' messages re-adds an opened total, and no upload minus its own pad is
readable, since the pairwise masks remain.
"""

from dataclasses import dataclass, field

from ledger.errors import InvalidRecord
from mpc.vector import WORD_BYTES, Vector, decode

MASKED, OPEN = "masked", "open"
TRANSCRIPT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Upload:
    """``transcript``: digest over session and keys; ``masked``: one place a cell."""

    transcript: bytes
    masked: Vector = field(repr=False)

    def encode(self) -> bytes:
        """Render as transcript, then 16 bytes a cell."""
        return self.transcript + self.masked.encode()


@dataclass(frozen=True, slots=True)
class Opening:
    """``transcript``: digest over keys and gate; ``opened``: one flag a cell; ``pads``: zero where not
    opened."""

    transcript: bytes
    opened: tuple[bool, ...]
    pads: Vector = field(repr=False)

    def encode(self) -> bytes:
        """Render as transcript, a byte 0 or 1 a cell, then 16 bytes a cell."""
        return self.transcript + bytes(self.opened) + self.pads.encode()


def upload_size(cells: int) -> int:
    """Count the bytes of an upload."""
    return TRANSCRIPT_BYTES + WORD_BYTES * cells


def opening_size(cells: int) -> int:
    """Count the bytes of an opening."""
    return TRANSCRIPT_BYTES + cells + WORD_BYTES * cells


def decode_upload(body: bytes, cells: int) -> Upload:
    """Read an upload; raises InvalidRecord."""
    if len(body) != upload_size(cells):
        raise InvalidRecord(f"upload: {upload_size(cells)} bytes expected, got {len(body)}")
    return Upload(body[:TRANSCRIPT_BYTES], decode(body[TRANSCRIPT_BYTES:]))


def decode_opening(body: bytes, cells: int) -> Opening:
    """Read an opening; raises InvalidRecord, also when a withheld cell carries a pad."""
    if len(body) != opening_size(cells):
        raise InvalidRecord(f"opening: {opening_size(cells)} bytes expected, got {len(body)}")
    flags_end = TRANSCRIPT_BYTES + cells
    opened = read_flags(body[TRANSCRIPT_BYTES:flags_end])
    pads = decode(body[flags_end:])
    if any(pad and not flag for pad, flag in zip(pads.integers(), opened, strict=True)):
        raise InvalidRecord("opening: a withheld cell carries a pad")
    return Opening(body[:TRANSCRIPT_BYTES], opened, pads)


def read_flags(body: bytes) -> tuple[bool, ...]:
    """Read one byte a cell, 0 or 1; raises InvalidRecord."""
    if not set(body) <= {0, 1}:
        raise InvalidRecord("flags: bytes 0 and 1 expected")
    return tuple(byte == 1 for byte in body)
