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
from gateway.attacks.asking.questions import BASE, tables, whole
from gateway.attacks.attack import Attack, Setting, Try, failed, refused, skipped
from gateway.attacks.defence import DONE, NO_ABORT, NO_RETRY, Defence
from gateway.attacks.scene import Scene
from ledger.chain.port import Operation
from mpc.node.registry import ProvenFacts
from mpc.protocols.words import Text

SECOND = Text("a second release", "第二次发布")
ONE, OTHER = b"\x11" * 32, b"\x22" * 32


def double_release(scene: Scene) -> Iterator[Try]:
    """Release once more, with other figures, or open once more for other contributors."""
    found = tables(scene)
    if found is None:
        yield skipped(SECOND, "no tables here for masked sums")
        return
    spec = whole(found[0], found[1].first, scene.office)
    answer = scene.ask(spec, nonce=BASE)
    job, me, owner = answer.job, party_id(scene.office), spec.sources[0].party
    if answer.release is None:
        yield skipped(SECOND, f"the job that it needs was not released: {answer.line}")
        return
    with closing(scene.chain(scene.office)) as chain, scene.view(chain, "double-release") as view:
        record = ProvenFacts(view, view.head()).job(job)
    if record.state is not JobState.RELEASED:
        yield skipped(SECOND, "the job that it needs was not released")
        return
    attempt, again = record.attempt, secrets.randbelow(1 << 32)
    calls: list[tuple[Text, str, Defence, Operation]] = [
        (Text("the office signs other figures for its released job", "需求方为已发布的任务另签一套数字"),
         scene.office, DONE, jobs.release(Release(job, attempt, ONE, OTHER), party=me, again=again)),
        (Text("the office begins the released job again with fewer owners", "需求方以更少的数据方重启已发布的任务"),
         scene.office, NO_RETRY, jobs.retry(Retry(job, attempt, record.members >> 1), party=me, again=again)),
        (Text("an owner announces an opening of the released job", "数据方对已发布的任务再次宣布打开"),
         owner, DONE, jobs.open_(Open(job, attempt), party=party_id(owner), again=again)),
        (Text("an owner takes the release back", "数据方撤回已发布的结果"),
         owner, NO_ABORT, jobs.abort(Abort(job, attempt, ONE), party=party_id(owner), again=again)),
    ]  # fmt: skip
    for what, code, defence, operation in calls:
        with closing(scene.chain(code)) as chain:
            receipt = chain.submit(operation)
        line = f"{operation.method} refused by the chain: {receipt.reason}"
        yield failed(what, "accepted") if receipt.accepted else refused(what, line, defence)


ATTACKS = (
    Attack(
        "double-release",
        Text("one job released, opened or begun a second time", "同一任务第二次发布、打开或启动"),
        Text("the office and an owner with their agents' keys", "需求方与一数据方,使用各自代理密钥"),
        Setting.LIVE,
        Text("four refused transactions", "四笔被拒绝的交易"),
        ("mpc/test_sums_attacks_release.py::test_with_forgetful_journals_two_releases_give_the_lost_owners_part",),
        double_release,
    ),
)
