"""The salts of a stream: 16 bytes a leaf in one file, erasable one by one.

An erased salt reads as sixteen zero bytes (a drawn salt does so once in 2^128). Erasing overwrites the
bytes in place and waits for the disk. It cannot reach copies: file-system snapshots, backups, the spare
blocks of a flash drive, and whoever was handed a proof of that leaf. Keep this file out of long-lived
backups, or on an encrypted volume with its own key.
"""

import os
from contextlib import ExitStack
from pathlib import Path

from ledger.errors import BackendError, NotFound
from ledger.log.durable import open_cut, sync_file
from ledger.log.record import SALT_BYTES

ERASED = bytes(SALT_BYTES)
FILE = "salts"


class SaltWriter:
    """The growing end of the salt file."""

    def __init__(self, directory: Path, size: int, files: ExitStack) -> None:
        """Open the file and cut it to ``size`` salts, the last durable size."""
        self._file = open_cut(directory / FILE, size * SALT_BYTES, files)
        self._file.seek(0, os.SEEK_END)

    def append(self, salts: bytes) -> None:
        """Write salts; nothing is durable yet."""
        self._file.write(salts)

    def erase(self, index: int) -> None:
        """Overwrite one salt, durably."""
        self._file.seek(index * SALT_BYTES)
        self._file.write(ERASED)
        sync_file(self._file)
        self._file.seek(0, os.SEEK_END)

    def sync(self) -> None:
        """Make everything appended durable."""
        sync_file(self._file)


def read(directory: Path, index: int) -> bytes:
    """Return the salt of one leaf; raise NotFound if it was erased."""
    return read_range(directory, index, 1)[0]


def read_range(directory: Path, first: int, count: int) -> list[bytes]:
    """Return the salts of leaves from ``first`` on; raise NotFound if one of them was erased."""
    try:
        with (directory / FILE).open("rb", buffering=0) as file:
            file.seek(first * SALT_BYTES)
            drawn = file.read(count * SALT_BYTES)
    except OSError as exc:
        raise BackendError(f"stream salts cannot be read: {exc.strerror}") from exc
    if len(drawn) != count * SALT_BYTES:
        raise BackendError("stream salts: the file is shorter than its checkpoint says")
    found = [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]
    if ERASED in found:
        leaf = first + found.index(ERASED)
        raise NotFound(f"stream: the salt of leaf {leaf} was erased; nobody can prove this leaf any more")
    return found
