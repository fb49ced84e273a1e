"""The label owner's part of boosting: encrypts derivatives, reads sums by bin, grows the trees.

It alone has the secret key. What it learns of others' columns: for every node and joined bin of every column, how many
rows and the sums of its own derivatives; of the splits it takes, which rows go left. Others learn which rows each node
holds. Sums that no rows can have end the run by one sentence, the same for all of them, after all were decrypted; a new
attempt has a new key.

It does NOT choose which rows take part: that is the alignment's. Source: Cheng et al. 2021 (SecureBoost), with one
ciphertext a row for both derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from federated.boosting import growing, messages, sums
from federated.boosting.bins import Binned
from federated.boosting.exposure import exposure
from federated.boosting.growing import Candidate
from federated.boosting.growth import Asked, Growth, Round, Summed, Tree, split
from federated.boosting.loss import Floats
from federated.boosting.messages import Choice
from federated.boosting.model import Boundary, Leaf, Model, Node, Split, boundary
from federated.boosting.terms import Terms
from ledger.errors import InvalidRecord
from mpc.additive.scheme import RangeGuard, SecretKey, encode_ciphertexts
from mpc.sessions.channel import Channel, blame
from mpc.stream import Randomness

Progress = Callable[[int, int], None]
"""Called with (trees done, trees in all)."""
_IMPOSSIBLE = "sums that no set of rows can have"


Grown = Callable[[int, Node, bool], None]
"""Called with a tree's number, the tree, and whether feature owners took part in it."""


def ignore(_number: int, _tree: Node, _is_shared: bool) -> None:
    """Tell nobody of a tree."""


@dataclass(slots=True)
class LabelOwner:
    """One run of the label owner. own: its columns, or None where it has labels alone. grown: told of each tree."""

    channel: Channel
    terms: Terms
    labels: Floats = field(repr=False)
    own: Binned | None
    random: Randomness = field(repr=False)
    grown: Grown = ignore
    splits: dict[int, Boundary] = field(default_factory=dict)
    curve: list[Round] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.own is None and self.terms.alone:
            raise InvalidRecord("boosting: a label owner without columns grows no tree alone")
        if len(self.labels) != self.terms.rows or (self.own is not None and self.own.rows != self.terms.rows):
            raise InvalidRecord("boosting: labels and columns must have the rows of the terms")
        self.terms.loss.check(self.labels)

    def run(self, progress: Progress) -> Model:
        """Grow all trees; the own splits' meanings are in ``splits``, how it went in ``curve``.

        Raises:
            Misbehaviour: a feature owner sent what the protocol does not allow.
            BackendError: one is gone.
        """
        secret = self.terms.scheme.generate(self.random.stream("key"))
        self._send_all(messages.KEY, secret.public.encode())
        start, outputs = self.terms.loss.start(self.labels), self.terms.loss.outputs
        trees: list[Node] = []
        scores = np.repeat(np.array(start)[:, None], self.terms.rows, axis=1)
        shared = np.zeros_like(scores)
        for round in range(self.terms.trees):
            others = () if self._is_alone(round) else tuple(sorted(self.terms.features))
            for output, pair in enumerate(self.terms.loss.derivatives(self.labels, scores)):
                number = round * outputs + output
                progress(number, self.terms.grown)
                added = np.zeros(self.terms.rows)
                root = self._grow(self._begin(number, *pair, others, secret), secret)
                trees.append(self._finished(root, added))
                self.grown(number, trees[-1], bool(others))
                scores[output] += added
                shared[output] += added if others else 0.0
            self._note(scores, shared, is_shared=bool(others))
        progress(self.terms.grown, self.terms.grown)
        return Model(self.terms.loss.name, start, tuple(trees))

    def _is_alone(self, round: int) -> bool:
        passed = any(done.exposure > self.terms.exposure for done in self.curve)
        return round < self.terms.alone or passed

    def _note(self, scores: Floats, shared: Floats, *, is_shared: bool) -> None:
        loss = self.terms.loss.mean(self.labels, scores)
        if not np.isfinite(loss):
            number = len(self.curve) + 1
            raise InvalidRecord(f"boosting: the loss of round {number} is no number; a smaller rate is needed")
        self.curve.append(Round(loss, exposure(self.labels, shared), is_shared))

    def _begin(self, number: int, first: Floats, second: Floats, others: tuple[str, ...], secret: SecretKey) -> Tree:
        """Send a tree's derivatives to those that take part, and nothing to the others."""
        layout, source = self.terms.layout, self.random.stream(f"gradients|{number}")
        fixed = layout.fixed(first, second)
        bits, body = layout.pack(0, 0).bit_length(), b""
        if others:
            encrypted = (secret.encrypt(layout.pack(*row), source, bits=bits) for row in zip(*fixed, strict=True))
            body = encode_ciphertexts(encrypted, secret.public.ciphertext_bytes)
        self._send_all(messages.step(messages.GRADIENTS, number), body)
        return Tree(number, np.array(fixed[0], dtype=np.int64), np.array(fixed[1], dtype=np.int64), others)

    def _grow(self, tree: Tree, secret: SecretKey) -> Growth:
        everybody = np.ones(self.terms.rows, dtype=np.bool_)
        root = Growth(everybody, tree.totals(everybody))
        asked = [Asked(root)]
        for level in range(self.terms.rules.depth):
            if level:
                maps = messages.encode_nodes([found.node.members for found in asked])
                step = messages.step(messages.NODES, tree.number, level)
                self.channel.send_all(step, dict.fromkeys(tree.others, maps))
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
        for party in tree.others:
            bins = [self._bins(party, found.parent) for found in asked]
            limit = messages.most_sums(len(asked), self.terms.features[party], secret.public.ciphertext_bytes)
            body = self.channel.receive(party, step, limit=limit)
            with blame(party, step):
                read = self._read(messages.decode_sums(body, bins, secret.public), secret)
                for found, columns in zip(asked, read, strict=True):
                    found.take(party, columns)
                    if not all(found.fits(party, self.terms.rules.least)):
                        raise InvalidRecord(_IMPOSSIBLE)

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

    def _read(self, nodes: Sequence[Sequence[messages.Summed]], secret: SecretKey) -> list[Summed]:
        """Decrypt all sums before judging any.

        Raises:
            InvalidRecord: one that no rows can have; it does not say which, nor why.
        """
        layout, refused = self.terms.layout, 0
        found: list[Summed] = []
        for columns in nodes:
            read = []
            for column in columns:
                totals = []
                for ciphertext in column.ciphertexts:
                    try:
                        totals.append(layout.read(secret.decrypt(ciphertext, bits=layout.bits)))
                    except (RangeGuard, InvalidRecord):
                        refused += 1
                read.append((column.joins, totals))
            found.append(read)
        if refused:
            raise InvalidRecord(_IMPOSSIBLE)
        return found

    def _divide(self, tree: Tree, level: int, nodes: Sequence[Growth], chosen: Sequence[Candidate | None]) -> None:
        taken = [(place, candidate) for place, candidate in enumerate(chosen) if candidate]
        wanted = {party: [found for found in taken if found[1].owner == party] for party in tree.others}
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
                    split(nodes[place], candidate, (party, side.number), side.left)

    def _divide_own(self, own: Binned, node: Growth, candidate: Candidate) -> None:
        end = node.grids[candidate.column][candidate.bin]
        number = len(self.splits)
        self.splits[number] = boundary(own, candidate.column, end)
        left = node.members & (own.places[candidate.column] <= end)
        split(node, candidate, (candidate.owner, number), left)

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
