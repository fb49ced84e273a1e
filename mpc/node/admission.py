"""How often and how much one attempt may ask of the own asset: the node's bounds on probing, applied.

The bounds and what they are for stand in ``mpc.node.probing``. Here an attempt is counted, and what the other owner of
a join announces is held against the row count that it published in the catalogue, before anything is computed on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from contracts.authorizations.terms import identifier
from mpc.kinds.registry import kind_of
from mpc.node.guard import Mandate, Refused, code
from mpc.node.probing import Exceeded, require_allowed
from mpc.node.registry import Facts
from mpc.node.workplace import Workplace
from mpc.protocols.join.run import Admit, any_size


def count(place: Workplace, mandate: Mandate, asset: str, facts: Facts) -> None:
    """Count this attempt at the own asset.

    Raises:
        Refused: it is one too many, whatever the rows are.
    """
    probes, limits, spec = place.journal.probes, place.guard.probing, mandate.spec
    with _refusing():
        probes.serve(asset, spec.recipient, mandate.id, mandate.attempt, facts.time, limits)
        for other in kind_of(spec).partners(place.party):
            probes.require_joinable(asset, other.asset, mandate.id, mandate.attempt, limits)


def begin(place: Workplace, mandate: Mandate, asset: str, facts: Facts) -> Admit:
    """Count a join that begins, and return what judges the size that the other owner announces.

    Raises:
        Refused: it is one too many; from what is returned: the size is.
    """
    spec, kind = mandate.spec, kind_of(mandate.spec)
    partners = kind.partners(place.party)
    if not partners:
        return any_size
    other = partners[0]
    with _refusing():
        for partner in partners:
            place.journal.probes.join(asset, partner.asset, mandate.id, mandate.attempt, place.guard.probing)
    published = facts.asset(identifier(other.asset))
    most = kind.most_announced(other.party, published.rows) if published.versions else None

    def admit(size: int) -> None:
        with _refusing():
            if spec.privacy is None:
                place.journal.probes.announce(asset, other.asset, size, most, place.guard.probing)
            else:  # sizes carry noise, so that two of them say nothing of two lists
                require_allowed(other.asset, size, most)

    return admit


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except Exceeded as fault:
        raise Refused(code(fault.ground), str(fault)) from fault
