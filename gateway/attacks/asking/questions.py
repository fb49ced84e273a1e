"""Attacks by asking: each question is permitted by itself, and together the answers would give a withheld one.

By: a registered office with authorizations in force. Its questions lie in a narrow band of values of their own; what
they open stays answered, so that a later question about the same values must fit them.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.attacks.asking.answers import Answer, closed, without_base
from gateway.attacks.attack import Attack, Setting, Try, failed, inconclusive, skipped, stopped
from gateway.attacks.defence import GATE, PARTS
from gateway.attacks.scene import Scene
from gateway.attacks.targets import Band, Bands, SumsTarget
from mpc.protocols.words import Text
from mpc.spec.job import SumsSpec

BASE = "attack base"
NO_TABLES = "no table here has enough rows for it"
OFFICE = Text("a registered office with its authorizations", "持有授权的登记需求方")
BAND = Text(
    "answered questions in a narrow band of values, the same ones each time; refused jobs on chain",
    "在一小段取值上留下已回答的提问(每次相同);链上留下被拒绝的任务",
)


def differencing(scene: Scene) -> Iterator[Try]:
    """The whole, then its part, then its groups; and the groups first."""
    found = tables(scene)
    if found is None:
        yield skipped(Text("a whole, then all of it but one value", "先问整体,再问去掉一个取值的部分"), NO_TABLES)
        return
    target, bands = found
    band = bands.first
    base = scene.ask(whole(target, band, scene.office), nonce=BASE)
    if "count" not in base.opened:
        yield without_base(base)
        return
    part = target.question(scene.office, target.between(band.low, band.target))
    what = Text(
        f"whole first, then all but value {band.target}: would give its {band.rows} rows",
        f"先问整体,再问除取值 {band.target} 以外的部分:将得出其 {band.rows} 行",
    )
    yield closed(what, scene.ask(part), "count")
    groups = whole(target, band, scene.office, (band.low, band.target))
    what = Text("whole first, then by groups, of which the last is hidden", "先问整体,再分组提问,其中最后一组被扣留")
    yield closed(what, scene.ask(groups), "bin0", "bin1")
    if bands.groups is not None:
        yield from _groups_first(scene, target, bands.groups)


def _groups_first(scene: Scene, target: SumsTarget, band: Band) -> Iterator[Try]:
    """Of whole, hidden group and rest at most one may ever be known."""
    question = target.question(scene.office, target.between(band.target, band.high))
    rest = target.question(scene.office, target.between(band.target + 1, band.high))
    edges = (band.target, band.target + 1)
    grouped = scene.ask(target.question(scene.office, target.between(band.target, band.high), edges), nonce=BASE)
    if grouped.release is None:
        yield without_base(grouped)
        return
    yield closed(Text("by groups: the group of few rows", "分组提问:行数过少的一组"), grouped, "bin0", gate=GATE)
    yield _not_both(grouped)
    hidden = f"would give the {band.rows} rows of value {band.target}"
    gives = f"将得出取值 {band.target} 的 {band.rows} 行"
    if "count" in grouped.opened:
        what = Text(f"groups first, then all but the hidden one: {hidden}", f"先分组,再问被扣留组以外的部分:{gives}")
        yield closed(what, scene.ask(rest), "count")
    if "bin1" in grouped.opened:
        what = Text(f"groups first, then their whole: {hidden}", f"先分组,再问其整体:{gives}")
        yield closed(what, scene.ask(question), "count")


def _not_both(grouped: Answer) -> Try:
    what = Text("by groups: the whole beside the other group", "分组提问:整体与其余一组同时公布")
    if {"count", "bin1"} <= set(grouped.opened):
        return failed(what, grouped.line)
    if {"count", "bin1"} & set(grouped.withheld):
        return stopped(what, grouped.line, PARTS)
    return inconclusive(what, grouped.line)


def two_recipients(scene: Scene) -> Iterator[Try]:
    """The second half of a difference, asked by another party: all recipients are taken to pool."""
    found = tables(scene)
    missing = Text("the part asked by another office", "由另一需求方提问其中一部分")
    if found is None:
        yield skipped(missing, NO_TABLES)
        return
    target, band = found[0], found[1].first
    base = scene.ask(whole(target, band, scene.office), nonce=BASE)
    question = target.question(scene.office, target.between(band.low, band.target))
    others = scene.other_parties(question)
    if not others:
        yield skipped(missing, "no other party here is registered as asking for data and no source of the question")
    elif "count" not in base.opened:
        yield without_base(base)
    else:
        what = Text(
            f"{scene.office} has the whole, {others[-1]} asks for the part",
            f"{scene.office} 已知整体,{others[-1]} 提问部分",
        )
        yield closed(what, scene.ask(question, by=others[-1]), "count")


def threshold_pair(scene: Scene) -> Iterator[Try]:
    """Two bounds on one column with few rows between them."""
    found = tables(scene)
    if found is None:
        yield skipped(Text("two bounds on one column", "同一列上的两个界限"), NO_TABLES)
        return
    target, band = found[0], found[1].first
    base = scene.ask(whole(target, band, scene.office), nonce=BASE)
    if "count" not in base.opened:
        yield without_base(base)
        return
    raised = target.question(scene.office, target.between(band.low + 1, band.target + 1))
    what = Text(
        f"at least {band.low} was answered, now at least {band.low + 1}: would give the rows of value {band.low}",
        f"已回答不低于 {band.low},再问不低于 {band.low + 1}:将得出取值 {band.low} 的行",
    )
    yield closed(what, scene.ask(raised), "count")


def tracker(scene: Scene) -> Iterator[Try]:
    """Denning's general tracker: three large questions, no two of which differ by few rows."""
    found = tables(scene)
    if found is None:
        yield skipped(Text("three questions that add up to a small target", "三个合起来指向小目标的提问"), NO_TABLES)
        return
    target, band = found[0], found[1].first
    upper = target.question(scene.office, target.between(band.target, band.high))
    for spec in (whole(target, band, scene.office), upper):
        base = scene.ask(spec, nonce=BASE)
        if "count" not in base.opened:
            yield without_base(base)
            return
    third = scene.ask(target.question(scene.office, target.between(band.low, band.high)))
    low, middle, last = band.low, band.target, band.high - 1
    first = f"{low}..{middle}", f"{middle}..{last}"
    what = Text(
        f"after {first[0]} and {first[1]} the third, {low}..{last}",
        f"在 {first[0]} 与 {first[1]} 之后再问 {low}..{last}",
    )
    yield closed(what, third, "count")


