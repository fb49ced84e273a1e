"""Statements of departments about their Flower nodes, and what a chain has of each after it was anchored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from foundedchain import CHAIN_ID, trust_of

from contracts.notary.rules import Stream as OnChain
from contracts.parties.client import party_id
from federated.flower import credentials
from federated.flower.anchored import Anchored, Standing, stream_name
from federated.flower.credentials import Statement, create_key, private_key, state
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
        home = self.home(party)
        create_key(home / node)
        made = state(party, private_key(home / node), self.key(signer or party).signer(), now, chain_id=CHAIN_ID)
        return self._keep(made, is_anchored=is_anchored)

    def restate(self, party: str, key: bytes) -> Anchored:
        """Have a department vouch for a node's key that it does not have, and prove the one that it has."""
        own = self.state(party, datetime.now(UTC)).statement
        text = credentials._signed(party, key, own.until, own.possession)
        return self._keep(replace(own, key=key, signature=self.key(party).signer().sign(text)))

    def _keep(self, made: Statement, *, is_anchored: bool = True) -> Anchored:
        found = stated(self.home(made.party) / "stated", stream_name(made.party, self.key(made.party).public), made)
        if is_anchored:
            self.anchor(made.party)
        return found

    def anchor(self, party: str, owner: str = "") -> None:
        """Put the department's stream on the chain."""
        at = Stream(self.home(party) / "stated").checkpoint
        self.anchored[party] = OnChain(party_id(owner or party), at.size, at.root)

    def standing_of(self, party: str) -> Standing:
        return Standing(self.key(party).public, self.anchored.get(party, OnChain()), CHAIN_ID)


@dataclass(frozen=True)
class Vouching:
    """What of a node's configuration vouching looks at: a department with a key store of its own."""

    state: Path
    party: str = "tax"
    passphrase: Path = field(init=False)
    keys: Path = field(init=False)
    trust: Path = field(init=False)
    key_names: KeyNames = field(init=False)

    def __post_init__(self) -> None:
        self.state.mkdir(parents=True)
        object.__setattr__(self, "keys", self.state / "keys")
        object.__setattr__(self, "passphrase", self.state / "passphrase")
        object.__setattr__(self, "trust", self.state / "trust.json")
        self.trust.write_bytes(trust_of(bytes(32)).encode())
        object.__setattr__(self, "key_names", KeyNames("agent", "statement", "seal", None))
        self.passphrase.write_text("three words here")
        FileKeyStore(self.keys, b"three words here").create("statement", "ed25519")
