"""How often a feature owner answers about a person: a model that answers everything is a machine for finding columns.

Who asks ten thousand times about one person, each time with another value of an own column, reads from the scores on
which side of the owner's splits that person lies. So an owner counts, and ends it by itself: rows in a period, and
answers about one key for as long as the model lives, since answers do not grow old.

It does NOT read a clock: the caller starts a period. Keys are counted by digests under the owner's secret.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.errors import InvalidRecord, NotAuthorized


@dataclass(frozen=True, slots=True)
class Quota:
    """rows: the most in a period; repeats: the most answers about one key."""

    rows: int
    repeats: int

    def __post_init__(self) -> None:
        if self.rows < 1 or self.repeats < 1:
            raise InvalidRecord("quota: at least one row a period and one answer a key expected")


@dataclass(frozen=True, slots=True)
class Usage:
    """What was answered about one model. rows: in this period; answers: by digest of the key, of all periods."""

    rows: int = 0
    answers: Mapping[bytes, int] = field(default_factory=dict, repr=False)

    def renewed(self) -> Usage:
        """Begin a period: the rows start anew, the answers about a key do not."""
        return Usage(0, self.answers)


def admit(quota: Quota, usage: Usage, keys: Sequence[str], secret: bytes) -> Usage:
    """Count a question before it is answered; what this returns must be stored before anything leaves.

    Raises:
        NotAuthorized: beyond the quota. The sentence does not say which key.
    """
    if usage.rows + len(keys) > quota.rows:
        raise NotAuthorized(f"prediction: {quota.rows} rows a period, of which {usage.rows} were answered")
    asked = Counter(hmac.digest(secret, key.encode(), "sha256") for key in keys)
    answers = Counter(usage.answers) + asked
    if any(answers[key] > quota.repeats for key in asked):
        raise NotAuthorized(f"prediction: a person is asked about more than {quota.repeats} times")
    return Usage(usage.rows + len(keys), dict(answers))
