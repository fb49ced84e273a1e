"""What a seizing authority does on chain: impose, renew and lift its own seizures.

It names a unit by the name the registrar gave it on chain: the authority has no key of the register. The order stays
with it; the chain has a salted digest of it, and takes each once. A repeated command must ask for the same.
"""

from __future__ import annotations

from pathlib import Path

from contracts.addresses import RESTRICTIONS
from contracts.artefacts import interfaces
from contracts.restrictions import client as restrictions
from contracts.restrictions.calls import Lift, Renew, Seize
from contracts.restrictions.record import Restriction, RestrictionState
from gateway.property.entering.desk import Clerk
from gateway.statute.papers import Papers, words_of
from ledger.abi import AbiValue
from ledger.chain.port import Receipt
from ledger.errors import Conflict, InvalidRecord, NotFound
from ledger.hashing import tagged


def seizure_id(party: str, code: str) -> bytes:
    """Return a seizure's id; code: the authority's own number of it."""
    return tagged("SHUXIN-SEIZURE-V1", party.encode(), code.encode())


def read_unit(text: str) -> bytes:
    """Read a unit's name on chain; raises InvalidRecord."""
    try:
        unit = bytes.fromhex(text)
    except ValueError as exc:
        raise InvalidRecord(f"unit: expected 64 hexadecimal digits, got {text[:80]!r}") from exc
    if len(unit) != 32:
        raise InvalidRecord(f"unit: expected 64 hexadecimal digits, got {2 * len(unit)}")
    return unit


class Authority:
    """One authority's officer at the chain; a repeated command takes effect once."""

    def __init__(self, clerk: Clerk, papers: Papers) -> None:
        self._clerk, self._papers = clerk, papers

    def seize(self, code: str, unit: bytes, order: Path, days: int) -> Receipt | None:
        """Seize a unit for so many days, or queue behind whoever has.

        Raises:
            Conflict: there is a seizure of this number that was asked for otherwise.
        """
        call = Seize(seizure_id(self._clerk.party, code), unit, self._order(order), days)
        if self.seizure(code).state is RestrictionState.UNKNOWN:
            return self._change(call, unit)
        acts = [act for act in self._acts(unit) if act["id"] == call.id]
        if not acts or (acts[0]["source"], acts[0]["days"]) != (call.order, call.days):
            raise Conflict(f"seizure {code}: the chain holds it of another unit, by another order or for another time")
        return None

    def renew(self, code: str, order: Path, days: int) -> Receipt | None:
        """Prolong a seizure that holds."""
        call = Renew(seizure_id(self._clerk.party, code), self._order(order), days)
        unit = self._known(code).unit
        if (used := self._used(unit, call.order)) is None:
            return self._change(call, unit)
        if (used["id"], used["state"], used["days"]) != (call.id, RestrictionState.STANDING, days):
            raise Conflict(f"seizure {code}: this order was used for something else")
        return None

    def lift(self, code: str, order: Path) -> Receipt | None:
        """Lift a seizure, held or queued."""
        call = Lift(seizure_id(self._clerk.party, code), self._order(order))
        unit = self._known(code).unit
        if (used := self._used(unit, call.order)) is None:
            return self._change(call, unit)
        if (used["id"], used["state"]) != (call.id, RestrictionState.ENDED):
            raise Conflict(f"seizure {code}: this order was used for something else")
        return None

    def seizure(self, code: str) -> Restriction:
        """Read a seizure by proof; its state is UNKNOWN if there is none."""
        id = seizure_id(self._clerk.party, code)
        return restrictions.decode_restriction(id, self._clerk.proven(restrictions.restriction_fact(id)))

    def _order(self, path: Path) -> bytes:
        """Return the digest under which an order goes on chain, the same each time; raises NotFound, InvalidRecord."""
        return self._papers.of(tagged("SHUXIN-ORDERS-V1", self._clerk.party.encode()), words_of(path)).digest

    def _known(self, code: str) -> Restriction:
        found = self.seizure(code)
        if found.state is RestrictionState.UNKNOWN:
            raise NotFound(f"seizure {code}: {self._clerk.party} has none of this number")
        return found

    def _acts(self, unit: bytes) -> list[dict[str, AbiValue]]:
        """Return every entry about a unit's restrictions, complete and in order, by its proven history."""
        interface = interfaces()[RESTRICTIONS]
        return [interface.decode_event(event.log)[1] for event in self._clerk.history(RESTRICTIONS, unit)]

    def _used(self, unit: bytes, order: bytes) -> dict[str, AbiValue] | None:
        """Return what an order was used for; the first entry, since a lifting order also moves the queue up."""
        return next((act for act in self._acts(unit) if act["source"] == order), None)

    def _change(self, call: Seize | Renew | Lift, unit: bytes) -> Receipt:
        return self._clerk.change(
            RESTRICTIONS, unit, type(call).__name__.lower(), lambda op_id: restrictions.operation(call, op_id=op_id)
        )
