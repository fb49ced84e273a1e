"""Attacks on the account of what releases cost: one stolen officer's key raises a limit.

By: whoever holds the key of one officer of an owner. What was proposed is withdrawn again with the same key, since
lowering takes one person.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from contracts.authorizations.terms import identifier
from gateway.attacks.attack import Attack, Setting, Try, failed, refused, skipped
from gateway.attacks.defence import TWO_OFFICERS
from gateway.attacks.scene import Scene
from gateway.statistics.budgets import Books, Limit
from ledger.errors import TrustError
from mpc.node.registry import ProvenFacts
from mpc.protocols.words import Text

MORE = 1_000_000
RAISED = Text("a limit raised with one key", "用一把密钥提高额度")


def one_officer(scene: Scene) -> Iterator[Try]:
    """Propose a higher limit and confirm it with the same key."""
    target = scene.sums
    if target is None:
        yield skipped(RAISED, "no tables here for masked sums")
        return
    owner, asset = target.held[0]
    if not scene.has_entered(owner, asset.code):
        yield skipped(RAISED, f"{owner} has not entered {asset.code} in the catalogue")
        return
    what = Text(
        f"one officer of {owner} proposes and confirms a higher limit of {asset.code}",
        f"{owner} 的一名经办提出并自行确认提高 {asset.code} 的额度",
    )
    with closing(scene.chain(owner)) as chain, scene.view(chain, "one-officer") as view:
        before = ProvenFacts(view, view.head()).pot(identifier(asset.code), identifier(asset.period)).limit
    with closing(Books(scene.config(owner))) as books:
        raised = Limit(asset.code, asset.period, before + MORE)
        try:
            books.propose(raised)
            books.confirm(raised)
        except TrustError as refusal:
            yield refused(what, str(refusal), TWO_OFFICERS)
        else:
            yield failed(what, f"raised from {before} to {before + MORE} micro-rho")
        finally:
            books.lower(Limit(asset.code, asset.period, before))


ATTACKS = (
    Attack(
        "one-officer",
        Text("one officer's key raises what may be spent on a table", "一把经办密钥自行提高一张表的预算"),
        Text("one officer of an owner, or who stole that key", "数据方的一名经办,或窃得其密钥者"),
        Setting.LIVE,
        Text("a limit proposed, refused and withdrawn on chain", "链上一次额度的提出、被拒与撤回"),
        ("contracts/budgets/test_attacks.py::test_without_the_second_person_one_stolen_key_empties_the_asset",),
        one_officer,
    ),
)
