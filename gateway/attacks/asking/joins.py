"""Attacks on joins by asking: a whole after its groups, and a question that names the keys it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.attacks.asking.answers import unanswered, without_base
from gateway.attacks.asking.questions import BASE, OFFICE
from gateway.attacks.attack import Attack, Setting, Try, skipped
from gateway.attacks.defence import FILTERED_KEY, ISOLATES
from gateway.attacks.scene import Scene
from gateway.attacks.targets import groups_of
from mpc.protocols.words import Text
from mpc.spec.parts import OneOf, Predicate

NO_PAIR = "no pair of tables here can be joined"
INVENTED = tuple(f"{n:010d}" for n in range(1_000_000_001, 1_000_000_004))


def differencing(scene: Scene) -> Iterator[Try]:
    """The join's whole less its opened groups is the withheld group."""
    target, what = scene.join, Text("the join as a whole, after its groups", "先按组联结,再问整体")
    if target is None:
        yield skipped(what, NO_PAIR)
        return
    filters: tuple[Predicate, ...] = ()
    if scene.answered_join is not None:
        filters, withheld = scene.answered_join
    else:
        grouped = scene.ask(target.question(scene.office, filters, groups_of(target)), nonce=BASE)
        if grouped.release is None:
            yield without_base(grouped)
            return
        withheld = grouped.withheld
    if not withheld:
        yield skipped(what, "no group of the join is withheld here: the whole is the sum of what everybody sees")
        return
    yield unanswered(what, scene.ask(target.question(scene.office, filters)), ISOLATES)


def probing(scene: Scene) -> Iterator[Try]:
    """Invented ids: a question that names the keys it wants to know about."""
    target = scene.join
    at_holder = Text("a join over three invented keys at the holder", "持值方一侧限定三个虚构主键的联结")
    if target is None:
        yield skipped(at_holder, NO_PAIR)
        return
    spec = target.question(scene.office, ())
    chosen = replace(spec, filters=(OneOf(spec.holder_key, INVENTED),))
    yield unanswered(at_holder, scene.ask(chosen), FILTERED_KEY)
    chosen = replace(spec, lister_filters=(OneOf(spec.lister_key, INVENTED),))
    what = Text("a join over three invented keys at the lister", "名单方一侧限定三个虚构主键的联结")
    yield unanswered(what, scene.ask(chosen), FILTERED_KEY)
    chosen = replace(spec, filters=(OneOf(spec.holder_key, INVENTED[:1]),))
    what = Text("a join over one invented key", "只限定一个虚构主键的联结")
    yield unanswered(what, scene.ask(chosen), FILTERED_KEY)


ATTACKS = (
    Attack(
        "join-differencing",
        Text("a join by groups, then as a whole", "先分组联结,再问整体"),
        OFFICE,
        Setting.LIVE,
        Text(
            "a grouped join if none was answered before, with one noised match count",
            "若此前无分组联结则留下一个,连同一次带噪匹配计数",
        ),
        ("mpc/test_node_disclosure.py::test_with_the_audit_switched_off_the_attack_works",),
        differencing,
    ),
    Attack(
        "probing",
        Text("invented ids named in a question", "在提问中点名虚构主键"),
        OFFICE,
        Setting.LIVE,
        Text("refused jobs on chain", "链上留下被拒绝的任务"),
        ("mpc/test_node_probing.py::test_without_that_rule_one_parcels_sales_are_released",),
        probing,
    ),
)
