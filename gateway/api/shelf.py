"""The evidence files that an office lays out to be fetched, found by what stands on chain about them.

Files are read as they are asked for; one that is no evidence is passed over. Handed out is the copy without figures:
salts and openings are for the recipient alone to pass on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from contracts.evidence import bundle, statement
from contracts.evidence.bundle import Evidence
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from ledger.files import read_bounded

MOST: Final = 10_000
"""Files that are read, the first by their names."""


@dataclass(frozen=True, slots=True)
class Laid:
    """One file: the statement's digest on chain, the job's id and result, its own digest."""

    statement: bytes
    job: bytes
    result: bytes
    file: bytes
    size: int

    def json(self) -> dict[str, JsonValue]:
        return {
            "statement": self.statement.hex(), "job": self.job.hex(), "result": self.result.hex(),
            "sha256": self.file.hex(), "bytes": self.size,
        }  # fmt: skip


class Shelf:
    """One directory of files that end in .json."""

    def __init__(self, directory: Path | None, *, most: int = MOST) -> None:
        """Args: directory: None where none is laid out; then nothing is found. most: files that are read."""
        self._directory, self._most = directory, most

    @property
    def is_cut(self) -> bool:
        """Whether more files are laid out than are read."""
        return len(self._paths()) > self._most

    def listed(self) -> list[Laid]:
        """Return all files that are evidence, by their statements; one that is laid out twice is told once."""
        return sorted({laid for laid, _ in self._laid()}, key=lambda laid: (laid.statement, laid.file))

    def read(self, digest: bytes) -> bytes:
        """Return the file of a statement, or of this SHA-256; raises NotFound."""
        for laid, encoded in self._laid():
            if digest in (laid.statement, laid.file, laid.result):
                return encoded
        where = f"among the first {self._most} files; more are laid out here" if self.is_cut else "laid out here"
        raise NotFound(f"evidence {digest.hex()[:16]}…: no such file is {where}")

    def _laid(self) -> Iterator[tuple[Laid, bytes]]:
        for path in self._paths()[: self._most]:
            try:
                found = bundle.parse(read_bounded(path, bundle.LIMIT)).without_figures()
                yield _laid_of(found), found.encode()
            except InvalidRecord:
                continue  # another kind of file, which its owner laid beside them

    def _paths(self) -> list[Path]:
        if self._directory is None or not self._directory.is_dir():
            return []
        return sorted(self._directory.glob("*.json"))


def _laid_of(found: Evidence) -> Laid:
    signed, encoded = statement.parse(found.envelope.payload), found.encode()
    return Laid(signed.digest, found.histories[0].entity, signed.result, sha256(encoded).digest(), len(encoded))
