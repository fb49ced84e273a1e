"""An owner's whole run: shares of its column, the test, agreement, opening; and, at three owners, the computation.

An owner's values leave as shares only, one to each of three engines, of which any two together could read them: the
assumption is that no two of the three collude. Rows that the question does not choose, and places up to the declared
number of rows, are shares of a number beyond the bound, so that nobody sees how many there are. The engines open, in
messages that they sign: the number of rows, if it reaches what the question needs and comes from enough owners, and 0
otherwise; and of each percentile whether its block has rows of enough owners. Every other result stays in shares, which
go to the recipient once all owners agree. Source of the shares: ``mpc.engine.shares``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from ledger.errors import BackendError, InvalidRecord, VerificationError
from ledger.hashing import sha256, tagged
from mpc.channel import Channel, Misbehaviour, blame
from mpc.engine.port import Calculation, Engines
from mpc.engine.shares import Ring, combine, split
from mpc.protocols.percentiles.terms import COUNT, Terms, name_of, parse
from mpc.protocols.sums.agreement import BeforeBits, Decide, agree
from mpc.protocols.sums.gate import Gate
from mpc.protocols.sums.upload import TRANSCRIPT_BYTES, read_flags
from mpc.session import Journal, Session, SignedChannel

PROTOCOL, LABEL = "percentiles-v1", "SHUXIN-PCT-V1"
SHARES, LINK, COUNTED, BLOCKS, VERDICT, OPEN = "shares", "link", "counted", "blocks", "verdict", "open"
PIECE = 2 * Ring.FM64.value
"""Bytes of one party's share of one number."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an owner keeps: the opened cells, and the digest that all parties hold; no figure."""

    opened: tuple[str, ...]
    transcript: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """One owner's run of one attempt."""

    session: Session
    terms: Terms
    mail: SignedChannel

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

    def _exchange(self, step: str, body: bytes, parties: Sequence[str]) -> dict[str, bytes]:
        others = [party for party in parties if party != self.session.me]
        self.mail.send_all(step, dict.fromkeys(others, body))
        received = {party: self.mail.receive(party, step, size=len(body)) for party in others}
        return {party: received.get(party, body) for party in parties}


@dataclass(frozen=True, slots=True)
class Tested:
    """What the test came to: a bit a cell, and at an engine its shares of the results."""

    gate: Gate
    results: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def begin(session: Session, channel: Channel) -> Run:
    """Read the terms from the session's record; raises InvalidRecord: of another protocol, or impossible."""
    if session.protocol != PROTOCOL:
        raise InvalidRecord(f"session: protocol {PROTOCOL} expected, got {session.protocol[:40]!r}")
    terms = parse(session.terms)
    terms.check_owners(len(session.parties))
    if not set(terms.engines) <= set(session.parties):
        raise InvalidRecord("session: the engines are not among the owners of this attempt")
    return Run(session, terms, SignedChannel(session, channel, LABEL))


def run_owner(
    session: Session,
    channel: Channel,
    values: Sequence[int],
    decide: Decide,
    journal: Journal,
    engines: Engines,
    before_bits: BeforeBits = lambda: None,
) -> Outcome:
    """Contribute a column's values and open what test and audits allow.

    Args:
        values: of this owner's chosen rows, within the bound. engines: used if this owner is to compute.
        before_bits: asked before anything leaves: from then on the engines can learn bits.

    Raises:
        InvalidRecord: a value beyond its bound; nothing was sent. Misbehaviour, ChannelTimeout: another party.
        Conflict: the journal forbids this attempt. NotAuthorized: the decision refuses.
        NotFound, BackendError: this party's engine is missing, or the engines lost each other.
    Cost: three shares of 16 bytes a declared row; the engines select twice and compare twice a percentile.
    """
    run = begin(session, channel)
    pieces = split(_padded(run.terms, values), Ring.FM64, session.randomness().stream("shares"))
    before_bits()
    journal.before_send(session, SHARES, sha256(b"".join(pieces)))
    sent = dict(zip(run.terms.engines, pieces, strict=True))
    run.mail.send_all(SHARES, {engine: sent[engine] for engine in run.peers})
    tested = _compute(run, sent[session.me], engines) if session.me in sent else _hear(run)
    opened = agree(run, tested.gate, decide)
    kept = [
        tested.results.get(name, bytes(PIECE)) if flag else bytes(PIECE)
        for name, flag in zip(run.names, opened, strict=True)
    ]
    body = tested.gate.transcript + bytes(opened) + b"".join(kept)
    journal.before_send(session, OPEN, sha256(body))
    run.mail.send(session.recipient, OPEN, body)
    return Outcome(tuple(name for name, flag in zip(run.names, opened, strict=True) if flag), tested.gate.transcript)


