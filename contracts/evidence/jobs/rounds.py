"""The stream of a training run in evidence of its model: the root that all parties signed stands on chain.

The coordinator anchored a leaf for every wave; the statement's transcript is the root of them all. The anchor is
write-once, so no other waves can be shown later under this run. What the leaves say is added up again in ``trained``.
"""

from __future__ import annotations

from contracts.addresses import NOTARY
from contracts.evidence import statement
from contracts.evidence.bundle import Evidence
from contracts.evidence.jobs.agreement import Agreement
from contracts.evidence.jobs.release import Released
from contracts.evidence.records.anchored import anchor_slots, stream_id
from contracts.evidence.report import Words
from contracts.evidence.statement import Statement
from contracts.evidence.states import Proven
from contracts.notary import client as notary
from contracts.parties.client import party_id
from ledger.errors import InvalidRecord, VerificationError


def is_of_model(evidence: Evidence) -> bool:
    """Say whether evidence claims to be of a model; nothing is verified, and a statement out of form is of none."""
    try:
        return statement.parse(evidence.envelope.payload).is_model
    except InvalidRecord:
        return False


def slots(signed: Statement) -> tuple[bytes, ...]:
    """List the Notary's words that evidence of a model proves; raises InvalidRecord."""
    stream, waves = _stream(signed)
    return anchor_slots(stream_id(stream), waves)


def stream_of(signed: Statement) -> tuple[bytes, int]:
    """Return the id of the run's stream, and how many waves it has; raises InvalidRecord."""
    stream, waves = _stream(signed)
    return stream_id(stream), waves


def require_anchor(proven: Proven, released: Released, agreement: Agreement) -> tuple[None, Words]:
    """Verify that the waves all parties signed are those that the coordinator anchored.

    Raises:
        VerificationError, InvalidRecord: another root, another size, or another party's stream.
    """
    signed = agreement.statement
    stream, waves = _stream(signed)
    id, values = stream_id(stream), proven.values[NOTARY]
    proven.require_slots(NOTARY, slots(signed))
    if notary.decode_root(id, waves, values) != signed.transcript:
        raise VerificationError(f"anchor: the chain holds another root of {waves} waves of {stream}")
    anchored = notary.decode_stream(id, values)
    if (anchored.owner, anchored.size) != (party_id(agreement.question.recipient), waves):
        raise VerificationError(f"anchor: {stream} is not the coordinator's, or has other than {waves} leaves")
    attempt = released.entry.attempt
    return None, Words(f"{waves} waves of attempt {attempt}", f"第 {attempt} 次尝试,共 {waves} 轮")


def _stream(signed: Statement) -> tuple[str, int]:
    match signed.session:
        case {"job": str(job), "attempt": int(attempt), "terms": {"waves": int(waves)}} if waves > 0:
            return f"run/{job}/{attempt}", waves
    raise InvalidRecord("statement: a run's session has job, attempt and waves")
