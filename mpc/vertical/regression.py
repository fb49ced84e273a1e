"""A logistic regression over columns of two departments, as a specification says it: bounds, and what it opens to whom.

Every step opens to each of the two owners its own gradient, a number a column and one more. These are exact, so what
stands before them is their number: ``ROWS_A_NUMBER`` common rows for each that is opened to one owner in the whole run.
A number adds up n products of a value with 6 bits to its deviation and of a residual with 21 bits behind the point, so
it has some 28 + log2(n)/2 bits, below 36 for every n that a run may have: together they have fewer bits than rows,
and leave open even a column of one bit.

It does NOT compute anything: ``federated.vertical.logistic`` does, and holds single rows against the others there.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.spec.training import MILLION
from mpc.vertical.statistics import TRAINING

LOGISTIC = "logistic"
ROWS_A_NUMBER = 40
MAX_STEPS, MAX_BLOCK = 20, 24
"""Steps of a run; columns or components of one side, with which no message is too large for a channel."""
MAX_ROWS = (1 << 15) - 1
"""Of one run: the randomiser that hides a sum from the key's owner covers 2^24 ciphertexts, 2^9 a row."""
LEAST_REACH, MOST_REACH = MILLION // 2, 8 * MILLION


@dataclass(frozen=True, slots=True)
class Regression:
    """steps: of Newton, each on its owner's own block. components: of largest variance that each side brings of its
    columns; 0: all columns as they are. ridge: penalty on squared weights; reach: how far the columns of the side
    without labels may move a score; both in millionths."""

    steps: int
    components: int
    ridge: int
    reach: int

    def __post_init__(self) -> None:
        if not (1 <= self.steps <= MAX_STEPS and 0 <= self.components <= MAX_BLOCK):
            raise InvalidRecord(f"spec: 1..{MAX_STEPS} steps and 0..{MAX_BLOCK} components expected")
        if not (0 < self.ridge <= MILLION * MILLION and LEAST_REACH <= self.reach <= MOST_REACH):
            raise InvalidRecord("spec: a ridge penalty in (0, 10^6] and a reach in 0.5..8 expected, in millionths")

    @property
    def model(self) -> str:
        return LOGISTIC

    @property
    def statistic(self) -> str:
        return TRAINING

    @property
    def rows(self) -> int:
        """The fewest common rows that a run can be of, whatever its columns."""
        return self.rows_for(1)

    def block(self, columns: int) -> int:
        """Return how many numbers of a row a side brings, given its columns."""
        return self.components or columns

    def opened(self, columns: int) -> int:
        """Return how many numbers a run opens to a side with so many columns."""
        return self.steps * (1 + self.block(columns))

    def rows_for(self, columns: int) -> int:
        """Return how many common rows that takes."""
        return ROWS_A_NUMBER * self.opened(columns)

    def rounds(self, _values: int) -> int:
        """Return how many leaves the run's stream has: one a step."""
        return self.steps

    def require_sides(self, columns: list[int], rows: int) -> None:
        """Refuse other than two sides with columns, or more of them than a message holds; raises InvalidRecord."""
        if len(columns) != 2 or not all(columns):
            raise InvalidRecord("spec: a logistic regression is over columns of two departments, some of each")
        if any(count < self.components for count in columns):
            raise InvalidRecord("spec: no side has fewer columns than components are asked for")
        if max(map(self.block, columns)) > MAX_BLOCK:
            raise InvalidRecord(f"spec: at most {MAX_BLOCK} columns of a side; ask for components of them")
        if rows > MAX_ROWS:
            raise InvalidRecord(f"spec: at most {MAX_ROWS} rows of the smallest side, got {rows}")

    def require_label(self, least: int, most: int) -> None:
        """Refuse a label of other values; raises InvalidRecord."""
        if (least, most) != (0, 1):
            raise InvalidRecord("spec: the label of a logistic regression is 0 or 1")

    def require_messages(self, _values: int) -> None:
        """Messages are few."""

    def json(self) -> JsonValue:
        return {
            "model": self.model,
            "steps": self.steps,
            "components": self.components,
            "ridge": str(self.ridge),
            "reach": str(self.reach),
        }


def read(fields: Fields) -> Regression:
    """Read the members of ``algorithm`` beside the model's name; raises InvalidRecord."""
    found = Regression(
        steps=fields.integer("steps"),
        components=fields.integer("components"),
        ridge=fields.decimal("ridge"),
        reach=fields.decimal("reach"),
    )
    fields.done()
    return found
