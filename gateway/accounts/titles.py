"""For what an account may ask about a title, and in whose name: one rule, for pages and API alike.

A clerk of the registrar whose register it is states who asks and has seen the paper, for every purpose. Other state
organs, other registrars too, ask by duty, as the account they are. Everybody else asks in the name that was established
for the account, and for purposes that need nobody to look at a paper. What it does NOT do: say whether who asks holds
the unit (``gateway.property.titles.asking`` does).
Source: Civil Code articles 218 and 219; Interim Regulation article 27.
"""

from __future__ import annotations

from typing import Final

from gateway.accounts.caller import Caller, Role, Scope
from gateway.property.titles.asking import purposes
from ledger.errors import NotAuthorized

ALONE: Final = ("own", "intention")
"""Purposes for which nobody has to look at a paper."""


def is_clerk(caller: Caller, registrar: str) -> bool:
    """Say whether a caller is a clerk of this registrar's, by its party code."""
    return caller.party == registrar and Role.REGISTRAR in caller.roles and caller.may(Scope.TITLES_EX_OFFICIO)


def purposes_for(caller: Caller, registrar: str) -> tuple[str, ...]:
    """Return the purposes that a caller may state at this registrar's register."""
    if is_clerk(caller, registrar):
        return tuple(purposes())
    return ("duty",) if caller.may(Scope.TITLES_EX_OFFICIO) else ALONE


def require_purpose(caller: Caller, registrar: str, purpose: str) -> None:
    """Raises NotAuthorized for a purpose that is not open to the caller at this registrar's register."""
    if purpose not in purposes_for(caller, registrar):
        raise NotAuthorized(f"query: the purpose {purpose[:60]!r} is not open to this account 该账户不能以此目的查询")


def name_of(caller: Caller) -> str:
    """Return in whose name an account asks that is no clerk's, "" if nobody has established it."""
    return f"{caller.party} / {caller.name}" if caller.may(Scope.TITLES_EX_OFFICIO) else caller.person


def asker_of(caller: Caller, registrar: str, stated: str) -> str:
    """Return who asks: whom a clerk of this registrar's states, else the account's own name.

    Raises:
        NotAuthorized: nobody has established whose account this is.
    """
    found = stated if is_clerk(caller, registrar) else name_of(caller)
    if not found and not is_clerk(caller, registrar):
        raise NotAuthorized("query: nobody has established whose account this is 该账户未经实名核验")
    return found
