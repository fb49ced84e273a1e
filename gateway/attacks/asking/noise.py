"""Averaging: a noised number seen often enough loses its noise, so each showing is paid from a pot never filled again.

By: an office that asks for one join again and again, with the lister, who sees a match count under fresh noise in every
attempt. A rehearsal with the rule of the Budgets contract, the cost that nodes compute and the protocol's sampler: a
live network would need an hour for it and empty the pot of its table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import fmean

from contracts.budgets.holds import require_room
from contracts.budgets.record import Mode, Pot, Rate, Window
from gateway.attacks.attack import NOTHING, Attack, Setting, Try, as_stated, failed, refused
from gateway.attacks.defence import POT as LIFETIME_POT
from gateway.attacks.scene import Scene
from ledger.errors import TrustError
from ledger.hashing import tagged
from mpc.dummies import MatchNoise
from mpc.privacy.join_mechanism import count_micro_rho
from mpc.protocols.words import Text
from mpc.spec.job import JoinSpec
from mpc.spec.parts import Source
from mpc.stream import Stream

MATCHES, MOST = 1234, 4000
POT = Pot(limit=320_000)
"""What an owner allows here: rho 0.32 in all, which is 64 counts at epsilon 0.1."""


def averaging(_scene: Scene) -> Iterator[Try]:
    """Ask until the pot is empty, and average what was seen."""
    spec = _question()
    cost = count_micro_rho(spec)
    noise = MatchNoise(spec.epsilon_milli, spec.delta_log2)
    source, pot, seen, said = Stream(tagged("attack: averaging")), POT, list[int](), ""
    while len(seen) < MOST and not said:
        try:
            require_room(pot, Rate(), Window(), Mode.EXACT, cost)
        except TrustError as refusal:
            said = str(refusal)
            continue
        pot = replace(pot, spent=pot.spent + cost, mode=Mode.EXACT)
        seen.append(MATCHES + noise.dummies(source) - noise.bound)
    if not said:
        what = Text(f"one join asked {MOST} times for its noised match count", f"同一联结的带噪匹配计数问 {MOST} 次")
        yield failed(what, "never refused")
        return
    what = Text(f"one join asked for the {len(seen) + 1}th time", f"同一联结第 {len(seen) + 1} 次提问")
    yield refused(what, said, LIFETIME_POT)
    error = abs(fmean(seen) - MATCHES)
    yield as_stated(
        Text(f"the mean of the {len(seen)} match counts that were paid for", f"已付费的 {len(seen)} 次匹配计数之平均"),
        f"off by {error:.1f} of {MATCHES}, for rho {pot.spent / 1_000_000:g} in all",
    )


def _question() -> JoinSpec:
    """A join of two invented tables, whose cost is that of any with this noise."""
    return JoinSpec(
        purpose="rehearsal",
        recipient="office",
        holder=Source("holder", "values", bytes(32)),
        holder_key="key",
        holder_most=1,
        filters=(),
        grouping=None,
        sums=(),
        lister=Source("lister", "list", bytes(32)),
        lister_key="key",
        lister_most=1,
        lister_filters=(),
        rows=1,
        minimum=10,
        epsilon_milli=100,
        delta_log2=-40,
    )


ATTACKS = (
    Attack(
        "averaging",
        Text("one noised number asked for again and again", "反复索取同一带噪数字以求平均"),
        Text("an office together with the lister of a join", "需求方与联结的名单方合谋"),
        Setting.REHEARSAL,
        NOTHING,
        (
            "gateway/test_attack_twins.py::test_without_the_pot_the_mean_of_the_noise_is_the_count",
            "contracts/budgets/test_attacks.py::test_if_aborted_attempts_were_free_noised_counts_could_be_averaged",
        ),
        averaging,
    ),
)
