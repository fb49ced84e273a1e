"""A chain that makes blocks when told, a port of it that lies when told, and views of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from foundedchain import MEMBERS, OFFICER, VALIDATORS, Standing, committee, config, embedded, open_node

from contracts.artefacts import interfaces
from contracts.governance.client import calls_action, invocation
from ledger import rlp
from ledger.chain.port import Capabilities, Chain, Fact, Operation, Proof, Receipt
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.sealing import ChainKey, LocalSealers
from ledger.hashing import keccak256
from ledger.proofs.headers import Header, parse_header, seal_hash, with_seals
from ledger.proofs.trust import Trust
from ledger.proofs.view import ProvenView

STREAM = keccak256(b"a")
SUCCESSORS = committee("successor")


class Town:
    """A chain that makes blocks when told, and one officer's port to it."""

    def __init__(self, directory: Path, clock: Standing, **genesis: object) -> None:
        self.directory = directory
        self.clock = clock
        sealers = LocalSealers((*VALIDATORS, *SUCCESSORS))
        self.node: EmbeddedNode = open_node(directory / "chain", clock, sealers=sealers, genesis=config(**genesis))
        self.chain = embedded(self.node, None, None)

    def submit(self, operation: Operation, key: object = OFFICER) -> Receipt:
        """Send, make a block, and return the receipt."""
        chain = embedded(self.node, key, self.directory / f"{key.address.hex()}.outbox")
        try:
            with pytest.raises(Exception, match="not final"):
                chain.submit(operation, timeout_s=0)
            self.block()
            receipt = chain.submit(operation, timeout_s=60)
        finally:
            chain.close()
        assert receipt.accepted, receipt.reason
        return receipt

    def block(self) -> int:
        self.clock.now += 1
        height = self.node.step()
        assert height is not None
        return height

    def appoint(self, validators: Sequence[ChainKey], label: str = "appointment") -> int:
        """Have the members replace the validators; return the block that did."""
        proposal, calls = keccak256(label.encode()), [
            invocation("Governance", "set_validators", tuple(key.address for key in validators))
        ]  # fmt: skip
        expires = int(self.clock.now) + 600
        steps = (
            (MEMBERS[0], "propose", (proposal, calls_action(calls), expires)),
            (MEMBERS[1], "approve", (proposal,)),
            (MEMBERS[0], "execute", (proposal, tuple(calls))),
        )
        for key, method, args in steps:
            receipt = self.submit(Operation("Governance", method, args, keccak256(f"{label} {method}".encode())), key)
        return receipt.block_number


class Liar:
    """A chain that tells the truth of another one except where it is told to lie."""

    def __init__(self, honest: Chain) -> None:
        self.honest = honest
        self.heads: Header | None = None
        self.headers: dict[int, Header] = {}
        self.proofs: Proof | None = None
        self.able: Capabilities | None = None
        self.facts: list[Fact] = []

    def head(self) -> Header:
        return self.heads or self.honest.head()

    def header(self, number: int) -> Header:
        return self.headers.get(number) or self.honest.header(number)

    def prove(self, fact: Fact) -> Proof:
        self.facts.append(fact)
        return self.proofs or self.honest.prove(fact)

    def capabilities(self) -> Capabilities:
        return self.able or self.honest.capabilities()


def opened(chain: object, trust: Trust, store: Path, clock: Standing, stack: ExitStack) -> ProvenView:
    view = ProvenView(chain, trust, store, interfaces(), clock=clock)
    stack.callback(view.close)
    return view


def sealed(raw: bytes, keys: Sequence[ChainKey], **items: bytes) -> Header:
    """Change header items by position name and seal the result with some keys."""
    places = {"state": 3, "receipts": 5, "number": 8, "timestamp": 11}
    fields = list(rlp.decode(raw))
    for name, value in items.items():
        fields[places[name]] = value
    draft = with_seals(rlp.encode(tuple(fields)), ())
    return parse_header(with_seals(draft, [key.sign_digest(seal_hash(draft)) for key in keys]))
