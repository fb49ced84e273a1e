"""Attacks by whoever starts jobs: what stands on chain is not what nodes are told, or goes beyond the authorization.

By: the office's officer, whose key proposes jobs, and its node, which hands out specifications. Every job here is
refused before a table is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.attacks.asking.answers import unanswered
from gateway.attacks.asking.questions import OFFICE, tables, whole
from gateway.attacks.attack import Attack, Setting, Try, skipped
from gateway.attacks.defence import BOUNDS, COLUMN, MINIMUM, OPERATION, RECORD
from gateway.attacks.scene import Scene
from gateway.attacks.targets import SumsTarget
from mpc.protocols.words import Text
from mpc.spec.job import SumsSpec
from mpc.spec.parts import Amount, Interval, OneOf
from mpc.tables.schema import Integer

NO_TABLES = "no tables here for masked sums"
REFUSED_JOBS = Text("refused jobs on chain", "链上留下被拒绝的任务")


def lying(scene: Scene) -> Iterator[Try]:
    """Say one thing on chain and another to the nodes."""
    found = tables(scene)
    if found is None:
        yield skipped(Text("a job whose record differs from its specification", "链上记录与任务说明不符"), NO_TABLES)
        return
    spec = whole(found[0], found[1].first, scene.office)
    what = Text(
        "the record on chain asks for cells of two rows, the specification for ten",
        "链上记录只要求单元满两行,任务说明要求十行",
    )
    yield unanswered(what, scene.ask(spec, record={"minimum": 2}), RECORD)
    what = Text("the record on chain names fewer contributors", "链上记录的最少贡献方数更少")
    yield unanswered(what, scene.ask(spec, record={"contributors": spec.contributors - 1}), RECORD)
    what = Text("the record on chain names no operation", "链上记录不含任何操作")
    yield unanswered(what, scene.ask(spec, record={"operations": 0}), OPERATION)
    what = Text("record and specification agree on cells of two rows", "记录与说明一致,均只要求单元满两行")
    yield unanswered(what, scene.ask(replace(spec, minimum=2)), MINIMUM)


def beyond(scene: Scene) -> Iterator[Try]:
    """Ask for more than the authorization says."""
    found = tables(scene)
    if found is None:
        yield skipped(Text("a job beyond its authorization", "超出授权的任务"), NO_TABLES)
        return
    target = found[0]
    spec = whole(target, found[1].first, scene.office)
    what = Text("an operation that was not granted: the variance", "未获授权的操作:方差")
    yield unanswered(what, scene.ask(replace(spec, outputs=("count", "variance"))), OPERATION)
    other = _other_column(target)
    what = Text("a column that was not granted", "未获授权的字段")
    if other is None:
        yield skipped(what, "the tables here have no second column in common")
    else:
        yield unanswered(what, scene.ask(_with_filter(target, scene.office, other)), COLUMN)
    narrow = replace(spec, rows=1, value=Amount(target.column, 1))
    what = Text("bounds that the tables exceed, to see which of them fails", "故意低于表内数值的界限,试看哪一方出错")
    yield unanswered(what, scene.ask(narrow), BOUNDS)


def _other_column(target: SumsTarget) -> str | None:
    schemas = [asset.schema for _, asset in target.held]
    names = set(schemas[0].columns).intersection(*(set(schema.columns) for schema in schemas)) - {target.column}
    return min(names, default=None)


def _with_filter(target: SumsTarget, office: str, column: str) -> SumsSpec:
    kind = target.held[0][1].schema.columns[column]
    chosen = Interval(column, kind.low, None) if isinstance(kind, Integer) else OneOf(column, ("1",))
    return target.question(office, (chosen,))


ATTACKS = (
    Attack(
        "lying-coordinator",
        Text("the chain is told one thing and the nodes another", "对链说一套,对节点说另一套"),
        Text("an office with its officer's key", "持有经办密钥的需求方"),
        Setting.LIVE,
        REFUSED_JOBS,
        ("gateway/test_attack_twins.py::test_without_the_guards_look_at_the_record_three_rows_are_released",),
        lying,
    ),
    Attack(
        "beyond-authorization",
        Text("operations, columns and bounds that nobody granted", "无人授权的操作、字段与界限"),
        OFFICE,
        Setting.LIVE,
        REFUSED_JOBS,
        ("gateway/test_attack_twins.py::test_without_the_guard_a_column_that_was_not_granted_is_read",),
        beyond,
    ),
)
