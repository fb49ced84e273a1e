"""The messages of one round, as bytes of known length, and the digest by which clients know who is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from federated.aggregation.keys import LABEL
from ledger.errors import InvalidRecord
from ledger.hashing import sha256, tagged
from mpc.sessions.session import SIGNATURE_BYTES
from mpc.stream import Stream
from mpc.vector import Words

UPLOAD, SURVIVORS, AGREED, SIGNATURES, OPENED = "upload", "survivors", "agreed", "signatures", "opened"
SEED_BYTES = DIGEST_BYTES = 32
_CHUNK = 1 << 14


def step(name: str, number: int) -> str:
    """Name a message's mailbox in a round."""
    return f"{name}/{number}"


def encode_words(words: Words) -> bytes:
    """Write a vector, 8 bytes a place, little endian."""
    return words.astype("<u8").tobytes()


def decode_words(body: bytes, places: int) -> Words:
    """Read a vector. Raises: InvalidRecord."""
    if len(body) != 8 * places:
        raise InvalidRecord(f"vector: {8 * places} bytes expected, got {len(body)}")
    return np.frombuffer(body, dtype="<u8").astype(np.uint64)


def encode_survivors(digests: Mapping[str, bytes], parties: Sequence[str]) -> bytes:
    """Write, for each client of the run in order, the digest of its masked vector, or zeros where none came."""
    return _encode(digests, parties, DIGEST_BYTES)


def decode_survivors(body: bytes, parties: Sequence[str]) -> dict[str, bytes]:
    """Read who is in the round. Raises: InvalidRecord."""
    return _decode("survivors", body, parties, DIGEST_BYTES)


def encode_signatures(signatures: Mapping[str, bytes], parties: Sequence[str]) -> bytes:
    """Write, for each client of the run in order, its signature under the agreement, or zeros where it is lost."""
    return _encode(signatures, parties, SIGNATURE_BYTES)


def decode_signatures(body: bytes, parties: Sequence[str]) -> dict[str, bytes]:
    """Read who has signed. Raises: InvalidRecord."""
    return _decode("signatures", body, parties, SIGNATURE_BYTES)


def agreement(session: bytes, number: int, survivors: bytes, about: bytes = b"") -> bytes:
    """Say in 32 bytes who is in a round, with which masked vectors, and what of."""
    return tagged(f"{LABEL} round", session, number.to_bytes(8, "big"), survivors, about)


def masked_digest(masked: bytes) -> bytes:
    """The digest of a masked vector; of vectors that differ in one place, unrelated."""
    return sha256(masked)


def expand(seed: bytes, places: int) -> Words:
    """Make a vector of uniform words of a seed."""
    stream, found = Stream(seed), np.empty(places, dtype=np.uint64)
    for start in range(0, places, _CHUNK):
        part = found[start : start + _CHUNK]
        part[:] = np.frombuffer(stream.read(8 * len(part)), dtype="<u8")
    return found


def _encode(parts: Mapping[str, bytes], parties: Sequence[str], size: int) -> bytes:
    return b"".join(parts.get(party, bytes(size)) for party in parties)


def _decode(name: str, body: bytes, parties: Sequence[str], size: int) -> dict[str, bytes]:
    if len(body) != size * len(parties):
        raise InvalidRecord(f"{name}: {size * len(parties)} bytes expected, got {len(body)}")
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return {party: part for party, part in zip(parties, parts, strict=True) if any(part)}
