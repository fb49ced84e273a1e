"""What applicants ask to have entered, as a file that a registrar's clerk writes and reads.

Names stand in this file and in the registrar's book; the chain gets commitments.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from contracts.applications.rules import RegistrationType
from contracts.document import Document, Table, parse
from contracts.restrictions.record import RestrictionKind
from contracts.titles.holding import MAX_HOLDERS
from contracts.titles.record import RightKind
from ledger.errors import InvalidRecord, NotFound
from ledger.files import digest_bounded

FILE_LIMIT = 1 << 20
_SHARE = re.compile(r"[0-9]{1,9}(/[1-9][0-9]{0,8})?")
PAPER_LIMIT = 1 << 28


class EntryKind(StrEnum):
    """What a file may ask for."""

    FIRST = "first"
    ALTERATION = "alteration"
    TRANSFER = "transfer"
    CANCELLATION = "cancellation"
    CORRECTION = "correction"
    MORTGAGE = "mortgage"
    OBJECTION = "objection"
    PRENOTICE = "prenotice"
    RESIDENCE = "residence"
    RESPONSIBILITY = "responsibility"
    RELEASE = "release"


RESTRICTIONS = {
    EntryKind.MORTGAGE: RestrictionKind.MORTGAGE,
    EntryKind.OBJECTION: RestrictionKind.OBJECTION,
    EntryKind.PRENOTICE: RestrictionKind.PRENOTICE,
    EntryKind.RESIDENCE: RestrictionKind.RESIDENCE,
    EntryKind.RESPONSIBILITY: RestrictionKind.RESPONSIBILITY,
}
TYPES = {
    EntryKind.FIRST: RegistrationType.FIRST,
    EntryKind.ALTERATION: RegistrationType.ALTERATION,
    EntryKind.TRANSFER: RegistrationType.TRANSFER,
    EntryKind.CANCELLATION: RegistrationType.CANCELLATION,
    EntryKind.CORRECTION: RegistrationType.CORRECTION,
    EntryKind.MORTGAGE: RegistrationType.FIRST,
    EntryKind.OBJECTION: RegistrationType.OBJECTION,
    EntryKind.PRENOTICE: RegistrationType.PRENOTICE,
    EntryKind.RESIDENCE: RegistrationType.FIRST,
    EntryKind.RESPONSIBILITY: RegistrationType.FIRST,
    EntryKind.RELEASE: RegistrationType.CANCELLATION,
}
# Kinds whose file lists who holds the right afterwards.
HELD = (EntryKind.FIRST, EntryKind.ALTERATION, EntryKind.TRANSFER, EntryKind.CORRECTION, EntryKind.PRENOTICE)
# Kinds that others than the holders ask for, or that find nobody holding: entered whoever holds the unit by then.
UNGIVEN = (EntryKind.FIRST, EntryKind.OBJECTION, EntryKind.RELEASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that is asked for.

    Attributes:
        code: the registrar's number of the application.
        unit: the unit's old code.
        papers: digest of the papers, in the order of the file.
        shares: who holds the right afterwards; of a pre-notice, who will.
        description: of the unit, where it is new or changed.
        beneficiary, claim: of a restriction, who has it and what for.
        released: code of the application by which a restriction was entered.
    """

    code: str
    kind: EntryKind
    unit: str
    papers: bytes
    right: RightKind
    shares: tuple[tuple[str, Fraction], ...]
    description: dict[str, str]
    reason: str
    acknowledged: bool
    beneficiary: str
    claim: str
    rank: int
    until: date | None
    ban: bool
    released: str


def load(path: Path) -> Entry:
    """Read a file and the papers that it names, which lie beside it.

    Raises:
        NotFound: the file or a paper is not there.
        InvalidRecord: "file:line: what is wrong".
    """
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    with path.open("rb") as file:
        document = parse(file.read(FILE_LIMIT + 1), path.name)
    document.only((), ("holder", "restriction", "description"))
    root = document.root
    root.only(("code", "type", "unit", "papers"), ("right", "reason", "acknowledged", "releases"))
    kind = _kind(root)
    restriction = _restriction(document, kind)
    return Entry(
        code=root.text("code", 60),
        kind=kind,
        unit=root.text("unit", 200),
        papers=_papers(root, path.parent),
        right=_right(root),
        shares=_shares(document, kind),
        description=_description(document),
        reason=_worded(root, "reason", needed=kind is EntryKind.CORRECTION),
        acknowledged=_flag(root, "acknowledged"),
        beneficiary=restriction.text("holder", 200) if restriction else "",
        claim=restriction.text("claim") if restriction else "",
        rank=restriction.number("rank", 0, 32) if restriction and "rank" in restriction.values else 0,
        until=restriction.day("until") if restriction and "until" in restriction.values else None,
        ban=_flag(restriction, "ban") if restriction else False,
        released=_worded(root, "releases", needed=kind is EntryKind.RELEASE),
    )


