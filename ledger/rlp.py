"""Recursive length prefix: Ethereum's encoding of byte strings and lists.

What it does NOT do: types or schemas; callers say what the bytes mean. Decoding is strict: one encoding
of a value is accepted (shortest lengths, nothing after the end), with size and depth bounded.
Source: Ethereum yellow paper, appendix B.
"""

from __future__ import annotations

from typing import TypeAlias

from ledger.errors import InvalidRecord

Item: TypeAlias = "bytes | tuple[Item, ...]"

MAX_BYTES = 1 << 24  # a block of 5,000,000-gas transactions stays far below
MAX_DEPTH = 16  # a receipt nests 5 deep, a trie node with embedded children 4


def encode(item: Item) -> bytes:
    """Encode bytes or nested tuples of bytes.

    >>> encode((b"cat", ()))
    b'\\xc5\\x83cat\\xc0'
    """
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    body = b"".join(map(encode, item))
    return _prefix(len(body), 0xC0) + body


def decode(data: bytes, *, limit: int = MAX_BYTES) -> Item:
    """Decode exactly one item that fills data.

    Raises:
        InvalidRecord: longer than limit bytes, not canonical, too deep, truncated or followed by more bytes.
    """
    if len(data) > limit:
        raise InvalidRecord(f"rlp: expected at most {limit} bytes, got {len(data)}")
    item, end = _item(data, 0, len(data), 0)
    if end != len(data):
        raise InvalidRecord(f"rlp: {len(data) - end} bytes after the end")
    return item


def encode_uint(value: int) -> bytes:
    """Write a non-negative integer in the fewest big-endian bytes (zero is empty), as RLP scalars are."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode_uint(item: Item, *, max_bytes: int = 8) -> int:
    """Read a scalar written by encode_uint.

    Raises:
        InvalidRecord: a list, a leading zero or more than max_bytes bytes.
    """
    if not isinstance(item, bytes) or len(item) > max_bytes or item[:1] == b"\0":
        raise InvalidRecord(f"rlp: expected a scalar of at most {max_bytes} bytes without leading zeros")
    return int.from_bytes(item, "big")


def _prefix(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    size = encode_uint(length)
    return bytes([offset + 55 + len(size)]) + size


def _item(data: bytes, at: int, end: int, depth: int) -> tuple[Item, int]:
    """Decode the item that starts at ``at`` and must not pass ``end``; return it and where it stops."""
    if at >= end:
        raise InvalidRecord("rlp: truncated")
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    start, stop = _span(data, at, end, first - (0x80 if first < 0xC0 else 0xC0))
    if first < 0xC0:
        if stop - start == 1 and data[start] < 0x80:
            raise InvalidRecord("rlp: a byte below 0x80 must stand for itself")
        return data[start:stop], stop
    if depth == MAX_DEPTH:
        raise InvalidRecord(f"rlp: nested deeper than {MAX_DEPTH}")
    items: list[Item] = []
    while start < stop:
        item, start = _item(data, start, stop, depth + 1)
        items.append(item)
    return tuple(items), stop


def _span(data: bytes, at: int, end: int, code: int) -> tuple[int, int]:
    """Return where the payload of the item at ``at`` starts and stops."""
    start, length = at + 1, code
    if code > 55:
        start = at + 1 + code - 55
        size = data[at + 1 : min(start, end)]
        length = int.from_bytes(size, "big")
        if len(size) != code - 55 or size[0] == 0 or length < 56:
            raise InvalidRecord("rlp: length is not in its shortest form")
    if start + length > end:
        raise InvalidRecord(f"rlp: item of {length} bytes passes the end")
    return start, start + length
