"""The feature owner's part of boosting: adds up ciphertexts by its own bins, and keeps the meaning of its splits.

Before it adds up anything, it checks that nodes are a tree's: the first holds all rows, every other is one side of a
split of a node it knows, and both sides keep the minimum. Columns are numbered anew for each tree. Every sum is masked
with fresh randomness, else its owner could tell from the product of randomisers which rows it has.

It does NOT protect against a label owner who encrypts other values than derivatives: chosen ones make a sum tell which
rows it has. An opened audit of the label owner's seed finds that. Source: Cheng et al. 2021 (SecureBoost).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from federated.boosting import messages, sums
from federated.boosting.bins import Binned
from federated.boosting.messages import Choice, Side, Summed
from federated.boosting.model import Boundary, boundary
from federated.boosting.sums import Column, Grid, Members
from federated.boosting.terms import Terms
from ledger.errors import InvalidRecord
from mpc.additive.scheme import PublicKey
from mpc.sessions.channel import Channel, blame
from mpc.stream import Randomness, Stream

Progress = Callable[[int, int], None]
"""Called with (trees done, trees in all)."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A node whose sums the label owner has, or can compute. grids: its joined bins, by column."""

    members: Members
    grids: tuple[Grid, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A node to add up. sibling: None at the root."""

    parent: Known
    members: Members
    sibling: Members | None


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What lasts for one tree. own: the columns in this tree's order."""

    number: int
    own: Binned
    ciphertexts: Sequence[int]
    masks: Stream


@dataclass(slots=True)
class FeatureOwner:
    """One run of one feature owner."""

    channel: Channel
    me: str
    terms: Terms
    binned: Binned
    random: Randomness = field(repr=False)
    splits: dict[int, Boundary] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.binned.rows != self.terms.rows or len(self.binned.names) != self.terms.features.get(self.me):
            raise InvalidRecord("boosting: rows and columns must be those of the terms")

    def run(self, progress: Progress) -> dict[int, Boundary]:
        """Take part in every tree; return what the own splits mean.

        Raises:
            Misbehaviour: the label owner sent what the protocol does not allow.
            BackendError: it is gone.
        """
        encoded = self._receive(messages.KEY, self.terms.scheme.public_key_bytes)
        with blame(self.terms.label, messages.KEY):
            key = self.terms.scheme.decode_public(encoded)
        for number in range(self.terms.grown):
            progress(number, self.terms.grown)
            tree = self._begin(number, key)
            if tree is not None:
                self._grow(tree, key)
        progress(self.terms.grown, self.terms.grown)
        return self.splits

    def _begin(self, number: int, key: PublicKey) -> Tree | None:
        """Take a tree's derivatives; None for a tree that the label owner grows alone."""
        order = self.random.stream(f"columns|{number}").shuffled(range(len(self.binned.names)))
        step, rows = messages.step(messages.GRADIENTS, number), self.terms.rows
        body = self._receive(step, rows * key.ciphertext_bytes)
        if not body:
            return None
        with blame(self.terms.label, step):
            ciphertexts = key.decode_ciphertexts(body, rows)
        return Tree(number, self.binned.ordered(order), ciphertexts, self.random.stream(f"masks|{number}"))

    def _grow(self, tree: Tree, key: PublicKey) -> None:
        everybody = Known(np.ones(self.terms.rows, dtype=np.bool_), sums.root(tree.own))
        known: Sequence[Known] = (everybody,)
        for level in range(self.terms.rules.depth):
            asked = self._asked(tree, level, known) if level else [Asked(everybody, everybody.members, None)]
            added = [self._columns(tree, node) for node in asked]
            encoded = [[self._summed(tree, column, key) for column in columns] for columns in added]
            step = messages.step(messages.SUMS, tree.number, level)
            self.channel.send(self.terms.label, step, messages.encode_sums(encoded, key.ciphertext_bytes))
            known = [found for node, columns in zip(asked, added, strict=True) for found in _both(node, columns)]
            self._divide(tree, level, known)

    def _asked(self, tree: Tree, level: int, known: Sequence[Known]) -> list[Asked]:
        step, most = messages.step(messages.NODES, tree.number, level), self.terms.most_nodes(level)
        body = self._receive(step, messages.most_nodes(most, self.terms.rows))
        with blame(self.terms.label, step):
            nodes = messages.decode_nodes(body, self.terms.rows, most)
            return pairs(nodes, known, self.terms.rules.least)

    def _columns(self, tree: Tree, node: Asked) -> tuple[Column, ...]:
        return sums.columns(tree.own, node.parent.grids, node.members, node.sibling, self.terms.rules.least)

    def _summed(self, tree: Tree, column: Column, key: PublicKey) -> Summed:
        totals = sums.encrypted(column, tree.ciphertexts, key.add)
        return Summed(column.joins, [key.add(total, key.mask(0, tree.masks)) for total in totals])

    def _divide(self, tree: Tree, level: int, known: Sequence[Known]) -> None:
        step = messages.step(messages.CHOSEN, tree.number, level)
        body = self._receive(step, messages.most_choices(len(known)))
        with blame(self.terms.label, step):
            choices = messages.decode_choices(body, len(known))
            sides = [self._side(tree, choice, known) for choice in choices]
            if len({choice.node for choice in choices}) != len(choices):
                raise InvalidRecord("choices: a node is split twice")
        answer = messages.step(messages.SIDES, tree.number, level)
        self.channel.send(self.terms.label, answer, messages.encode_sides(sides))

    def _side(self, tree: Tree, choice: Choice, known: Sequence[Known]) -> Side:
        if choice.node >= len(known) or choice.column >= len(tree.own.names):
            raise InvalidRecord("choices: a node or a column that was not added up")
        node = known[choice.node]
        grid = node.grids[choice.column]
        if choice.bin >= len(grid) - 1:
            raise InvalidRecord("choices: a boundary behind the last joined bin")
        end = grid[choice.bin]
        number = len(self.splits)
        self.splits[number] = boundary(tree.own, choice.column, end)
        return Side(number, node.members & (tree.own.places[choice.column] <= end))

    def _receive(self, step: str, limit: int) -> bytes:
        return self.channel.receive(self.terms.label, step, limit=limit)


def pairs(nodes: Sequence[Members], known: Sequence[Known], least: int) -> list[Asked]:
    """Find the parent of each node that is asked about.

    Raises:
        InvalidRecord: a node that is no part of one known node, a parent asked about twice, a side below the minimum.
    """
    found: list[Asked] = []
    taken: set[int] = set()
    for node in nodes:
        places = [place for place, parent in enumerate(known) if not (node & ~parent.members).any()]
        if len(places) != 1 or places[0] in taken:
            raise InvalidRecord("nodes: each must be one side of a split of a node above it")
        taken.add(places[0])
        sibling = known[places[0]].members & ~node
        if min(int(node.sum()), int(sibling.sum())) < least:
            raise InvalidRecord(f"nodes: at least {least} rows on either side of a split expected")
        found.append(Asked(known[places[0]], node, sibling))
    return found


def _both(node: Asked, columns: Sequence[Column]) -> list[Known]:
    grids = tuple(column.grid for column in columns)
    sides = (node.members,) if node.sibling is None else (node.members, node.sibling)
    return [Known(side, grids) for side in sides]
