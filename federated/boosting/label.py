"""The label owner's part of boosting: encrypts derivatives, reads sums by bin, grows the trees.

It alone has the secret key. What it learns of others' columns: for every node and joined bin of every column, how many
rows and the sums of its own derivatives; of the splits it takes, which rows go left. Others learn which rows each node
holds. Sums outside what rows can have end the run without saying by how much.

It does NOT choose which rows take part: that is the alignment's. Source: Cheng et al. 2021 (SecureBoost), with one
ciphertext a row for both derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from federated.boosting import growing, messages, sums
from federated.boosting.bins import Binned
from federated.boosting.growing import Candidate
from federated.boosting.loss import Floats
from federated.boosting.messages import Choice
from federated.boosting.model import Boundary, Leaf, Model, Node, Split, boundary
from federated.boosting.packing import Totals
from federated.boosting.sums import Grid, Members
from federated.boosting.terms import Terms
from ledger.errors import InvalidRecord
from mpc.additive.scheme import SecretKey, encode_ciphertexts
from mpc.channel import Channel, blame
from mpc.stream import Randomness

Progress = Callable[[int, int], None]
"""Called with (trees done, trees in all)."""


Summed = Sequence[tuple[tuple[int, ...], Sequence[Totals]]]
"""One owner's sums of one node: for each column the parent's joined bins that were joined, and the sums."""


@dataclass(slots=True, eq=False)
class Growth:
    """A node while its tree grows. owners: its sums, by owner, column and joined bin; grids: of the own columns."""

    members: Members
    totals: Totals
    owners: dict[str, Sequence[Sequence[Totals]]] = field(default_factory=dict)
    grids: tuple[Grid, ...] = ()
    split: tuple[str, int] | None = None
    left: Growth | None = None
    right: Growth | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A node whose sums are wanted: a root, or the smaller side of a split, whose sibling is the difference."""

    node: Growth
    parent: Growth | None = None
    sibling: Growth | None = None

    def take(self, owner: str, found: Summed) -> None:
        """Note an owner's sums for the node and its sibling."""
        self.node.owners[owner] = [totals for _, totals in found]
        if self.parent is not None and self.sibling is not None:
            above = zip(self.parent.owners[owner], found, strict=True)
            self.sibling.owners[owner] = [sums.difference(parent, *column) for parent, column in above]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What lasts for one tree: its number and the rounded derivatives."""

    number: int
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    def totals(self, members: Members) -> Totals:
        return Totals(int(members.sum()), int(self.first[members].sum()), int(self.second[members].sum()))


@dataclass(slots=True)
class LabelOwner:
    """One run of the label owner. own: its columns, or None where it has labels alone."""

    channel: Channel
    terms: Terms
    labels: Floats = field(repr=False)
    own: Binned | None
    random: Randomness = field(repr=False)
    splits: dict[int, Boundary] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.labels) != self.terms.rows or (self.own is not None and self.own.rows != self.terms.rows):
            raise InvalidRecord("boosting: labels and columns must have the rows of the terms")
        self.terms.loss.check(self.labels)

    def run(self, progress: Progress) -> Model:
        """Grow all trees; the own splits' meanings are in ``splits``.

        Raises:
            Misbehaviour: a feature owner sent what the protocol does not allow.
            BackendError: one is gone.
        """
        secret = self.terms.scheme.generate(self.random.stream("key"))
        self._send_all(messages.KEY, secret.public.encode())
        start = self.terms.loss.start(self.labels)
        trees: list[Node] = []
        scores = np.full(self.terms.rows, start)
        for number in range(self.terms.trees):
            progress(number, self.terms.trees)
            root = self._grow(self._begin(number, scores, secret), secret)
            trees.append(self._finished(root, scores))
        progress(self.terms.trees, self.terms.trees)
        return Model(self.terms.loss.name, start, tuple(trees))

    def _begin(self, number: int, scores: Floats, secret: SecretKey) -> Tree:
        layout, source = self.terms.layout, self.random.stream(f"gradients|{number}")
        first, second = layout.fixed(*self.terms.loss.derivatives(self.labels, scores))
        bits = layout.pack(0, 0).bit_length()
        encrypted = (secret.encrypt(layout.pack(*row), source, bits=bits) for row in zip(first, second, strict=True))
        body = encode_ciphertexts(encrypted, secret.public.ciphertext_bytes)
        self._send_all(messages.step(messages.GRADIENTS, number), body)
        return Tree(number, np.array(first, dtype=np.int64), np.array(second, dtype=np.int64))

    def _grow(self, tree: Tree, secret: SecretKey) -> Growth:
        everybody = np.ones(self.terms.rows, dtype=np.bool_)
        root = Growth(everybody, tree.totals(everybody))
        asked = [Asked(root)]
        for level in range(self.terms.rules.depth):
            if level:
                maps = messages.encode_nodes([found.node.members for found in asked])
                self._send_all(messages.step(messages.NODES, tree.number, level), maps)
            self._add_up(tree, level, asked, secret)
            nodes = [side for found in asked for side in (found.node, found.sibling) if side is not None]
            chosen = [growing.best(node.totals, node.owners, self.terms.rules) for node in nodes]
            self._divide(tree, level, nodes, chosen)
            asked = [pair for node in nodes for pair in self._children(node)]
        return root

    def _add_up(self, tree: Tree, level: int, asked: Sequence[Asked], secret: SecretKey) -> None:
        if self.own is not None:
            for found in asked:
                found.take(self.terms.label, self._own(tree, self.own, found))
        step = messages.step(messages.SUMS, tree.number, level)
        for party in sorted(self.terms.features):
            bins = [self._bins(party, found.parent) for found in asked]
            limit = messages.most_sums(len(asked), self.terms.features[party], secret.public.ciphertext_bytes)
            body = self.channel.receive(party, step, limit=limit)
            with blame(party, step):
                for found, columns in zip(asked, messages.decode_sums(body, bins, secret.public), strict=True):
                    found.take(party, [(column.joins, self._read(column.ciphertexts, secret)) for column in columns])
                    _require_whole(found.node.totals, found.node.owners[party])

    def _own(self, tree: Tree, own: Binned, asked: Asked) -> Summed:
        above = sums.root(own) if asked.parent is None else asked.parent.grids
        sibling = None if asked.sibling is None else asked.sibling.members
        columns = sums.columns(own, above, asked.node.members, sibling, self.terms.rules.least)
        asked.node.grids = tuple(column.grid for column in columns)
        if asked.sibling is not None:
            asked.sibling.grids = asked.node.grids
        return [(column.joins, sums.plain(column, tree.first, tree.second)) for column in columns]

    def _bins(self, party: str, parent: Growth | None) -> list[int | None]:
        if parent is None:
            return [None] * self.terms.features[party]
        return [len(column) for column in parent.owners[party]]

    def _read(self, ciphertexts: Sequence[int], secret: SecretKey) -> list[Totals]:
        layout = self.terms.layout
        return [layout.read(secret.decrypt(ciphertext, bits=layout.bits)) for ciphertext in ciphertexts]

    def _divide(self, tree: Tree, level: int, nodes: Sequence[Growth], chosen: Sequence[Candidate | None]) -> None:
        taken = [(place, candidate) for place, candidate in enumerate(chosen) if candidate]
        wanted = {party: [found for found in taken if found[1].owner == party] for party in sorted(self.terms.features)}
        for party, found in wanted.items():
            choices = [Choice(place, candidate.column, candidate.bin) for place, candidate in found]
            step = messages.step(messages.CHOSEN, tree.number, level)
            self.channel.send(party, step, messages.encode_choices(choices))
        for place, candidate in taken:
            if self.own is not None and candidate.owner == self.terms.label:
                self._divide_own(self.own, nodes[place], candidate)
        for party, found in wanted.items():
            step = messages.step(messages.SIDES, tree.number, level)
            body = self.channel.receive(party, step, limit=messages.most_sides(len(found), self.terms.rows))
            with blame(party, step):
                sides = messages.decode_sides(body, self.terms.rows, len(found))
                for (place, candidate), side in zip(found, sides, strict=True):
                    _split(nodes[place], candidate, (party, side.number), side.left)

    def _divide_own(self, own: Binned, node: Growth, candidate: Candidate) -> None:
        end = node.grids[candidate.column][candidate.bin]
        number = len(self.splits)
        self.splits[number] = boundary(own, candidate.column, end)
        left = node.members & (own.places[candidate.column] <= end)
        _split(node, candidate, (candidate.owner, number), left)

    def _children(self, node: Growth) -> list[Asked]:
        if node.left is None or node.right is None:
            return []
        small, large = sorted((node.left, node.right), key=lambda side: side.totals.rows)
        can_split = large.totals.rows >= 2 * self.terms.rules.least
        return [Asked(small, node, large)] if can_split else []

    def _finished(self, node: Growth, scores: Floats) -> Node:
        if node.split is None or node.left is None or node.right is None:
            weight = growing.weight(node.totals, self.terms.rules)
            scores[node.members] += weight
            return Leaf(weight)
        return Split(*node.split, self._finished(node.left, scores), self._finished(node.right, scores))

    def _send_all(self, step: str, body: bytes) -> None:
        self.channel.send_all(step, dict.fromkeys(sorted(self.terms.features), body))


def _split(node: Growth, candidate: Candidate, split: tuple[str, int], left: Members) -> None:
    if (left & ~node.members).any() or int(left.sum()) != candidate.left.rows:
        raise InvalidRecord("sides: not the rows that the sums of the boundary were of")
    node.split = split
    node.left, node.right = Growth(left, candidate.left), Growth(node.members & ~left, node.totals - candidate.left)


def _require_whole(node: Totals, columns: Sequence[Sequence[Totals]]) -> None:
    for bins in columns:
        if sum(bins, growing.NOTHING) != node:
            raise InvalidRecord("sums: the bins of a column do not add up to the node")
