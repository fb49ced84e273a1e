"""The key of random rounding: a file of the department, made once, so that a table is rounded alike each time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ledger.errors import InvalidRecord, NotFound
from mpc.disclosure.tables.rounding import KEY_BYTES


def kept(path: Path) -> bytes:
    """Read a key, or make one that its owner alone may read.

    Raises:
        InvalidRecord: the file is no key. NotFound: there is no such directory.
    """
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        key = _read(path)
        if len(key) != KEY_BYTES:
            raise InvalidRecord(f"{path}: a key of {KEY_BYTES} bytes expected") from None
        return key
    except OSError as fault:
        raise NotFound(f"{path}: {fault.strerror}") from fault
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(KEY_BYTES + 1)
    except OSError as fault:
        raise InvalidRecord(f"{path}: {fault.strerror}") from fault
