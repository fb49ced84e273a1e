"""A training run's seat at this node: who computes it, and what is asked of the chain before each wave.

Before every wave the guard decides anew on a fresh proven moment, as before the first message of a job: the job in
force, every authorization in force for its purpose and operations, the own terms, every party's keys, every asset's
reservation. So a revocation ends a run in the wave that it comes in, with its ground on chain. A state that was judged
before, of the same block, is not judged again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from contracts.authorizations.terms import identifier
from contracts.jobs.record import JobState
from mpc.kinds.kind import Kind
from mpc.kinds.models.noised import NoisedTraining
from mpc.kinds.models.training import Training
from mpc.kinds.models.vertical import Vertical
from mpc.kinds.registry import kind_of
from mpc.node.attempts.account import Account
from mpc.node.attempts.desk import Desk
from mpc.node.guarding.guard import Mandate, Refused, code, read_code
from mpc.node.registry import Facts
from mpc.node.workplace import Workplace
from mpc.spec.job import JobSpec
from mpc.spec.training import TrainingSpec
from mpc.spec.vertical import VerticalSpec
from mpc.training.port import RunOf
from mpc.vertical.algorithms import Scores

SLACK_S = 30.0
Spec = TypeVar("Spec")


def require_trainer(place: Workplace, facts: Facts, spec: JobSpec) -> None:
    """Refuse a training run at a node that computes none, or for whom its owners cannot answer; raises Refused."""
    if not isinstance(spec, TrainingSpec | VerticalSpec):
        return
    if not place.trainer.is_there:
        raise Refused(code("job: training"), "job: this node runs no training service (--services stats,federated)")
    if objection := _objection(place, spec):
        raise Refused(code("job: app"), f"job: {objection}")
    if isinstance(spec, VerticalSpec) and any(facts.recipient_class(identifier(spec.recipient))):
        text = "job: the departments learn from the runs of every recipient; one in a class of its own has none"
        raise Refused(code("job: recipient class"), text)
    model = spec.algorithm.of if isinstance(spec, VerticalSpec) and isinstance(spec.algorithm, Scores) else b""
    if model and facts.job(model).state is not JobState.RELEASED:  # parts are kept before all have signed
        raise Refused(code("job: model"), "job: scores are asked of a model whose training was released")


def _objection(place: Workplace, spec: JobSpec) -> str:
    """Say why this node, as an owner, would not run a specification's app of others; empty if it would."""
    if not isinstance(spec, TrainingSpec) or place.party not in {source.party for source in spec.sources}:
        return ""
    return place.trainer.objection(spec)


def patience_s(spec: JobSpec, party: str) -> float | None:
    """Return how long a party of a run waits for a message; None for other jobs, which wait as the node is configured.

    Departments wait for longer than the coordinator waits for one that is lost, or all would give up at once.
    """
    if isinstance(spec, VerticalSpec):
        return 3.0 * spec.round_s + SLACK_S  # one party waits for another that waits for a third
    if not isinstance(spec, TrainingSpec):
        return None
    return float(spec.round_s) if party == spec.recipient else 3.0 * spec.round_s + SLACK_S


def begins_together(spec: JobSpec) -> bool:
    """Say whether nobody sends a message before all owners have opened.

    The coordinator of a run counts a department that is late in a wave as lost. How long an owner takes to decide and
    to open grows with the number of owners and with other work of the machine, so it is no part of the first wave.
    """
    return isinstance(spec, TrainingSpec)


def seated(desk: Desk, account: Account, mandate: Mandate) -> Kind:
    """Return the kind of a job as this node computes it."""
    trainer = desk.place.trainer
    match kind_of(mandate.spec):
        case Training() | NoisedTraining() as kind:
            return replace(kind, seat=trainer.seat(_run(desk, account, mandate, kind.spec)))
        case Vertical() as kind:
            return replace(kind, seat=trainer.vertical(_run(desk, account, mandate, kind.spec)))
        case kind:
            return kind


def _run(desk: Desk, account: Account, mandate: Mandate, spec: Spec) -> RunOf[Spec]:
    place, permitted = desk.place, -1

    def require(number: int) -> None:
        nonlocal permitted
        facts = desk.facts()
        if facts.height == permitted:
            return  # the same proven state: what it permitted, it permits
        try:
            account.require_reserved(facts, place.guard.check(facts, mandate.id, mandate.spec))
        except Refused as fault:
            raise Refused(fault.code, f"wave {number}: {fault}") from fault
        permitted = facts.height

    def ended() -> str:
        job = desk.facts().job(mandate.id)
        is_ended = job.attempt != mandate.attempt or job.state in (JobState.ABORTED, JobState.REFUSED)
        return read_code(job.reason) if is_ended else ""

    return RunOf(
        spec=spec,
        job=mandate.id,
        attempt=mandate.attempt,
        party=place.party,
        home=place.state / "jobs" / mandate.id.hex(),
        chain=place.chain,
        require=require,
        ended=ended,
        say=desk.report.say,
        limits=place.guard.probing,
    )
