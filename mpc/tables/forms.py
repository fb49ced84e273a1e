"""Declared rules by which texts are brought into one form before they are compared, counted or joined.

    exact            byte for byte, as in the file (the rule where none is declared)
    nfkc-strip       Unicode NFKC (UAX #15), then white space cut off at both ends: full-width digits become plain ones
    nfkc-strip-lower the same, and letters in lower case by their simple mapping

Digits keep their leading zeros under every rule. Look-alikes of different scripts (Latin A, Greek Alpha) and
variants of a character (臺, 台) stay different: no rule merges what Unicode does not call compatible. Both owners of a
join must have declared the same rule; the specification names it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pyarrow
from pyarrow import compute


class Form(StrEnum):
    """A rule for texts."""

    EXACT = "exact"
    NFKC_STRIP = "nfkc-strip"
    NFKC_STRIP_LOWER = "nfkc-strip-lower"

    def of(self, text: str) -> str:
        """Bring one text into this form."""
        found: str = self.of_all(pyarrow.array([text], pyarrow.string()))[0].as_py()
        return found

    def of_all(self, texts: Any) -> Any:
        """Bring an Arrow array of texts into this form."""
        if self is Form.EXACT:
            return texts
        found = compute.utf8_normalize(texts, "NFKC")
        if self is Form.NFKC_STRIP_LOWER:
            found = compute.utf8_normalize(compute.utf8_lower(found), "NFKC")
        return compute.utf8_trim_whitespace(found)
