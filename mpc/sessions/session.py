"""One party's view of one attempt of one job: who takes part, under which terms, with which keys.

A node builds it from facts proven on the chain, never from what a coordinator or relay says; so two parties
that were told different contributor lists hold different digests and find out before anything secret leaves.
The digest enters every signature, key derivation and random stream of a protocol: nothing of one attempt fits
another.

It does NOT check that the facts are proven, nor that an authorization holds: that is the node's guard.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NewType, Protocol

from contracts.jobs.record import MAX_PARTIES
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto import signing
from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged
from mpc.codes import is_code
from mpc.sessions.channel import Channel, Misbehaviour
from mpc.stream import Randomness

Digest = NewType("Digest", bytes)

MAX_CONTRIBUTORS = MAX_PARTIES - 1
RECORD_FORMAT = "shuxin-job-attempt-v1"
SIGNATURE_BYTES = 64
"""Of an Ed25519 statement key; message sizes are part of a protocol, so another length is another version."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A contributing party as the chain knows it: its statement key and its input commitment for this
    attempt."""

    party: str
    key: bytes
    input: bytes

    def __post_init__(self) -> None:
        # the alphabet of party codes keeps labels such as "pair|a|b" unambiguous
        if not is_code(self.party) or not self.key or len(self.input) != 32:
            raise InvalidRecord("seat: expected a party code, a statement key and a 32-byte input commitment")

    def record(self) -> JsonValue:
        """Render for the job record."""
        return {"party": self.party, "key": self.key.hex(), "input": self.input.hex()}


@dataclass(frozen=True, slots=True)
class Session:
    """Everything a protocol run may depend on besides its input.

    Args:
        genesis: 32 bytes, the chain.
        job: 32 bytes; attempt: from 1.
        seats: the contributors, in any order; kept sorted by party code.
        recipient: who receives opened cells; may not hold a seat.
        recipient_key: its statement key.
        terms: the protocol's own part of the record (schema, threshold, bounds), canonical JSON.
        me: the party this session belongs to: a seat's or the recipient.
        seed: 32 bytes, fresh per attempt; every random byte of the run derives from it.
    """

    protocol: str
    genesis: bytes = field(repr=False)
    job: bytes
    attempt: int
    seats: tuple[Seat, ...]
    recipient: str
    recipient_key: bytes = field(repr=False)
    terms: Mapping[str, JsonValue] = field(repr=False)
    me: str
    signer: Signer = field(repr=False)
    seed: bytes = field(repr=False)
    suite: str = "ed25519"
    digest: Digest = field(init=False)

    def __post_init__(self) -> None:
        if {len(self.genesis), len(self.job), len(self.seed)} != {32} or self.attempt < 1:
            raise InvalidRecord("session: genesis, job and seed have 32 bytes, attempts count from 1")
        if self.suite != "ed25519":
            raise InvalidRecord(f"session: statement keys are ed25519, got {self.suite[:40]!r}")
        seats = tuple(sorted(self.seats, key=lambda seat: seat.party))
        names = [seat.party for seat in seats]
        if not 2 <= len(names) <= MAX_CONTRIBUTORS or len(set(names)) != len(names) or self.recipient in names:
            raise InvalidRecord(f"session: 2..{MAX_CONTRIBUTORS} distinct contributors and a recipient beside them")
        object.__setattr__(self, "seats", seats)
        object.__setattr__(self, "digest", Digest(canonical.digest(self.record)))
        if (self.signer.suite, self.signer.public) != (self.suite, self.key_of(self.me)):
            raise InvalidRecord(f"session: the signer does not hold the statement key of {self.me}")

    @property
    def record(self) -> JsonValue:
        """The job record all parties must agree on, built from chain facts alone."""
        return {
            "format": RECORD_FORMAT,
            "protocol": self.protocol,
            "genesis": self.genesis.hex(),
            "job": self.job.hex(),
            "attempt": self.attempt,
            "suite": self.suite,
            "parties": [seat.record() for seat in self.seats],
            "recipient": {"party": self.recipient, "key": self.recipient_key.hex()},
            "terms": dict(self.terms),
        }

    @property
    def parties(self) -> tuple[str, ...]:
        """The contributors' codes, sorted."""
        return tuple(seat.party for seat in self.seats)

    @property
    def others(self) -> tuple[str, ...]:
        """The contributors without this party."""
        return tuple(party for party in self.parties if party != self.me)

    @property
    def contribution(self) -> Digest:
        """What may never change once a share was opened: who contributes which committed input to this
        job."""
        parts = [part for seat in self.seats for part in (seat.party.encode(), seat.input)]
        return Digest(tagged("SHUXIN-SESSION-V1 contribution", self.genesis, self.job, *parts))

    def key_of(self, party: str) -> bytes:
        """Look up the statement key of a contributor or the recipient."""
        return self.recipient_key if party == self.recipient else self._seat(party).key

    def input_of(self, party: str) -> bytes:
        """Look up the input commitment of a contributor."""
        return self._seat(party).input

    def randomness(self) -> Randomness:
        """Derive this attempt's random streams; a fresh call replays the same bytes."""
        return Randomness(self.seed, self.digest)

    def _seat(self, party: str) -> Seat:
        for seat in self.seats:
            if seat.party == party:
                return seat
        raise InvalidRecord(f"session: {party} takes no part")


