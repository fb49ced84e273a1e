"""The smallest cell that may be released, held against what a release counts; not whether it counts rightly."""

from __future__ import annotations

from contracts.evidence.figures.signers import EXACT_JOINS
from contracts.evidence.questions import aligned, percentiles, vertical
from contracts.evidence.questions.asked import (
    ALIGNED,
    BOOSTED,
    CKKS,
    MATCHED,
    MEASURED_TRAINING,
    NOISED,
    NOISED_JOIN,
    NOISED_TRAINING,
    PERCENTILES,
    REGRESSION,
    SCORES,
    SUMS,
    TRAINING,
    Question,
)
from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError


def require_minimum(question: Question, release: JsonValue) -> None:
    """Refuse figures below the smallest cell that may be released; noised ones have none.

    Raises:
        InvalidRecord: not a release document. VerificationError: a smaller cell.
    """
    minimum = least(question)
    for name, count in _counts(question, release):
        if count < minimum:
            raise VerificationError(f"cell {name} is smaller than the minimum of {minimum}")


def least(question: Question) -> int:
    """The rows below which nothing of this question is opened."""
    match question.protocol:
        case "percentiles-v1":
            return percentiles.least(question.terms)
        case "aligned-v1" | "matched-v1":
            return aligned.least_rows(question.terms, question.minimum)
        case "boosted-v1" | "regression-v1" | "scores-v1":
            return vertical.least_rows(question.terms)
    return question.minimum


def _counts(question: Question, release: JsonValue) -> list[tuple[str, int]]:
    """List what each opened cell counts: rows of a sum's cells, keys of a join's."""
    match release:
        case {"cells": dict(cells)} if question.protocol == PERCENTILES:
            return [("count", number(value)) for name, value in cells.items() if name == "count"]
        case {"cells": dict(cells)} if question.protocol == SUMS:
            return [(name, number(value)) for name, value in cells.items() if name not in question.follows]
        case {"cells": dict()} if question.protocol in (NOISED, CKKS):
            return []
        case {"model": str()} if question.protocol == NOISED_TRAINING:
            return []
        case {"rows": rows} if question.protocol in (TRAINING, MEASURED_TRAINING, BOOSTED, REGRESSION, SCORES):
            return [("rows", number(rows))]
        case {"cells": list(groups)} if question.protocol in (ALIGNED, MATCHED):
            return [_rows(group) for group in groups]
        case {"cells": list()} if question.protocol == NOISED_JOIN:
            return []
        case {"cells": list(groups)} if question.protocol in EXACT_JOINS:
            return [_keys(group) for group in groups]
    raise InvalidRecord("release: expected cells")


def _rows(group: JsonValue) -> tuple[str, int]:
    match group:
        case {"group": str(name), "rows": rows}:
            return name, number(rows)
    raise InvalidRecord("release: a cell has group and rows")


def _keys(group: JsonValue) -> tuple[str, int]:
    match group:
        case {"group": str(name), "keys": keys}:
            return name, number(keys)
    raise InvalidRecord("release: a cell has group and keys")
