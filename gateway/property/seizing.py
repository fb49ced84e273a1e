"""What a seizing authority does on chain: impose, renew and lift its own seizures.

It names a unit by the name the registrar gave it on chain: the authority has no key of the register. The order stays
with it; the chain has a digest of it, and takes each once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from contracts.addresses import RESTRICTIONS
from contracts.restrictions import client as restrictions
from contracts.restrictions.calls import Lift, Renew, Seize
from contracts.restrictions.record import Restriction, RestrictionState
from gateway.property.desk import Clerk
from ledger.chain import Receipt
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import tagged

ORDER_LIMIT = 1 << 28


def seizure_id(party: str, code: str) -> bytes:
    """Return a seizure's id; code: the authority's own number of it."""
    return tagged("SHUXIN-SEIZURE-V1", party.encode(), code.encode())


def order_digest(path: Path, party: str) -> bytes:
    """Return the digest under which an order goes on chain; raises NotFound, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    if path.stat().st_size > ORDER_LIMIT:
        raise InvalidRecord(f"{path}: more than {ORDER_LIMIT >> 20} MB")
    with path.open("rb") as file:
        return tagged("SHUXIN-ORDER-V1", party.encode(), hashlib.file_digest(file, "sha256").digest())


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

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk

    def seize(self, code: str, unit: bytes, order: Path, days: int) -> Receipt | None:
        """Seize a unit for so many days, or queue behind whoever has."""
        id = seizure_id(self._clerk.party, code)
        if self.seizure(code).state is not RestrictionState.UNKNOWN:
            return None
        return self._change(Seize(id, unit, order_digest(order, self._clerk.party), days), unit)

    def renew(self, code: str, order: Path, days: int) -> Receipt:
        """Prolong a seizure that holds; a repeated order is refused by the chain."""
        found = self.seizure(code)
        id = seizure_id(self._clerk.party, code)
        return self._change(Renew(id, order_digest(order, self._clerk.party), days), found.unit)

    def lift(self, code: str, order: Path) -> Receipt | None:
        """Lift a seizure, held or queued."""
        found = self.seizure(code)
        if found.state is RestrictionState.ENDED:
            return None
        id = seizure_id(self._clerk.party, code)
        return self._change(Lift(id, order_digest(order, self._clerk.party)), found.unit)

    def seizure(self, code: str) -> Restriction:
        """Read a seizure by proof; its state is UNKNOWN if there is none."""
        id = seizure_id(self._clerk.party, code)
        return restrictions.decode_restriction(id, self._clerk.proven(restrictions.restriction_fact(id)))

    def _change(self, call: Seize | Renew | Lift, unit: bytes) -> Receipt:
        return self._clerk.change(
            RESTRICTIONS, unit, type(call).__name__.lower(), lambda op_id: restrictions.operation(call, op_id=op_id)
        )
