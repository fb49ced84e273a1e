"""How often and how much one attempt may ask of the own asset: the node's bounds on probing, applied.

The bounds and what they are for stand in ``mpc.node.guarding.probing``. Here an attempt is counted, and what the other
owner of a join announces is held against the row count that it published in the catalogue, before anything is computed
on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from contracts.authorizations.terms import identifier
from mpc.kinds.registry import kind_of
from mpc.node.guarding.guard import Mandate, Refused, code
from mpc.node.guarding.probing import Exceeded, require_allowed
from mpc.node.registry import Facts
from mpc.node.workplace import Workplace
from mpc.protocols.align.run import AdmitOwner, any_owner


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


def begin(place: Workplace, mandate: Mandate, asset: str, facts: Facts) -> AdmitOwner:
    """Count a job that begins to match rows, and return what judges the size that another owner announces.

    Raises:
        Refused: it is one too many; from what is returned: the size is.
    """
    spec, kind, probes = mandate.spec, kind_of(mandate.spec), place.journal.probes
    others = {source.party: source.asset for source in kind.partners(place.party)}
    if not others:
        return any_owner
    most: dict[str, int | None] = {}
    with _refusing():
        for party, other in others.items():
            probes.join(asset, other, mandate.id, mandate.attempt, place.guard.probing)
            published = facts.asset(identifier(other))
            most[party] = kind.most_announced(party, published.rows) if published.versions else None

    def admit(party: str, size: int) -> None:
        with _refusing():
            if spec.privacy is None:
                probes.announce(asset, others[party], size, most[party], place.guard.probing)
            else:  # sizes carry noise, so that two of them say nothing of two lists
                require_allowed(others[party], size, most[party])

    return admit


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except Exceeded as fault:
        raise Refused(code(fault.ground), str(fault)) from fault
