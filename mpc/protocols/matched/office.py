"""The recipient's run: three engines' shares of the figures, added up.

It learns the figures, or that nothing was opened. What it keeps for evidence are the owners' signed messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.canonical import JsonValue
from ledger.errors import VerificationError
from mpc.engine.shares import combine
from mpc.protocols import engines as frame
from mpc.protocols.align.office import Figures
from mpc.protocols.align.terms import WHOLE, squares
from mpc.protocols.matched.run import begin
from mpc.protocols.matched.terms import MatchedTerms
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session, Signed


@dataclass(frozen=True, slots=True)
class Released:
    """``figures``: None where nothing was opened. messages: the owners' signed openings."""

    figures: Figures | None = field(repr=False)
    transcript: bytes
    messages: Mapping[str, Signed] = field(repr=False)

    @property
    def opened(self) -> tuple[str, ...]:
        return () if self.figures is None else (WHOLE,)


def run_recipient(session: Session, channel: Channel) -> Released:
    """Receive and add up.

    Raises:
        Misbehaviour: a message is malformed or disagrees with the others'. ChannelTimeout: an owner is silent.
        VerificationError: two engines' shares do not fit, or a figure is impossible.
    """
    run = begin(session, channel)
    received = frame.receive(run)
    numbers = combine(received.shares, run.terms.ring)
    figures = open_figures(run.terms, numbers) if received.opened else None
    return Released(figures, received.transcript, received.messages)


def open_figures(terms: MatchedTerms, numbers: Sequence[int]) -> Figures:
    """Name the opened numbers; raises VerificationError for figures that the terms rule out."""
    columns, rows = terms.columns, numbers[0]
    if not terms.least_rows <= rows <= terms.rows:
        raise VerificationError("opened figures are of fewer rows than may be, or of more than declared")
    sums = numbers[1 : 1 + len(columns)]
    if any(not rows * c.least <= total <= rows * c.most for c, total in zip(columns, sums, strict=True)):
        raise VerificationError("opened figures are outside their declared bounds")
    crossed = dict(zip(squares(len(columns)), numbers[1 + len(columns) :], strict=True))
    for (i, j), total in crossed.items():
        ends = [a * b for a in (columns[i].least, columns[i].most) for b in (columns[j].least, columns[j].most)]
        if not rows * min(ends) <= total <= rows * max(ends):
            raise VerificationError("opened figures are outside their declared bounds")
    names = [column.name for column in columns]
    products = {(names[i], names[j]): total for (i, j), total in crossed.items()}
    return Figures(rows, dict(zip(names, sums, strict=True)), products)


def document(figures: Figures | None) -> dict[str, JsonValue]:
    """Render the release that is committed to."""
    cells: list[JsonValue] = [] if figures is None else [figures.json()]
    return {"cells": cells, "withheld": [WHOLE] if figures is None else []}
