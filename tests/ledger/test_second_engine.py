"""An engine written by docs/adding.md alone keeps the port's promises, and nodes believe it for the same reasons."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from chainconformance import ChainConformance, Open
from foundedchain import CHAIN_ID, OFFICER, START, VALIDATORS, Ticking, anchor, embedded, founders, open_node, trust_of
from memorychain import Memory, MemoryChain

from contracts.artefacts import interfaces
from contracts.layout import layout_of, word
from contracts.notary.client import decode_stream, stream_fact
from ledger.chain.port import EvmStorage, StateFact
from ledger.errors import VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import verify_header
from ledger.proofs.proof import verify_storage
from ledger.proofs.view import ProvenView

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = tuple(key.address for key in VALIDATORS)


@pytest.fixture
def memory() -> Memory:
    return Memory(founders(), VALIDATORS, CHAIN_ID, Ticking())


class TestInMemory(ChainConformance):
    @pytest.fixture
    def open_chain(self, memory: Memory) -> Open:
        return lambda key: MemoryChain(memory, key)


def test_a_node_believes_what_it_proves_and_nothing_else(memory: Memory, tmp_path: Path) -> None:
    chain = MemoryChain(memory, OFFICER)
    chain.submit(anchor("a", 0, 5))
    trust = trust_of(memory.headers[0].block_hash)
    view = ProvenView(chain, trust, tmp_path / "belief", interfaces(), clock=lambda: START + 150.0)
    fact = stream_fact(keccak256(b"a"))
    assert decode_stream(keccak256(b"a"), view.state("Notary", fact.slots, view.head()).values).size == 5

    forged = replace(memory.headers[-1], raw=memory.headers[-1].raw.replace(memory.headers[-1].state_root, bytes(32)))
    memory.headers.append(forged)
    with pytest.raises(VerificationError):
        view.head()


def test_its_words_are_those_of_the_contract(memory: Memory, tmp_path: Path) -> None:
    """The rules and the contract write the same storage, so that one proof format serves both engines."""
    node = open_node(tmp_path / "chain", Ticking())
    node.start()
    contract = embedded(node, OFFICER, tmp_path / "outbox")
    stream, found = keccak256(b"a"), layout_of("Notary")
    slots = (found.slot("history", stream), found.slot("count", stream), found.slot("roots", stream, word(5)))
    proven = []
    for chain in (contract, MemoryChain(memory, OFFICER)):
        chain.submit(anchor("a", 0, 5))
        chain.submit(anchor("a", 5, 9))
        proof = chain.prove(StateFact("Notary", (*stream_fact(stream).slots, *slots)))
        assert isinstance(proof, EvmStorage)
        proven.append(verify_storage(verify_header(proof.header, MEMBERS), proof.proof))
        chain.close()
    node.close()
    assert proven[0] == proven[1]
    assert all(any(value) for value in proven[0].values.values())


def test_the_guide_names_what_an_engine_answers_to() -> None:
    guide = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    guide = guide[guide.index("## A ledger engine") :]
    members = {name for name in vars(MemoryChain) if not name.startswith("_")}
    assert members == set(re.findall(r"`(\w+)`", guide[: guide.index("|")]))
