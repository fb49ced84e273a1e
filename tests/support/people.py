"""Accounts for tests: a gate over a clock moved by hand, cheap passwords, and a register of parties in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher

from contracts.parties.client import party_id
from contracts.parties.record import Agent, Party
from contracts.world import AgentRole, PartyRole
from gateway.accounts.book import AccountBook
from gateway.accounts.enrolment import AccountName, Enrolment, Register, Signed, sign
from gateway.accounts.signin.gate import COOKIE, Gate
from gateway.accounts.signin.passwords import Argon
from ledger.crypto.keys import PrivateKey
from ledger.hashing import keccak256

NETWORK = keccak256(b"a network")
NOW = 1_780_000_000
YEAR = 365 * 86_400
PASSWORD = "correct horse battery"
CHEAP = Argon(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass(frozen=True)
class Shown:
    """A request as the gate reads it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


def with_session(secret: str) -> Shown:
    return Shown(cookies={COOKIE: secret})


def with_token(secret: str) -> Shown:
    return Shown({"authorization": f"Bearer {secret}"})


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


class Parties:
    """What Parties would hold: each party's officer has a key that follows from its code."""

    def __init__(self, clock: Hand) -> None:
        self._clock = clock
        self.agents: dict[bytes, Agent] = {}
        self.parties: dict[bytes, Party] = {}

    def register(self, code: str, roles: PartyRole) -> None:
        self.parties[party_id(code)] = Party(int(roles), 0, NOW - YEAR, NOW + YEAR)
        self.appoint(code, AgentRole.OFFICER)

    def appoint(self, code: str, role: AgentRole, until: int = NOW + YEAR) -> None:
        key = key_of(code)
        self.agents[key.address] = Agent(party_id(code), int(role), int(role), NOW - YEAR, until)

    def __call__(self) -> Register:
        def agent(address: bytes) -> Agent:
            return self.agents.get(address, Agent())

        def party(id: bytes) -> Party:
            return self.parties.get(id, Party())

        return Register(NETWORK, int(self._clock.now) - 5, agent, party)


def key_of(code: str) -> PrivateKey:
    return PrivateKey("secp256k1", keccak256(f"officer of {code}".encode()))


def enrolment(account: str, party: str, *, until: int = NOW + YEAR, by: str = "", network: bytes = NETWORK) -> Signed:
    """Sign that an account acts for a party, as its officer or as another party's."""
    stated = Enrolment(network, AccountName(account), party, until)
    return sign(stated, key_of(by or party).signer())


class People:
    """A gate with its clock and register; ``join`` makes an account of a party and returns its session."""

    def __init__(self, directory: Path) -> None:
        self.clock = Hand()
        self.parties = Parties(self.clock)
        self.book = AccountBook(directory / "accounts.sqlite")
        self.gate = Gate(self.book, self.parties, self.clock, CHEAP)

    def join(self, name: str, party: str = "", person: str = "") -> str:
        self.gate.add_local(name, person, PASSWORD)
        if party:
            self.gate.enrol(name, enrolment(name, party).encode())
        return self.gate.sessions.begin(name, self.gate.now)

    def close(self) -> None:
        self.book.close()
