"""What officers do with materials handed in once: register, find, rely on, withdraw, and say who relied on them.

The keeper's sheet goes to whoever relies on a material, with the file itself, by the way in which the two departments
supply each other; the file is held against the sheet, and the sheet against the chain. Nothing here decides: every rule
is the contract's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contracts import slip
from contracts.addresses import MATERIALS
from contracts.authorizations.terms import identifier
from contracts.materials import client
from contracts.materials.rules import Material, Register, Rely, Withdraw
from contracts.materials.slip import Card, Sheet
from contracts.parties.client import party_id
from gateway.statute.matter import Matter
from gateway.statute.officers import Officer
from ledger.chain.port import Receipt
from ledger.errors import Conflict
from mpc.node.whole import write_whole

DAY_S: Final = 86400


@dataclass(frozen=True, slots=True)
class Reuse:
    """One reliance on a material: which party, for which purpose, when (unix seconds)."""

    party: bytes
    purpose: bytes
    time: int


class Materials:
    """One department's officer at materials."""

    def __init__(self, officer: Officer) -> None:
        self._officer = officer
        self._folder = officer.config.state / "materials"

    def register(
        self, card: Card, kind: str, file: bytes, purposes: tuple[str, ...], days: int
    ) -> tuple[Sheet, Receipt | None]:
        """Register what was handed in here; not again what stands for these purposes and as long, to within a day.

        Args:
            file: SHA-256 of the material.
        """
        id = card.name(kind)
        wanted = tuple(identifier(purpose) for purpose in purposes)
        until = int(self._officer.clock()) + days * DAY_S
        path = self._folder / f"{id.hex()}.json"
        if wanted and path.is_file():
            kept = slip.load(Sheet, path)
            if kept.file == file and self._stands(kept, wanted, until - DAY_S):
                return kept, None
        sheet = Sheet(id, kind, self._officer.party, file, slip.fresh_salt())
        write_whole(path, slip.encode(sheet))
        call = Register(id, identifier(kind), sheet.content, until, wanted)
        receipt = self._officer.change(MATERIALS, id, "register", lambda op_id: client.register(call, op_id=op_id))
        return sheet, receipt

    def rely(self, sheet: Sheet, file: bytes, purpose: str, matter: str) -> Receipt | None:
        """Rely on a material for a matter, instead of asking for it.

        Raises:
            Conflict: the file is not the one that was registered.
        """
        if sheet.file != file:
            raise Conflict(f"material: the file is not the {sheet.kind} that {sheet.keeper} registered")
        digest = self._matter(sheet.material).paper(matter).digest
        version, me = self.read(sheet.material).version, party_id(self._officer.party)
        known = client.reuse_fact(sheet.material, version, me, digest)
        if client.decode_reuse(sheet.material, version, me, digest, self._officer.proven(known)):
            return None
        call = Rely(sheet.material, sheet.content, identifier(purpose), digest)
        return self._officer.change(MATERIALS, sheet.material, "rely", lambda op_id: client.rely(call, op_id=op_id))

    def withdraw(self, sheet: Sheet, words: str) -> Receipt | None:
        """Say, as keeper, that nobody may rely on a material any more."""
        if self.read(sheet.material).withdrawn:
            return None
        call = Withdraw(sheet.material, self._matter(sheet.material).paper(words).digest)
        return self._officer.change(
            MATERIALS, sheet.material, "withdraw", lambda op_id: client.withdraw(call, op_id=op_id)
        )

    def read(self, id: bytes) -> Material:
        """Read a material by proof; version 0 if nobody registered it."""
        return client.decode_material(id, self._officer.proven(client.material_fact(id)))

    def is_reusable(self, id: bytes, purpose: str) -> bool:
        """Say by proof whether nobody needs to be asked for a material for a purpose now."""
        found = self.read(id)
        return found.is_valid(int(self._officer.clock())) and self._serves(id, found.version, identifier(purpose))

    def reuses(self, id: bytes) -> list[Reuse]:
        """List every reliance on a material, from its whole proven history."""
        return [
            Reuse(event.digest("party"), event.digest("purpose"), event.timestamp)
            for event in self._matter(id).events()
            if event.name == "MaterialReused"
        ]

    def _stands(self, sheet: Sheet, purposes: tuple[bytes, ...], until: int) -> bool:
        found = self.read(sheet.material)
        is_same = found.content == sheet.content and not found.withdrawn and found.valid_until > until
        return is_same and all(self._serves(sheet.material, found.version, purpose) for purpose in purposes)

    def _serves(self, id: bytes, version: int, purpose: bytes) -> bool:
        fact = client.purpose_fact(id, version, purpose)
        return client.decode_purpose(id, version, purpose, self._officer.proven(fact))

    def _matter(self, id: bytes) -> Matter:
        return Matter(self._officer, MATERIALS, id)
