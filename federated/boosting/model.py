"""A boosted model in parts: the label owner has the trees, every owner the meaning of its own splits.

A tree names a split by owner and number; only that owner knows the column and the boundary behind the number. So no
party can predict alone where others' splits occur, and prediction is a question of its own, with its own purpose.

It does NOT hold rows or gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from federated.boosting.bins import Binned
from federated.boosting.loss import Floats
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import tagged

Sides = NDArray[np.bool_]
"""For each row, whether it goes left."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What its rows' scores gain."""

    weight: float

    def json(self) -> JsonValue:
        return {"weight": self.weight.hex()}


@dataclass(frozen=True, slots=True)
class Split:
    """A question about a row that ``owner`` answers by ``number``."""

    owner: str
    number: int
    left: Node
    right: Node

    def json(self) -> JsonValue:
        parts: dict[str, JsonValue] = {"left": self.left.json(), "right": self.right.json()}
        return {"owner": self.owner, "split": str(self.number), **parts}


Node: TypeAlias = Leaf | Split


@dataclass(frozen=True, slots=True)
class Boundary:
    """An owner's meaning of one of its splits: rows whose ``column`` lies below ``value`` go left."""

    column: str
    value: float

    def json(self) -> JsonValue:
        return {"column": self.column, "below": self.value.hex()}


@dataclass(frozen=True, slots=True)
class Model:
    """The label owner's part. start: by output, whose trees take turns, the score before the first. loss: by name."""

    loss: str
    start: tuple[float, ...]
    trees: tuple[Node, ...]

    def json(self) -> JsonValue:
        start: list[JsonValue] = [score.hex() for score in self.start]
        return {"loss": self.loss, "start": start, "trees": [tree.json() for tree in self.trees]}

    @property
    def digest(self) -> bytes:
        """Digest the label owner's part; the others' are digested apart."""
        return tagged("SHUXIN-BOOSTED-MODEL-V1", canonical.encode(self.json()))


def part_digest(own: Mapping[int, Boundary], salt: bytes) -> bytes:
    """Digest an owner's part, its splits' meanings, under 32 secret bytes: boundaries are few enough to be guessed.

    Raises:
        InvalidRecord: a salt of another length.
    """
    if len(salt) != 32:
        raise InvalidRecord("model: a salt of 32 bytes expected")
    listed: JsonValue = {str(number): found.json() for number, found in own.items()}
    return tagged("SHUXIN-BOOSTED-PART-V1", salt, canonical.encode(listed))


def boundary(binned: Binned, column: int, bin: int) -> Boundary:
    """Say which value divides ``bin`` from the next one of a column."""
    return Boundary(binned.names[column], float(binned.edges[column][bin]))


def sides(own: Mapping[int, Boundary], columns: Mapping[str, Floats]) -> dict[int, Sides]:
    """Answer an owner's splits for rows.

    Raises:
        InvalidRecord: a column of the model that is not there.
    """
    missing = sorted({found.column for found in own.values()} - set(columns))
    if missing:
        raise InvalidRecord(f"prediction: column {missing[0]} is missing")
    return {number: columns[found.column] < found.value for number, found in own.items()}


def scores(model: Model, answers: Mapping[str, Mapping[int, Sides]], rows: int) -> Floats:
    """Add up what the trees say of each row, by output.

    Args:
        answers: by owner and split number, one side a row.

    Raises:
        InvalidRecord: an answer that is missing or of another length.
    """
    total = np.repeat(np.array(model.start)[:, None], rows, axis=1)
    for number, tree in enumerate(model.trees):
        total[number % len(model.start)] += _added(tree, answers, rows)
    return total


def _added(node: Node, answers: Mapping[str, Mapping[int, Sides]], rows: int) -> Floats:
    match node:
        case Leaf(weight):
            return np.full(rows, weight)
        case Split(owner, number, left, right):
            found = answers.get(owner, {}).get(number)
            if found is None or len(found) != rows:
                raise InvalidRecord(f"prediction: {owner} did not answer split {number} for every row")
            return np.where(found, _added(left, answers, rows), _added(right, answers, rows))
