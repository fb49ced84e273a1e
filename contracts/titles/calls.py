"""The calls of Titles as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from contracts.titles.holding import Holdings


@dataclass(frozen=True, slots=True)
class Part:
    """A unit made by division or merger. spatial: salted digest of boundary, area and address."""

    unit: bytes
    spatial: bytes


@dataclass(frozen=True, slots=True)
class First:
    """First registration of a unit that no register has held."""

    application: bytes
    unit: bytes
    spatial: bytes
    right: int
    held: Holdings


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """Bring a unit from the registrar's stream of extracts into the living register.

    Attributes:
        last: where the chain of the unit's historical records ends.
        size, index, path: where in which anchored tree the extract stands (RFC 9162).
        salt: of the leaf, 16 bytes.
    """

    unit: bytes
    spatial: bytes
    right: int
    held: Holdings
    last: bytes
    stream: bytes
    size: int
    index: int
    salt: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Alter:
    """Change the description, or a holder's name or number; nobody's share."""

    application: bytes
    unit: bytes
    spatial: bytes
    before: Holdings
    after: Holdings


@dataclass(frozen=True, slots=True)
class Transfer:
    """Move the right or shares in it. acknowledged: the acquirers accept the risk of a registered objection."""

    application: bytes
    unit: bytes
    before: Holdings
    after: Holdings
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Correct:
    """Correct an error, with a reason; application is zero where the registrar acts of its own motion."""

    application: bytes
    unit: bytes
    spatial: bytes
    before: Holdings
    after: Holdings
    reason: bytes


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the right in an unburdened unit."""

    application: bytes
    unit: bytes
    before: Holdings


@dataclass(frozen=True, slots=True)
class Divide:
    """Split an unburdened unit into parts with the same holders."""

    application: bytes
    unit: bytes
    parts: tuple[Part, ...]
    held: Holdings


@dataclass(frozen=True, slots=True)
class Joined:
    """A unit that goes into a merger, and who holds it."""

    unit: bytes
    held: Holdings


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge unburdened units of the same holders; the application is that of the first. held: of the whole."""

    application: bytes
    parts: tuple[Joined, ...]
    into: Part
    held: Holdings


Call: TypeAlias = First | OpenRecord | Alter | Transfer | Correct | Cancel | Divide | Merge
