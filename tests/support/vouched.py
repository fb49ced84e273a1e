"""Statements of departments about their Flower nodes, and what a chain has of each after it was anchored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from contracts.notary.rules import Stream as OnChain
from contracts.parties.client import party_id
from federated.flower.anchored import Anchored, Standing, stream_name
from federated.flower.credentials import create_key, state
from gateway.federated.vouching import stated
from ledger.crypto.keys import FileKeyStore, PrivateKey, generate
from ledger.log.stream import Stream
from mpc.node.config import KeyNames


@dataclass
class Words:
    """Keys and streams of departments below a directory; ``anchored`` is what the chain has of the streams."""

    directory: Path
    keys: dict[str, PrivateKey] = field(default_factory=dict)
    anchored: dict[str, OnChain] = field(default_factory=dict)

    def key(self, party: str) -> PrivateKey:
        return self.keys.setdefault(party, generate("ed25519"))

    def home(self, party: str) -> Path:
        found = self.directory / party
        found.mkdir(parents=True, exist_ok=True)
        return found

    def state(
        self, party: str, now: datetime, *, signer: str = "", node: str = "key", is_anchored: bool = True
    ) -> Anchored:
        """Have a department vouch for the node with the key of that name."""
        key, home = self.key(party), self.home(party)
        made = state(party, create_key(home / node), self.key(signer or party).signer(), now)
        found = stated(home / "stated", stream_name(party, key.public), made)
        if is_anchored:
            self.anchor(party)
        return found

    def anchor(self, party: str, owner: str = "") -> None:
        """Put the department's stream on the chain."""
        at = Stream(self.home(party) / "stated").checkpoint
        self.anchored[party] = OnChain(party_id(owner or party), at.size, at.root)

    def standing_of(self, party: str) -> Standing:
        return Standing(self.key(party).public, self.anchored.get(party, OnChain()))


@dataclass(frozen=True)
class Vouching:
    """What of a node's configuration vouching looks at: a department with a key store of its own."""

    state: Path
    party: str = "tax"
    passphrase: Path = field(init=False)
    keys: Path = field(init=False)
    key_names: KeyNames = field(init=False)

    def __post_init__(self) -> None:
        self.state.mkdir(parents=True)
        object.__setattr__(self, "keys", self.state / "keys")
        object.__setattr__(self, "passphrase", self.state / "passphrase")
        object.__setattr__(self, "key_names", KeyNames("agent", "statement", "seal", None))
        self.passphrase.write_text("three words here")
        FileKeyStore(self.keys, b"three words here").create("statement", "ed25519")
