"""Attacks by asking: each question is permitted by itself, and together the answers would give a withheld one.

By: a registered office with authorizations in force. Its questions lie in a narrow band of values of their own; what
they open stays answered, so that a later question about the same values must fit them.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.attacks.attack import Attack, Setting, Try, failed, skipped, stopped
from gateway.attacks.scene import Answer, Scene
from gateway.attacks.targets import Band, Bands, SumsTarget, groups_of
from mpc.spec import JoinSpec, SumsSpec
from mpc.spec_parts import Interval, OneOf

BASE = "attack base"
NO_TABLES = "no table here has enough rows for it"


def differencing(scene: Scene) -> Iterator[Try]:
    """The whole, then its part, then its groups; and the groups first."""
    found = _found(scene)
    if found is None:
        yield skipped("count of values in a range, then of all but one of them", NO_TABLES)
        return
    target, bands = found
    band = bands.first
    base = scene.ask(_whole(target, band, scene.office), nonce=BASE)
    if "count" not in base.opened:
        yield _without_base(base)
        return
    part = target.question(scene.office, target.between(band.low, band.target))
    what = f"whole first, then all but value {band.target}: would give its {band.rows} rows"
    yield _closed(what, scene.ask(part), "count")
    groups = _whole(target, band, scene.office, (band.low, band.target))
    yield _closed("whole first, then by groups, of which the last is hidden", scene.ask(groups), "bin0", "bin1")
    if bands.groups is not None:
        yield from _groups_first(scene, target, bands.groups)


def _groups_first(scene: Scene, target: SumsTarget, band: Band) -> Iterator[Try]:
    """Of whole, hidden group and rest at most one may ever be known."""
    whole = target.question(scene.office, target.between(band.target, band.high))
    rest = target.question(scene.office, target.between(band.target + 1, band.high))
    edges = (band.target, band.target + 1)
    grouped = scene.ask(target.question(scene.office, target.between(band.target, band.high), edges), nonce=BASE)
    shown = set(grouped.opened)
    what = "by groups with their whole: whole and rest are not both shown, nor the hidden group"
    yield failed(what, grouped.line) if "bin0" in shown or {"count", "bin1"} <= shown else stopped(what, grouped.line)
    hidden = f"would give the {band.rows} rows of value {band.target}"
    if "count" in shown:
        yield _closed(f"groups first, then all but the hidden one: {hidden}", scene.ask(rest), "count")
    if "bin1" in shown:
        yield _closed(f"groups first, then their whole: {hidden}", scene.ask(whole), "count")


def two_recipients(scene: Scene) -> Iterator[Try]:
    """The second half of a difference, asked by another party: all recipients are taken to pool."""
    found = _found(scene)
    if found is None:
        yield skipped("the part asked by another office", NO_TABLES)
        return
    target, band = found[0], found[1].first
    base = scene.ask(_whole(target, band, scene.office), nonce=BASE)
    question = target.question(scene.office, target.between(band.low, band.target))
    others = scene.other_parties(question)
    if "count" not in base.opened or not others:
        yield _without_base(base) if others else skipped("the part asked by another office", "every party is a source")
        return
    yield _closed(
        f"{scene.office} has the whole, {others[-1]} asks for the part", scene.ask(question, by=others[-1]), "count"
    )


def threshold_pair(scene: Scene) -> Iterator[Try]:
    """Two bounds on one column with few rows between them."""
    found = _found(scene)
    if found is None:
        yield skipped("two bounds on one column", NO_TABLES)
        return
    target, band = found[0], found[1].first
    base = scene.ask(_whole(target, band, scene.office), nonce=BASE)
    if "count" not in base.opened:
        yield _without_base(base)
        return
    raised = target.question(scene.office, target.between(band.low + 1, band.target + 1))
    what = f"at least {band.low} was answered, now at least {band.low + 1}: would give the rows of value {band.low}"
    yield _closed(what, scene.ask(raised), "count")


def tracker(scene: Scene) -> Iterator[Try]:
    """Denning's general tracker: three large questions, no two of which differ by few rows."""
    found = _found(scene)
    if found is None:
        yield skipped("three questions that add up to a small target", NO_TABLES)
        return
    target, band = found[0], found[1].first
    upper = target.question(scene.office, target.between(band.target, band.high))
    for spec in (_whole(target, band, scene.office), upper):
        base = scene.ask(spec, nonce=BASE)
        if "count" not in base.opened:
            yield _without_base(base)
            return
    third = scene.ask(target.question(scene.office, target.between(band.low, band.high)))
    low, middle, last = band.low, band.target, band.high - 1
    what = f"after {low}..{middle} and {middle}..{last} the third, {low}..{last}"
    yield _closed(what, third, "count")


def small_sets(scene: Scene) -> Iterator[Try]:
    """A question whose answer is a few rows."""
    found = _found(scene)
    if found is None or found[1].lonely is None:
        yield skipped("the count of a value that few rows have", NO_TABLES)
        return
    target, lonely = found[0], found[1].lonely
    question = target.question(scene.office, target.between(lonely, lonely + 1))
    yield _closed(f"the count of value {lonely} alone", scene.ask(question, nonce=BASE), "count")


def repeated(scene: Scene) -> Iterator[Try]:
    """The same question again, and in other words: nothing may vary, so nothing can be averaged or compared."""
    found = _found(scene)
    if found is None:
        yield skipped("one question several times", NO_TABLES)
        return
    target, band = found[0], found[1].first
    spec = _whole(target, band, scene.office)
    first = scene.ask(spec, nonce=BASE)
    if "count" not in first.opened:
        yield _without_base(first)
        return
    two = target.question(
        scene.office, (Interval(target.column, band.low, None), Interval(target.column, None, band.target + 1))
    )
    yield _unchanged("insisted on, word for word", first, scene.ask(spec))
    yield _unchanged("insisted on, with its range as two filters", first, scene.ask(two))
    plain, other = scene.ask(spec, nonce=""), scene.ask(two, nonce="")
    what = "asked again in both wordings, without insisting"
    if plain.job == other.job:
        yield stopped(what, f"one job, {plain.job.hex()[:16]}: nothing is computed or charged again")
    else:
        yield _unchanged(what, plain, other)


