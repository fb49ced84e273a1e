"""What the rules of one contract ask the others: the Python side of ``modules/registry.vy``.

A port: the state machine tests answer from the other contracts' states, a node's guard from proven storage.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final, Protocol


class PartyRole(IntFlag):
    """Capacities of a party."""

    OWNER = 1
    REQUESTER = 2
    AUDITOR = 4
    OPERATOR = 8
    REGISTRAR = 16
    COURT = 32
    AUTHORITY = 64


ANY_PARTY_ROLE: Final = sum(PartyRole)


class AgentRole(IntFlag):
    """Duties of an agent.

    OFFICER handles requests and answers, HEAD (of the sharing body) agrees to them, NODE computes, APPROVER appoints,
    AUDITOR inspects.
    """

    OFFICER = 1
    NODE = 2
    APPROVER = 4
    AUDITOR = 8
    HEAD = 16


class World(Protocol):
    """The other contracts, as of one moment. Addresses are 20 bytes, parties 32, times unix seconds."""

    def require_open(self, name: str) -> None:
        """Refuse while a contract is paused.

        Raises:
            Conflict: "governance: paused".
        """

    def is_governance(self, caller: bytes) -> bool:
        """Say whether the caller is the contract now registered as Governance."""
        ...

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        """Return the party an agent acts for now.

        Args:
            role: mask; one of its roles is enough.
        Raises:
            NotAuthorized: the agent is unknown, out of its time, lacks the role, or its party is not valid.
        """
        ...

    def serving(self, party: bytes, role: int, now: int) -> bool:
        """Say whether a party is valid now and holds one of the roles."""
        ...