def tables(scene: Scene) -> tuple[SumsTarget, Bands] | None:
    """Return what can be asked here for masked sums, if there is anything."""
    if scene.sums is None or scene.bands is None:
        return None
    return scene.sums, scene.bands


def whole(target: SumsTarget, band: Band, office: str, edges: tuple[int, ...] = ()) -> SumsSpec:
    """Ask about a band's lower range with its value of few rows."""
    return target.question(office, target.between(band.low, band.target + 1), edges)


ATTACKS = (
    Attack(
        "tracker",
        Text("three large questions that add up to a small target", "三个大范围提问合成一个小目标(追踪器)"),
        OFFICE,
        Setting.LIVE,
        BAND,
        ("mpc/test_attack_gaps.py::test_a_rule_over_pairs_opens_the_third_question_and_the_tracker_has_its_target",),
        tracker,
    ),
    Attack(
        "differencing",
        Text("a whole and its parts, in either order", "整体与部分相减,先后均试"),
        OFFICE,
        Setting.LIVE,
        BAND,
        ("mpc/test_node_disclosure.py::test_with_the_audit_switched_off_the_attack_works",),
        differencing,
    ),
    Attack(
        "two-recipients",
        Text("the whole to one office, its part to another", "一方得整体,另一方得部分"),
        Text("two registered parties that pool what they get", "两个互通结果的登记参与方"),
        Setting.LIVE,
        BAND,
        ("mpc/test_recipient_classes.py::test_with_histories_by_recipient_the_two_have_the_fifth_group",),
        two_recipients,
    ),
    Attack(
        "threshold-pair",
        Text("two bounds on one column with few rows between them", "同一列两个相近界限,中间只有少数行"),
        OFFICE,
        Setting.LIVE,
        BAND,
        ("mpc/test_attack_gaps.py::test_without_a_history_two_thresholds_give_the_three_sales_between_them",),
        threshold_pair,
    ),
)
