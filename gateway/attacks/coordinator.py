"""Attacks by whoever starts jobs: what stands on chain is not what nodes are told, or goes beyond the authorization.

By: the office's officer, whose key proposes jobs, and its node, which hands out specifications. Every job here is
refused before a table is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.attacks.attack import Attack, Setting, Try, failed, skipped, stopped
from gateway.attacks.scene import Answer, Scene
from gateway.attacks.targets import SumsTarget
from mpc.schema import Integer
from mpc.spec import SumsSpec
from mpc.spec_parts import Amount, Interval, OneOf


def lying(scene: Scene) -> Iterator[Try]:
    """Say one thing on chain and another to the nodes."""
    target, bands = scene.sums, scene.bands
    if target is None or bands is None:
        yield skipped("a job whose record differs from its specification", "no tables here for masked sums")
        return
    band = bands.first
    spec = target.question(scene.office, target.between(band.low, band.target + 1))
    lies = {
        "the record on chain asks for cells of two rows, the specification for ten": {"minimum": 2},
        "the record on chain names fewer contributors": {"contributors": spec.contributors - 1},
        "the record on chain names fewer operations than are carried out": {"operations": 0},
    }
    for what, record in lies.items():
        yield _refused(what, scene.ask(spec, record=record))
    small = replace(spec, minimum=2)
    yield _refused("record and specification agree on cells of two rows", scene.ask(small))


def beyond(scene: Scene) -> Iterator[Try]:
    """Ask for more than the authorization says."""
    target, bands = scene.sums, scene.bands
    if target is None or bands is None:
        yield skipped("a job beyond its authorization", "no tables here for masked sums")
        return
    band = bands.first
    spec = target.question(scene.office, target.between(band.low, band.target + 1))
    yield _refused(
        "an operation that was not granted: the sum", scene.ask(replace(spec, outputs=("count", "variance")))
    )
    other = _other_column(target)
    if other is not None:
        yield _refused(f"a column that was not granted: {other}", scene.ask(_with_filter(target, scene.office, other)))
    narrow = replace(spec, rows=1, value=Amount(target.column, 1))
    yield _refused("bounds that the tables exceed, to see which of them fails", scene.ask(narrow))


def _other_column(target: SumsTarget) -> str | None:
    schemas = [asset.schema for _, asset in target.held]
    names = set(schemas[0].columns).intersection(*(set(schema.columns) for schema in schemas)) - {target.column}
    return min(names, default=None)


def _with_filter(target: SumsTarget, office: str, column: str) -> SumsSpec:
    kind = target.held[0][1].schema.columns[column]
    chosen = Interval(column, kind.low, None) if isinstance(kind, Integer) else OneOf(column, ("1",))
    return target.question(office, (chosen,))


def _refused(what: str, answer: Answer) -> Try:
    return stopped(what, answer.line) if answer.release is None else failed(what, answer.line)


ATTACKS = (
    Attack(
        "lying-coordinator",
        "the chain is told one thing and the nodes another",
        "an office with its officer's key",
        Setting.LIVE,
        "refused jobs on chain",
        (
            "mpc/test_node_refusals.py::test_without_the_last_look_at_the_chain_pads_leave_after_a_revocation",
            "mpc/test_attack_gaps.py::test_owners_that_trust_the_coordinators_first_word_open_after_a_revocation",
        ),
        lying,
    ),
    Attack(
        "beyond-authorization",
        "operations, columns and bounds that nobody granted",
        "an office with its authorizations",
        Setting.LIVE,
        "refused jobs on chain",
        ("gateway/test_attack_twins.py::test_without_the_guard_a_column_that_was_not_granted_is_read",),
        beyond,
    ),
)