def _unchanged(what: str, first: Answer, again: Answer) -> Try:
    """A second answer is worth nothing if it is refused or the first one's figures."""
    if again.release is None:
        return stopped(what, again.line)
    if again.opened == first.opened:
        return stopped(what, f"the same figures: {dict(again.opened)}")
    return failed(what, f"first {dict(first.opened)}, then {dict(again.opened)}")


def join_differencing(scene: Scene) -> Iterator[Try]:
    """The join's whole less its opened groups is the withheld group."""
    target = scene.join
    if target is None:
        yield skipped("a join by groups, then as a whole", "no pair of tables here can be joined")
        return
    before = scene.answered_join
    filters = before.filters if before else ()
    if before is None:
        grouped = scene.ask(target.question(scene.office, filters, groups_of(target)), nonce=BASE)
        if grouped.release is None:
            yield _without_base(grouped)
            return
    yield _unanswered("the join as a whole, after its groups", scene.ask(target.question(scene.office, filters)))


def probing(scene: Scene) -> Iterator[Try]:
    """Invented ids: a question that names the keys it wants to know about."""
    target = scene.join
    if target is None:
        yield skipped("a join filtered to a handful of invented keys", "no pair of tables here can be joined")
        return
    spec: JoinSpec = target.question(scene.office, ())
    invented = OneOf(spec.holder_key, tuple(f"{n:010d}" for n in range(1_000_000_001, 1_000_000_004)))
    yield _unanswered(
        "a join over three invented keys at the holder", scene.ask(target.question(scene.office, (invented,)))
    )
    column = OneOf(spec.holder_key, ("1000000001",))
    sums = scene.sums
    if sums is not None:
        yield _unanswered("a count filtered by the key of one row", scene.ask(sums.question(scene.office, (column,))))


def _found(scene: Scene) -> tuple[SumsTarget, Bands] | None:
    if scene.sums is None or scene.bands is None:
        return None
    return scene.sums, scene.bands


def _whole(target: SumsTarget, band: Band, office: str, edges: tuple[int, ...] = ()) -> SumsSpec:
    return target.question(office, target.between(band.low, band.target + 1), edges)


def _without_base(answer: Answer) -> Try:
    """The attack needs an ordinary answer first, and did not get it: it was not carried out."""
    return skipped("the ordinary question that the attack begins with was not answered", answer.line)


def _closed(what: str, answer: Answer, *cells: str) -> Try:
    """The attack succeeds if one of the cells is opened."""
    shown = [cell for cell in cells if cell in answer.opened]
    return failed(what, answer.line) if shown else stopped(what, answer.line)


def _unanswered(what: str, answer: Answer) -> Try:
    return stopped(what, answer.line) if answer.release is None else failed(what, answer.line)


_OFFICE = "a registered office with its authorizations"
_BAND = "answered questions in a narrow band of values, the same ones each time; refused jobs on chain"

ATTACKS = (
    Attack(
        "tracker",
        "three large questions that add up to a small target",
        _OFFICE,
        Setting.LIVE,
        _BAND,
        ("mpc/test_attack_gaps.py::test_a_rule_over_pairs_opens_the_third_question_and_the_tracker_has_its_target",),
        tracker,
    ),
    Attack(
        "differencing",
        "a whole and its parts, in either order",
        _OFFICE,
        Setting.LIVE,
        _BAND,
        ("mpc/test_node_disclosure.py::test_with_the_audit_switched_off_the_attack_works",),
        differencing,
    ),
    Attack(
        "two-recipients",
        "the whole to one office, its part to another",
        "two registered parties that pool what they get",
        Setting.LIVE,
        _BAND,
        ("mpc/test_node_disclosure.py::test_with_the_audit_switched_off_the_attack_works",),
        two_recipients,
    ),
    Attack(
        "threshold-pair",
        "two bounds on one column with few rows between them",
        _OFFICE,
        Setting.LIVE,
        _BAND,
        ("mpc/test_attack_gaps.py::test_without_a_history_two_thresholds_give_the_three_sales_between_them",),
        threshold_pair,
    ),
    Attack(
        "small-sets",
        "a question about very few rows",
        _OFFICE,
        Setting.LIVE,
        "one job whose only cell was withheld",
        ("mpc/join/test_join_attack_gaps.py::TestSmallSets::test_without_the_gate_an_intersection_of_one_is_opened",),
        small_sets,
    ),
    Attack(
        "repeated",
        "one question again, and in other words",
        _OFFICE,
        Setting.LIVE,
        "two uses of each authorization a run, a third the first time",
        ("mpc/test_node_versions.py::test_over_the_chain_the_hidden_row_is_refused_and_without_the_rule_it_is_read",),
        repeated,
    ),
    Attack(
        "join-differencing",
        "a join by groups, then as a whole",
        _OFFICE,
        Setting.LIVE,
        "a grouped join if none was answered before, with one noised match count",
        ("mpc/test_node_disclosure.py::test_with_the_audit_switched_off_the_attack_works",),
        join_differencing,
    ),
    Attack(
        "probing",
        "invented ids named in a question",
        _OFFICE,
        Setting.LIVE,
        "refused jobs on chain",
        ("mpc/join/test_join_attack_gaps.py::TestSmallSets::test_without_the_gate_an_intersection_of_one_is_opened",),
        probing,
    ),
)
