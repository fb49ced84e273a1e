"""Ending a job that this department asked for or takes part in, before anything of it was opened.

The chain records who ended it and that it was cancelled; every node stops within seconds. What was reserved for it is
given back by the nodes. Once owners have begun to open it there is nothing left to stop: shares may have left.
"""

from __future__ import annotations

from contracts.artefacts import interfaces
from contracts.jobs import client as jobs
from contracts.jobs.calls import Abort
from contracts.jobs.record import JobState
from contracts.parties.client import party_id
from gateway.network.connecting import officer_chain
from gateway.statistics.events import Emit, Event, silent
from ledger.errors import Conflict, NotAuthorized, NotFound
from ledger.proofs.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.guarding.guard import code
from mpc.node.node import read_trust
from mpc.node.registry import ProvenFacts

CANCELLED = "cancelled"


def cancel(config: NodeConfig, job: bytes, *, emit: Emit = silent) -> bool:
    """End a job's attempt on chain; False if it had ended without an answer already.

    Raises:
        NotFound: the chain knows no such job. Conflict: it is answered, or being opened.
        NotAuthorized: the chain refuses, as to a department that takes no part.
    """
    chain = officer_chain(config)
    view = ProvenView(chain, read_trust(config.trust), config.state / "officer-belief.sqlite", interfaces())
    head = view.head()
    record = ProvenFacts(view, head).job(job)
    match record.state:
        case JobState.UNKNOWN:
            raise NotFound(f"job {job.hex()}: the chain has no such job")
        case JobState.ABORTED | JobState.REFUSED:
            return False
        case JobState.RELEASED:
            raise Conflict(f"job {job.hex()}: it is answered; there is nothing to cancel")
        case JobState.OPENING:
            raise Conflict(f"job {job.hex()}: it is being opened, shares may have left; ask again to follow it")
    if record.is_over(head.timestamp):
        return False
    receipt = chain.submit(jobs.abort(Abort(job, record.attempt, code(CANCELLED)), party=party_id(config.party)))
    if not receipt.accepted:
        raise NotAuthorized(f"the chain refuses to cancel job {job.hex()}: {receipt.reason}")
    emit(Event.CANCELLED, job=job.hex(), attempt=record.attempt)
    return True
