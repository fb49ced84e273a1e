"""The registrar's clerk at the chain: applications accepted, entered, withdrawn or refused; units opened.

A command may be repeated: what the chain holds already is not done again. Nothing here decides whether an entry is
lawful; the contracts do, and their reason comes back. The clerk answers for having examined papers and signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Protocol

from contracts.addresses import APPLICATIONS, RESTRICTIONS, TITLES
from contracts.applications import client as applications
from contracts.applications.rules import Accept, Application, ApplicationState, Refuse, Withdraw
from contracts.notary.client import decode_stream, stream_fact
from contracts.restrictions import client as restrictions
from contracts.restrictions.calls import Call as RestrictionCall
from contracts.restrictions.calls import Release
from contracts.restrictions.record import Restriction
from contracts.titles import client as titles
from contracts.titles.calls import Alter, Cancel, Correct, First, OpenRecord, Transfer
from contracts.titles.record import Unit, UnitState
from gateway.property.book import Book
from gateway.property.entering import plan
from gateway.property.entering.entry import RESTRICTIONS as RESTRICTION_KINDS
from gateway.property.entering.entry import TYPES, UNGIVEN, Entry, EntryKind
from gateway.property.entering.living import Holder, Living, LivingBook
from gateway.property.entering.plan import Plan
from gateway.property.imports import importing
from ledger.chain.port import Operation, Receipt, StateFact
from ledger.errors import Conflict, NotFound
from ledger.log.stream import Stream
from ledger.proofs.view import ProvenEvent

Entered = First | OpenRecord | Alter | Transfer | Correct | Cancel
Calling = Callable[[bytes], Operation]
NOTHING = bytes(32)


class Clerk(Protocol):
    """An officer of the registrar at the chain; ``gateway.statute.officers.Officer`` is one."""

    party: str

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        """Read words of the newest sealed state by proof."""
        ...

    def history(self, contract: str, id: bytes) -> list[ProvenEvent]:
        """Return every change of an entity, each proven, complete and in order."""
        ...

    def change(self, contract: str, id: bytes, change: str, call: Calling) -> Receipt:
        """Make a call once; raises NotAuthorized with the contract's reason."""
        ...


