"""Reading a file that somebody else may have made: never more of it than its kind may have."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import InvalidRecord


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
