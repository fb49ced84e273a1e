"""The states of Directory, Governance and Parties together: the World that the rules of every contract live in."""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.addresses import GOVERNANCE, name_id
from contracts.directory import rules as directory
from contracts.governance import rules as governance
from contracts.parties import rules as parties
from ledger.errors import Conflict


@dataclass(frozen=True, slots=True)
class States:
    """Implements ``contracts.world.World`` from known states, e.g. replayed events."""

    directory: directory.State = field(default_factory=directory.State)
    governance: governance.State = field(default_factory=governance.State)
    parties: parties.State = field(default_factory=parties.State)

    def require_open(self, name: str) -> None:
        if name_id(name) in self.governance.paused:
            raise Conflict("governance: paused")

    def is_governance(self, caller: bytes) -> bool:
        return caller == self.directory.at(name_id(GOVERNANCE))

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        return parties.acting(self.parties, agent, role, now)

    def serving(self, party: bytes, role: int, now: int) -> bool:
        return self.parties.party(party).is_serving(role, now)
