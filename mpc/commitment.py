"""What a party commits to on chain before anything is masked, encrypted or blinded.

    detail = tagged("SHUXIN-INPUT-V2 detail", salt, origin, input)
    input commitment = tagged("SHUXIN-INPUT-V2", genesis, job, party, detail, commitment of each cell)

``origin`` says which file and which rows of it (``mpc.node.attempts.origin``), ``input`` is the protocol's input, both
canonical JSON. The detail hides them behind a salt of 32 bytes; who is shown salt, origin and input recomputes it (an
opened audit). Cells are committed to one by one (Pedersen) where totals are opened, in masked sums; a join has none.

A commitment shows which input was used, NOT that it is true. It fits one job and one party; all attempts of a job have
the same one for the same input, so that a job may go on after shares were opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import tagged

LABEL = "SHUXIN-INPUT-V2"
DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Owner:
    """Who commits, and for which job."""

    genesis: bytes = field(repr=False)
    job: bytes
    party: str

    def digest(self, label: str, *parts: bytes) -> bytes:
        """Digest parts for this owner and job alone."""
        return tagged(label, self.genesis, self.job, self.party.encode(), *parts)

    def commit(self, detail: bytes, points: Sequence[bytes] = ()) -> bytes:
        """Return the 32 bytes that go on chain."""
        return self.digest(LABEL, detail, *points)


@dataclass(frozen=True, slots=True)
class Secret:
    """What one input is hidden with. ``salt``: 32 bytes, one per job; ``detail``: digest of origin and input."""

    salt: bytes = field(repr=False)
    detail: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != DIGEST_BYTES or len(self.detail) != DIGEST_BYTES:
            raise InvalidRecord(f"input: salt and detail have {DIGEST_BYTES} bytes each")


def hide(salt: bytes, origin: JsonValue, data: JsonValue) -> Secret:
    """Digest an origin and a protocol input under this job's salt."""
    return Secret(salt, tagged(f"{LABEL} detail", salt, canonical.encode(origin), canonical.encode(data)))


def commit_seed(salt: bytes, seed: bytes) -> bytes:
    """Commit to the seed of an attempt, from which every random byte of a run derives."""
    return tagged("SHUXIN-SEED-V1", salt, seed)
