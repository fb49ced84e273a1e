"""Files that are on the disk when a call returns: the three moves that a stream directory needs.

Trust assumption: POSIX rename is atomic, and fsync means what it says.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from ledger.errors import BackendError


def open_cut(path: Path, length: int, files: ExitStack) -> BinaryIO:
    """Open a file for growing, cut to ``length`` bytes; raise BackendError if it holds fewer."""
    file = files.enter_context(path.open("r+b" if path.exists() else "x+b"))
    if file.seek(0, os.SEEK_END) < length:
        raise BackendError(f"stream: {path.name} is shorter than its checkpoint says: restore it from a copy")
    file.truncate(length)
    return file


def replace(path: Path, data: bytes) -> None:
    """Give a small file new contents: after a crash it has the old ones or the new ones."""
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        sync_file(file)
    os.replace(new, path)
    sync_directory(path.parent)


def sync_file(file: BinaryIO) -> None:
    """Bring one file's bytes to the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Bring a directory's entries (a new or renamed file) to the disk."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
