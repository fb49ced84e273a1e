"""Attacks by asking about very few, or by asking the same again."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.attacks.asking.answers import Answer, closed, without_base
from gateway.attacks.asking.questions import BASE, NO_TABLES, OFFICE, tables, whole
from gateway.attacks.attack import Attack, Setting, Try, failed, inconclusive, skipped, stopped
from gateway.attacks.defence import GATE, ONE_ANSWER, SAME_FIGURES
from gateway.attacks.scene import Scene
from mpc.protocols.words import Text
from mpc.spec.parts import Interval


def small_sets(scene: Scene) -> Iterator[Try]:
    """A question whose answer is a few rows."""
    found = tables(scene)
    if found is None or found[1].lonely is None:
        yield skipped(Text("the count of a value that few rows have", "只有少数行的取值的计数"), NO_TABLES)
        return
    target, lonely = found[0], found[1].lonely
    question = target.question(scene.office, target.between(lonely, lonely + 1))
    what = Text(f"the count of value {lonely} alone", f"单独提问取值 {lonely} 的计数")
    yield closed(what, scene.ask(question, nonce=BASE), "count", gate=GATE)


def repeated(scene: Scene) -> Iterator[Try]:
    """The same question again, and in other words: nothing may vary, so nothing can be averaged or compared."""
    found = tables(scene)
    if found is None:
        yield skipped(Text("one question several times", "同一提问重复多次"), NO_TABLES)
        return
    target, band = found[0], found[1].first
    spec = whole(target, band, scene.office)
    first = scene.ask(spec, nonce=BASE)
    if "count" not in first.opened:
        yield without_base(first)
        return
    bounds = (Interval(target.column, band.low, None), Interval(target.column, None, band.target + 1))
    two = target.question(scene.office, bounds)
    yield unchanged(Text("insisted on, word for word", "坚持原样再问"), first, scene.ask(spec))
    what = Text("insisted on, with its range as two filters", "坚持再问,范围改写成两个条件")
    yield unchanged(what, first, scene.ask(two))
    plain, other = scene.ask(spec, nonce=""), scene.ask(two, nonce="")
    what = Text("asked again in both wordings, without insisting", "两种写法各再问一次,不坚持")
    if plain.job and plain.job == other.job:
        yield stopped(what, f"one job, {plain.job.hex()[:16]}: nothing is computed or charged again", ONE_ANSWER)
    else:
        yield unchanged(what, plain, other)


def unchanged(what: Text, first: Answer, again: Answer) -> Try:
    """Judge a second answer: worth nothing if it is the first one's figures; a refusal shows nothing of that."""
    if again.release is None or first.release is None:
        return inconclusive(what, again.line)
    if again.opened == first.opened:
        return stopped(what, f"the same figures: {dict(again.opened)}", SAME_FIGURES)
    return failed(what, f"first {dict(first.opened)}, then {dict(again.opened)}")


ATTACKS = (
    Attack(
        "small-sets",
        Text("a question about very few rows", "只涉及极少数行的提问"),
        OFFICE,
        Setting.LIVE,
        Text("one job whose only cell was withheld", "一个唯一单元被扣留的任务"),
        ("mpc/join/test_join_attack_gaps.py::TestSmallSets::test_without_the_gate_an_intersection_of_one_is_opened",),
        small_sets,
    ),
    Attack(
        "repeated",
        Text("one question again, and in other words", "同一提问重复或改写后再问"),
        OFFICE,
        Setting.LIVE,
        Text("two uses of each authorization a run, a third the first time", "每次运行用掉每项授权两次,首次运行为三次"),
        (
            "gateway/test_earlier.py"
            "::test_without_the_normal_form_each_wording_is_another_job_another_noised_count_and_another_charge",
        ),
        repeated,
    ),
)
