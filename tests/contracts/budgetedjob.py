"""Three owners, a job over their assets, and its steps as far as budgets see them."""

from __future__ import annotations

from budgeting import Budgeting
from network import AUDIT, digest
from sharing import NODE, OFFICE, OFFICER, REGISTRARS, agent, asset_of, deputy

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE
from contracts.jobs.calls import Commit, Retry

JOB, OTHER, REASON = digest("job"), digest("other job"), digest("reason")
ONE, TWO, THREE = REGISTRARS[:3]
OWNERS = (ONE, TWO, THREE)
RHO = 5_000
NODES = {party: agent(party, NODE) for party in (*OWNERS, AUDIT)}
FIRST, SECOND = agent(ONE, OFFICER), deputy(ONE)
VOTE = GENESIS_ADDRESSES[GOVERNANCE]
ASSET = asset_of(ONE)


def commit(town: Budgeting, job: bytes) -> None:
    for party in town.members(job):
        town.must(NODES[party], Commit(job, town.job(job).attempt, digest("input"), digest("seed")))


def begin(town: Budgeting, job: bytes) -> None:
    town.must(OFFICE, town.propose(job, OWNERS))
    town.to_accepted(job)


def again(town: Budgeting, job: bytes, attempt: int = 1) -> None:
    town.must(OFFICE, Retry(job, attempt, (1 << len(town.roster(job).parties)) - 1))
    town.to_accepted(job)
