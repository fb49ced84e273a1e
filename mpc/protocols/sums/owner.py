"""An owner's whole run: keys, masked upload, gate, agreement, opening.

The owner's cells leave in three forms only: masked by a pad of its own and as hiding commitments (to the recipient),
and encrypted under the joint key (to the co-owners). The commitments are those that its input commitment on chain has
held since before the first message, so it cannot choose them later, and it proves that it knows what they hold. Its
journal is asked before the masked vector and before the pads, so that a restarted node never sends a second, different
vector under one attempt (their difference would be the difference of inputs), and never opens for a second set of
contributors. Assumptions: semi-honest parties; at least two owners outside any coalition. Of k owners together with the
recipient the sum of the others' parts is known in every opened cell, by subtraction.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.errors import InvalidRecord
from ledger.hashing import sha256
from mpc.commitment import Owner, Secret
from mpc.groups import pedersen
from mpc.masking import masks, residue_masks
from mpc.protocols.sums.agreement import BeforeBits, Decide, agree
from mpc.protocols.sums.committed import CommittedCells, commit_cells, proof_context
from mpc.protocols.sums.gate import pass_all, run_gate
from mpc.protocols.sums.keys import Keys, exchange_keys
from mpc.protocols.sums.run import Run, begin
from mpc.protocols.sums.upload import MASKED, OPEN, Opening, Upload, keep
from mpc.sessions.channel import Channel
from mpc.sessions.session import Journal, Session
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
    session: Session,
    channel: Channel,
    values: Mapping[str, int],
    decide: Decide,
    journal: Journal,
    secret: Secret,
    before_bits: BeforeBits = lambda: None,
) -> OwnerOutcome:
    """Contribute values and open what gate and audits allow.

    Args:
        values: exactly the declared cells, each within its bound; noised cells with this owner's noise in them.
        decide: asked after the gate and before any pad leaves; see ``Decide``.
        secret: what the input commitment of this owner's seat was made with.
        before_bits: asked before the gate can tell anybody a bit; see ``BeforeBits``. Noised cells have none.

    Raises:
        InvalidRecord: a value or the session does not fit the schema, or values and secret do not fit the input
            commitment; nothing was sent.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt.
        NotAuthorized: the decision refuses the job.
    """
    run = begin(session, channel)
    contribution = run.schema.vector(values)
    cells = _committed(run, values, secret)
    keys = exchange_keys(run)
    pads = decode(run.random.stream("pads").read(WORD_BYTES * len(contribution)))
    upload = _upload(run, keys, contribution + pads, cells, journal)
    is_tested = run.schema.guarantee is None
    gate = run_gate(run, keys, values, before_bits) if is_tested else pass_all(run, keys, upload)
    opened = agree(run, gate, decide)
    randomness = keep(_masked_randomness(run, keys, cells), opened)
    _open(run, Opening(gate.transcript, opened, pads.keep(opened), randomness), journal)
    names = run.schema.names
    return OwnerOutcome(
        session=session.digest,
        bits=dict(zip(names, gate.bits, strict=True)),
        opened=tuple(name for name, flag in zip(names, opened, strict=True) if flag),
        transcript=gate.transcript,
        upload=upload,
    )


def _committed(run: Run, values: Mapping[str, int], secret: Secret) -> CommittedCells:
    session = run.session
    cells = commit_cells(Owner(session.genesis, session.job, session.me), run.schema, values, secret)
    if cells.input != session.input_of(session.me):
        raise InvalidRecord("contribution: not the input that this owner committed to")
    return cells


def _upload(run: Run, keys: Keys, padded: Vector, cells: CommittedCells, journal: Journal) -> bytes:
    masked = padded + masks(run.session.me, keys.pairs, "cells", len(padded))
    context = proof_context(run.session, run.session.me, run.schema)
    proof = cells.prove(context, run.random.stream("proof of opening").read(32))
    body = Upload(keys.transcript, masked, cells.detail, cells.points, proof).encode()
    journal.before_send(run.session, MASKED, sha256(body))
    run.mail.send(run.session.recipient, MASKED, body)
    return sha256(body)


def _masked_randomness(run: Run, keys: Keys, cells: CommittedCells) -> list[int]:
    shared = residue_masks(run.session.me, keys.pairs, "randomness", len(cells.points), pedersen.ORDER)
    return [(r + mask) % pedersen.ORDER for r, mask in zip(cells.randomness, shared, strict=True)]


def _open(run: Run, opening: Opening, journal: Journal) -> None:
    body = opening.encode()
    journal.before_send(run.session, OPEN, sha256(body))
    run.mail.send(run.session.recipient, OPEN, body)
