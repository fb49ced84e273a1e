"""The recipient's run: three engines' shares of the opened numbers, added up.

It learns the number of rows and the sum of each opened block, and which cells were withheld. What it keeps for evidence
are the owners' signed messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ledger.errors import VerificationError
from mpc.engine.shares import combine
from mpc.protocols import engines as frame
from mpc.protocols.percentiles.run import begin
from mpc.protocols.percentiles.terms import COUNT, Terms
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session, Signed


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
    received = frame.receive(run)
    totals = combine(received.shares, run.terms.ring)
    values = {name: total for name, total in zip(run.names, totals, strict=True) if name in received.opened}
    require_possible(run.terms, values)
    withheld = tuple(name for name in run.names if name not in received.opened)
    return Released(values, withheld, received.transcript, received.messages)


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
