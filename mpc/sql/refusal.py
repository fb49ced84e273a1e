"""Why a query is not answered, and what to ask instead: one list, in the languages that people read.

A refusal rests on the query and on public declarations, never on data. The texts stand by subject in ``reasons``.
"""

from __future__ import annotations

from enum import Enum

from ledger.errors import InvalidRecord
from mpc.protocols.words import Language
from mpc.sql.reasons import alignments, conditions, figures, joins, noise


class Reason(Enum):
    """Every reason for which a query is refused."""

    SYNTAX = figures.SYNTAX
    ROWS = figures.ROWS
    EXTREME = figures.EXTREME
    RANK = figures.RANK
    DISCRETE = figures.DISCRETE
    BLOCK_ALONE = figures.BLOCK_ALONE
    PRODUCT = figures.PRODUCT
    DISTINCT = figures.DISTINCT
    CONDITION = conditions.CONDITION
    EMPTY = conditions.EMPTY
    COLUMN = figures.COLUMN
    AMBIGUOUS = figures.AMBIGUOUS
    TYPE = figures.TYPE
    DATE = conditions.DATE
    DATE_PART = conditions.DATE_PART
    PERIODS = conditions.PERIODS
    NULLS = conditions.NULLS
    NULL_CLASS = conditions.NULL_CLASS
    NULL_TEXT = conditions.NULL_TEXT
    NULL_VALUE = conditions.NULL_VALUE
    NULL_ROWS = conditions.NULL_ROWS
    TABLE = figures.TABLE
    GROUP = conditions.GROUP
    GROUP_VALUES = conditions.GROUP_VALUES
    CLASSES = conditions.CLASSES
    CLASSES_OF_OTHER = conditions.CLASSES_OF_OTHER
    UNGROUPED = conditions.UNGROUPED
    OWNERS = joins.OWNERS
    OWN_TABLE = joins.OWN_TABLE
    JOIN = joins.JOIN
    JOIN_TWICE = joins.JOIN_TWICE
    KEY_FORMS = joins.KEY_FORMS
    JOIN_KEY = joins.JOIN_KEY
    JOIN_SIDE = joins.JOIN_SIDE
    JOIN_GROUP = joins.JOIN_GROUP
    OUTER_JOIN = joins.OUTER_JOIN
    NOISED_LISTS = noise.NOISED_LISTS
    JOIN_AMOUNT = joins.JOIN_AMOUNT
    JOIN_SQUARES = joins.JOIN_SQUARES
    ALIGN = alignments.ALIGN
    ALIGNED_JOIN = alignments.ALIGNED_JOIN
    ALIGNED_ROWS = alignments.ALIGNED_ROWS
    ALIGNED_SIDES = alignments.ALIGNED_SIDES
    ALIGNED_COLUMN = alignments.ALIGNED_COLUMN
    ALIGNED_FILTER = alignments.ALIGNED_FILTER
    ALIGNED_GROUP = alignments.ALIGNED_GROUP
    ALIGNED_NOISE = alignments.ALIGNED_NOISE
    MATCHED_ENGINES = alignments.MATCHED_ENGINES
    MATCHED_JOIN = alignments.MATCHED_JOIN
    MATCHED_GROUP = alignments.MATCHED_GROUP
    MATCHED_NOISE = alignments.MATCHED_NOISE
    UNION = joins.UNION
    NOISED_ONLY = noise.NOISED_ONLY
    UNDECLARED = noise.UNDECLARED
    BOUNDS = noise.BOUNDS
    DECLARATIONS = noise.DECLARATIONS
    COST = noise.COST
    NOISED_PAIR = noise.NOISED_PAIR
    NOISED_CLASSES = noise.NOISED_CLASSES
    NOISED_KEYS = noise.NOISED_KEYS
    STEPS = noise.STEPS
    RANK_ALONE = noise.RANK_ALONE
    KEYED = noise.KEYED
    ONE_JOB = figures.ONE_JOB
    UNSUPPORTED = figures.UNSUPPORTED


class Unanswerable(InvalidRecord):
    """A query that is refused before anybody else learns of it. about: the words of the query that are meant."""

    def __init__(self, reason: Reason, about: str) -> None:
        self.reason, self.about = reason, about[:120]
        super().__init__(self.text("en"))

    def text(self, language: Language) -> str:
        """Say it in a language."""
        found = self.reason.value
        told = f"query: {self.about}: {found.why.of(language)}"
        ask = {"en": "; instead: ", "zh": ";可改为:"}[language]
        return told if found.instead is None else f"{told}{ask}{found.instead.of(language)}"
