"""What the historical streams say about a unit: its registrations in order, each with a proof.

Every query states a purpose and is recorded, the asker as a salted commitment, in the registrar's stream of queries
(Civil Code 218, Interim Regulation articles 27 and 28). It does NOT ask the chain: a unit that was opened there goes on
in Titles.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from gateway.property.book import Book, Step, Unit, fresh_salt
from gateway.property.importing import REGISTRATIONS, commitment, opened
from gateway.property.living import LivingBook
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import BackendError, InvalidRecord, NotFound
from ledger.log import proof as proofs
from ledger.log.proof import StreamProof
from ledger.log.stream import StreamWriter

QUERIES: Final = "queries"
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class PastTitle:
    """A unit's chain of registrations up to a day, with the proof of each.

    Attributes:
        goes_on: the unit is in the living register, so that its last past registration is not the last word.
    """

    unit: Unit
    at: date | None
    steps: tuple[Step, ...]
    proofs: tuple[StreamProof, ...]
    size: int
    root: bytes
    goes_on: bool

    @property
    def holder(self) -> str:
        """Whom the last of these records names."""
        return str(json.loads(self.steps[-1].record)["holder"])


def past(
    directory: Path,
    code: str,
    purpose: str,
    asker: str,
    at: date | None = None,
    clock: Clock = lambda: datetime.now(UTC),
) -> PastTitle:
    """Look a unit up, after recording the query.

    Args:
        at: registrations of later days are left out.
    Raises:
        InvalidRecord: no purpose or asker is stated.
        NotFound: no such unit, or it had no registration by that day.
    """
    if not purpose.strip() or not asker.strip():
        raise InvalidRecord("query: state a purpose and who asks (Interim Regulation articles 27 and 28)")
    book = Book(directory)
    try:
        unit, goes_on = book.unit(code), LivingBook(book).unit(code) is not None
        record_query(book, unit, purpose, asker, clock())
        steps = tuple(step for step in book.steps_of(code) if at is None or date.fromisoformat(step.day) <= at)
    finally:
        book.close()
    if not steps:
        raise NotFound(f"unit {code!r} had no registration by {at}")
    stream = opened(directory, REGISTRATIONS)
    mark = stream.checkpoint
    made = tuple(stream.prove(step.n, size=mark.size) for step in steps)
    for step, proof in zip(steps, made, strict=True):
        proofs.verify(step.record, proof, size=mark.size, root=mark.root)
    return PastTitle(unit, at, steps, made, mark.size, mark.root, goes_on)


def record_query(book: Book, unit: Unit, purpose: str, asker: str, now: datetime) -> None:
    """Append a query to the registrar's stream of queries; the asker's name does not enter it."""
    salt = fresh_salt()
    record = canonical.encode(
        {
            "format": "shuxin-title-query",
            "version": 1,
            "unit": unit.id.hex(),
            "purpose": purpose,
            "asker": commitment(b"SHUXIN-ASKER--V1", salt, asker.encode()).hex(),
            "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
    with StreamWriter(book.directory / QUERIES, f"{book.registrar}/{QUERIES}") as writer:
        # First what opens the commitment: a leaf that nobody can open would be worth nothing.
        book.keep_query(writer.checkpoint.size, record, salt, asker)
        writer.append([record])


def search(directory: Path, part: str, limit: int) -> list[str]:
    """Return old codes that contain a text."""
    book = Book(directory)
    try:
        return [unit.code for unit in book.search(part, limit)]
    finally:
        book.close()


def told(found: PastTitle) -> dict[str, JsonValue]:
    """Return a title as JSON."""
    steps: list[JsonValue] = [json.loads(step.record) | {"index": step.n} for step in found.steps]
    return {
        "unit": found.unit.code,
        "id": found.unit.id.hex(),
        "at": found.at.isoformat() if found.at else None,
        "holder": found.holder,
        "in_living_register": found.goes_on,
        "registrations": steps,
        "stream": {"size": found.size, "root": found.root.hex()},
    }


def write_proofs(found: PastTitle, directory: Path) -> None:
    """Write each registration's record and proof as files; `shuxin notary` reads the proofs."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for step, proof in zip(found.steps, found.proofs, strict=True):
            (directory / f"{step.n}.record.json").write_bytes(step.record)
            (directory / f"{step.n}.proof.json").write_bytes(proof.encode())
    except OSError as fault:
        raise BackendError(f"{directory}: cannot be written: {fault.strerror}") from fault
