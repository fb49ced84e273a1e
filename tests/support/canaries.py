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
        encoded = base64.b64encode(bytes(lead) + data)
        # the first and last group of four mix with neighbours that nobody knows
        yield encoded[4:-4] if lead else encoded[:-4]
        yield base64.urlsafe_b64encode(bytes(lead) + data)[4:-4]


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
    """Needles with the name of what they betray, found in one pass by their first 8 bytes."""

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
                        for form in (digest, digest.hex().encode(), base64.b64encode(digest)[:-4]):
                            found[form] = f"hash of {name}"
        return cls(found)

    def found_in(self, places: Mapping[str, bytes]) -> set[str]:
        """Return "place: what" for everything found."""
        short = {needle for needle in self.needles if len(needle) < 8}
        heads = np.unique(np.array([_head(needle) for needle in self.needles if needle not in short], dtype=np.uint64))
        found = set()
        for place, data in places.items():
            for needle in short:
                if needle in data:
                    found.add(f"{place}: {self.needles[needle]}")
            windows = _windows(data)
            hits = np.unique(windows[np.isin(windows, heads)]) if len(windows) else windows
            likely = {int(hit) for hit in hits}
            for needle, name in self.needles.items() if likely else ():
                if needle not in short and _head(needle) in likely and needle in data:
                    found.add(f"{place}: {name}")
        return found


def hashed_keys(keys: Iterable[bytes], salts: Sequence[bytes], places: Mapping[str, bytes]) -> set[bytes]:
    """Return the keys of a large key space that were hashed into some place.

    Tried are SHA-256 and Keccak-256 of the key, SHA-256 under each public salt, and the first in hex. A digest counts
    when its first 8 bytes and then all of it are there.
    """
    windows = np.unique(np.concatenate([_windows(data) for data in places.values()]))
    found: set[bytes] = set()
    remaining = iter(keys)
    while chunk := list(islice(remaining, 50_000)):
        plain = [sha256(key).digest() for key in chunk]
        variants = [plain, [keccak256(key) for key in chunk]]
        variants += [[sha256(salt + key).digest() for key in chunk] for salt in salts]
        variants.append([digest.hex().encode() for digest in plain])
        for digests in variants:
            heads = np.frombuffer(b"".join(digest[:8] for digest in digests), dtype="<u8")
            nearest = windows[np.minimum(np.searchsorted(windows, heads), len(windows) - 1)]
            for place in np.flatnonzero(nearest == heads):
                if any(digests[place] in data for data in places.values()):
                    found.add(chunk[place])
    return found


def _head(needle: bytes) -> int:
    return int.from_bytes(needle[:8], "little")


def _windows(data: bytes) -> NDArray[np.uint64]:
    """All 8-byte windows as numbers."""
    if len(data) < 8:
        return np.zeros(0, dtype=np.uint64)
    parts = [np.frombuffer(data[shift : shift + (len(data) - shift) // 8 * 8], dtype="<u8") for shift in range(8)]
    return np.unique(np.concatenate(parts)).astype(np.uint64)
