"""Classes of recipients: whose answers count when a class asks.

All recipients are one class, taken to pool what they learn, unless Governance has declared on chain that a party is
in another one (Budgets, ``assign``). A class knows what was answered to itself, and to everybody's class, since all
were in it before; and a party that was seen in one class and then in another has taken along what the first one knew.

Trust: a declaration by Governance is taken at its word. A party that changes between two declared classes without
having asked this node in the first one is not noticed; Governance should move parties out of everybody's class only.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpc.privacy.declaration import EVERYBODY

Sighting = tuple[str, str]
"""A recipient and the class it was in when it asked."""


def label(recipient_class: bytes) -> str:
    """Name a class as it stands on chain; zero is everybody's."""
    return recipient_class.hex() if any(recipient_class) else EVERYBODY


def knows(recipient_class: str, sightings: Sequence[Sighting]) -> frozenset[str]:
    """Return the classes whose answers count for one.

    Args:
        sightings: every change that was seen, in order.
    """
    taken: dict[str, set[str]] = {}
    for place, (party, later) in enumerate(sightings):
        taken.setdefault(later, set()).update(earlier for other, earlier in sightings[:place] if other == party)
    found, left = {EVERYBODY}, [recipient_class]
    while left:
        current = left.pop()
        found.add(current)
        left += [earlier for earlier in taken.get(current, ()) if earlier not in found]
    return frozenset(found)
