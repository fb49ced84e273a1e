"""The alignment's messages: names of steps, and bodies as bytes.

Steps are repeated as the ring has hops ("align-set/1", "align-set/2"); sizes follow from the common padded size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ledger.errors import InvalidRecord
from mpc.groups.group import Element, Group

SIZE, SET, BACK, FULL, COMMON, KEYS = (
    "align-size", "align-set", "align-back", "align-full", "align-common", "align-keys"
)  # fmt: skip
COUNT, ORDER, VALUES, PRODUCTS, SEEN, DECISION, SHARE = (
    "align-count", "align-order", "align-values", "align-products", "align-seen", "align-decide", "align-share"
)  # fmt: skip
ONCE = "/1"
"""Follows the name of a step that some runs have and others do not: it is declared as repeated once or never."""
COUNT_BYTES, DIGEST_BYTES, WORD_BYTES = 4, 32, 32
"""A word holds any share: 2^24 products of two values below 2^64, and a mask of 40 bits."""


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """What an owner hands to the recipient; all zero where nothing is opened. salt: hides it from who sees a digest."""

    salt: bytes
    transcript: bytes
    is_opened: bool
    values: tuple[int, ...]

    def encode(self) -> bytes:
        words = b"".join(value.to_bytes(WORD_BYTES, "big") for value in self.values)
        return self.salt + self.transcript + bytes([self.is_opened]) + words


def share_size(values: int) -> int:
    """Return the bytes of a share of so many values."""
    return 2 * DIGEST_BYTES + 1 + WORD_BYTES * values


def decode_share(body: bytes, values: int) -> OwnerShare:
    """Read a share; raises InvalidRecord."""
    start = 2 * DIGEST_BYTES + 1
    if len(body) != share_size(values) or body[start - 1] > 1:
        raise InvalidRecord(f"share: {share_size(values)} bytes with a flag expected, got {len(body)}")
    words = tuple(int.from_bytes(body[at : at + WORD_BYTES], "big") for at in range(start, len(body), WORD_BYTES))
    if not body[start - 1] and any(words):
        raise InvalidRecord("share: values although nothing is opened")
    return OwnerShare(body[:DIGEST_BYTES], body[DIGEST_BYTES : start - 1], bool(body[start - 1]), words)


def encode_count(count: int) -> bytes:
    """Write a number of keys or rows."""
    return count.to_bytes(COUNT_BYTES, "big")


def decode_elements(group: Group, body: bytes, count: int | None = None) -> list[Element]:
    """Cut a body into distinct elements, exactly ``count`` if given; the group checks each when it raises it.

    Raises:
        InvalidRecord: another size, or an element that occurs twice.
    """
    size = group.element_bytes
    if len(body) % size or (count is not None and len(body) != count * size):
        raise InvalidRecord(f"set: elements of {size} bytes expected, got {len(body)} bytes")
    elements = [Element(body[at : at + size]) for at in range(0, len(body), size)]
    if len(set(elements)) != len(elements):
        raise InvalidRecord("set: an element occurs twice")
    return elements


def require_ascending(items: Sequence[bytes]) -> None:
    """Refuse items that do not ascend; raises InvalidRecord."""
    if any(left >= right for left, right in pairwise(items)):
        raise InvalidRecord("set: its elements must ascend")
