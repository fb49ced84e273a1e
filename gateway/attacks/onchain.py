"""Attacks by transactions: a second release of one job, a job that begins again, somebody else's step.

By: registered parties with their own agents' keys. The chain refuses each call; refused calls stay in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing

from contracts.jobs import client as jobs
from contracts.jobs.calls import Abort, Open, Release, Retry
from contracts.jobs.record import JobState
from contracts.parties.client import party_id
from gateway.attacks.attack import Attack, Setting, Try, failed, skipped, stopped
from gateway.attacks.questions import BASE
from gateway.attacks.scene import Scene
from ledger.chain import Operation
from mpc.node.registry import ProvenFacts

ONE, OTHER = b"\x11" * 32, b"\x22" * 32


def double_release(scene: Scene) -> Iterator[Try]:
    """Release once more, with other figures, or open once more for other contributors."""
    target, bands = scene.sums, scene.bands
    if target is None or bands is None:
        yield skipped("a second release", "no tables here for masked sums")
        return
    band = bands.first
    spec = target.question(scene.office, target.between(band.low, band.target + 1))
    job = scene.ask(spec, nonce=BASE).job
    me, owner = party_id(scene.office), spec.sources[0].party
    with closing(scene.chain(scene.office)) as chain, scene.view(chain, "double-release") as view:
        record = ProvenFacts(view, view.head()).job(job)
    if record.state is not JobState.RELEASED:
        yield skipped("a second release", "the job that it needs was not released")
        return
    attempt, again = record.attempt, secrets.randbelow(1 << 32)
    calls: list[tuple[str, str, Operation]] = [
        ("the office signs other figures for its released job", scene.office,
         jobs.release(Release(job, attempt, ONE, OTHER), party=me, again=again)),
        ("the office begins the released job again with fewer owners", scene.office,
         jobs.retry(Retry(job, attempt, record.members >> 1), party=me, again=again)),
        ("an owner announces an opening of the released job", owner,
         jobs.open_(Open(job, attempt), party=party_id(owner), again=again)),
        ("an owner takes the release back", owner,
         jobs.abort(Abort(job, attempt, ONE), party=party_id(owner), again=again)),
    ]  # fmt: skip
    for what, code, operation in calls:
        with closing(scene.chain(code)) as chain:
            receipt = chain.submit(operation)
        line = f"{operation.method} refused by the chain: {receipt.reason}"
        yield failed(what, "accepted") if receipt.accepted else stopped(what, line)


ATTACKS = (
    Attack(
        "double-release",
        "one job released, opened or begun a second time",
        "the office and an owner with their agents' keys",
        Setting.LIVE,
        "four refused transactions",
        ("mpc/test_sums_attacks_release.py::test_with_forgetful_journals_two_releases_give_the_lost_owners_part",),
        double_release,
    ),
)
