"""What the department that asks tells another of the trees: their leaves, and behind which of its own splits they lie.

A split is named by the number that its owner gave it; of others' splits and of weights nothing is told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from federated.boosting.paths import Path
from federated.boosting.prediction import PredictionTerms
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.vertical.algorithms import MAX_CLASSES, MAX_DEPTH, MAX_TREES

MAX_LEAVES = MAX_TREES * (1 << MAX_DEPTH)


@dataclass(frozen=True, slots=True)
class Outline:
    """The trees in which several departments split. chain: who takes turns; paths: the receiver's, one a leaf.

    outputs, leaves: of each tree. trained_for: the purpose of the training.
    """

    chain: tuple[str, ...]
    outputs: tuple[int, ...]
    leaves: tuple[int, ...]
    paths: tuple[Path, ...] = field(repr=False)
    trained_for: str

    @classmethod
    def of(cls, terms: PredictionTerms, party: str, outputs: int, trained_for: str) -> Outline:
        """Take from a question's terms what one department may know; one without a split is told who takes turns."""
        if not 1 <= outputs <= MAX_CLASSES:
            raise InvalidRecord(f"scores: 1..{MAX_CLASSES} outputs expected")
        if party not in terms.chain:
            return cls(terms.chain, (), (), (), trained_for)
        return cls(terms.chain, terms.outputs, terms.leaves, tuple(terms.paths[party]), trained_for)

    def encode(self) -> bytes:
        paths: list[JsonValue] = [[[number, is_left] for number, is_left in path] for path in self.paths]
        document: JsonValue = {
            "chain": list(self.chain),
            "outputs": list(self.outputs),
            "leaves": list(self.leaves),
            "paths": paths,
            "trained_for": self.trained_for,
        }
        return canonical.encode(document)

    @classmethod
    def parse(cls, body: bytes, features: Collection[str]) -> Outline:
        """Read what ``encode`` wrote; raises InvalidRecord."""
        value = canonical.decode(body)
        fields = Fields(value, "outline")
        chain, trained_for = tuple(fields.texts("chain", len(features))), fields.text("trained_for")
        match value:
            case {"outputs": list(outputs), "leaves": list(leaves), "paths": list(paths)}:
                found = cls(
                    chain, tuple(map(_number, outputs)), tuple(map(_number, leaves)), tuple(map(_path, paths)),
                    trained_for,
                )  # fmt: skip
            case _:
                raise InvalidRecord("outline: outputs, leaves and paths expected")
        if not chain or sorted(set(chain)) != list(chain) or not set(chain) <= set(features):
            raise InvalidRecord("outline: departments of the question take turns, in order")
        if len(found.outputs) != len(found.leaves) or sum(found.leaves) != len(found.paths):
            raise InvalidRecord("outline: a path to every leaf expected")
        if len(found.paths) > MAX_LEAVES or any(output >= MAX_CLASSES for output in found.outputs):
            raise InvalidRecord("outline: more leaves or outputs than a model has")
        return found


def _path(value: JsonValue) -> Path:
    if not isinstance(value, list) or len(value) > MAX_DEPTH:
        raise InvalidRecord(f"outline: a path of at most {MAX_DEPTH} splits expected")
    return tuple(map(_turn, value))


def _turn(value: JsonValue) -> tuple[int, bool]:
    match value:
        case [int(number), bool(is_left)] if number is not True and number is not False and number >= 0:
            return number, is_left
    raise InvalidRecord("outline: a split's number and a side expected")


def _number(value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_LEAVES:
        raise InvalidRecord("outline: a number expected")
    return value