def transcript_of(session: Session, offers: Sequence[bytes], bits: Sequence[bool]) -> bytes:
    """Digest what the engines linked by, and what they found."""
    return tagged(f"{LABEL} transcript", session.digest, *map(sha256, offers), bytes(bits))


def _padded(terms: Terms, values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if len(values) > terms.rows or any(abs(value) > terms.bound for value in values):
        raise InvalidRecord("contribution: more rows than declared, or a value beyond its bound")
    padded = np.full(terms.rows, terms.bound + 1, dtype=np.int64)
    padded[: len(values)] = values
    return padded


def _hear(run: Run) -> Tested:
    """Take the engines' word for the bits; all three must say the same."""
    cells, said = len(run.names), list[bytes]()
    for engine in run.terms.engines:
        said.append(run.mail.receive(engine, VERDICT, size=TRANSCRIPT_BYTES + cells))
        with blame(engine, VERDICT):
            bits = read_flags(said[-1][TRANSCRIPT_BYTES:])
        if said[-1] != said[0]:
            raise Misbehaviour(engine, VERDICT, "says another verdict than the first engine")
    return Tested(Gate(bits, said[0][:TRANSCRIPT_BYTES]))


def _compute(run: Run, own: bytes, engines: Engines) -> Tested:
    session, owners = run.session, run.session.parties
    with engines.begin(session.me) as calculation:
        offers = run.among_engines(LINK, calculation.offer)
        with _linking():
            calculation.meet(run.terms.engines, offers)
        for owner in owners:
            share = own if owner == session.me else run.mail.receive(owner, SHARES, size=len(own))
            calculation.take(owner, share)
        bits, results = _tested(run, calculation, owners)
    gate = Gate(bits, transcript_of(session, offers, bits))
    hearers = [party for party in owners if party not in run.terms.engines]
    run.mail.send_all(VERDICT, dict.fromkeys(hearers, gate.transcript + bytes(bits)))
    return Tested(gate, results)


def _tested(run: Run, calculation: Calculation, owners: Sequence[str]) -> tuple[tuple[bool, ...], Mapping[str, bytes]]:
    """Count, and if there are enough rows add up every block; the messages are the same if there are not."""
    terms = run.terms
    numbers = {"end": terms.bound + 1, "least": terms.least, "owners": terms.contributors}
    calculation.run("count", owners, [COUNT], numbers)
    results = {COUNT: calculation.give(COUNT)}
    rows = _opened(run, COUNTED, results[COUNT])[0]
    of_enough = [bytes(PIECE)] * len(terms.percentiles)
    if rows:
        of_enough = []
        for percentile in terms.percentiles:
            tested, results[name_of(percentile)] = _block(calculation, terms, owners, percentile, rows)
            of_enough.append(tested)
    found = _opened(run, BLOCKS, b"".join(of_enough))
    return (rows > 0, *(number > 0 for number in found)), results


def _block(
    calculation: Calculation, terms: Terms, owners: Sequence[str], percentile: int, rows: int
) -> tuple[bytes, bytes]:
    """Share the number of a block's rows, 0 unless they are of enough owners, and their sum."""
    block = terms.block(percentile, rows)
    for end, rank in (("low", block.first), ("high", block.last)):
        calculation.run("order", owners, [end], {"rank": rank})
    calculation.run("block", ["low", "high", *owners], ["rows", "sum"], {"owners": terms.contributors})
    return calculation.give("rows"), calculation.give("sum")


def _opened(run: Run, step: str, pieces: bytes) -> list[int]:
    try:
        return combine(run.among_engines(step, pieces), Ring.FM64)
    except VerificationError as fault:
        if isinstance(fault, Misbehaviour):
            raise
        raise Misbehaviour(run.peers[0], step, str(fault)) from fault


@contextmanager
def _linking() -> Iterator[None]:
    """An offer that is none, or an engine that does not come: the attempt ends without a culprit."""
    try:
        yield
    except InvalidRecord as fault:
        raise BackendError(f"engine: {fault}") from fault