class Journal(Protocol):
    """The node's durable memory of what left it; its decision is final."""

    def before_send(self, session: Session, step: str, digest: bytes) -> None:
        """Persist durably that the message with this digest is about to leave at this step.

        Called before a masked vector and before the first opening pad or share. Must refuse another digest
        under the same (job, attempt, step), and any step of an attempt whose ``session.contribution`` differs
        from the one that was recorded at an opening of the same job.

        Raises:
            Conflict: the attempt may not continue; nothing is sent.
        """
        ...


@dataclass(frozen=True, slots=True)
class Signed:
    """A received body with its sender's signature over ``statement``."""

    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedChannel:
    """A channel whose bodies carry the sender's statement signature over session, step, both parties and
    body.

    So a message fits one job, one attempt, one step and one pair of parties: replayed, reflected or
    re-addressed it does not verify, and what is stored can be shown to a third party. What is said to all is
    signed with its sender as receiver, which no other message has.
    """

    session: Session
    channel: Channel
    label: str  # "SHUXIN-MS-V1"

    def send(self, to: str, step: str, body: bytes) -> bytes:
        """Sign and send; answer the signature, for evidence."""
        signature = self._sign(to, step, body)
        self.channel.send(to, step, body + signature)
        return signature

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        """Sign and send each receiver's body."""
        self.channel.send_all(step, {to: body + self._sign(to, step, body) for to, body in bodies.items()})

    def say(self, step: str, parties: Iterable[str], body: bytes) -> None:
        """Sign one body once, as said to all, and send the same bytes to each; taken by ``heard``."""
        said = body + self._sign(self.session.me, step, body)
        self.channel.send_all(step, dict.fromkeys(parties, said))

    def heard(self, sender: str, step: str, *, size: int) -> bytes:
        """Receive a body of exactly ``size`` bytes that its sender said to all; raises as ``receive`` does."""
        return self._whole(self._received(sender, sender, step, size), sender, step, size)

    def receive(self, sender: str, step: str, *, size: int) -> bytes:
        """Receive a body of exactly ``size`` bytes and check its signature.

        Raises:
            Misbehaviour: wrong size or signature.
            ChannelTimeout: nothing came.
        """
        return self._whole(self.receive_signed(sender, step, limit=size), sender, step, size)

    def receive_signed(self, sender: str, step: str, *, limit: int) -> Signed:
        """Receive a body of at most ``limit`` bytes and keep its checked signature, for evidence.

        Raises:
            Misbehaviour: larger, or a wrong signature.
            ChannelTimeout: nothing came.
        """
        return self._received(sender, self.session.me, step, limit)

    @staticmethod
    def _whole(message: Signed, sender: str, step: str, size: int) -> bytes:
        if len(message.body) != size:
            raise Misbehaviour(sender, step, f"{len(message.body)} bytes, {size} expected")
        return message.body

    def _received(self, sender: str, to: str, step: str, limit: int) -> Signed:
        sealed = self.channel.receive(sender, step, limit=limit + SIGNATURE_BYTES)
        if len(sealed) < SIGNATURE_BYTES:
            raise Misbehaviour(sender, step, f"{len(sealed)} bytes are too few for a signature")
        message = Signed(sealed[:-SIGNATURE_BYTES], sealed[-SIGNATURE_BYTES:])
        try:
            self.require_signed(sender, to, step, message)
        except (VerificationError, InvalidRecord) as exc:
            raise Misbehaviour(sender, step, "not signed by it for this job, step and receiver") from exc
        return message

    def require_signed(self, sender: str, to: str, step: str, message: Signed) -> None:
        """Check what one party signed for another, whoever shows it; raises VerificationError, InvalidRecord."""
        signed = statement(self.label, step, self.session.digest, sender, to, message.body)
        signing.verify(self.session.suite, self.session.key_of(sender), signed, message.signature)

    def _sign(self, to: str, step: str, body: bytes) -> bytes:
        return self.session.signer.sign(statement(self.label, step, self.session.digest, self.session.me, to, body))


def statement(label: str, step: str, digest: bytes, sender: str, to: str, body: bytes) -> bytes:
    """Build the bytes a party signs for one message; public, so that a verifier can restate it."""
    name = f"{label} {step}"
    return name.encode() + b"\n" + tagged(name, digest, sender.encode(), to.encode(), body)
