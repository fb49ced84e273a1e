"""What is said of a finished wave: to departments with the next model, and for good as a leaf of the run's stream.

A leaf names who was in the wave, each with the digest of its masked vector and its salted commitment to the plain one,
and the digest of the model that came out. Every party makes the leaves by itself, so all sign the same root.

Leaves hold digests of masked and salted values alone; their salts are public, derived from the run. It does NOT show
that a commitment is true: an opened audit does that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from federated.aggregation import messages
from federated.runs import linear
from ledger import canonical
from ledger.errors import InvalidRecord
from ledger.hashing import tagged
from ledger.log.record import SALT_BYTES, leaf_of
from ledger.merkle import root

DIGEST_BYTES = messages.DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Told:
    """What the coordinator tells before a wave. masked, committed: of those that were in the wave before."""

    model: bytes = field(repr=False)
    masked: Mapping[str, bytes] = field(default_factory=dict)
    committed: Mapping[str, bytes] = field(default_factory=dict)

    def encode(self, parties: Sequence[str]) -> bytes:
        """Write the body of a message."""
        return self.model + b"".join(messages.encode_survivors(part, parties) for part in (self.masked, self.committed))


def read_told(body: bytes, parties: Sequence[str]) -> Told:
    """Read the body of a message; raises InvalidRecord."""
    listed = DIGEST_BYTES * len(parties)
    if len(body) <= 2 * listed:
        raise InvalidRecord("wave: no model in the message")
    masked = messages.decode_survivors(body[-2 * listed : -listed], parties)
    committed = messages.decode_survivors(body[-listed:], parties)
    if set(masked) != set(committed):
        raise InvalidRecord("wave: a masked vector without a commitment, or one without a vector")
    return Told(body[: -2 * listed], masked, committed)


def size_of(numbers: int, parties: int) -> int:
    """Return the length of such a body."""
    return 8 * numbers + 2 * DIGEST_BYTES * parties


def commitment(session: bytes, party: str, wave: int, salt: bytes, words: bytes) -> bytes:
    """Commit to a plain vector under a salt of 32 bytes that its department keeps."""
    return tagged("SHUXIN-TRAIN-V1 vector", session, party.encode(), wave.to_bytes(8, "big"), salt, words)


def leaf(wave: int, told: Told) -> bytes:
    """Write the record of a wave, given what was told after it."""
    return canonical.encode(
        {
            "wave": wave,
            "contributions": [
                {"party": party, "masked": told.masked[party].hex(), "committed": told.committed[party].hex()}
                for party in sorted(told.masked)
            ],
            "model": linear.digest(told.model).hex(),
        }
    )


def stopped(wave: int, ground: str) -> bytes:
    """Write the record of a run that ended in a wave."""
    return canonical.encode({"stopped": ground, "wave": wave})


def salt_of(session: bytes, index: int) -> bytes:
    """Return the public salt of a leaf."""
    return tagged("SHUXIN-TRAIN-V1 leaf", session, index.to_bytes(8, "big"))[:SALT_BYTES]


def root_of(session: bytes, leaves: Sequence[bytes]) -> bytes:
    """Return the root of a run's stream."""
    return root([leaf_of(salt_of(session, index), record) for index, record in enumerate(leaves)])


def stream_name(job: bytes, attempt: int) -> str:
    """Name the stream of an attempt."""
    return f"run/{job.hex()}/{attempt}"
