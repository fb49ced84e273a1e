"""How a node comes by the specification of a job: from its own officer, or sealed from the requester's node.

Only the digest stands on chain; what does not have that digest is refused, whoever sends it.
"""

from __future__ import annotations

from contracts.authorizations.terms import identifier
from contracts.jobs.record import Job
from ledger.errors import InvalidRecord
from mpc.node.attempts.desk import Desk
from mpc.node.attempts.frame import SPECIFICATION
from mpc.node.guarding.guard import Refused, code
from mpc.node.registry import Facts
from mpc.node.whole import write_whole
from mpc.spec import job as job_spec
from mpc.spec import reader as spec_reader
from mpc.spec.job import JobSpec

LIMIT = 1 << 20
WAIT_S = 20.0
"""Longest wait for the requester's node: nothing but its own job is at stake, and others wait for the place."""


def obtain(desk: Desk) -> JobSpec:
    """Return the specification of the desk's job; the requester's node also hands it to the others.

    Raises:
        Refused: there is none, or it is not the one proposed.
        ChannelTimeout, Misbehaviour: the requester's node.
    """
    facts = desk.facts()
    job = facts.job(desk.job)
    path = desk.place.specification_path(job.spec)
    if job.requester == desk.me:
        if not path.exists():
            raise Refused(code("job: specification"), "job: this node was not handed the specification")
        spec = _read(path.read_bytes(), job)
        _hand_out(desk, facts, spec, path.read_bytes())
        return spec
    if not path.exists():
        data = _receive(desk, facts, job)
        _read(data, job)
        write_whole(path, data)
    return _read(path.read_bytes(), job)


def _receive(desk: Desk, facts: Facts, job: Job) -> bytes:
    requester = desk.place.codes.get(job.requester)
    if requester is None:
        raise Refused(code("job: requester"), "job: the requester is not a party this node knows")
    wait_s = min(WAIT_S, desk.place.message_timeout_s)
    with desk.channel({requester: facts.keys(job.requester)}, desk.before_session, wait_s) as channel:
        return channel.receive(requester, SPECIFICATION, limit=LIMIT)


def _hand_out(desk: Desk, facts: Facts, spec: JobSpec, data: bytes) -> None:
    others = {party: facts.keys(identifier(party)) for party in spec.parties if party != desk.place.party}
    with desk.channel(others, desk.before_session) as channel:
        channel.send_all(SPECIFICATION, dict.fromkeys(others, data))


def _read(data: bytes, job: Job) -> JobSpec:
    try:
        spec = spec_reader.parse(data)
    except InvalidRecord as fault:
        raise Refused(code("job: specification"), f"job: the specification cannot be read: {fault}") from fault
    if job_spec.digest(spec) != job.spec:
        raise Refused(code("job: specification"), "job: the specification is not the one proposed on chain")
    return spec
