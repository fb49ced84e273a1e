"""An owner's whole run: shares of its column, the test, agreement, opening; and, at three owners, the computation.

Rows that the question does not choose, and places up to the declared number of rows, are shares of a number beyond the
bound, so that nobody sees how many there are. The engines open, in messages that they sign: the number of rows, if it
reaches what the question needs and comes from enough owners, and 0 otherwise; and of each percentile whether its block
has rows of enough owners. The frame, and what it assumes, is ``mpc.protocols.engines``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ledger.errors import InvalidRecord
from mpc.engine.port import Calculation, Engines
from mpc.engine.shares import split
from mpc.protocols import engines as frame
from mpc.protocols.engines import Found, Outcome, Run
from mpc.protocols.percentiles.terms import COUNT, PIECE, RING, Terms, name_of, parse
from mpc.protocols.sums.agreement import BeforeBits, Decide
from mpc.sessions.channel import Channel
from mpc.sessions.session import Journal, Session

PROTOCOL, LABEL = "percentiles-v1", "SHUXIN-PCT-V1"
COUNTED, BLOCKS = "counted", "blocks"


def begin(session: Session, channel: Channel) -> Run[Terms]:
    """Read the terms from the session's record; raises InvalidRecord: of another protocol, or impossible."""
    if session.protocol != PROTOCOL:
        raise InvalidRecord(f"session: protocol {PROTOCOL} expected, got {session.protocol[:40]!r}")
    terms = parse(session.terms)
    terms.check_owners(len(session.parties))
    return Run.begin(session, channel, terms, LABEL)


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
    pieces = split(_padded(run.terms, values), RING, session.randomness().stream("shares"))
    return frame.contribute(run, pieces, decide, journal, engines, before_bits, _compute)


def _padded(terms: Terms, values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if len(values) > terms.rows or any(abs(value) > terms.bound for value in values):
        raise InvalidRecord("contribution: more rows than declared, or a value beyond its bound")
    padded = np.full(terms.rows, terms.bound + 1, dtype=np.int64)
    padded[: len(values)] = values
    return padded


def _compute(run: Run[Terms], calculation: Calculation, shares: Mapping[str, bytes]) -> Found:
    """Count, and if there are enough rows add up every block; the messages are the same if there are not."""
    terms, owners = run.terms, list(shares)
    for owner, share in shares.items():
        calculation.take(owner, share)
    numbers = {"end": terms.bound + 1, "least": terms.least, "owners": terms.contributors}
    calculation.run("count", owners, [COUNT], numbers)
    results = {COUNT: calculation.give(COUNT)}
    rows = run.opened(COUNTED, results[COUNT])[0]
    of_enough = [bytes(PIECE)] * len(terms.percentiles)
    if rows:
        of_enough = []
        for percentile in terms.percentiles:
            tested, results[name_of(percentile)] = _block(calculation, terms, owners, percentile, rows)
            of_enough.append(tested)
    found = run.opened(BLOCKS, b"".join(of_enough))
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
