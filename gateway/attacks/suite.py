"""All attacks in the order in which they run, and the run itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gateway.attacks import accounts, collusion, coordinator, lying_rpc, noise, onchain, questions, relaying
from gateway.attacks.attack import Attack, Outcome, Verdict
from gateway.attacks.scene import Scene
from ledger.errors import NotFound, TrustError

ATTACKS: tuple[Attack, ...] = (
    *questions.ATTACKS,
    *coordinator.ATTACKS,
    *onchain.ATTACKS,
    *accounts.ATTACKS,
    *relaying.ATTACKS,
    *lying_rpc.ATTACKS,
    *noise.ATTACKS,
    *collusion.ATTACKS,
)


def choose(names: Sequence[str]) -> tuple[Attack, ...]:
    """Find attacks by name, all if none is named; raises NotFound."""
    known = {attack.name: attack for attack in ATTACKS}
    missing = [name for name in names if name not in known]
    if missing:
        raise NotFound(f"no attack {missing[0]!r}; there are {', '.join(known)}")
    return tuple(known[name] for name in names) or ATTACKS


def run(scene: Scene, attacks: Sequence[Attack], tell: Callable[[str], None]) -> Iterator[Outcome]:
    """Carry out attacks one after the other; tell each try when it is over.

    Raises:
        TrustError: the network cannot be reached or used, which is no verdict on an attack.
    """
    for attack in attacks:
        tell(f"{attack.name} ({attack.setting.value}): {attack.title}")
        tell(f"  by {attack.by}; leaves behind: {attack.leaves}")
        tries = []
        try:
            for one in attack.run(scene):
                tries.append(one)
                tell(f"  {one.verdict.value}: {one.what}")
                tell(f"      {one.line}")
        except TrustError as fault:
            raise type(fault)(f"attack {attack.name}: {fault}") from fault
        yield Outcome(attack, tuple(tries))


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """1 if something succeeded that must not."""
    return int(any(outcome.verdict is Verdict.FAILED for outcome in outcomes))
