"""A small register contract and embedded chains over it, for tests and benchmarks of the ledger.

The contract is compiled here, because the ledger knows no contract of the product.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from ledger import abi
from ledger.chain import interface
from ledger.chain.interface import Interface
from ledger.chain.transactions import sign_call
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address
from ledger.embedded.genesis import GenesisConfig, Predeploy
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.builder import Pace
from ledger.embedded.production.cosign import CoSigner
from ledger.embedded.production.sealing import ChainKey, LocalSealers, RemoteSealers
from ledger.embedded.records import Seal
from ledger.embedded.rules import SenderRule, ValidatorRule
from ledger.hashing import keccak256
from ledger.proofs.proof import mapping_slot

SOURCE = """
# pragma version 0.4.3
event Written:
    key: indexed(bytes32)
    count: uint256
    by: indexed(address)

admitted_until: public(HashMap[address, uint256])
validators_hash: public(bytes32)
validators: public(DynArray[address, 64])
words: public(HashMap[bytes32, bytes32])
count: public(uint256)

@external
def write(key: bytes32, word: bytes32):
    assert self.words[key] == empty(bytes32), "register: exists"
    self.words[key] = word
    self.count += 1
    log Written(key=key, count=self.count, by=msg.sender)

@external
def admit(sender: address, until: uint256):
    self.admitted_until[sender] = until

@external
def appoint(members: DynArray[address, 64], digest: bytes32):
    self.validators = members
    self.validators_hash = digest

@external
def burn(rounds: uint256):
    for i: uint256 in range(rounds, bound=1000000):
        self.count += 1
        self.count -= 1

@external
@view
def ancestor(number: uint256) -> bytes32:
    return blockhash(number)
"""
REGISTER = Address((0x5301).to_bytes(20, "big"))
CHAIN_ID = 20261
START = 1_700_000_000
FOR_EVER = 2**40


def private_key(name: str) -> PrivateKey:
    """Derive a fixed key from a name."""
    return PrivateKey("secp256k1", keccak256(f"test key {name}".encode()))


VALIDATORS = tuple(sorted((ChainKey(private_key(f"validator {i}")) for i in range(4)), key=lambda key: key.address))
SENDERS = tuple(private_key(f"sender {i}") for i in range(8))
STRANGER = private_key("stranger")


class Clock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, now: float = START + 100.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@cache
def register() -> tuple[Interface, bytes]:
    """Compile the contract; return its interface and runtime code."""
    from vyper.compiler import compile_code
    from vyper.compiler.settings import Settings

    wanted = ["abi", "bytecode_runtime", "layout"]
    source = SOURCE[: SOURCE.index("@external\ndef appoint(")] + SOURCE[SOURCE.index("@external\ndef appoint(") :]
    built = compile_code(source, output_formats=wanted, settings=Settings(evm_version="london"))
    runtime = bytes.fromhex(built["bytecode_runtime"][2:])
    layout = {name: entry["slot"] for name, entry in built["layout"]["storage_layout"].items() if "slot" in entry}
    artefact = {"name": "Register", "abi": built["abi"], "layout": layout, "code_hash": keccak256(runtime).hex()}
    return interface.parse(json.dumps(artefact).encode()), runtime


def config(
    validators: Iterable[ChainKey] = VALIDATORS, *, senders: Iterable[PrivateKey] = SENDERS, until: int = FOR_EVER
) -> GenesisConfig:
    """Describe a chain with the register predeployed, these validators and these admitted senders."""
    described, runtime = register()
    members = tuple(key.address for key in validators)
    storage = dict(_validator_words(described.layout, members))
    for sender in senders:
        slot = mapping_slot(described.slot("admitted_until"), address_of(sender).rjust(32, b"\0"))
        storage[slot] = until.to_bytes(32, "big")
    return GenesisConfig(
        chain_id=CHAIN_ID,
        timestamp=START,
        validators=members,
        predeploys=(Predeploy(REGISTER, runtime, storage),),
        sender_rule=SenderRule(REGISTER, described.slot("admitted_until")),
        validator_rule=ValidatorRule(REGISTER, described.slot("validators_hash"), described.slot("validators")),
    )


def address_of(key: PrivateKey) -> Address:
    return ChainKey(key).address


def open_config(validators: Iterable[ChainKey] = VALIDATORS) -> GenesisConfig:
    """The same chain without rules about senders and validators."""
    return replace(config(validators), sender_rule=None, validator_rule=None)


def node(directory: Path, clock: Callable[[], float], genesis: GenesisConfig | None = None) -> EmbeddedNode:
    """Open a chain whose blocks are made by hand with ``step``, however long one takes on a busy machine."""
    sealers, pace = LocalSealers(VALIDATORS), Pace(build_s=600.0)
    return EmbeddedNode.open(directory, sealers, genesis=genesis or config(), clock=clock, pace=pace)


def transaction(key: PrivateKey, nonce: int, method: str = "write", *args: abi.AbiValue, gas: int = 500_000) -> bytes:
    """Sign a call of the register."""
    data = register()[0].encode_call(method, args or (word(nonce, key), word(1)))
    return sign_call(key, chain_id=CHAIN_ID, nonce=nonce, to=REGISTER, data=data, gas=gas)


def word(number: int, key: PrivateKey | None = None) -> bytes:
    """A distinct 32-byte word; with a key, distinct per key too."""
    own = address_of(key)[:8] if key is not None else b"\1" * 8
    return own + number.to_bytes(24, "big")


class Committee:
    """A builder with one key and three co-signers, all in this process, moved by hand."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.directory, self.clock = directory, clock
        self.node = self.open_builder()
        self.cosigners = [self.open_cosigner(i) for i in (1, 2, 3)]

    def open_builder(self) -> EmbeddedNode:
        sealers = RemoteSealers(VALIDATORS[0])
        pace = Pace(build_s=600.0)
        return EmbeddedNode.open(self.directory / "builder", sealers, genesis=config(), clock=self.clock, pace=pace)

    def open_cosigner(self, i: int) -> CoSigner:
        return CoSigner.open(self.directory / f"cosigner{i}", VALIDATORS[i], genesis=config(), clock=self.clock)

    def propose(self) -> bytes:
        """Build a block and return the proposal, not yet sealed by anybody else."""
        assert self.node.step() is None
        proposal = self.node.proposal(self.node.head_number(), 0)
        assert proposal is not None
        return proposal

    def propose_next(self) -> bytes:
        """Build a block one second later."""
        self.clock.now += 1
        return self.propose()

    def seals(self, proposal: bytes) -> list[Seal]:
        """Let every co-signer seal a proposal."""
        return [cosigner.consider(proposal) for cosigner in self.cosigners]

    def advance(self) -> int:
        """Make one final block everywhere and return its height."""
        self.clock.now += 1
        for seal in self.seals(self.propose()):
            self.node.add_seal(seal.height, seal.block_hash, seal.seal)
        height = self.node.step()
        assert height is not None
        for cosigner in self.cosigners:
            cosigner.finalize(self.node.block(height))
        return height

    def close(self) -> None:
        self.node.close()
        for cosigner in self.cosigners:
            cosigner.close()


def _validator_words(layout: Mapping[str, int], members: tuple[Address, ...]) -> Iterable[tuple[bytes, bytes]]:
    place = layout["validators"]
    yield layout["validators_hash"].to_bytes(32, "big"), keccak256(b"".join(members))
    yield place.to_bytes(32, "big"), len(members).to_bytes(32, "big")
    for i, member in enumerate(members):
        yield (place + 1 + i).to_bytes(32, "big"), member.rjust(32, b"\0")
