"""The recipient's run: three engines' shares of the opened numbers, added up.

It learns the number of rows and the sum of each opened block, and which cells were withheld. What it keeps for evidence
are the owners' signed messages; an owner that does not compute sends zeros in place of shares, so that all are alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ledger.errors import VerificationError
from mpc.channel import Channel, Misbehaviour, blame
from mpc.engine.shares import Ring, combine
from mpc.protocols.percentiles.run import OPEN, PIECE, begin
from mpc.protocols.percentiles.terms import COUNT, Terms
from mpc.protocols.sums.upload import TRANSCRIPT_BYTES, read_flags
from mpc.session import Session, Signed


@dataclass(frozen=True, slots=True)
class Released:
    """``values``: the opened cells; ``withheld``: the others; ``messages``: the owners' signed openings."""

    values: Mapping[str, int] = field(repr=False)
    withheld: tuple[str, ...]
    transcript: bytes
    messages: Mapping[str, Signed]


def run_recipient(session: Session, channel: Channel) -> Released:
    """Receive and add up.

    Raises:
        Misbehaviour: a message is malformed or disagrees with the others'. ChannelTimeout: an owner is silent.
        VerificationError: two engines' shares do not fit, or a figure is impossible.
    """
    run = begin(session, channel)
    names, head = run.names, TRANSCRIPT_BYTES + len(run.names)
    messages = {
        party: run.mail.receive_signed(party, OPEN, limit=head + PIECE * len(names)) for party in session.parties
    }
    first = messages[session.parties[0]].body[:head]
    for party, message in messages.items():
        if len(message.body) != head + PIECE * len(names) or message.body[:head] != first:
            raise Misbehaviour(party, OPEN, "of another size, or opens other cells than the first owner")
    with blame(session.parties[0], OPEN):
        flags = read_flags(first[TRANSCRIPT_BYTES:])
    opened = [name for name, flag in zip(names, flags, strict=True) if flag]
    totals = combine([messages[engine].body[head:] for engine in run.terms.engines], Ring.FM64)
    values = {name: total for name, total in zip(names, totals, strict=True) if name in opened}
    require_possible(run.terms, values)
    withheld = tuple(name for name in names if name not in opened)
    return Released(values, withheld, first[:TRANSCRIPT_BYTES], messages)


def require_possible(terms: Terms, values: Mapping[str, int]) -> None:
    """Refuse figures that the terms rule out; raises VerificationError."""
    if not values:
        return
    rows = values.get(COUNT, 0)
    if rows < terms.least:
        raise VerificationError(f"figures: {rows} rows, fewer than the {terms.least} that the percentiles need")
    means = []
    for percentile, name in zip(terms.percentiles, terms.names[1:], strict=True):
        if name in values:
            block = terms.block(percentile, rows).rows
            if abs(values[name]) > terms.bound * block:
                raise VerificationError(f"figures: {name} lies beyond its bound")
            means.append((values[name], block))
    if any(left * more > right * one for (left, one), (right, more) in pairwise(means)):
        raise VerificationError("figures: a smaller percentile lies above a larger one")
