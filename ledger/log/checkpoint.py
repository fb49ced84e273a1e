"""The checkpoint of a stream: its name, how many leaves are durable, and their root.

Three lines, the body of a C2SP tlog-checkpoint: origin, size in decimal, root in base64. The file is
replaced atomically after tiles and salts are on the disk, so it is the commit point of an append: whatever
the other files hold beyond it never happened. It is not signed: the anchor on the chain is what binds the
stream's owner.
Source: C2SP tlog-checkpoint. Trust assumption: rename within a directory is atomic (POSIX).
"""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import InvalidRecord
from ledger.hashing import keccak256
from ledger.log.durable import replace
from ledger.merkle import EMPTY_ROOT

NAME_LIMIT = 120
SIZE_LIMIT = 1 << 53  # whole numbers that canonical JSON can carry
FILE = "checkpoint"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The durable state of one stream."""

    name: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if not 0 <= self.size < SIZE_LIMIT:
            raise InvalidRecord(f"checkpoint size: expected 0 to 2^53, got {self.size}")
        if len(self.root) != 32:
            raise InvalidRecord(f"checkpoint root: expected 32 bytes, got {len(self.root)}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise InvalidRecord("checkpoint root: an empty stream has the root SHA-256 of nothing")

    @property
    def id(self) -> bytes:
        """The stream's name on the chain."""
        return keccak256(self.name.encode())

    def encode(self) -> bytes:
        """Write the three lines."""
        return f"{self.name}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


def check_name(name: str) -> None:
    """Raise InvalidRecord unless ``name`` can be a C2SP origin: short, printable, no blank, no plus."""
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable() or "+" in name or any(map(str.isspace, name)):
        raise InvalidRecord(f"stream name: expected 1 to {NAME_LIMIT} printable characters without blank or '+'")


def parse(data: bytes) -> Checkpoint:
    """Read the three lines; raise InvalidRecord unless they are exactly what `encode` writes."""
    try:
        name, size, root = data.decode().removesuffix("\n").split("\n")
        checkpoint = Checkpoint(name, int(size), base64.b64decode(root, validate=True))
    except (ValueError, binascii.Error) as exc:
        raise InvalidRecord("checkpoint: expected three lines: origin, size, base64 root") from exc
    if checkpoint.encode() != data:
        raise InvalidRecord("checkpoint: not in its canonical form")
    return checkpoint


def load(directory: Path) -> Checkpoint | None:
    """Read a stream directory's checkpoint; None if it has none yet."""
    try:
        return parse((directory / FILE).read_bytes())
    except FileNotFoundError:
        return None


def store(directory: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint atomically and durably."""
    replace(directory / FILE, checkpoint.encode())
