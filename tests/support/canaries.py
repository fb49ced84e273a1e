"""Finding what must not be somewhere: planted values in any encoding, and hashes of any key of a small key space."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ledger.hashing import keccak256


def text_forms(text: str) -> Iterator[bytes]:
    """A text of 12 bytes or more as ASCII, hex and base64 in its three alignments."""
    data = text.encode()
    assert len(data) >= 12
    yield from (data, data.hex().encode(), data.hex().upper().encode())
    for lead in range(3):
        # a sign stands for 6 bits: the first and the last may mix with neighbours that nobody knows
        own = slice(-(-8 * lead // 6), 8 * (lead + len(data)) // 6)
        yield base64.b64encode(bytes(lead) + data)[own]
        yield base64.urlsafe_b64encode(bytes(lead) + data)[own]


def number_forms(number: int) -> Iterator[bytes]:
    """A number of 12 digits or more, as text and as 8 bytes in both orders and as a varint."""
    yield from text_forms(str(number))
    for order in ("little", "big"):
        data = number.to_bytes(8, order)  # type: ignore[arg-type]
        yield from (data, data.hex().encode())
    varint, left = b"", number
    while left >= 128:
        varint, left = varint + bytes([left & 127 | 128]), left >> 7
    yield varint + bytes([left])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Needles with the name of what they betray, found in one pass by their first bytes."""

    needles: Mapping[bytes, str] = field(repr=False)

    @classmethod
    def of(cls, texts: Iterable[str], numbers: Iterable[int] = ()) -> Wanted:
        found = {form: f"text {text}" for text in texts for form in text_forms(text)}
        found |= {form: f"number {number}" for number in numbers for form in number_forms(number)}
        return cls(found)

    @classmethod
    def hashes(cls, keys: Sequence[str], salts: Sequence[bytes]) -> Wanted:
        """Every plain or publicly salted hash of every key, raw, in hex and in base64."""
        found = {}
        for name in keys:
            for salt in (b"", *salts):
                for message in (salt + name.encode(), name.encode() + salt):
                    for digest in (sha256(message).digest(), keccak256(message)):
                        for form in (digest, digest.hex().encode(), base64.b64encode(digest)[:42]):
                            found[form] = f"hash of {name}"
        return cls(found)

    def found_in(self, places: Mapping[str, bytes]) -> set[str]:
        """Return "place: what" for everything found."""
        likely = self._likely(places)
        return {
            f"{place}: {self.needles[needle]}" for place, data in places.items() for needle in likely if needle in data
        }

    def _likely(self, places: Mapping[str, bytes]) -> list[bytes]:
        """Name the needles whose first bytes, eight at most, stand anywhere."""
        whole, found = bytes(8).join([*places.values(), b""]), list[bytes]()
        for width in sorted({min(len(needle), 8) for needle in self.needles}):
            own = [needle for needle in self.needles if min(len(needle), 8) == width]
            heads = np.array([int.from_bytes(needle[:8], "little") for needle in own], dtype=np.uint64)
            hits = _hits(heads, whole, width)
            found += [needle for needle, head in zip(own, heads.tolist(), strict=True) if head in hits]
        return found


def hashed_keys(keys: Iterable[bytes], salts: Sequence[bytes], places: Mapping[str, bytes]) -> set[bytes]:
    """Return the keys of a large key space that were hashed into some place.

    Tried are SHA-256 and Keccak-256 of the key, SHA-256 under each public salt, and the first in hex.
    """
    found: set[bytes] = set()
    remaining = iter(keys)
    while chunk := list(islice(remaining, 1 << 18)):
        digests: dict[bytes, bytes] = {}
        for key in chunk:
            plain = sha256(key).digest()
            forms = (plain, plain.hex().encode(), keccak256(key), *(sha256(salt + key).digest() for salt in salts))
            digests |= dict.fromkeys(forms, key)
        likely = Wanted(dict.fromkeys(digests, ""))._likely(places)
        found |= {digests[digest] for digest in likely if any(digest in data for data in places.values())}
    return found


def _hits(heads: NDArray[np.uint64], data: bytes, width: int) -> set[int]:
    """Return those of the heads that stand in data: by a table of their hashes first, then exactly."""
    heads, table = np.sort(heads), np.zeros(1 << 24, dtype=bool)
    table[_slots(heads)] = True
    mask, found = np.uint64((1 << 8 * width) - 1), set[int]()
    for at in range(8):
        windows = np.frombuffer(data[at : at + (len(data) - at) // 8 * 8], dtype="<u8") & mask
        passed = windows[table[_slots(windows)]]
        nearest = heads[np.minimum(np.searchsorted(heads, passed), len(heads) - 1)]
        found |= set(passed[nearest == passed].tolist())
    return found


def _slots(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Multiplicative hashing (Knuth, TAOCP 6.4) to 24 bits."""
    return (values * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
