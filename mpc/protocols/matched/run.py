"""An owner's whole run: shares of its keys and columns, one bit, agreement, opening; at three owners, the matching.

A key leaves as shares of 120 bits of its digest; rows that the owner's own filters do not choose, and places up to the
declared number of rows, are padding that no other row equals. So who computes sees neither keys nor how many rows an
owner has, nor which of them satisfy a condition. The engines sort what is shared by key, compare neighbours, and add up
over the rows that all owners have. They open one bit, in messages that they sign: whether there are enough rows, and
each column has none or enough of them that differ from its most frequent value, since a product with such a column is
a figure of these few. The frame, and what it assumes, is ``mpc.protocols.engines``.

Two keys of 2^22 have the same 120 bits with a chance of 2^-77; an owner of two such keys refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ledger.errors import InvalidRecord
from ledger.hashing import tagged
from mpc.engine.port import Calculation, Engines
from mpc.engine.shares import Integers, split
from mpc.protocols import engines as frame
from mpc.protocols.align.moments import Rows
from mpc.protocols.align.terms import WHOLE
from mpc.protocols.engines import Found, Outcome, Run
from mpc.protocols.matched.terms import PIECE, RING, MatchedTerms, parse
from mpc.protocols.sums.agreement import BeforeBits, Decide
from mpc.sessions.channel import Channel
from mpc.sessions.session import Journal, Session

PROTOCOL, LABEL = "matched-v1", "SHUXIN-MATCH-V1"
TESTED = "tested"
KEY_BITS = 60
"""Of each of the two words of a key; padding has the next bit set in the first."""


def begin(session: Session, channel: Channel) -> Run[MatchedTerms]:
    """Read the terms from the session's record; raises InvalidRecord: of another protocol, or impossible."""
    if session.protocol != PROTOCOL:
        raise InvalidRecord(f"session: protocol {PROTOCOL} expected, got {session.protocol[:40]!r}")
    terms = parse(session.terms)
    if [member.party for member in terms.members] != sorted(session.parties):
        raise InvalidRecord("session: rows are matched over all owners that the terms name, and no others")
    return Run.begin(session, channel, terms, LABEL)


def run_owner(
    session: Session,
    channel: Channel,
    rows: Rows,
    decide: Decide,
    journal: Journal,
    engines: Engines,
    before_bits: BeforeBits = lambda: None,
) -> Outcome:
    """Contribute rows and open what the bit and audits allow.

    Args:
        rows: this owner's values by key, of the rows that its filters choose. engines: used if it is to compute.
        before_bits: asked before anything leaves: from then on the owners can learn the bit.

    Raises:
        InvalidRecord: rows do not fit the terms; nothing was sent. Misbehaviour, ChannelTimeout: another party.
        Conflict: the journal forbids this attempt. NotAuthorized: the decision refuses.
        NotFound, BackendError: this party's engine is missing, or the engines lost each other.
    Cost: three shares of 32 bytes a declared row and word; a sort of all owners' rows.
    """
    run = begin(session, channel)
    source = session.randomness().stream("shares")
    words = [split(word, RING, source) for word in _words(run, rows)]
    pieces = [b"".join(word[rank] for word in words) for rank in range(len(run.terms.engines))]
    return frame.contribute(run, pieces, decide, journal, engines, before_bits, _compute)


def _words(run: Run[MatchedTerms], rows: Rows) -> Iterator[Integers]:
    """Lay out this owner's rows: two words of every key, then its columns, all padded."""
    terms, member = run.terms, run.terms.member(run.session.me)
    if len(rows) > terms.rows:
        raise InvalidRecord(f"contribution: {len(rows)} rows, {terms.rows} declared")
    keys = sorted(rows)  # the order of a recorded input
    numbers = [_number(run.session, key) for key in keys]
    if len(set(numbers)) != len(numbers):
        raise InvalidRecord("contribution: two keys have one digest")
    for key in keys:
        bounds = zip(rows[key], member.columns, strict=True)
        if any(not column.least <= value <= column.most for value, column in bounds):
            raise InvalidRecord("contribution: a value beyond its bounds")
    places = np.arange(terms.rows, dtype=np.int64)
    owner = terms.members.index(member)
    yield _over(np.full(terms.rows, 1 << KEY_BITS, dtype=np.int64), [number >> KEY_BITS for number in numbers])
    yield _over(places * len(terms.members) + owner, [number % (1 << KEY_BITS) for number in numbers])
    for place in range(terms.width):
        own = [rows[key][place] for key in keys] if place < len(member.columns) else []
        yield _over(np.zeros(terms.rows, dtype=np.int64), own)


def _number(session: Session, key: str) -> int:
    digest = tagged(f"{LABEL} key", session.digest, key.encode())
    return int.from_bytes(digest, "big") >> (8 * len(digest) - 2 * KEY_BITS)


def _over(padding: Integers, values: Sequence[int]) -> Integers:
    padding[: len(values)] = values
    return padding


def _compute(run: Run[MatchedTerms], calculation: Calculation, shares: Mapping[str, bytes]) -> Found:
    terms, inputs = run.terms, list[str]()
    for owner in (member.party for member in terms.members):
        size = len(shares[owner]) // (2 + terms.width)
        for place in range(2 + terms.width):
            inputs.append(f"{owner}/{place}")
            calculation.take(inputs[-1], shares[owner][size * place : size * (place + 1)])
    numbers = {"owners": len(terms.members), "width": terms.width, "least": terms.least_rows, "minimum": terms.minimum}
    numbers |= {f"columns{place}": len(member.columns) for place, member in enumerate(terms.members)}
    outputs = [f"figure {place}" for place in range(terms.scalars)]
    calculation.run("matched", inputs, ["passes", *outputs], numbers)
    (passes,) = run.opened(TESTED, calculation.give("passes"))
    results = b"".join(calculation.give(output) for output in outputs)
    assert len(results) == PIECE * terms.scalars
    return (passes > 0,), {WHOLE: results}
