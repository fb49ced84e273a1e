"""What the recipient's node keeps of a release that everybody has signed, before it says so on chain.

Written durably first: a node that dies in between loses no figures, and its evidence can be gathered from this file and
the chain at any later time. It holds the figures, so it stays in the node's own state directory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.evidence import dsse
from contracts.evidence.bundle import Disclosure
from contracts.evidence.dsse import Envelope
from contracts.jobs.record import MAX_PARTIES
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.fields import Fields

FILE = "signed.json"


@dataclass(frozen=True, slots=True)
class SignedRelease:
    """A job, whose authorizations and members evidence will prove, and what only the recipient has."""

    job: bytes
    authorizations: tuple[bytes, ...]
    members: tuple[bytes, ...]
    envelope: Envelope
    disclosure: Disclosure = field(repr=False)

    def encode(self) -> bytes:
        """Write the file."""
        return canonical.encode(
            {
                "job": self.job.hex(),
                "authorizations": [id.hex() for id in self.authorizations],
                "members": [id.hex() for id in self.members],
                "envelope": self.envelope.json(),
                "release": self.disclosure.release,
                "salt": self.disclosure.salt.hex(),
                "openings": self.disclosure.openings,
            }
        )


def parse(data: bytes) -> SignedRelease:
    """Read the file; raises InvalidRecord."""
    value = canonical.decode(data)
    fields = Fields(value, "signed release")
    if not isinstance(value, dict):
        raise InvalidRecord("signed release: expected an object")
    return SignedRelease(
        job=fields.digest("job"),
        authorizations=tuple(_ids(fields.texts("authorizations", MAX_PARTIES))),
        members=tuple(_ids(fields.texts("members", MAX_PARTIES))),
        envelope=dsse.parse(value.get("envelope")),
        disclosure=Disclosure(value.get("release"), fields.digest("salt"), value.get("openings")),
    )


def _ids(texts: list[str]) -> list[bytes]:
    try:
        return [bytes.fromhex(text) for text in texts]
    except ValueError as fault:
        raise InvalidRecord("signed release: ids are hex") from fault
