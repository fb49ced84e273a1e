"""An owner's whole run: align, hold the common number against the minimum, form moments, decide, hand over.

The common number is known to all owners, so the test is in the open between them; to the recipient goes nothing before
every owner's own audit agreed. Before the opening no figure exists anywhere: sums of own columns lie with their owner,
products of two owners' columns are two shares.

A product with a column in which few rows differ from all others is a figure of those few: as owners of masked moments
do (``mpc.kinds.matrices.bounds``), each looks at its own columns over the common rows, and agrees to nothing if so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.hashing import tagged
from mpc.protocols.align.messages import DECISION, SHARE, OwnerShare
from mpc.protocols.align.moments import Rows, moments
from mpc.protocols.align.ring import align
from mpc.protocols.align.run import LABEL, AdmitOwner, Run, any_owner, begin
from mpc.protocols.align.terms import WHOLE, AlignedTerms
from mpc.protocols.join.run import Progress, silent
from mpc.protocols.sums.agreement import Decide
from mpc.sessions.channel import Channel, Misbehaviour
from mpc.sessions.session import Journal, Session


@dataclass(frozen=True, slots=True)
class OwnerOutcome:
    """What an owner keeps: whether its share left, the transcript of all owners, the common number, and the common
    keys if it is one of those that are told."""

    opened: tuple[str, ...]
    transcript: bytes
    count: int
    keys: tuple[str, ...] | None


def run_owner(
    session: Session,
    channel: Channel,
    rows: Rows,
    decide: Decide,
    journal: Journal,
    *,
    terms: AlignedTerms,
    progress: Progress = silent,
    admit: AdmitOwner = any_owner,
) -> OwnerOutcome:
    """Contribute rows and open what minimum and audits allow.

    Args:
        rows: this owner's values by key, one row a key.
        decide: asked with the one cell, True if the common number reaches the minimum and the own columns bear it.

    Raises:
        InvalidRecord: rows or session do not fit the terms. NotAuthorized: the decision refuses the job.
        Misbehaviour, ChannelTimeout: another owner; the attempt is over.
    """
    run = begin(session, terms, channel, progress, journal, admit)
    found = align(run, tuple(rows))
    is_enough, is_borne, values = found.count >= terms.least_rows, True, tuple[int, ...]()
    if is_enough and terms.columns:
        assert found.keys is not None  # moments are asked only where all owners are told
        is_borne = has_spread(terms.minimum, [rows[key] for key in found.keys])
        values = moments(run, found.keys, rows)
    transcript = run.transcript()
    is_opened = _agree(run, transcript, is_enough, is_borne, decide)
    salt = run.random.stream("align share salt").read(32)
    told = (found.count, *values) if is_opened else ()
    share = OwnerShare(salt, transcript, is_opened, (*told, *[0] * (terms.words - len(told))))
    run.send(session.recipient, SHARE, share.encode())
    return OwnerOutcome((WHOLE,) if is_opened else (), transcript, found.count, found.keys)


def share_digest(session: bytes, party: str, body: bytes) -> bytes:
    """Digest an owner's share, which begins with its salt, for evidence that shows no figure."""
    return tagged(f"{LABEL} share", session, party.encode(), body)


def has_spread(minimum: int, common: Sequence[Sequence[int]]) -> bool:
    """Tell whether in every own column no row, or the minimum of rows, differs from the most frequent value."""
    differing = [len(values) - max(Counter(values).values()) for values in zip(*common, strict=True)]
    return not any(0 < rows < minimum for rows in differing)


def _agree(run: Run, transcript: bytes, is_enough: bool, is_borne: bool, decide: Decide) -> bool:
    chosen = WHOLE in decide({WHOLE: is_enough and is_borne})
    if chosen and not is_enough:
        raise ValueError("the decision opens fewer rows than the minimum")
    answers = run.exchange(DECISION, transcript + bytes([chosen]))
    for party, body in answers.items():
        if body[:-1] != transcript:
            raise Misbehaviour(party, DECISION, "holds another transcript")
        if body[-1] > is_enough:
            raise Misbehaviour(party, DECISION, "wants to open fewer rows than the minimum")
    return all(body[-1] for body in answers.values())
