"""Attacks on the account of what releases cost: one stolen officer's key raises a limit.

By: whoever holds the key of one officer of an owner. What was proposed is withdrawn again with the same key, since
lowering takes one person.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from contracts.authorizations.terms import identifier
from gateway.attacks.attack import Attack, Setting, Try, failed, skipped, stopped
from gateway.attacks.scene import Scene
from gateway.budgets import Books, Limit
from ledger.errors import TrustError
from mpc.node.registry import ProvenFacts

MORE = 1_000_000


def one_officer(scene: Scene) -> Iterator[Try]:
    """Propose a higher limit and confirm it with the same key."""
    target = scene.sums
    if target is None:
        yield skipped("a limit raised with one key", "no tables here for masked sums")
        return
    owner, asset = target.held[0]
    if not scene.has_entered(owner, asset.code):
        yield skipped("a limit raised with one key", f"{owner} has not entered {asset.code} in the catalogue")
        return
    what = f"one officer of {owner} proposes and confirms a higher limit of {asset.code}"
    with closing(scene.chain(owner)) as chain, scene.view(chain, "one-officer") as view:
        before = ProvenFacts(view, view.head()).pot(identifier(asset.code), identifier(asset.period)).limit
    with closing(Books(scene.config(owner))) as books:
        raised = Limit(asset.code, asset.period, before + MORE)
        try:
            books.propose(raised)
            books.confirm(raised)
        except TrustError as refusal:
            yield stopped(what, str(refusal))
        else:
            yield failed(what, f"raised from {before} to {before + MORE} micro-rho")
        finally:
            books.lower(Limit(asset.code, asset.period, before))


ATTACKS = (
    Attack(
        "one-officer",
        "one officer's key raises what may be spent on a table",
        "one officer of an owner, or who stole that key",
        Setting.LIVE,
        "a limit proposed, refused and withdrawn on chain",
        ("contracts/test_budgets_attacks.py::test_without_the_second_person_one_stolen_key_empties_the_asset",),
        one_officer,
    ),
)
