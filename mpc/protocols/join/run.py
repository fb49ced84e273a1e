"""What one party's run of a join carries along: session, terms, signed mail, the seed's streams, the transcript.

The transcript is a digest over every message between the two owners, whoever sent it, in a fixed order, so
both hold the same one or find out before any share leaves. This module makes no decision and holds no
values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ledger.errors import InvalidRecord
from ledger.hashing import sha256, tagged
from mpc.groups.elgamal import ElGamal
from mpc.groups.group import Element, Group, Scalar
from mpc.protocols.join import messages
from mpc.protocols.join.terms import JoinTerms
from mpc.sessions.channel import Channel
from mpc.sessions.session import Journal, Session, Signed, SignedChannel
from mpc.stream import Randomness

PROTOCOL, NOISED, GROUPED, SIFTED = "private-join-v1", "noised-join-v1", "grouped-join-v1", "sifted-join-v1"
"""Exact figures behind a gate, noised ones without; and exact ones by groups of the list, or over several lists."""
LABEL = "SHUXIN-PJC-V1"
_REAL, _DUMMY = b"\x00", b"\x01"
_CHUNK = 2048
_JOURNALED = frozenset(
    (messages.LIST, messages.ROWS, messages.RAISED, messages.PAYLOADS, messages.SUMS, messages.SHARE)
)

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with (step, done, total): with done = 0 at the start of a step, with done = total at its end."""


Admit: TypeAlias = Callable[[int], None]
"""Asked with the number of blinded keys that the other owner announces, before anything is computed on them.

Raises whatever shall end the run.
"""


def any_size(_size: int) -> None:
    """Admit every size that the terms allow."""


def silent(_step: str, _done: int, _total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class Run:
    """One owner's or the recipient's run of one attempt."""

    session: Session
    terms: JoinTerms
    mail: SignedChannel
    random: Randomness = field(repr=False)
    progress: Progress
    journal: Journal | None
    admit: Admit = any_size
    seen: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False)

    @property
    def peer(self) -> str:
        """The other owner of two."""
        return self.terms.lister if self.session.me == self.terms.holder else self.terms.holder

    @property
    def names(self) -> tuple[str, ...]:
        """The cells, as decisions name them."""
        return self.terms.cells

    @property
    def label(self) -> str:
        """What separates the join's hashes from others'."""
        return LABEL

    @property
    def elgamal(self) -> ElGamal:
        """The gate's encryption, in the group of the job."""
        return ElGamal(self.terms.prime_group)

    def send(self, step: str, body: bytes, *, to: str | None = None) -> None:
        """Sign, journal where a second version would harm, note for the transcript, and send."""
        receiver = to or self.peer
        digest = sha256(body)
        if self.journal is not None and step in _JOURNALED:
            self.journal.before_send(self.session, step, digest)
        if receiver in self.terms.owners:
            self.seen[(step, self.session.me)] = digest
        self.mail.send(receiver, step, body)

    def receive(self, step: str, *, limit: int, sender: str | None = None) -> bytes:
        """Take a co-owner's body of at most ``limit`` bytes and note it for the transcript."""
        party = sender or self.peer
        body = self.mail.receive_signed(party, step, limit=limit).body
        self.seen[(step, party)] = sha256(body)
        return body

    def receive_exactly(self, step: str, size: int, *, sender: str | None = None) -> bytes:
        """Take a co-owner's body of exactly ``size`` bytes and note it for the transcript."""
        party = sender or self.peer
        body = self.mail.receive(party, step, size=size)
        self.seen[(step, party)] = sha256(body)
        return body

    def exchange(self, step: str, body: bytes) -> dict[str, bytes]:
        """Send one body to every other owner and take one of the same size from each; sorted by party."""
        for other in self.session.others:
            self.send(step, body, to=other)
        parties = self.session.parties
        return {p: body if p == self.session.me else self.receive_exactly(step, len(body), sender=p) for p in parties}

    def receive_from(self, party: str, step: str, *, limit: int) -> Signed:
        """Take a signed body that is no part of the owners' transcript."""
        return self.mail.receive_signed(party, step, limit=limit)

    def transcript(self) -> bytes:
        """Digest all messages between the owners that this one has seen so far; of two, both see the same ones."""
        parts = [
            part
            for (step, sender), digest in sorted(self.seen.items())
            for part in (step.encode(), sender.encode(), digest)
        ]
        return tagged(f"{LABEL} transcript", self.session.digest, *parts)

    def raise_all(self, step: str, exponent: Scalar, elements: Sequence[bytes]) -> list[Element]:
        """Multiply many elements, reporting progress. Raises: InvalidElement."""
        products: list[Element] = []
        self.progress(step, 0, len(elements))
        for start in range(0, len(elements), _CHUNK):
            products += self.terms.prime_group.multiply_all(exponent, elements[start : start + _CHUNK])
            self.progress(step, len(products), len(elements))
        return products


def protocol_of(terms: JoinTerms) -> str:
    """Name the protocol that opens these figures."""
    if terms.guarantee is not None:
        return NOISED
    if terms.sifters:
        return SIFTED
    return GROUPED if terms.lister_groups else PROTOCOL


def begin(
    session: Session,
    terms: JoinTerms,
    channel: Channel,
    progress: Progress,
    journal: Journal | None,
    admit: Admit = any_size,
) -> Run:
    """Check that session and terms belong together.

    Raises:
        InvalidRecord: another protocol's session, other terms than the record's, or other seats than the
        two owners.
    """
    if session.protocol != (expected := protocol_of(terms)):
        raise InvalidRecord(f"session: protocol {expected} expected, got {session.protocol[:40]!r}")
    if dict(session.terms) != dict(terms.record()):
        raise InvalidRecord("session: its record holds other join terms")
    if set(session.parties) != set(terms.owners):
        raise InvalidRecord("session: the owners of the terms must be its contributors, and nobody else")
    return Run(session, terms, SignedChannel(session, channel, LABEL), session.randomness(), progress, journal, admit)


def point(group: Group, message: bytes) -> Element:
    """Hash to the group what stands for a key."""
    return group.hash_to_group(message, f"SHUXIN-PJC-V01-{group.hash_suite}".encode())


def key_message(digest: bytes, key: str) -> bytes:
    """What is hashed to the group for a real key: bound to this attempt, so blinded sets of two jobs never compare."""
    return _REAL + digest + key.encode()


def dummy_message(digest: bytes, group: int, number: int) -> bytes:
    """What is hashed to the group for an agreed dummy key."""
    return _DUMMY + digest + group.to_bytes(4, "big") + number.to_bytes(4, "big")
