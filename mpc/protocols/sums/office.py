"""The recipient's run: collect masked vectors, then opening pads, and add.

It holds no key of the protocol and learns the opened totals, the sums of the randomness of their commitments, and the
names of the withheld cells, nothing about them. Every owner's commitments must be those behind its input commitment, it
must have proved that it knows what they hold, and the totals must open them together. Until the last owner's pads are
here, every cell is uniformly random to it. What it keeps for evidence are the owners' signed messages, from which
anybody re-adds the released totals and holds them against the commitments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.errors import VerificationError
from mpc.commitment import Owner
from mpc.protocols.sums.committed import proof_context, require_committed, require_known
from mpc.protocols.sums.run import begin
from mpc.protocols.sums.schema import Kind, Schema
from mpc.protocols.sums.upload import (
    MASKED,
    OPEN,
    Opening,
    Upload,
    decode_opening,
    decode_upload,
    opening_size,
    upload_size,
)
from mpc.sessions.channel import Channel, Misbehaviour, blame
from mpc.sessions.session import Session, Signed
from mpc.vector import open_cells


@dataclass(frozen=True, slots=True)
class Contribution:
    """One owner's two signed messages."""

    party: str
    upload: Signed
    opening: Signed


@dataclass(frozen=True, slots=True)
class Released:
    """``values``: the opened cells' totals; ``withheld``: the other cells; ``transcript``: as the owners hold
    it."""

    session: bytes
    values: Mapping[str, int] = field(repr=False)
    withheld: tuple[str, ...]
    transcript: bytes
    contributions: tuple[Contribution, ...]


def run_recipient(session: Session, channel: Channel) -> Released:
    """Receive and add.

    Raises:
        Misbehaviour: an owner's message is malformed or disagrees with the others'.
        ChannelTimeout: an owner is silent; nothing is released.
        VerificationError: an opened total is outside its declared bound, or is not what the owners committed to.
    """
    run = begin(session, channel)
    cells = len(run.schema.cells)
    uploads = {p: run.mail.receive_signed(p, MASKED, limit=upload_size(cells)) for p in session.parties}
    masked = _uploads(session, uploads, run.schema)
    openings = {p: run.mail.receive_signed(p, OPEN, limit=opening_size(cells)) for p in session.parties}
    opened = _openings(openings, cells)
    values = add_up(run.schema, masked, opened)
    require_committed(run.schema.names, values, [u.points for u in masked], [o.randomness for o in opened])
    return Released(
        session=session.digest,
        values=values,
        withheld=tuple(n for n, flag in zip(run.schema.names, opened[0].opened, strict=True) if not flag),
        transcript=opened[0].transcript,
        contributions=tuple(Contribution(p, uploads[p], openings[p]) for p in session.parties),
    )


def add_up(schema: Schema, uploads: Sequence[Upload], openings: Sequence[Opening]) -> dict[str, int]:
    """Add the opened cells and hold each total against its declared bound; raises VerificationError."""
    flags = openings[0].opened
    totals = open_cells(
        [[y for y, flag in zip(upload.masked.integers(), flags, strict=True) if flag] for upload in uploads],
        [[pad for pad, flag in zip(o.pads.integers(), flags, strict=True) if flag] for o in openings],
    )
    chosen = [cell for cell, flag in zip(schema.cells, flags, strict=True) if flag]
    for cell, total in zip(chosen, totals, strict=True):
        limit = len(uploads) * cell.bound
        if not (schema.minimum if cell.kind is Kind.COUNT else -limit) <= total <= limit:
            raise VerificationError(f"opened total of cell {cell.name} is outside its declared bound")
    return {cell.name: total for cell, total in zip(chosen, totals, strict=True)}


def _uploads(session: Session, messages: Mapping[str, Signed], schema: Schema) -> list[Upload]:
    found: list[Upload] = []
    for party, message in messages.items():
        with blame(party, MASKED):
            found.append(decode_upload(message.body, len(schema.cells)))
        committed = Owner(session.genesis, session.job, party).commit(found[-1].detail, found[-1].points)
        if committed != session.input_of(party):
            raise Misbehaviour(party, MASKED, "commits to other cells than its input commitment on chain")
        with blame(party, MASKED):
            require_known(found[-1].points, proof_context(session, party, schema), found[-1].proof)
        if found[-1].transcript != found[0].transcript:
            raise Misbehaviour(party, MASKED, "masked under other keys than the first owner")
    return found


def _openings(messages: Mapping[str, Signed], cells: int) -> list[Opening]:
    found: list[Opening] = []
    for party, message in messages.items():
        with blame(party, OPEN):
            found.append(decode_opening(message.body, cells))
        if (found[-1].transcript, found[-1].opened) != (found[0].transcript, found[0].opened):
            raise Misbehaviour(party, OPEN, "opens other cells or after another gate than the first owner")
    return found