def _kind(root: Table) -> EntryKind:
    text = root.text("type", 40)
    if text not in tuple(EntryKind):
        root.refuse(f"type: expected one of {', '.join(EntryKind)}", "type")
    return EntryKind(text)


def _right(root: Table) -> RightKind:
    if "right" not in root.values:
        return RightKind.BUILDING
    return RightKind(root.number("right", 1, max(RightKind)))


def _shares(document: Document, kind: EntryKind) -> tuple[tuple[str, Fraction], ...]:
    tables = document.all("holder")
    if bool(tables) != (kind in HELD):
        document.root.refuse(f"{kind}: {'[[holder]] missing' if kind in HELD else 'takes no [[holder]]'}")
    shares = tuple((table.text("name", 200), _share(table)) for table in tables)
    try:
        if shares:
            check_shares(shares)
    except InvalidRecord as fault:
        document.root.refuse(str(fault))
    return shares


def _share(table: Table) -> Fraction:
    table.only(("name", "share"))
    try:
        return read_share(table.text("share", 40))
    except InvalidRecord as fault:
        table.refuse(str(fault), "share")


def read_share(text: str) -> Fraction:
    """Read a share like 1/2 or 1; raises InvalidRecord."""
    if not _SHARE.fullmatch(text):
        raise InvalidRecord(f"share: expected like 1/2, got {text!r}")
    share = Fraction(text)
    if not 0 < share <= 1:
        raise InvalidRecord(f"share: expected a part of one, got {text!r}")
    return share


def check_shares(shares: Sequence[tuple[str, Fraction]]) -> None:
    """Refuse what is no list of holders; raises InvalidRecord."""
    if len(shares) > MAX_HOLDERS:
        raise InvalidRecord(f"at most {MAX_HOLDERS} holders")
    if len({name for name, _ in shares}) != len(shares):
        raise InvalidRecord("a holder appears twice")
    if sum(share for _, share in shares) != 1:
        raise InvalidRecord("the shares do not sum to one")


def _restriction(document: Document, kind: EntryKind) -> Table | None:
    tables = document.all("restriction")
    if (len(tables) == 1) != (kind in RESTRICTIONS) or len(tables) > 1:
        document.root.refuse(f"{kind}: {'one [restriction] is needed' if kind in RESTRICTIONS else 'no [restriction]'}")
    for table in tables:
        table.only(("holder", "claim"), ("rank", "until", "ban"))
        return table
    return None


def _description(document: Document) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in document.all("description"):
        found |= {key: table.text(key, 1000) for key in table.values}
    return found


def _worded(root: Table, key: str, *, needed: bool) -> str:
    if key not in root.values:
        if needed:
            root.refuse(f"{key} missing")
        return ""
    return root.text(key)


def _flag(table: Table, key: str) -> bool:
    found = table.values.get(key, False)
    if not isinstance(found, bool):
        table.refuse(f"{key}: expected true or false", key)
    return found


def _papers(root: Table, folder: Path) -> bytes:
    """Return one digest over the digests of the papers."""
    names = root.texts("papers")
    if not names:
        root.refuse("papers: name at least one file", "papers")
    return digest_papers(names, folder, f"{root.file}:{root.lines['papers']}")


def digest_papers(names: Iterable[str], folder: Path, where: str) -> bytes:
    """Return one digest over the digests of files in a folder; where: file and line that name them.

    Raises:
        NotFound, InvalidRecord: one of them is not there, or too large.
    """
    digest = hashlib.sha256(b"SHUXIN-PAPERS-V1")
    for name in names:
        if not (folder / name).is_file():
            raise NotFound(f"{where}: no file {name!r} beside it")
        digest.update(digest_bounded(folder / name, PAPER_LIMIT))
    return digest.digest()
