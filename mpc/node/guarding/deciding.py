"""What stands beside an owner's part in a protocol: its decision on what to open, bound to this node's journal."""

from __future__ import annotations

from collections.abc import Callable

from mpc.kinds.registry import kind_of
from mpc.node.guarding.opening import Opening
from mpc.node.guarding.private import Private, PrivateOpening
from mpc.node.memory.journal import NodeJournal
from mpc.node.memory.versions import OwnRows
from mpc.sessions.session import Session
from mpc.spec.job import JobSpec


def decision(
    spec: JobSpec, session: Session, journal: NodeJournal, announce: Callable[[], None], own: OwnRows | Private
) -> Opening | PrivateOpening:
    """Make the decision; ``announce`` is called once, before the first share leaves, ``own`` is what was read."""
    if isinstance(own, Private):
        return PrivateOpening(session, own, journal, announce)
    kind, assets = kind_of(spec), [source.asset for source in spec.sources if source.party in session.parties]
    return Opening(session, kind.cells(assets), kind.follows(), journal, announce, own)
