"""Every class of error and what it is over HTTP: one status and one stable code each, in this one place.

Programs decide by the code and never by the words. Packages of the gateway that speak HTTP add their children here.
Source: RFC 9110, section 15; RFC 6585, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.accounts.edge.limits import TooMany
from ledger.errors import (
    BackendError,
    Conflict,
    InvalidRecord,
    NotAuthorized,
    NotFound,
    TrustError,
    VerificationError,
)


class Unauthenticated(NotAuthorized):
    """Nobody is signed in, or what was shown is no valid sign of somebody."""


class TooLarge(InvalidRecord):
    """A body that is longer than what is read."""


class Stale(BackendError):
    """The chain has not been seen for too long to prove anything as of now."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Status and code of a class of errors, and a title that does not change from case to case."""

    status: int
    code: str
    title: str


MEANINGS: Final[dict[type[TrustError], Meaning]] = {
    InvalidRecord: Meaning(400, "invalid-record", "The request does not have the required form"),
    TooLarge: Meaning(413, "too-large", "The body is longer than what is read"),
    Unauthenticated: Meaning(401, "unauthenticated", "Nobody is signed in"),
    NotAuthorized: Meaning(403, "not-authorized", "A rule or a permission refuses"),
    TooMany: Meaning(429, "too-many-requests", "More requests than allowed"),
    NotFound: Meaning(404, "not-found", "There is no such thing here"),
    Conflict: Meaning(409, "conflict", "The thing is in another state"),
    VerificationError: Meaning(502, "proof-does-not-hold", "What the chain's node showed does not hold"),
    Stale: Meaning(503, "chain-stale", "The chain has not been seen for too long"),
    BackendError: Meaning(503, "backend-unavailable", "Something the gateway depends on failed"),
}
"""By class; a child that is not here has its parent's meaning."""


def meaning_of(fault: TrustError) -> Meaning:
    """Return what an error is over HTTP.

    >>> meaning_of(NotFound("x")).status
    404
    """
    return next(MEANINGS[kind] for kind in type(fault).__mro__ if kind in MEANINGS)
