"""A job over the assets of five registrars: who takes part, and what they sign."""

from __future__ import annotations

from network import AUDIT, digest
from sharing import NODE, REGISTRARS, Sharing, agent, authorization_of

from contracts.jobs.calls import Release

JOB, REASON, RESULT, STATEMENT = map(digest, ("job", "reason", "result", "statement"))
ONE, TWO, THREE, FOUR, FIVE = REGISTRARS
NODES = {party: agent(party, NODE) for party in (*REGISTRARS, AUDIT)}
RELEASE = Release(JOB, 1, RESULT, STATEMENT)


def uses(sharing: Sharing) -> list[int]:
    return [sharing.authorizations.state.authorization(authorization_of(party)).uses for party in REGISTRARS]
