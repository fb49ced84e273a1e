"""What is left when a protocol is over: every party's verdict; the recipient's release, with the messages behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts.evidence import statement
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.sessions.session import Session, Signed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What every party knows when the protocol is over; names in the order of the specification."""

    opened: tuple[str, ...]
    withheld: tuple[str, ...]
    transcript: bytes

    @classmethod
    def of(cls, names: Sequence[str], opened: Sequence[str], transcript: bytes) -> Verdict:
        """Say what was opened of all names."""
        return cls(tuple(opened), tuple(name for name in names if name not in opened), transcript)


@dataclass(frozen=True, slots=True)
class Release:
    """What the recipient holds: figures, salt, and the owners' signed messages from which anybody re-adds them."""

    document: JsonValue = field(repr=False)
    salt: bytes = field(repr=False)
    result: bytes
    openings: JsonValue = field(repr=False)
    verdict: Verdict

    @classmethod
    def of(cls, session: Session, document: JsonValue, openings: JsonValue, verdict: Verdict) -> Release:
        """Commit to a document with a salt of the recipient's own seed."""
        salt = session.randomness().stream("release salt").read(statement.SALT_BYTES)
        return cls(document, salt, statement.commit(session.digest, salt, document), openings, verdict)


def signed(message: Signed) -> JsonValue:
    """Write a signed message for a release's openings."""
    return {"body": message.body.hex(), "signature": message.signature.hex()}


def body_of(message: JsonValue) -> str:
    """Return the body of a signed message as written by ``signed``; raises InvalidRecord."""
    match message:
        case {"body": str(body)}:
            return body
    raise InvalidRecord("openings: expected a signed message")
