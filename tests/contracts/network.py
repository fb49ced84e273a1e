"""A founded network in memory: every contract at its genesis address, parties, agents, and calls by name."""

from __future__ import annotations

from collections.abc import Sequence

from evm import Evm, Outcome

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, NAMES
from contracts.artefacts import interfaces
from contracts.genesis import Founding, founding, founding_states
from contracts.governance.client import calls_action, invocation
from contracts.layout import layout_of
from contracts.parties.calls import Enroll, Register
from contracts.states import States
from contracts.world import AgentRole, PartyRole
from ledger.abi import AbiValue
from ledger.hashing import keccak256
from ledger.proofs.proof import Log

NOW = 1_780_000_000
YEAR = 365 * 86400
UNTIL = NOW + YEAR


def address(label: str) -> bytes:
    """Return an address nobody holds the key of."""
    return keccak256(b"address " + label.encode())[12:]


def digest(label: str) -> bytes:
    return keccak256(label.encode())


FINANCE, TAX, AUDIT, OPERATOR, AUTHORITY = map(digest, ("finance", "tax", "audit-office", "operator", "authority"))
PARTY_ROLES = {
    FINANCE: PartyRole.OWNER | PartyRole.REQUESTER,
    TAX: PartyRole.OWNER,
    AUDIT: PartyRole.REQUESTER | PartyRole.AUDITOR,
    OPERATOR: PartyRole.OPERATOR,
    AUTHORITY: PartyRole.AUTHORITY,
}
ADA, BEN, CEM, STRANGER = map(address, ("ada", "ben", "cem", "stranger"))  # three members of Governance
MEMBERS = (ADA, BEN, CEM)
AGENTS = {
    (party, role): address(f"{party.hex()} {role.name}")
    for party in (FINANCE, TAX, AUDIT)
    for role in (AgentRole.OFFICER, AgentRole.NODE, AgentRole.APPROVER)
} | {(AUDIT, AgentRole.AUDITOR): address("inspector"), (OPERATOR, AgentRole.OFFICER): address("operator")}
VALIDATORS = tuple(sorted(address(f"validator {n}") for n in range(4)))


def register(party: bytes, roles: int, *, valid_from: int = NOW - YEAR, valid_until: int = UNTIL) -> Register:
    keys = [keccak256(party + kind) for kind in (b"statement", b"seal", b"tls")]
    return Register(party, int(roles), valid_from, valid_until, *keys)


FOUNDING = Founding(
    time=NOW,
    members=MEMBERS,
    quorum=2,
    validators=VALIDATORS,
    parties=tuple(register(party, roles) for party, roles in PARTY_ROLES.items()),
    agents=(
        *(Enroll(agent, party, int(role), NOW - YEAR, UNTIL) for (party, role), agent in AGENTS.items()),
        *(Enroll(member, AUTHORITY, int(AgentRole.OFFICER), NOW - YEAR, UNTIL) for member in MEMBERS),
    ),
)


class Network:
    """Calls contracts by name and reads their storage through layouts."""

    def __init__(self, config: Founding = FOUNDING) -> None:
        self.evm = Evm(founding(config), config.time)
        self.states: States = founding_states(config)
        self._proposals = 0

    @property
    def now(self) -> int:
        return self.evm.now

    @now.setter
    def now(self, time: int) -> None:
        self.evm.now = time

    def send(self, caller: bytes, contract: str, method: str, *args: AbiValue) -> Outcome:
        data = interfaces()[contract].encode_call(method, args)
        return self.evm.send(caller, GENESIS_ADDRESSES[contract], data)

    def read(self, contract: str, method: str, *args: AbiValue) -> tuple[AbiValue, ...]:
        outcome = self.send(STRANGER, contract, method, *args)
        assert outcome.accepted, outcome.reason
        return interfaces()[contract].decode_output(method, outcome.returned)

    def govern(self, contract: str, method: str, *args: AbiValue) -> Outcome:
        """Have a quorum decide and carry out one call."""
        return self.decide([invocation(contract, method, *args)])

    def decide(self, calls: Sequence[tuple[bytes, bytes]]) -> Outcome:
        self._proposals += 1
        proposal = digest(f"proposal {self._proposals}")
        for outcome in (
            self.send(ADA, GOVERNANCE, "propose", proposal, calls_action(calls), self.now + 60),
            self.send(BEN, GOVERNANCE, "approve", proposal),
        ):
            assert outcome.accepted, outcome.reason
        return self.send(CEM, GOVERNANCE, "execute", proposal, tuple(calls))

    def values(self, contract: str, slots: Sequence[bytes]) -> dict[bytes, bytes]:
        """Read storage words as a proof would give them."""
        return {slot: self.evm.word(GENESIS_ADDRESSES[contract], slot) for slot in slots}

    def head(self, contract: str, entity: bytes) -> tuple[bytes, int]:
        """Read history and count of an entity."""
        found = layout_of(contract)
        slots = [found.slot("history", entity), found.slot("count", entity)]
        words = self.values(contract, slots)
        return words[slots[0]], int.from_bytes(words[slots[1]], "big")


def contract_of(log: Log) -> str:
    """Name the contract that emitted a log."""
    return next(name for name in NAMES if GENESIS_ADDRESSES[name] == log.address)
