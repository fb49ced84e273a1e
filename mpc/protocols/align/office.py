"""The recipient of moments over aligned rows: takes one share from each owner, subtracts, adds what bounds took off.

It holds no key of the protocol, sees no key of a row, and learns the figures or that nothing was opened. What it keeps
for evidence are the owners' signed shares, from which anybody counts the figures again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.canonical import JsonValue
from ledger.errors import VerificationError
from mpc.protocols.align.messages import SHARE, OwnerShare, decode_share, share_size
from mpc.protocols.align.run import LABEL, require_terms
from mpc.protocols.align.terms import WHOLE, AlignedTerms, squares
from mpc.sessions.channel import Channel, Misbehaviour, blame
from mpc.sessions.session import Session, Signed, SignedChannel


@dataclass(frozen=True, slots=True)
class Figures:
    """Rows, sums by column, sums of products by pair of columns, squares among them; in the order of the terms."""

    rows: int
    sums: Mapping[str, int]
    products: Mapping[tuple[str, str], int]

    def json(self) -> JsonValue:
        products: JsonValue = {f"{a} * {b}": str(total) for (a, b), total in self.products.items()}
        sums: JsonValue = {name: str(total) for name, total in self.sums.items()}
        return {"group": WHOLE, "rows": str(self.rows), "sums": sums, "products": products}


@dataclass(frozen=True, slots=True)
class Released:
    """``figures``: None where nothing was opened. shares: the owners' signed messages."""

    figures: Figures | None = field(repr=False)
    transcript: bytes
    shares: Mapping[str, Signed] = field(repr=False)

    @property
    def opened(self) -> tuple[str, ...]:
        return () if self.figures is None else (WHOLE,)

    def document(self) -> dict[str, JsonValue]:
        """Render the release that is committed to."""
        cells: list[JsonValue] = [] if self.figures is None else [self.figures.json()]
        return {"cells": cells, "withheld": [WHOLE] if self.figures is None else []}


def run_recipient(session: Session, channel: Channel, *, terms: AlignedTerms) -> Released:
    """Receive every owner's share and subtract.

    Raises:
        Misbehaviour: a share is malformed or disagrees with another. ChannelTimeout: an owner is silent.
        VerificationError: a figure lies outside its declared bounds.
    """
    require_terms(session, terms)
    mail = SignedChannel(session, channel, LABEL)
    signed, shares = {}, dict[str, OwnerShare]()
    for member in terms.members:
        values = terms.words
        signed[member.party] = mail.receive_signed(member.party, SHARE, limit=share_size(values))
        with blame(member.party, SHARE):
            shares[member.party] = decode_share(signed[member.party].body, values)
    first = shares[terms.members[0].party]
    for party, share in shares.items():
        if (share.transcript, share.is_opened, share.values[0]) != (first.transcript, first.is_opened, first.values[0]):
            raise Misbehaviour(party, SHARE, "opens after other messages, or another number of rows, than the first")
    figures = open_figures(terms, {party: share.values for party, share in shares.items()}) if first.is_opened else None
    return Released(figures, first.transcript, signed)


def open_figures(terms: AlignedTerms, shares: Mapping[str, tuple[int, ...]]) -> Figures:
    """Put the owners' shares together; raises VerificationError for a figure outside its bounds."""
    rows = shares[terms.members[0].party][0]
    if not terms.least_rows <= rows <= terms.rows:
        raise VerificationError("opened figures are of fewer rows than may be, or of more than declared")
    counted, crossed = dict[int, int](), dict[tuple[int, int], int]()
    taken = {member.party: 1 for member in terms.members}

    def take(party: str, count: int) -> tuple[int, ...]:
        start = taken[party]
        taken[party] += count
        return shares[party][start : start + count]

    columns = [(member.party, index) for member in terms.members for index in range(len(member.columns))]
    place = {column: number for number, column in enumerate(columns)}
    for member in terms.members:
        count = len(member.columns)
        for index, total in enumerate(take(member.party, count)):
            counted[place[member.party, index]] = total
        own = list(squares(count))
        for (i, j), total in zip(own, take(member.party, len(own)), strict=True):
            crossed[place[member.party, i], place[member.party, j]] = total
    for left, right in terms.pairs:
        count = len(left.columns) * len(right.columns)
        masked, masks = take(left.party, count), take(right.party, count)
        for number, (share, mask) in enumerate(zip(masked, masks, strict=True)):
            j, i = divmod(number, len(left.columns))
            crossed[place[left.party, i], place[right.party, j]] = share - mask
    return _uncounted(terms, rows, counted, crossed)


def _uncounted(
    terms: AlignedTerms, rows: int, counted: Mapping[int, int], crossed: Mapping[tuple[int, int], int]
) -> Figures:
    """Say sums and products of values, not of what they are above their least."""
    columns = [column for _, column in terms.columns]
    span = [column.most - column.least for column in columns]
    fits = all(0 <= total <= rows * span[i] for i, total in counted.items())
    if not fits or not all(0 <= total <= rows * span[i] * span[j] for (i, j), total in crossed.items()):
        raise VerificationError("opened figures are outside their declared bounds")
    least = [column.least for column in columns]
    sums = {columns[i].name: counted[i] + rows * least[i] for i in range(len(columns))}
    products = {
        (columns[i].name, columns[j].name): (
            crossed[i, j] + least[i] * counted[j] + least[j] * counted[i] + rows * least[i] * least[j]
        )
        for i, j in squares(len(columns))
    }
    return Figures(rows, sums, products)
