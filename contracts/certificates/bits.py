"""A Bitstring Status List: its bits, the text in which they travel, and the root by which the chain knows them.

Source: W3C Bitstring Status List 1.0 (Recommendation of 2025-05-15), entries of one bit and the smallest length it
allows; RFC 9162 section 2.1.1 for the hashes of leaves and nodes. Expanding is bounded: a list that unpacks to another
length is refused after that length and one byte more.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable
from typing import Final

from ledger.errors import InvalidRecord
from ledger.hashing import sha256

PLACES: Final = 131_072
SIZE: Final = PLACES // 8
WORD_BYTES: Final = 32
WORDS: Final = SIZE // WORD_BYTES
ENCODED_LIMIT: Final = 1 << 16
"""No list of this size packs worse than this; longer texts are refused unread."""

_MULTIBASE: Final = "u"  # base64url without padding
_GZIP: Final = 16 + zlib.MAX_WBITS


def bits_of(places: Iterable[int]) -> bytes:
    """Return the bits with these places set; the first place is the highest bit of the first byte.

    >>> bits_of([0, 9])[:3].hex()
    '804000'
    """
    bits = bytearray(SIZE)
    for place in places:
        require_place(place)
        bits[place // 8] |= 0x80 >> place % 8
    return bytes(bits)


def is_set(bits: bytes, place: int) -> bool:
    """Say whether a place is set."""
    require_place(place)
    return bool(bits[place // 8] & 0x80 >> place % 8)


def require_place(place: int) -> None:
    """Refuse what is no place of a list; raises InvalidRecord."""
    if not 0 <= place < PLACES:
        raise InvalidRecord(f"status list: expected a place below {PLACES}, got {place}")


def pack(bits: bytes) -> str:
    """Return the member ``encodedList`` for these bits; the same bits give the same text."""
    packed = gzip.compress(bits, compresslevel=9, mtime=0)
    return _MULTIBASE + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def unpack(encoded: str) -> bytes:
    """Read the bits of a member ``encodedList``.

    Raises:
        InvalidRecord: not multibase base64url of one GZIP member that unpacks to exactly a list.
    """
    if not encoded.startswith(_MULTIBASE) or len(encoded) > ENCODED_LIMIT:
        raise InvalidRecord(f"status list: expected '{_MULTIBASE}' and at most {ENCODED_LIMIT} characters of base64url")
    body = encoded[1:]
    unpacking = zlib.decompressobj(_GZIP)
    try:
        packed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        bits = unpacking.decompress(packed, SIZE + 1)
    except (binascii.Error, ValueError, zlib.error) as fault:
        raise InvalidRecord("status list: not base64url of GZIP") from fault
    if len(bits) != SIZE or not unpacking.eof or unpacking.unused_data:
        raise InvalidRecord(f"status list: expected exactly {SIZE} bytes unpacked")
    return bits


def root_of(bits: bytes) -> bytes:
    """Return the root of the tree over the words of a list, as the contract keeps it."""
    level = [sha256(b"\0" + bits[at : at + WORD_BYTES]) for at in range(0, SIZE, WORD_BYTES)]
    while len(level) > 1:
        level = [sha256(b"\1" + left + right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]
