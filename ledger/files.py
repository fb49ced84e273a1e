"""Reading a file that somebody else may have made: never more of it than its kind may have."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ledger.errors import InvalidRecord, NotFound

_BLOCK = 1 << 20


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a file of at most ``limit`` bytes.

    Raises:
        InvalidRecord: it cannot be read, or is larger; no more than one byte beyond the limit was taken in.
    """
    try:
        with path.open("rb") as file:
            found = file.read(limit + 1)
    except OSError as fault:
        raise InvalidRecord(f"{path}: {fault.strerror}") from fault
    if len(found) > limit:
        raise InvalidRecord(f"{path}: expected at most {limit} bytes")
    return found


def digest_bounded(path: Path, limit: int) -> bytes:
    """Return the SHA-256 of a file of at most ``limit`` bytes, a block at a time.

    Raises:
        NotFound: there is no such file.
        InvalidRecord: it cannot be read, or is larger.
    """
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                size += len(block)
                if size > limit:
                    raise InvalidRecord(f"{path}: expected at most {limit} bytes")
                digest.update(block)
    except OSError as fault:
        raise InvalidRecord(f"{path}: {fault.strerror}") from fault
    return digest.digest()