class Desk:
    """One registrar's book and one clerk."""

    def __init__(self, book: Book, clerk: Clerk) -> None:
        self._book, self._clerk = book, clerk
        self.living = LivingBook(book)

    def open_unit(self, code: str) -> Receipt | None:
        """Bring a unit of the past into the living register, as its newest extract states it.

        Raises:
            NotFound: no such unit, or its stream is not anchored.
            Conflict: the extract came after the last anchor.
            NotAuthorized: the contract refuses.
        """
        unit = self._book.unit(code)
        if unit.extract is None:
            raise Conflict(f"unit {code}: its import is not finished; run it again")
        holders = (Holder(unit.holder, unit.holder_salt, Fraction(1)),)
        after = Living(code, unit.id, unit.right, holders, unit.description, unit.spatial_salt)
        if self.unit(unit.id).state is UnitState.UNKNOWN:
            self.living.keep(after)
        elif self.living.unit(code) is not None:
            return None
        stream = Stream(self._book.directory / importing.EXTRACTS)
        fact = stream_fact(stream.checkpoint.id)
        size = decode_stream(stream.checkpoint.id, self._clerk.proven(fact)).size
        if unit.extract >= size:
            raise Conflict(
                f"unit {code}: its extract is not anchored; run `shuxin notary append {stream.directory} --config ...`"
            )
        proof = stream.prove(unit.extract, size=size)
        last = importing.past_end(self._book, code)
        call = OpenRecord(
            unit.id, after.spatial, after.right, after.holdings, last, stream.checkpoint.id, size, unit.extract,
            proof.salt, proof.path,
        )  # fmt: skip
        return self._title(call)

    def accept(self, entry: Entry) -> Receipt | None:
        """Accept an application of who holds the unit now, or of somebody who needs no holder.

        Raises:
            NotFound: the unit is not in the living register.
            Conflict: its number is taken, or its papers were examined when others held the unit.
            NotAuthorized: the contract refuses.
        """
        known, id = self.living.planned(entry.code), self._id(entry.code)
        made = plan.read(known[1]) if known else None
        if self.application(entry.code).state is not ApplicationState.UNKNOWN:
            if made is None or made.entry != entry:
                raise Conflict(f"application {entry.code}: the number is taken by another application")
            return None
        if entry.kind is EntryKind.FIRST and self._book.has(entry.unit):
            raise Conflict(f"unit {entry.unit!r} has a past; `shuxin property open` brings it into the register")
        before = self._before(entry)
        if made is None or made.entry != entry:
            made = plan.make(entry, before, self._promised(entry))
        made.require_givers(before)
        self.living.plan(entry.code, entry.unit, made.text())
        call = Accept(id, self._book.id_of(entry.unit), int(TYPES[entry.kind]), made.papers)
        return self._clerk.change(APPLICATIONS, id, "accept", lambda op_id: applications.accept(call, op_id=op_id))

    def enter(self, code: str) -> Receipt | None:
        """Enter what an accepted application asks for; from then on it has effect.

        Raises:
            NotFound: there is no such application.
            Conflict: the unit is held by others than those whose application was accepted, or it has ended.
            NotAuthorized: the contract refuses, with its reason.
        """
        unit, made = self._planned(code)
        before = self.living.unit(unit)
        state = self.application(code).state
        receipt = None
        if state is ApplicationState.ACCEPTED:
            made.require_givers(before)
            receipt = self._enter(made, before, unit)
        elif state is not ApplicationState.ENTERED:
            raise Conflict(f"application {code}: {state.name.lower()}")
        if made.entry.kind not in RESTRICTION_KINDS and made.entry.kind is not EntryKind.RELEASE:
            self._follow(made.after(unit, self._book.id_of(unit), before))
        return receipt

    def withdraw(self, code: str, request: str) -> Receipt | None:
        """Withdraw an application before its entry; request: the applicants' signed request in words."""
        is_done = self.application(code).state is ApplicationState.WITHDRAWN
        source = self.living.said(code, "withdraw", request, is_done=is_done)
        if is_done:
            return None
        call = Withdraw(self._id(code), source)
        return self._clerk.change(
            APPLICATIONS, call.id, "withdraw", lambda op_id: applications.withdraw(call, op_id=op_id)
        )

    def refuse(self, code: str, ground: int, reason: str) -> Receipt | None:
        """Refuse registration on one of the four grounds of article 22."""
        is_done = self.application(code).state is ApplicationState.REFUSED
        source = self.living.said(code, f"refuse on ground {ground}", reason, is_done=is_done)
        if is_done:
            return None
        call = Refuse(self._id(code), ground, source)
        return self._clerk.change(APPLICATIONS, call.id, "refuse", lambda op_id: applications.refuse(call, op_id=op_id))

    def application(self, code: str) -> Application:
        """Read an application by proof; its state is UNKNOWN if there is none."""
        id = self._id(code)
        return applications.decode_application(id, self._clerk.proven(applications.application_fact(id)))

    def unit(self, id: bytes) -> Unit:
        """Read a unit by proof."""
        return titles.decode_unit(id, self._clerk.proven(titles.unit_fact(id)))

    def standing(self, id: bytes) -> list[tuple[bytes, Restriction]]:
        """Read by proof what stands against a unit; lapsed ones are among them until something new is entered."""
        count = int.from_bytes(next(iter(self._clerk.proven(restrictions.standing_fact(id)).values())), "big")
        ids = restrictions.decode_standing(id, count, self._clerk.proven(restrictions.standing_ids_fact(id, count)))
        return [
            (one, restrictions.decode_restriction(one, self._clerk.proven(restrictions.restriction_fact(one))))
            for one in ids
        ]

    def planned_for(self, unit: str) -> list[Plan]:
        """Return the applications of a unit in the order of their acceptance."""
        return [self._planned(code)[1] for code in self.living.applications_for(unit)]

    def _enter(self, made: Plan, before: Living | None, unit: str) -> Receipt:
        entry, application, id = made.entry, self._id(made.entry.code), self._book.id_of(unit)
        if entry.kind in RESTRICTION_KINDS:
            holdings = before.holdings.digest() if before else NOTHING
            restriction = plan.restriction_id(self._book.registrar, entry.code)
            return self._restrict(made.restriction(application, restriction, id, holdings), id)
        if entry.kind is EntryKind.RELEASE:
            released = plan.restriction_id(self._book.registrar, entry.released)
            return self._restrict(Release(application, released), id)
        after = made.after(unit, id, before)
        if entry.kind is EntryKind.FIRST:
            return self._title(First(application, id, after.spatial, after.right, after.holdings))
        if before is None:
            raise NotFound(f"unit {unit!r} is not in the living register; `shuxin property open` brings it there")
        match entry.kind:
            case EntryKind.ALTERATION:
                call: Entered = Alter(application, id, after.spatial, before.holdings, after.holdings)
            case EntryKind.TRANSFER:
                call = Transfer(application, id, before.holdings, after.holdings, entry.acknowledged)
            case EntryKind.CORRECTION:
                call = Correct(application, id, after.spatial, before.holdings, after.holdings, made.reason)
            case _:
                call = Cancel(application, id, before.holdings)
        return self._title(call)

    def _before(self, entry: Entry) -> Living | None:
        """Return the unit as an application finds it, None for one that need not be registered yet."""
        if entry.kind in (*UNGIVEN, EntryKind.PRENOTICE):
            return self.living.unit(entry.unit)
        return self.living.registered(entry.unit)

    def _follow(self, after: Living) -> None:
        """Write down what the chain now says a unit is."""
        found = self.unit(after.id)
        if (found.holdings, found.spatial) == (after.holdings.digest(), after.spatial):
            self.living.keep(after)

    def _promised(self, entry: Entry) -> tuple[Holder, ...]:
        """Return the holders of a pre-notice that a transfer fulfils, so that both have one digest."""
        if entry.kind is not EntryKind.TRANSFER:
            return ()
        promised: tuple[Holder, ...] = ()
        for made in self.planned_for(entry.unit):
            entered = self.application(made.entry.code).state is ApplicationState.ENTERED
            if made.entry.kind is EntryKind.PRENOTICE and entered and set(made.entry.shares) == set(entry.shares):
                promised = made.holders
        return promised

    def _planned(self, code: str) -> tuple[str, Plan]:
        found = self.living.planned(code)
        if found is None:
            raise NotFound(f"application {code}: none of this number; `shuxin property apply` accepts one")
        return found[0], plan.read(found[1])

    def _id(self, code: str) -> bytes:
        return applications.application_id(self._book.registrar, code)

    def _title(self, call: Entered) -> Receipt:
        return self._clerk.change(TITLES, call.unit, "enter", lambda op_id: titles.operation(call, op_id=op_id))

    def _restrict(self, call: RestrictionCall, unit: bytes) -> Receipt:
        return self._clerk.change(RESTRICTIONS, unit, "enter", lambda op_id: restrictions.operation(call, op_id=op_id))
