"""The messages between label owner and feature owners, as bytes of which every length follows from what was agreed.

Numbers are big endian. A parser refuses another length, a number out of range, and bits beyond the last row.

It does NOT sign or seal: that is the channel's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from federated.boosting.bins import MAX_BINS
from federated.boosting.sums import Members
from ledger.errors import InvalidRecord
from mpc.additive.scheme import PublicKey, encode_ciphertexts

KEY, GRADIENTS, NODES, SUMS, CHOSEN, SIDES = "key", "gradients", "nodes", "sums", "chosen", "sides"
_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Summed:
    """The encrypted sums of one column in one node. joins: as in ``sums.Column``; ciphertexts: one a joined bin."""

    joins: tuple[int, ...]
    ciphertexts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Choice:
    """The label owner takes a boundary of a feature owner: after joined bin ``bin`` of ``column``, in node ``node`` of
    the level's list."""

    node: int
    column: int
    bin: int


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The feature owner's answer to a choice: the number of its split, and which rows go left."""

    number: int
    left: Members


def step(name: str, tree: int, level: int | None = None) -> str:
    """Name a message's mailbox."""
    return f"{name}/{tree}" if level is None else f"{name}/{tree}/{level}"


def encode_nodes(nodes: Sequence[Members]) -> bytes:
    """Write which rows each node holds."""
    return b"".join(np.packbits(node).tobytes() for node in nodes)


def most_nodes(nodes: int, rows: int) -> int:
    """Return the most bytes of ``encode_nodes``."""
    return nodes * _width(rows)


def decode_nodes(body: bytes, rows: int, most: int) -> list[Members]:
    """Read at most ``most`` nodes over ``rows`` rows.

    Raises:
        InvalidRecord: as the module says.
    """
    width = _width(rows)
    if len(body) % width or len(body) > most_nodes(most, rows):
        raise InvalidRecord(f"nodes: at most {most} maps of {width} bytes expected, got {len(body)} bytes")
    return [_map(body[start : start + width], rows) for start in range(0, len(body), width)]


def encode_sums(nodes: Sequence[Sequence[Summed]], size: int) -> bytes:
    """Write sums by node and column."""
    parts = []
    for columns in nodes:
        for column in columns:
            numbers = (len(column.joins), *column.joins)
            parts += [*(number.to_bytes(_NUMBER, "big") for number in numbers)]
            parts.append(encode_ciphertexts(column.ciphertexts, size))
    return b"".join(parts)


def most_sums(nodes: int, columns: int, size: int) -> int:
    """Return the most bytes of ``encode_sums``."""
    return nodes * columns * (_NUMBER + MAX_BINS * (_NUMBER + size))


def decode_sums(body: bytes, parents: Sequence[Sequence[int | None]], key: PublicKey) -> list[list[Summed]]:
    """Read and check sums.

    Args:
        parents: for each node that was asked about, the number of its parent's joined bins, by column; None where it
            has no parent.

    Raises:
        InvalidRecord: as the module says, or a ciphertext the scheme refuses.
    """
    reader = _Reader(body)
    found = [[_summed(reader, bins, key) for bins in columns] for columns in parents]
    reader.finish()
    return found


def encode_choices(choices: Sequence[Choice]) -> bytes:
    """Write the boundaries that a feature owner is to use."""
    numbers = [number for choice in choices for number in (choice.node, choice.column, choice.bin)]
    return b"".join(number.to_bytes(_NUMBER, "big") for number in numbers)


def most_choices(nodes: int) -> int:
    """Return the most bytes of ``encode_choices``."""
    return nodes * 3 * _NUMBER


def decode_choices(body: bytes, most: int) -> list[Choice]:
    """Read at most ``most`` boundaries. Raises: InvalidRecord."""
    if len(body) % (3 * _NUMBER) or len(body) > most_choices(most):
        raise InvalidRecord(f"choices: at most {most} of {3 * _NUMBER} bytes expected, got {len(body)} bytes")
    reader = _Reader(body)
    count = len(body) // (3 * _NUMBER)
    return [Choice(reader.number(), reader.number(), reader.number()) for _ in range(count)]


def encode_sides(sides: Sequence[Side]) -> bytes:
    """Write the answers to choices, in their order."""
    return b"".join(side.number.to_bytes(_NUMBER, "big") + np.packbits(side.left).tobytes() for side in sides)


def most_sides(choices: int, rows: int) -> int:
    """Return the bytes of ``encode_sides``."""
    return choices * (_NUMBER + _width(rows))


def decode_sides(body: bytes, rows: int, choices: int) -> list[Side]:
    """Read exactly ``choices`` answers over ``rows`` rows. Raises: InvalidRecord."""
    if len(body) != most_sides(choices, rows):
        raise InvalidRecord(f"sides: {choices} answers over {rows} rows expected, got {len(body)} bytes")
    reader = _Reader(body)
    return [Side(reader.number(), _map(reader.take(_width(rows)), rows)) for _ in range(choices)]


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def take(self, size: int) -> bytes:
        if size > len(self._body) - self._at:
            raise InvalidRecord("a message of trees ends too early")
        self._at += size
        return self._body[self._at - size : self._at]

    def number(self) -> int:
        return int.from_bytes(self.take(_NUMBER), "big")

    def finish(self) -> None:
        if self._at != len(self._body):
            raise InvalidRecord("a message of trees has bytes behind its end")


def _summed(reader: _Reader, parent: int | None, key: PublicKey) -> Summed:
    count = reader.number()
    most = MAX_BINS if parent is None else parent
    if not 1 <= count <= most:
        raise InvalidRecord(f"sums: 1..{most} joined bins expected, got {count}")
    joins = tuple(reader.number() for _ in range(count))
    if list(joins) != sorted(set(joins)) or (joins[-1] != parent - 1 if parent else joins[-1] >= MAX_BINS):
        raise InvalidRecord("sums: joined bins must ascend and end with the last bin")
    return Summed(joins, key.decode_ciphertexts(reader.take(count * key.ciphertext_bytes), count))


def _width(rows: int) -> int:
    return -(-rows // 8)


def _map(encoded: bytes, rows: int) -> Members:
    bits = np.unpackbits(np.frombuffer(encoded, dtype=np.uint8)).astype(np.bool_)
    if bits[rows:].any():
        raise InvalidRecord("a map of rows has bits behind its last row")
    return bits[:rows]
