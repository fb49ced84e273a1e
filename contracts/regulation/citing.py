"""Which rule a contract's refusal rests on: its reason ends with the rule's number, or is an authorization's ground.

So that whoever is refused reads the article. A reason without a rule is about form or state ("request: id missing"),
not about law; nothing is cited for it.
"""

from __future__ import annotations

import re
from typing import Final

from contracts.authorizations.reasons import Ground
from contracts.regulation.reader import national
from contracts.regulation.reading import Refusal, refusal

_RULE: Final = re.compile(r"\((R[0-2][0-9])\)")
_GROUND: Final = re.compile(r"authorization:? ([a-z ]+)$")


def cited(reason: str) -> Refusal | None:
    """Return what a refusal rests on, or None.

    Raises:
        NotFound: it names a rule that does not exist.

    >>> cited("request: conditions added (R05)").rule.articles
    ('15',)
    """
    found = _RULE.search(reason)
    rule = found[1] if found else _of_ground(reason)
    return refusal(national(), rule) if rule else None


def _of_ground(reason: str) -> str:
    found = _GROUND.search(reason)
    text = found[1] if found else ""
    return next((ground.rule for ground in Ground if ground.value == text), "")
