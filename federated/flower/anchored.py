"""A department's word about its Flower node, on chain: the last record of a stream that the department anchors.

A signature says whose word it is; that it was taken back no signature tells. So every statement (``credentials``) is a
record of the stream ``flower-node/PARTY/KEY``, where KEY is of the statement key that the chain has for the party, and
it stands only while it is the last record of what the Notary has anchored for the party. Whoever replaces a node's key
anchors another statement, and the one before stands no longer, wherever it was handed. Another statement key begins
another stream.

It does NOT ask the chain: what stands there is passed in, as it was proven. Trust: the names of streams belong to
whoever anchors first; a party that takes another's keeps it from anchoring, under its own name, and stands for nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.notary.rules import Stream
from contracts.parties.client import party_id
from federated.flower import credentials
from federated.flower.credentials import Statement
from ledger import canonical
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.hashing import keccak256, sha256
from ledger.log import proof as stream_proof
from ledger.log.proof import StreamProof

FORMAT = "shuxin-flower-node-anchored-v1"
MAX_BYTES = 16_384
_KEY_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Anchored:
    """A statement, and the proof that it is a record of the department's stream."""

    statement: Statement
    proof: StreamProof

    def encode(self) -> bytes:
        """Write the file that a department keeps, and hands to whoever runs a SuperLink."""
        return canonical.encode(
            {
                "format": FORMAT,
                "proof": canonical.decode(self.proof.encode()),
                "statement": canonical.decode(self.statement.encode()),
            }
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What the chain has for a party at one moment: its statement key and its stream of statements about nodes."""

    key: bytes
    stream: Stream
    chain_id: int


def stream_name(party: str, statement_key: bytes) -> str:
    """Name the stream of a party's statements under a statement key."""
    return f"flower-node/{party}/{sha256(statement_key).hex()[:_KEY_DIGITS]}"


def stream_id(party: str, statement_key: bytes) -> bytes:
    """Return that stream's name on the chain."""
    return keccak256(stream_name(party, statement_key).encode())


def parse(data: bytes) -> Anchored:
    """Read such a file; raises InvalidRecord."""
    found = canonical.decode(data, limit=MAX_BYTES)
    if not isinstance(found, dict) or set(found) != {"format", "proof", "statement"} or found["format"] != FORMAT:
        raise InvalidRecord(f"flower node: {FORMAT} with proof and statement expected")
    statement = credentials.parse(canonical.encode(found["statement"]))
    return Anchored(statement, stream_proof.parse(canonical.encode(found["proof"])))


def check(found: Anchored, party: str, standing: Standing, now: datetime) -> None:
    """Check that a statement is the word of a party that stands.

    Raises:
        NotAuthorized: another party's, out of date, not anchored by it, or replaced by a later one.
        VerificationError: not signed by the key that the party has now or not by the node's own, or no record of its
            stream.
    """
    credentials.check(found.statement, party, standing.key, now, chain_id=standing.chain_id)
    stream, proof = standing.stream, found.proof
    if not stream.size:
        raise NotAuthorized(f"flower node: the statement of {party} is not anchored on chain")
    if stream.owner != party_id(party):
        raise NotAuthorized(f"flower node: {stream_name(party, standing.key)} was anchored by another party")
    if proof.size > stream.size:
        raise NotAuthorized(f"flower node: the statement of {party} is not anchored on chain yet")
    if proof.size < stream.size or proof.index != proof.size - 1:
        raise NotAuthorized(f"flower node: the statement of {party} was replaced by a later one on chain")
    stream_proof.verify(found.statement.encode(), proof, size=stream.size, root=stream.root)
