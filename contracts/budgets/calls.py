"""What can be asked of Budgets and what it reports: calls and event signatures. No rules here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

LIMIT_PROPOSED: Final = "LimitProposed(bytes32,uint256,bytes32,bytes32,uint256,uint256,address)"
LIMIT_RAISED: Final = "LimitRaised(bytes32,uint256,bytes32,bytes32,uint256,uint256,address,address)"
LIMIT_LOWERED: Final = "LimitLowered(bytes32,uint256,bytes32,bytes32,uint256,uint256,address)"
BUDGET_RESERVED: Final = (
    "BudgetReserved(bytes32,uint256,bytes32,bytes32,uint256,bytes32,uint256,uint256,uint256,bytes32,bytes32)"
)
BUDGET_CONSUMED: Final = "BudgetConsumed(bytes32,uint256,bytes32,bytes32,uint256,uint256)"
BUDGET_SETTLED: Final = "BudgetSettled(bytes32,uint256,bytes32,bytes32,uint256,uint256)"
BUDGET_REFUNDED: Final = "BudgetRefunded(bytes32,uint256,bytes32,bytes32,uint256,uint256,bool)"
CLASS_ASSIGNED: Final = "ClassAssigned(bytes32,uint256,bytes32,bytes32)"


@dataclass(frozen=True, slots=True)
class Propose:
    """Propose to raise a limit. length 0: pot is a data period; else pot is a class, length its windows' seconds."""

    asset: bytes
    pot: bytes
    length: int
    limit: int


@dataclass(frozen=True, slots=True)
class Confirm:
    """Raise a limit as another officer proposed it."""

    asset: bytes
    pot: bytes
    length: int
    limit: int


@dataclass(frozen=True, slots=True)
class Lower:
    """Lower a limit and withdraw what is proposed for it."""

    asset: bytes
    pot: bytes
    length: int
    limit: int


@dataclass(frozen=True, slots=True)
class Reserve:
    """Promise what an attempt costs an asset."""

    job: bytes
    attempt: int
    asset: bytes
    period: bytes
    mode: int
    amount: int
    side: int


@dataclass(frozen=True, slots=True)
class Consume:
    """Spend a reservation after an opening."""

    job: bytes
    attempt: int
    asset: bytes


@dataclass(frozen=True, slots=True)
class Settle:
    """Close the account of a released attempt."""

    job: bytes
    attempt: int
    asset: bytes


@dataclass(frozen=True, slots=True)
class Refund:
    """Give back a reservation of an attempt that ended before any opening."""

    job: bytes
    attempt: int
    asset: bytes


@dataclass(frozen=True, slots=True)
class Assign:
    """Put a party into a class of recipients."""

    party: bytes
    recipient_class: bytes


Limiting: TypeAlias = Propose | Confirm | Lower
Ending: TypeAlias = Consume | Settle | Refund
Call: TypeAlias = Limiting | Reserve | Ending | Assign
