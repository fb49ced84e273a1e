"""Verifying a folder of proofs at once, with a report: one line a file, and what failed first where it did not hold.

Pure over bytes: the caller reads files and the trust file. A file that is no proof is reported as unreadable, never
passed over, so a report of a folder speaks of all that is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from contracts.evidence import bundle
from contracts.evidence.program import judge
from contracts.evidence.report import HOLDS, UNREADABLE, plain
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from ledger.files import read_bounded
from ledger.proofs.trust import Trust

MOST = 100_000
RECORD = ".record"
"""A stream proof ``x.json`` is checked against the record ``x.json.record`` beside it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One file and its verdict. failed: the first step that does not hold, and why."""

    name: str
    sha256: bytes
    verdict: str
    failed: str
    detail: str

    @property
    def holds(self) -> bool:
        return self.verdict == "holds"

    def json(self) -> dict[str, JsonValue]:
        return {
            "file": self.name, "sha256": self.sha256.hex(), "verdict": self.verdict, "failed": self.failed,
            "detail": self.detail,
        }  # fmt: skip


def files_of(folder: Path) -> list[Path]:
    """Return the files of a folder and its folders, in order, without records; raises NotFound, InvalidRecord."""
    if not folder.is_dir():
        raise NotFound(f"{folder}: no such folder")
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != RECORD)
    if len(found) > MOST:
        raise InvalidRecord(f"{folder}: more than {MOST} files")
    return found


def check(folder: Path, paths: Iterable[Path], trust: Trust) -> list[Checked]:
    """Verify files; what each is called is told relative to the folder."""
    return [_check(path, plain(str(path.relative_to(folder))), trust) for path in paths]


def _check(path: Path, name: str, trust: Trust) -> Checked:
    try:
        data = read_bounded(path, bundle.LIMIT)
    except InvalidRecord as fault:
        return Checked(name, bytes(32), "unreadable", "form", plain(str(fault)))
    beside = path.with_name(path.name + RECORD)
    try:
        record = read_bounded(beside, bundle.LIMIT) if beside.is_file() else None
        verdict = judge(data, trust, record)
    except InvalidRecord as fault:
        return Checked(name, sha256(data).digest(), "unreadable", "form", plain(str(fault)))
    words = "holds" if verdict.exit_code == HOLDS else "unreadable" if verdict.exit_code == UNREADABLE else "fails"
    detail = "" if verdict.failed is None else plain(verdict.steps[-1].detail.en)
    return Checked(name, sha256(data).digest(), words, verdict.failed or "", detail)
