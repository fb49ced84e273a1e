"""What protocols have in common whose owners share their rows among three engines: messages, verdict, opening.

An owner's numbers leave as shares only, one to each of three engines, of which any two together could read them: the
assumption is that no two of the three collude. The engines open bits among themselves and tell the other owners, who
take their word where all three say the same; every result stays in shares, which go to the recipient once all owners
agree. An owner that does not compute sends zeros in place of shares, so that all are alike. What is computed, and what
a bit says, is the protocol's own (``percentiles``, ``matched``). Source of the shares: ``mpc.engine.shares``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeAlias, TypeVar

from ledger.errors import BackendError, InvalidRecord, VerificationError
from ledger.hashing import sha256, tagged
from mpc.engine.port import Calculation, Engines
from mpc.engine.shares import Ring, combine
from mpc.protocols.sums.agreement import BeforeBits, Decide, agree
from mpc.protocols.sums.gate import Gate
from mpc.protocols.sums.upload import TRANSCRIPT_BYTES, read_flags
from mpc.sessions.channel import Channel, Misbehaviour, blame
from mpc.sessions.session import Journal, Session, Signed, SignedChannel

SHARES, LINK, VERDICT, OPEN = "shares", "link", "verdict", "open"


class Terms(Protocol):
    """What the frame asks of a protocol's terms. names: of the cells; result_bytes: an engine's share of one cell."""

    @property
    def engines(self) -> tuple[str, ...]: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def ring(self) -> Ring: ...
    @property
    def result_bytes(self) -> int: ...


T = TypeVar("T", bound=Terms)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an owner keeps: the opened cells, and the digest that all parties hold; no figure."""

    opened: tuple[str, ...]
    transcript: bytes


@dataclass(frozen=True, slots=True)
class Run(Generic[T]):
    """One party's run of one attempt. label: of its signed messages."""

    session: Session
    terms: T
    mail: SignedChannel
    label: str

    @classmethod
    def begin(cls, session: Session, channel: Channel, terms: T, label: str) -> Run[T]:
        """Take part under terms that the session holds; raises InvalidRecord where an engine is no owner of it."""
        if not set(terms.engines) <= set(session.parties):
            raise InvalidRecord("session: the engines are not among the owners of this attempt")
        return cls(session, terms, SignedChannel(session, channel, label), label)

    @property
    def names(self) -> tuple[str, ...]:
        return self.terms.names

    @property
    def peers(self) -> tuple[str, ...]:
        """The engines without this party's own."""
        return tuple(engine for engine in self.terms.engines if engine != self.session.me)

    def exchange(self, step: str, body: bytes) -> dict[str, bytes]:
        """Send one body to every other owner and take one of the same size from each; sorted by party."""
        return self._exchange(step, body, self.session.parties)

    def among_engines(self, step: str, body: bytes) -> list[bytes]:
        """Do the same among the engines; by rank."""
        found = self._exchange(step, body, self.terms.engines)
        return [found[engine] for engine in self.terms.engines]

    def opened(self, step: str, pieces: bytes) -> list[int]:
        """Open numbers among the engines; raises Misbehaviour where two hold different residues."""
        try:
            return combine(self.among_engines(step, pieces), self.terms.ring)
        except VerificationError as fault:
            if isinstance(fault, Misbehaviour):
                raise
            raise Misbehaviour(self.peers[0], step, str(fault)) from fault

    def _exchange(self, step: str, body: bytes, parties: Sequence[str]) -> dict[str, bytes]:
        others = [party for party in parties if party != self.session.me]
        self.mail.send_all(step, dict.fromkeys(others, body))
        received = {party: self.mail.receive(party, step, size=len(body)) for party in others}
        return {party: received.get(party, body) for party in parties}


Found: TypeAlias = tuple[tuple[bool, ...], Mapping[str, bytes]]
"""A bit a cell, and an engine's share of each cell that may be opened."""
Compute: TypeAlias = Callable[[Run[T], Calculation, Mapping[str, bytes]], Found]
"""What one engine does with the owners' shares, together with the other two."""


@dataclass(frozen=True, slots=True)
class Received:
    """What a recipient was sent: the opened cells, the engines' shares of all, by rank, and the signed messages."""

    opened: tuple[str, ...]
    shares: tuple[bytes, ...] = field(repr=False)
    transcript: bytes
    messages: Mapping[str, Signed] = field(repr=False)


