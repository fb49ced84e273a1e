"""Salted digests by which the register knows holders, spatial units and papers.

Who has salt and content can show what a digest opens to.

Labels have 16 bytes and say of what the digest is. Salts have 16 bytes and are drawn, never derived, so that erasing
one is final.
"""

from __future__ import annotations

from typing import Final

from ledger.hashing import sha256

SALT_BYTES: Final = 16
HOLDER: Final = b"SHUXIN-HOLDER-V1"
SPATIAL: Final = b"SHUXIN-SPATIAL-1"
PAPERS: Final = b"SHUXIN-PAPERS-V1"


def commitment(label: bytes, salt: bytes, content: bytes) -> bytes:
    """Return a salted digest."""
    return sha256(label + salt + content)
