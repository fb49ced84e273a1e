"""The error tree of the whole product.

TrustError
├── InvalidRecord       bytes or values from outside that do not have the required form
├── NotAuthorized       a rule, a permission or a release gate says no
├── VerificationError   a well-formed proof, signature or seal that does not hold
├── NotFound            a named thing does not exist (here, or yet)
├── Conflict            the thing exists in another state, or somebody else holds it
└── BackendError        a process, disk or network this code depends on failed or timed out

Packages add children below these six, never new roots. Messages say what was expected and what came; they never
carry secrets, shares, keys or personal data. Bugs stay ``ValueError``, ``TypeError`` or ``AssertionError`` and surface.
"""


class TrustError(Exception):
    """Any failure this product raises on purpose."""


class InvalidRecord(TrustError):
    """Outside bytes or values do not have the required form."""


class NotAuthorized(TrustError):
    """A rule, a permission or a release gate refuses."""


class VerificationError(TrustError):
    """A well-formed proof, signature or seal does not hold."""


class NotFound(TrustError):
    """A named thing does not exist."""


class Conflict(TrustError):
    """The thing is in another state than the operation needs."""


class BackendError(TrustError):
    """A process, disk or network this code depends on failed or timed out."""