def contribute(
    run: Run[T],
    pieces: Sequence[bytes],
    decide: Decide,
    journal: Journal,
    engines: Engines,
    before_bits: BeforeBits,
    compute: Compute[T],
) -> Outcome:
    """Share rows among the engines, compute where this party is one, and open what bits and audits allow.

    Args:
        pieces: for each engine, by rank. before_bits: asked before anything leaves: from then on bits can be learned.

    Raises:
        Misbehaviour, ChannelTimeout: another party. Conflict: the journal forbids this attempt.
        NotAuthorized: the decision refuses. NotFound, BackendError: this party's engine is missing, or lost the others.
    """
    session = run.session
    before_bits()
    journal.before_send(session, SHARES, sha256(b"".join(pieces)))
    sent = dict(zip(run.terms.engines, pieces, strict=True))
    run.mail.send_all(SHARES, {engine: sent[engine] for engine in run.peers})
    gate, results = _computed(run, sent[session.me], engines, compute) if session.me in sent else _heard(run)
    opened = agree(run, gate, decide)
    empty = bytes(run.terms.result_bytes)
    kept = [results.get(name, empty) if flag else empty for name, flag in zip(run.names, opened, strict=True)]
    body = gate.transcript + bytes(opened) + b"".join(kept)
    journal.before_send(session, OPEN, sha256(body))
    run.mail.send(session.recipient, OPEN, body)
    return Outcome(tuple(name for name, flag in zip(run.names, opened, strict=True) if flag), gate.transcript)


def receive(run: Run[T]) -> Received:
    """Take every owner's opening; raises Misbehaviour: one is malformed or disagrees, ChannelTimeout: one is silent."""
    parties, cells = run.session.parties, len(run.names)
    head, size = TRANSCRIPT_BYTES + cells, run.terms.result_bytes
    messages = {party: run.mail.receive_signed(party, OPEN, limit=head + size * cells) for party in parties}
    first = messages[parties[0]].body[:head]
    for party, message in messages.items():
        if len(message.body) != head + size * cells or message.body[:head] != first:
            raise Misbehaviour(party, OPEN, "of another size, or opens other cells than the first owner")
    with blame(parties[0], OPEN):
        flags = read_flags(first[TRANSCRIPT_BYTES:])
    opened = tuple(name for name, flag in zip(run.names, flags, strict=True) if flag)
    shares = tuple(messages[engine].body[head:] for engine in run.terms.engines)
    return Received(opened, shares, first[:TRANSCRIPT_BYTES], messages)


def transcript_of(label: str, session: Session, offers: Sequence[bytes], bits: Sequence[bool]) -> bytes:
    """Digest what the engines linked by, and what they found."""
    return tagged(f"{label} transcript", session.digest, *map(sha256, offers), bytes(bits))


def _heard(run: Run[T]) -> tuple[Gate, Mapping[str, bytes]]:
    """Take the engines' word for the bits; all three must say the same."""
    cells, said = len(run.names), list[bytes]()
    for engine in run.terms.engines:
        said.append(run.mail.receive(engine, VERDICT, size=TRANSCRIPT_BYTES + cells))
        with blame(engine, VERDICT):
            bits = read_flags(said[-1][TRANSCRIPT_BYTES:])
        if said[-1] != said[0]:
            raise Misbehaviour(engine, VERDICT, "says another verdict than the first engine")
    return Gate(bits, said[0][:TRANSCRIPT_BYTES]), {}


def _computed(run: Run[T], own: bytes, engines: Engines, compute: Compute[T]) -> tuple[Gate, Mapping[str, bytes]]:
    session, owners = run.session, run.session.parties
    with engines.begin(session.me) as calculation:
        offers = run.among_engines(LINK, calculation.offer)
        with _linking():
            calculation.meet(run.terms.engines, offers, run.terms.ring)
        shares = {
            owner: own if owner == session.me else run.mail.receive(owner, SHARES, size=len(own)) for owner in owners
        }
        bits, results = compute(run, calculation, shares)
    gate = Gate(bits, transcript_of(run.label, session, offers, bits))
    hearers = [party for party in owners if party not in run.terms.engines]
    run.mail.send_all(VERDICT, dict.fromkeys(hearers, gate.transcript + bytes(bits)))
    return gate, results


@contextmanager
def _linking() -> Iterator[None]:
    """An offer that is none, or an engine that does not come: the attempt ends without a culprit."""
    try:
        yield
    except InvalidRecord as fault:
        raise BackendError(f"engine: {fault}") from fault
