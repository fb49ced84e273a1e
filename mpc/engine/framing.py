"""Messages on the pipe between a node and its engine: a JSON header and byte strings, each with its length before it.

Both ends are our own code, but the engine's libraries are not: nothing is unpickled, every length is bounded before it
is believed, and the header is plain JSON. It uses the standard library alone, because the engine's process loads it in
an environment that has nothing of the product.

It does NOT authenticate: the pipe belongs to one parent and one child of one account.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

MAX_HEADER = 1 << 16
MAX_BLOB = 1 << 30
"""A million shares of 32 bytes, thirty times over."""
MAX_BLOBS = 16
MAX_BRACKETS = 256
_LENGTH = struct.Struct("<Q")


class FrameFault(ValueError):
    """The other end of the pipe is gone, or wrote something that is no message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what it is about, and shares or other bytes that go with it."""

    header: Mapping[str, object]
    blobs: tuple[bytes, ...] = field(default=(), repr=False)

    def text(self, name: str) -> str:
        """Read a text of the header."""
        value = self.header.get(name)
        if not isinstance(value, str):
            raise FrameFault(f"engine: {name} must be a text")
        return value

    def texts(self, name: str) -> list[str]:
        """Read a list of texts of the header."""
        value = self.header.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise FrameFault(f"engine: {name} must be a list of texts")
        return value

    def number(self, name: str) -> int:
        """Read a whole number of the header."""
        value = self.header.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise FrameFault(f"engine: {name} must be a whole number")
        return value

    def numbers(self, name: str) -> dict[str, int]:
        """Read an object of whole numbers of the header."""
        value = self.header.get(name)
        if not isinstance(value, dict) or not all(type(item) is int for item in value.values()):
            raise FrameFault(f"engine: {name} must be an object of whole numbers")
        return value


def write(stream: BinaryIO, message: Message) -> None:
    """Write one message and flush; raises FrameFault if the reader is gone or a bound is passed."""
    header = json.dumps(message.header, sort_keys=True, separators=(",", ":")).encode()
    if len(header) > MAX_HEADER or len(message.blobs) > MAX_BLOBS or any(len(b) > MAX_BLOB for b in message.blobs):
        raise FrameFault("engine: a message beyond its bounds")
    try:
        stream.write(_LENGTH.pack(len(header)) + header + _LENGTH.pack(len(message.blobs)))
        for blob in message.blobs:
            stream.write(_LENGTH.pack(len(blob)))
            stream.write(blob)
        stream.flush()
    except (OSError, ValueError) as fault:  # ValueError: a closed file
        raise FrameFault("engine: the other end of the pipe is gone") from fault


def read(stream: BinaryIO, *, most: int = MAX_BLOB) -> Message:
    """Read one message whose byte strings have ``most`` bytes at most; raises FrameFault."""
    header = _exactly(stream, _length(stream, MAX_HEADER))
    blobs = [_exactly(stream, _length(stream, most)) for _ in range(_length(stream, MAX_BLOBS))]
    if sum(map(header.count, (b"[", b"{"))) > MAX_BRACKETS:  # a parser's recursion must not be at the sender's mercy
        raise FrameFault("engine: the header is nested, a flat one is expected")
    try:
        found = json.loads(header)
    except ValueError as fault:
        raise FrameFault("engine: the header is not JSON") from fault
    if not isinstance(found, dict):
        raise FrameFault("engine: the header must be an object")
    return Message(found, tuple(blobs))


def _length(stream: BinaryIO, most: int) -> int:
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > most:
        raise FrameFault(f"engine: a length of {length}, at most {most} expected")
    return int(length)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    parts, left = [], count
    while left:
        try:
            part = stream.read(left)
        except (OSError, ValueError) as fault:
            raise FrameFault("engine: the other end of the pipe is gone") from fault
        if not part:
            raise FrameFault("engine: the other end of the pipe is gone")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
