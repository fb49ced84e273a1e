"""The leaves of trees as one owner sees them: of each the own splits on the way, and the side that is taken there.

It does NOT show an owner the splits of others, nor weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from federated.boosting.model import Leaf, Model, Node, Sides, Split
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import tagged

Path: TypeAlias = tuple[tuple[int, bool], ...]
"""Own splits on the way to a leaf, by number, and whether the left side is taken."""


def owners(tree: Node) -> set[str]:
    """Return who has a split in a tree."""
    match tree:
        case Leaf():
            return set()
        case Split(owner, _, left, right):
            return {owner} | owners(left) | owners(right)


def shared(model: Model, label: str) -> list[tuple[int, Node]]:
    """Return the trees, with their numbers, in which another owner than ``label`` has a split."""
    return [(number, tree) for number, tree in enumerate(model.trees) if owners(tree) - {label}]


def leaves(tree: Node, owner: str, before: Path = ()) -> list[tuple[Path, float]]:
    """List the leaves from left to right: the owner's path to each, and its weight."""
    match tree:
        case Leaf(weight):
            return [(before, weight)]
        case Split(by, number, left, right):
            paths = [(*before, (number, is_left)) if by == owner else before for is_left in (True, False)]
            return leaves(left, owner, paths[0]) + leaves(right, owner, paths[1])


def reached(path: Path, answers: Mapping[int, Sides], rows: int) -> Sides:
    """Say for each row whether the owner's splits lead to a leaf.

    Raises:
        InvalidRecord: a split that the owner does not have.
    """
    found = np.ones(rows, dtype=np.bool_)
    for number, is_left in path:
        if number not in answers:
            raise InvalidRecord("prediction: a path names a split that this owner does not have")
        found &= answers[number] == is_left
    return found


def digest(paths: Sequence[Path]) -> bytes:
    """Digest an owner's paths for the record of a question."""
    listed: list[JsonValue] = [[[str(number), is_left] for number, is_left in path] for path in paths]
    return tagged("SHUXIN-PATHS-V1", canonical.encode(listed))
