"""What one owner's run of an alignment carries along: session, terms, signed mail, the seed's streams, what it saw.

Every owner digests all messages that it sent to or got from the others; the transcript is a digest of these digests,
which all exchange before they decide, so that all hold the same one. It makes no decision and holds no values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ledger.errors import InvalidRecord
from ledger.hashing import sha256, tagged
from mpc.groups.group import Element, Scalar
from mpc.protocols.align.messages import FULL, SEEN, SET, SHARE
from mpc.protocols.align.terms import AlignedTerms
from mpc.protocols.join.run import Progress
from mpc.sessions.channel import Channel, Misbehaviour
from mpc.sessions.session import Journal, Session, SignedChannel
from mpc.stream import Randomness

PROTOCOL = "aligned-v1"
LABEL = "SHUXIN-ALIGN-V1"
_CHUNK = 2048
_JOURNALED = (SET, FULL, SHARE)

AdmitOwner: TypeAlias = Callable[[str, int], None]
"""Asked with another owner and the size that it announces, before anything is computed; raises to end the run."""


def any_owner(_party: str, _size: int) -> None:
    """Admit every size that the terms allow."""


@dataclass(frozen=True, slots=True)
class Run:
    """One owner's run of one attempt."""

    session: Session
    terms: AlignedTerms
    mail: SignedChannel
    random: Randomness = field(repr=False)
    progress: Progress
    journal: Journal
    admit: AdmitOwner = any_owner
    seen: dict[tuple[str, str, str], bytes] = field(default_factory=dict, repr=False)

    @property
    def me(self) -> str:
        return self.session.me

    def neighbour(self, distance: int) -> str:
        """Return the owner so many places further in the ring."""
        ring = self.terms.ring
        return ring[(ring.index(self.me) + distance) % len(ring)]

    def send(self, to: str, step: str, body: bytes) -> None:
        """Sign, journal where a second version would harm, note for the transcript, and send."""
        digest = sha256(body)
        if step.partition("/")[0] in _JOURNALED:
            self.journal.before_send(self.session, step, digest)
        if to != self.session.recipient:
            self.seen[step, self.me, to] = digest
        self.mail.send(to, step, body)

    def receive(self, party: str, step: str, *, size: int) -> bytes:
        """Take a body of exactly ``size`` bytes and note it for the transcript."""
        body = self.mail.receive(party, step, size=size)
        self.seen[step, party, self.me] = sha256(body)
        return body

    def exchange(self, step: str, body: bytes) -> dict[str, bytes]:
        """Send one body to every other owner and take one of the same size from each; the own one included."""
        for party in self.session.others:
            self.send(party, step, body)
        return {p: body if p == self.me else self.receive(p, step, size=len(body)) for p in self.session.parties}

    def transcript(self) -> bytes:
        """Digest what all owners saw; every owner's is the same."""
        parts = [part for names, digest in sorted(self.seen.items()) for part in (*map(str.encode, names), digest)]
        own = tagged(f"{LABEL} seen", self.session.digest, *parts)
        return tagged(f"{LABEL} transcript", self.session.digest, *self.exchange(SEEN, own).values())

    def raise_all(self, step: str, exponent: Scalar, elements: Sequence[bytes]) -> list[Element]:
        """Multiply many elements, reporting progress; raises InvalidElement."""
        products: list[Element] = []
        self.progress(step, 0, len(elements))
        for start in range(0, len(elements), _CHUNK):
            products += self.terms.prime_group.multiply_all(exponent, elements[start : start + _CHUNK])
            self.progress(step, len(products), len(elements))
        return products


def begin(
    session: Session, terms: AlignedTerms, channel: Channel, progress: Progress, journal: Journal, admit: AdmitOwner
) -> Run:
    """Check that session and terms belong together; raises InvalidRecord."""
    require_terms(session, terms)
    return Run(session, terms, SignedChannel(session, channel, LABEL), session.randomness(), progress, journal, admit)


def require_terms(session: Session, terms: AlignedTerms) -> None:
    """Refuse another protocol's session, other terms than the record's, or other seats than the members'."""
    if session.protocol != PROTOCOL:
        raise InvalidRecord(f"session: protocol {PROTOCOL} expected, got {session.protocol[:40]!r}")
    if dict(session.terms) != dict(terms.record()):
        raise InvalidRecord("session: its record holds other terms")
    if session.parties != terms.parties:
        raise InvalidRecord("session: all members of the terms must be its contributors, and nobody else")


def require_same(step: str, bodies: dict[str, bytes], own: bytes) -> None:
    """Refuse an owner that holds something else; raises Misbehaviour."""
    for party, body in bodies.items():
        if body != own:
            raise Misbehaviour(party, step, "holds other common keys, or saw other messages")
