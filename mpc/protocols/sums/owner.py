"""An owner's whole run: keys, masked upload, gate, agreement, opening.

The owner's cells leave in two forms only: masked by a pad of its own (to the recipient) and encrypted under
the joint key (to the co-owners). Its journal is asked before the masked vector and before the pads, so that a
restarted node never sends a second, different vector under one attempt (their difference would be the
difference of inputs), and never opens for a second set of contributors. Assumptions: semi-honest parties; at
least two owners outside any coalition. Of k owners together with the recipient the sum of the others' parts
is known in every opened cell, by subtraction.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.hashing import sha256
from mpc.channel import Channel
from mpc.masking import masks
from mpc.protocols.sums.agreement import Decide, agree
from mpc.protocols.sums.gate import run_gate
from mpc.protocols.sums.keys import Keys, exchange_keys
from mpc.protocols.sums.run import Run, begin
from mpc.protocols.sums.upload import MASKED, OPEN, Opening, Upload
from mpc.session import Journal, Session
from mpc.vector import WORD_BYTES, Vector, decode

__all__ = ["Decide", "OwnerOutcome", "run_owner"]


@dataclass(frozen=True, slots=True)
class OwnerOutcome:
    """What an owner keeps: verdicts and digests, no value of any cell.

    bits: per cell, whether the gate passed it. opened: the cells whose pads left, in schema order.
    transcript: digest over keys and gate; every owner and the recipient hold the same one.
    upload: digest of the signed upload body.
    """

    session: bytes
    bits: Mapping[str, bool]
    opened: tuple[str, ...]
    transcript: bytes
    upload: bytes


def run_owner(
    session: Session, channel: Channel, values: Mapping[str, int], decide: Decide, journal: Journal
) -> OwnerOutcome:
    """Contribute values and open what gate and audits allow.

    Args:
        values: exactly the declared cells, each within its bound.
        decide: asked after the gate and before any pad leaves; see ``Decide``.

    Raises:
        InvalidRecord: a value or the session does not fit the schema; nothing was sent.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt.
        NotAuthorized: the decision refuses the job.
    """
    run = begin(session, channel)
    contribution = run.schema.vector(values)
    keys = exchange_keys(run)
    pads = decode(run.random.stream("pads").read(WORD_BYTES * len(contribution)))
    upload = _upload(run, keys, contribution + pads, journal)
    gate = run_gate(run, keys, values)
    opened = agree(run, gate, decide)
    _open(run, Opening(gate.transcript, opened, pads.keep(opened)), journal)
    names = run.schema.names
    return OwnerOutcome(
        session=session.digest,
        bits=dict(zip(names, gate.bits, strict=True)),
        opened=tuple(name for name, flag in zip(names, opened, strict=True) if flag),
        transcript=gate.transcript,
        upload=upload,
    )


def _upload(run: Run, keys: Keys, padded: Vector, journal: Journal) -> bytes:
    masked = padded + masks(run.session.me, keys.pairs, "cells", len(padded))
    body = Upload(keys.transcript, masked).encode()
    journal.before_send(run.session, MASKED, sha256(body))
    run.mail.send(run.session.recipient, MASKED, body)
    return sha256(body)


def _open(run: Run, opening: Opening, journal: Journal) -> None:
    body = opening.encode()
    journal.before_send(run.session, OPEN, sha256(body))
    run.mail.send(run.session.recipient, OPEN, body)
