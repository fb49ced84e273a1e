"""Embedded chains over the product's own contracts, founded by genesis: validators, members, two departments."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from contracts.addresses import GENESIS_ADDRESSES
from contracts.artefacts import interfaces
from contracts.calendar.dates import date_of, day_of
from contracts.calendar.rules import SetSpan
from contracts.calendar.trial import trial_spans
from contracts.genesis import Founding, founding
from contracts.parties.calls import Enroll, Register
from contracts.world import AgentRole, PartyRole
from ledger.abi import AbiValue
from ledger.chain.port import Operation
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address
from ledger.embedded.engine import EmbeddedChain
from ledger.embedded.genesis import GenesisConfig, Predeploy
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.sealing import ChainKey, LocalSealers, Sealers
from ledger.embedded.rules import SenderRule, ValidatorRule
from ledger.hashing import keccak256
from ledger.proofs.trust import Assurance, Trust

START = 1_780_000_000
END = START + 365 * 86_400
CHAIN_ID = 20261
DIRECTORY = Address(GENESIS_ADDRESSES["Directory"])


def private_key(name: str) -> PrivateKey:
    """Derive a fixed key from a name."""
    return PrivateKey("secp256k1", keccak256(f"founded {name}".encode()))


def committee(label: str) -> tuple[ChainKey, ...]:
    """Four validators in the order of their addresses."""
    return tuple(sorted((ChainKey(private_key(f"{label} {i}")) for i in range(4)), key=lambda key: key.address))


VALIDATORS = committee("validator")
MEMBERS = tuple(private_key(f"member {i}") for i in range(2))
OFFICER = private_key("officer of finance")  # an agent who may anchor streams
OTHER_OFFICER = private_key("officer of tax")
STRANGER = private_key("stranger")  # registered nowhere


class Ticking:
    """A clock that moves on by a second whenever it is read, so that block production never waits."""

    def __init__(self) -> None:
        self._seconds = itertools.count(START + 100)
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            return float(next(self._seconds))


class Standing:
    """A clock that stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = START + 100.0

    def __call__(self) -> float:
        return self.now


def trial() -> tuple[SetSpan, ...]:
    """Working days from the start on."""
    return trial_spans(date_of(day_of(START)))


def founders(validators: Sequence[ChainKey] = VALIDATORS) -> Founding:
    """Name two departments with an officer each, and an authority whose two members sit in Governance."""
    parties = {"finance": PartyRole.OWNER, "tax": PartyRole.OWNER, "authority": PartyRole.AUTHORITY}
    agents = {OFFICER: "finance", OTHER_OFFICER: "tax"} | dict.fromkeys(MEMBERS, "authority")
    return Founding(
        time=START,
        members=tuple(key.address for key in MEMBERS),
        quorum=2,
        validators=tuple(key.address for key in validators),
        parties=tuple(_register(code, int(role)) for code, role in parties.items()),
        agents=tuple(
            Enroll(key.address, keccak256(code.encode()), int(AgentRole.OFFICER), START - 1, END)
            for key, code in agents.items()
        ),
    )


@cache
def config(validators: Sequence[ChainKey] = VALIDATORS, *, chain_id: int = CHAIN_ID) -> GenesisConfig:
    """Describe a chain with all contracts, two departments and two members of Governance."""
    members = tuple(key.address for key in validators)
    described = founding(founders(validators))
    layouts = {name: interface.layout for name, interface in interfaces().items()}
    governance, registry = Address(GENESIS_ADDRESSES["Governance"]), Address(GENESIS_ADDRESSES["Parties"])
    words = layouts["Governance"]
    return GenesisConfig(
        chain_id=chain_id,
        timestamp=START,
        validators=members,
        predeploys=tuple(Predeploy(Address(at), *found) for at, found in sorted(described.items())),
        sender_rule=SenderRule(registry, layouts["Parties"]["admitted_until"]),
        validator_rule=ValidatorRule(governance, words["validators_hash"], words["validators"]),
    )


def open_node(
    directory: Path,
    clock: Callable[[], float],
    *,
    sealers: Sealers | None = None,
    genesis: GenesisConfig | None = None,
) -> EmbeddedNode:
    return EmbeddedNode.open(directory, sealers or LocalSealers(VALIDATORS), genesis=genesis or config(), clock=clock)


def embedded(node: EmbeddedNode, key: PrivateKey | None, outbox: Path | None) -> EmbeddedChain:
    """The port in process, over a node that somebody else closes."""
    return EmbeddedChain(node, interfaces(), directory=DIRECTORY, key=key, outbox=outbox, owns_node=False)


def trust_of(genesis_hash: bytes, validators: Sequence[ChainKey] = VALIDATORS, *, chain_id: int = CHAIN_ID) -> Trust:
    members = tuple(key.address for key in validators)
    return Trust(chain_id, genesis_hash, members, DIRECTORY, Assurance.SINGLE_OPERATOR)


def anchor(stream: str, old: int, new: int, root: str = "root", *, op: str | None = None) -> Operation:
    """Build a Notary call; its op_id follows from the arguments unless named."""
    name = op or f"{stream} {old} {new} {root}"
    args: tuple[AbiValue, ...] = (keccak256(stream.encode()), old, new, keccak256(root.encode()))
    return Operation("Notary", "anchor", args, keccak256(name.encode()))


def _register(code: str, role: int) -> Register:
    keys = [keccak256(f"{code} {use}".encode()) for use in ("statement", "seal", "tls")]
    return Register(keccak256(code.encode()), role, START - 1, END, *keys)
