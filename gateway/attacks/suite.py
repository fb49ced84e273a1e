"""All attacks in the order in which they run, and the run itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from gateway.attacks.asking import coordinator, joins, noise, questions, repeating
from gateway.attacks.attack import Attack, Outcome, Try, Verdict, inconclusive
from gateway.attacks.chain import accounts, lying_rpc, onchain
from gateway.attacks.messages import relaying
from gateway.attacks.parties import collusion, pooling
from gateway.attacks.scene import Scene
from ledger.errors import NotFound, TrustError
from mpc.protocols.words import Text

UNDECIDED = 3
"""The exit code when something was not tried, or ended by something else than its defence."""

ATTACKS: tuple[Attack, ...] = (
    *questions.ATTACKS,
    *repeating.ATTACKS,
    *joins.ATTACKS,
    *coordinator.ATTACKS,
    *onchain.ATTACKS,
    *accounts.ATTACKS,
    *relaying.ATTACKS,
    *lying_rpc.ATTACKS,
    *noise.ATTACKS,
    *collusion.ATTACKS,
    *pooling.ATTACKS,
)


def choose(names: Sequence[str]) -> tuple[Attack, ...]:
    """Find attacks by name, all if none is named; raises NotFound."""
    known = {attack.name: attack for attack in ATTACKS}
    missing = [name for name in names if name not in known]
    if missing:
        raise NotFound(f"no attack {missing[0]!r}; there are {', '.join(known)}")
    return tuple(known[name] for name in names) or ATTACKS


class Told(Protocol):
    """Whoever is told how the suite gets on."""

    def begin(self, attack: Attack, place: int, of: int) -> None:
        """Hear that an attack begins."""

    def tell(self, one: Try) -> None:
        """Hear what came of a try."""


def run(scene: Scene, attacks: Sequence[Attack], told: Told) -> Iterator[Outcome]:
    """Carry out attacks one after the other; tell each try when it is over."""
    for place, attack in enumerate(attacks, start=1):
        told.begin(attack, place, len(attacks))
        tries = []
        for one in _tries(scene, attack):
            tries.append(one)
            told.tell(one)
        yield Outcome(attack, tuple(tries))


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 if every try was stopped by its own defence or is a stated limit, 1 if one succeeded that must not, else 3."""
    verdicts = {outcome.verdict for outcome in outcomes}
    if Verdict.FAILED in verdicts:
        return 1
    return UNDECIDED if verdicts & {Verdict.SKIPPED, Verdict.INCONCLUSIVE} else 0


def _tries(scene: Scene, attack: Attack) -> Iterator[Try]:
    """An error of the network ends an attack, and is no verdict on it."""
    try:
        yield from attack.run(scene)
    except TrustError as fault:
        yield inconclusive(Text("the attack could not go on", "攻击无法继续"), f"{type(fault).__name__}: {fault}")
