"""What each party of a run will see, from the declaration alone: who sends to whom, in which order, how many bytes.

``simulate`` is the structural half of a simulator: it is given a role's public parameters, the numbers of its own input
and its declared outputs, and nothing else, and answers the exact shape of the role's transcript. A run whose
transcript has another shape told something that was not declared.

Within a round the order of a party's messages to several others carries nothing; it is the order of the parties here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from mpc.protocols.descriptor import COURIER, Descriptor
from mpc.protocols.step import LEFT, Route, Step

Cast = Mapping[str, Sequence[str]]
"""Who plays each role that sends or receives, in the order of the job."""
Direction = Literal["sent", "received"]


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One message: who, to whom, under which step, how many bytes of plaintext."""

    sender: str
    to: str
    step: str
    size: int


@dataclass(frozen=True, slots=True, order=True)
class Sight:
    """One message as a party saw it pass its own door."""

    direction: Direction
    other: str
    step: str
    size: int


def simulate(descriptor: Descriptor, role: str, me: str, cast: Cast, known: Mapping[str, int]) -> tuple[Sight, ...]:
    """Lay out a role's whole transcript.

    Args:
        known: numbers for names that the role knows, see ``Descriptor.known``; others are refused.

    Raises:
        KeyError: the declaration needs a name that was not given.
        ValueError: a name that this role does not know by the declaration.
    """
    _require_known(descriptor, role, known)
    mine = [step for step in descriptor.steps if any(me in cast[r] for r in (step.sender, *step.receivers))]
    sights: list[Sight] = []
    for lines in _rounds(mine, cast, known):
        sights += [Sight("sent", line.to, line.step, line.size) for line in lines if line.sender == me]
        sights += [Sight("received", line.sender, line.step, line.size) for line in lines if line.to == me]
    return tuple(sights)


def simulate_courier(descriptor: Descriptor, cast: Cast, known: Mapping[str, int]) -> tuple[Line, ...]:
    """Lay out all messages of a run as who carries them sees them; same terms as ``simulate``."""
    _require_known(descriptor, COURIER, known)
    return tuple(line for lines in _rounds(descriptor.steps, cast, known) for line in lines)


def _require_known(descriptor: Descriptor, role: str, known: Mapping[str, int]) -> None:
    strange = set(known) - descriptor.known(role)
    if strange:
        raise ValueError(f"{descriptor.name}: {role} does not know {sorted(strange)}")


def _rounds(steps: Sequence[Step], cast: Cast, known: Mapping[str, int]) -> Iterator[list[Line]]:
    for number in sorted({step.round for step in steps}):
        begun = [step for step in steps if step.round == number]
        if len(begun) == 1:
            yield from _turns(begun[0], cast, known)
        else:
            yield [line for step in begun for lines in _turns(step, cast, known) for line in lines]


def _turns(step: Step, cast: Cast, known: Mapping[str, int]) -> Iterator[list[Line]]:
    """Give the messages of a step: one list a repetition, in a chain one a hop."""
    for name in step.repetitions(known):
        pairs = _pairs(step, cast)
        lines = [
            Line(sender, to, name, step.bytes({**known, LEFT: len(pairs) - place}))
            for place, (sender, to) in enumerate(pairs)
        ]
        if step.route is Route.CHAIN:
            yield from ([line] for line in lines)
        else:
            yield lines


def _pairs(step: Step, cast: Cast) -> list[tuple[str, str]]:
    senders = list(cast[step.sender])
    if step.route is Route.CHAIN:
        return list(pairwise(senders))
    receivers = [party for role in step.receivers for party in cast[role]]
    if step.route is Route.RING:
        return [(a, b) for a, b in zip(senders, [*senders[1:], *senders[:1]], strict=True) if b in receivers]
    if step.route in (Route.LATER, Route.EARLIER):
        is_later = step.route is Route.LATER
        order = {party: place for place, party in enumerate(senders)}
        return [(a, b) for a in senders for b in receivers if a != b and (order[b] > order[a]) is is_later]
    chosen = {Route.LAST: senders[-1:], Route.FIRST: senders[:1]}.get(step.route, senders)
    return [(sender, to) for sender in chosen for to in receivers if to != sender]
