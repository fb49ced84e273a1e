"""What a division, merger or correction will commit to: fresh salts, drawn once and kept in the registrar's book.

A repeated command finds its draft again as long as it asks for the same; a draft of a correction is void once the unit
was changed otherwise. Nothing here asks the chain.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TypeAlias

from contracts.applications.client import application_id
from contracts.titles.calls import Correct, Divide, Joined, Merge
from contracts.titles.calls import Part as Made
from gateway.property.book import Book, fresh_salt
from gateway.property.entering import plan
from gateway.property.entering.living import Living, LivingBook, read, shared, write
from gateway.property.entering.sheet import Correction, Division, Merger, Part
from ledger import canonical
from ledger.errors import Conflict, InvalidRecord

Asked: TypeAlias = Division | Merger | Correction
Revised: TypeAlias = Divide | Merge | Correct
OF_OWN_MOTION = bytes(32)


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry with what opens its commitments.

    Attributes:
        before: the units that it takes, as the book has them.
        after: the units that come into being, or the corrected one.
        salt: of the papers, or of the reason.
        is_kept: the book had it already.
    """

    asked: Asked
    before: tuple[Living, ...]
    after: tuple[Living, ...]
    salt: bytes
    is_kept: bool = False


class Drafts:
    """Drafts of one registrar."""

    def __init__(self, book: Book, living: LivingBook) -> None:
        self._book, self._living = book, living

    def of(self, asked: Asked) -> Draft:
        """Return the draft of an entry, the kept one if there is one.

        Raises:
            NotFound: a unit is not in the living register.
            Conflict: a unit that is to come into being has a past, the parts of a merger have other holders, or a unit
                is held by others than those whose application it was when it was drafted.
        """
        before = tuple(map(self._living.registered, _taken(asked)))
        kept = self._living.revision(key(asked))
        if kept is not None and kept[0] == _words(asked):
            told = json.loads(kept[1])
            after = tuple(read(code, self._book.id_of(code), state) for code, state in told["after"])
            found = Draft(asked, before, after, bytes.fromhex(told["salt"]), is_kept=True)
            if not isinstance(asked, Correction):
                self._require_givers(asked, before, told["before"])
                return found
            if before == after or _states(before) == told["before"]:
                return found
        return Draft(asked, before, self._after(asked, before), fresh_salt())

    def keep(self, draft: Draft) -> None:
        """Keep a draft, before the chain is asked."""
        told = {
            "before": _states(draft.before),
            "after": [[one.code, write(one)] for one in draft.after],
            "salt": draft.salt.hex(),
        }
        self._living.keep_revision(key(draft.asked), _words(draft.asked), json.dumps(told, ensure_ascii=False))

    def call(self, draft: Draft) -> Revised:
        """Build the call of Titles that a draft stands for."""
        asked, before, after = draft.asked, draft.before, draft.after
        made = tuple(Made(one.id, one.spatial) for one in after)
        match asked:
            case Division():
                return Divide(self._application(asked), before[0].id, made, before[0].holdings)
            case Merger():
                joined = tuple(Joined(one.id, one.holdings) for one in before)
                return Merge(self._application(asked), joined, made[0], after[0].holdings)
            case Correction():
                reason = plan.reason_of(draft.salt, asked.reason)
                held = (before[0].holdings, after[0].holdings)
                return Correct(OF_OWN_MOTION, before[0].id, after[0].spatial, *held, reason)

    def _application(self, asked: Division | Merger) -> bytes:
        return application_id(self._book.registrar, asked.application)

    def _after(self, asked: Asked, before: Sequence[Living]) -> tuple[Living, ...]:
        match asked:
            case Division():
                return tuple(self._made(part, before[0]) for part in asked.parts)
            case Merger():
                if len({_people(one) for one in before}) != 1:
                    raise Conflict("the units have other holders, or other shares")
                return (self._made(asked.whole, before[0]),)
            case Correction():
                return (_corrected(asked, before[0]),)

    def _require_givers(self, asked: Division | Merger, before: Sequence[Living], drafted: Sequence[str]) -> None:
        for unit, state in zip(before, drafted, strict=True):
            if unit.holders != read(unit.code, unit.id, state).holders:
                raise plan.held_otherwise(asked.application, unit.code)

    def _made(self, part: Part, before: Living) -> Living:
        """Return a unit that comes into being with the holders of another one."""
        if self._book.has(part.code):
            raise Conflict(f"unit {part.code!r} has a past of its own")
        description = canonical.encode(dict(part.description)).decode()
        return Living(part.code, self._book.id_of(part.code), before.right, before.holders, description, fresh_salt())


def key(asked: Asked) -> str:
    """Return under which name the book keeps a draft: one a unit for corrections, one an application for others."""
    return f"unit {asked.unit}" if isinstance(asked, Correction) else f"application {asked.application}"


def _corrected(asked: Correction, before: Living) -> Living:
    told = {**json.loads(before.description or "{}"), **asked.description}
    same_people = not asked.shares or _people(before) == frozenset(asked.shares)
    description = canonical.encode(told).decode()
    return Living(
        before.code,
        before.id,
        before.right,
        before.holders if same_people else shared(asked.shares),
        description,
        before.spatial_salt if description == before.description else fresh_salt(),
    )


def _taken(asked: Asked) -> tuple[str, ...]:
    return asked.parts if isinstance(asked, Merger) else (asked.unit,)


def _people(unit: Living) -> frozenset[tuple[str, Fraction]]:
    return frozenset((one.name, one.share) for one in unit.holders)


def _states(units: Sequence[Living]) -> list[str]:
    return [write(unit) for unit in units]


def _words(asked: Asked) -> str:
    """Write what was asked, without its place in the file, to tell a repetition."""
    told = {field.name: getattr(asked, field.name) for field in fields(asked) if field.name != "line"}
    return json.dumps([type(asked).__name__, told], ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case Fraction():
            return str(value)
        case Part():
            return [value.code, dict(value.description)]
    raise InvalidRecord(f"draft: {type(value).__name__} cannot be kept")
