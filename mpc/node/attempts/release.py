"""The statement that all parties sign when a protocol is over.

Owners and recipient build it separately from the same public facts. The release (the figures) exists at the recipient
only (``mpc.kinds.kind.Release``).
"""

from __future__ import annotations

from contracts.evidence.statement import Member, Statement
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Verdict
from mpc.node.guarding.guard import Mandate
from mpc.sessions.session import Session


def build_statement(session: Session, mandate: Mandate, verdict: Verdict, result: bytes) -> Statement:
    """Build the statement of this release; every party arrives at the same bytes."""
    spec, kind = mandate.spec, kind_of(mandate.spec)
    sources = {source.party: source for source in mandate.owners}
    members = []
    for party in mandate.parties:
        source = sources.get(party)
        role = kind.role(party)
        members.append(Member(party, role, source.asset, source.authorization) if source else Member(party, role))
    return Statement(
        session=session.record,
        spec=spec.json(),
        members=tuple(members),
        opened=verdict.opened,
        withheld=verdict.withheld,
        transcript=verdict.transcript,
        leakage=kind.descriptor().record(),
        result=result,
    )
