"""Names of the messages of a vertical logistic regression, and the one number that travels in the clear."""

from __future__ import annotations

from ledger.errors import InvalidRecord
from mpc.vertical.regressed import CONTROLS, KEY, OPENED, PADDED, PADS, SUMS

__all__ = [
    "CONTROLS", "KEY", "OPENED", "PADDED", "PADS", "SUMS", "decode_curvature", "encode_curvature", "rounded_curvature",
    "step",
]  # fmt: skip


def step(name: str, number: int) -> str:
    """Name a message's mailbox in a round, the first being 0."""
    return f"{name}/{number + 1}"


def rounded_curvature(mean: float) -> float:
    """Round a mean curvature up to 256ths, of which it has at most 64."""
    return max(1, min(64, -int(-mean * 256 // 1))) / 256


def encode_curvature(rounded: float) -> bytes:
    """Write it in one byte."""
    return bytes([round(rounded * 256)])


def decode_curvature(body: bytes) -> float:
    """Read it. Raises: InvalidRecord."""
    if len(body) != 1 or not 1 <= body[0] <= 64:
        raise InvalidRecord("curvature: one byte of 1..64 expected")
    return body[0] / 256
