"""Scores of rows whose columns lie with several departments; the label owner gets one sum a row and output.

The label owner encrypts, for every row and every leaf of the trees that others have splits in, the leaf's weight if
its own splits lead there, and zero if not. The feature owners take turns: each puts a fresh zero in place of every leaf
that its own splits do not lead to; the last one adds up, by row and output, and hands the masked sums back. What a
feature owner handles are ciphertexts under another's key; which leaf a row reaches, nobody learns.

A weight travels as weight + ``REACH`` in fixed point: of each tree one leaf is reached, so the sum gives away how often
that was added. It is a question of its own: its terms name the model by its parts, and a purpose that is not the
training's. How often a row may be asked about is the feature owner's to say (``federated.boosting.quota``).

No message tells a path, but a sum does: the label owner has the weights, and one choice of leaves, a tree each, mostly
adds up to it. So of a row that was answered it knows on which side it lies of every split of others, whose columns and
boundaries it is not told.
It does NOT protect against a label owner who sends other weights than the model's. Trust: semi-honest parties; no two
of the feature owners that follow each other in the chain pool their data with the label owner. Source: additive
encryption as in training; the message pattern is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from federated.boosting import model, paths
from federated.boosting.loss import Floats
from federated.boosting.model import Boundary, Model, Sides
from federated.boosting.paths import Path
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive.scheme import Parameters, PublicKey, SecretKey, encode_ciphertexts
from mpc.sessions.channel import Channel, blame
from mpc.stream import Randomness

KEY, LEAVES, SUMS = "prediction-key", "prediction-leaves", "prediction-sums"
POINT_BITS = 20
REACH = 1 << 20
"""Sizes of weights lie below this."""
MAX_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class PredictionTerms:
    """One question. chain: the feature owners with splits, in turn; paths: of each, the leaves as it sees them.

    outputs: of each shared tree, in order. purpose: what the scores are for; trained_for: what the model was made for.
    """

    label: str
    chain: tuple[str, ...]
    paths: Mapping[str, Sequence[Path]]
    outputs: tuple[int, ...]
    leaves: tuple[int, ...]
    rows: int
    purpose: str
    trained_for: str
    scheme: Parameters

    def __post_init__(self) -> None:
        if not self.chain or self.label in self.chain or set(self.chain) != set(self.paths):
            raise InvalidRecord("prediction: feature owners with a split expected, and a path of each to every leaf")
        if not 1 <= self.rows <= MAX_ROWS:
            raise InvalidRecord(f"prediction: 1..{MAX_ROWS} rows expected, got {self.rows}")
        if not self.purpose or self.purpose == self.trained_for:
            raise InvalidRecord("prediction: a purpose of its own expected, not the training's")
        if not self.leaves or min(self.leaves) < 1 or len(self.leaves) != len(self.outputs):
            raise InvalidRecord("prediction: trees of at least one leaf, each for an output, expected")
        if any(len(found) != sum(self.leaves) for found in self.paths.values()):
            raise InvalidRecord("prediction: a path to every leaf expected")

    @property
    def bits(self) -> int:
        """The width of a sum over all shared trees."""
        return (len(self.leaves) * 2 * REACH << POINT_BITS).bit_length()

    def record(self) -> JsonValue:
        """Render for the job record."""
        chain: list[JsonValue] = [
            {"party": party, "paths": paths.digest(self.paths[party]).hex()} for party in self.chain
        ]
        return {
            "label": self.label,
            "chain": chain,
            "trees": [{"output": o, "leaves": n} for o, n in zip(self.outputs, self.leaves, strict=True)],
            "rows": str(self.rows),
            "purpose": self.purpose,
            "trained_for": self.trained_for,
            "scheme": self.scheme.record(),
        }


def terms(label: str, found: Model, rows: int, purpose: str, trained_for: str, scheme: Parameters) -> PredictionTerms:
    """Lay out a question about a model.

    Raises:
        InvalidRecord: as the terms; also a model that the label owner can use alone.
    """
    shared = paths.shared(found, label)
    chain = tuple(sorted({owner for _, tree in shared for owner in paths.owners(tree)} - {label}))
    seen = {party: [path for _, tree in shared for path, _ in paths.leaves(tree, party)] for party in chain}
    counts = tuple(len(paths.leaves(tree, label)) for _, tree in shared)
    outputs = tuple(number % len(found.start) for number, _ in shared)
    return PredictionTerms(label, chain, seen, outputs, counts, rows, purpose, trained_for, scheme)


@dataclass(frozen=True, slots=True)
class Asker:
    """The label owner's part of one question."""

    channel: Channel
    terms: PredictionTerms
    model: Model
    own: Mapping[int, Boundary]
    random: Randomness = field(repr=False)

    def scores(self, columns: Mapping[str, Floats]) -> Floats:
        """Return the scores, (outputs, rows).

        Raises:
            InvalidRecord: a column of the model is missing, or has another number of rows.
            Misbehaviour: a feature owner sent what the protocol does not allow.
        """
        terms, shared = self.terms, paths.shared(self.model, self.terms.label)
        answers = _answers(self.own, columns, terms.rows)
        secret = terms.scheme.generate(self.random.stream("prediction key"))
        key = secret.public.encode()
        self.channel.send_all(KEY, dict.fromkeys(terms.chain, key))
        weighed = [leaf for _, tree in shared for leaf in paths.leaves(tree, terms.label)]
        plain = (
            _fixed(weight) * reached for path, weight in weighed for reached in paths.reached(path, answers, terms.rows)
        )
        source, bits = self.random.stream("prediction leaves"), (2 * REACH << POINT_BITS).bit_length()
        sent = encode_ciphertexts(
            (secret.encrypt(int(value), source, bits=bits) for value in plain), secret.public.ciphertext_bytes
        )
        self.channel.send(terms.chain[0], LEAVES, sent)
        total = self._alone({self.terms.label: answers})
        for output, sums in enumerate(self._sums(secret)):
            total[output] += sums
        return total

    def _alone(self, answers: Mapping[str, Mapping[int, Sides]]) -> Floats:
        """Add up the trees that nobody else has a split in; the shared ones count nothing here."""
        shared = {number for number, _ in paths.shared(self.model, self.terms.label)}
        nothing = model.Leaf(0.0)
        trees = tuple(nothing if number in shared else tree for number, tree in enumerate(self.model.trees))
        return model.scores(Model(self.model.loss, self.model.start, trees), answers, self.terms.rows)

    def _sums(self, secret: SecretKey) -> list[Floats]:
        terms, last, outputs = self.terms, self.terms.chain[-1], len(self.model.start)
        size = secret.public.ciphertext_bytes * terms.rows * outputs
        body = self.channel.receive(last, SUMS, limit=size)
        counts = [terms.outputs.count(output) for output in range(outputs)]
        with blame(last, SUMS):
            ciphertexts = secret.public.decode_ciphertexts(body, terms.rows * outputs)
            found = [secret.decrypt(ciphertext, bits=terms.bits) for ciphertext in ciphertexts]
            by_output = [found[at * terms.rows : (at + 1) * terms.rows] for at in range(outputs)]
            pairs = list(zip(by_output, counts, strict=True))
            if any(value > count * 2 * REACH << POINT_BITS for values, count in pairs for value in values):
                raise InvalidRecord("scores that no leaves add up to")
        return [
            (np.array(values, dtype=object) / (1 << POINT_BITS) - count * REACH).astype(float)
            for values, count in pairs
        ]


@dataclass(frozen=True, slots=True)
class Answerer:
    """A feature owner's part of one question; asked after its quota admitted the rows."""

    channel: Channel
    me: str
    terms: PredictionTerms
    own: Mapping[int, Boundary]
    random: Randomness = field(repr=False)

    def answer(self, columns: Mapping[str, Floats]) -> None:
        """Take this owner's turn for rows in the agreed order.

        Raises:
            InvalidRecord: a column is missing or has another number of rows, or a path names a split of no own meaning.
            Misbehaviour: the party before sent what the protocol does not allow.
        """
        terms, place = self.terms, self.terms.chain.index(self.me)
        answers = _answers(self.own, columns, terms.rows)
        reached = [paths.reached(path, answers, terms.rows) for path in terms.paths[self.me]]
        with blame(terms.label, KEY):
            key = terms.scheme.decode_public(
                self.channel.receive(terms.label, KEY, limit=terms.scheme.public_key_bytes)
            )
        before = terms.chain[place - 1] if place else terms.label
        count = len(reached) * terms.rows
        with blame(before, LEAVES):
            body = self.channel.receive(before, LEAVES, limit=count * key.ciphertext_bytes)
            ciphertexts = key.decode_ciphertexts(body, count)
        if place + 1 < len(terms.chain):
            kept = encode_ciphertexts(self._kept(key, ciphertexts, np.concatenate(reached)), key.ciphertext_bytes)
            self.channel.send(terms.chain[place + 1], LEAVES, kept)
        else:
            sums = encode_ciphertexts(self._summed(key, ciphertexts, reached), key.ciphertext_bytes)
            self.channel.send(terms.label, SUMS, sums)

    def _kept(self, key: PublicKey, ciphertexts: Sequence[int], reached: Sides) -> Iterator[int]:
        source = self.random.stream("prediction zeros")
        for ciphertext, is_reached in zip(ciphertexts, reached.tolist(), strict=True):
            zero = key.mask(0, source)
            yield key.add(ciphertext, zero) if is_reached else zero

    def _summed(self, key: PublicKey, ciphertexts: Sequence[int], reached: Sequence[Sides]) -> Iterator[int]:
        source, rows = self.random.stream("prediction sums"), self.terms.rows
        outputs = [o for o, n in zip(self.terms.outputs, self.terms.leaves, strict=True) for _ in range(n)]
        for output in range(max(outputs) + 1):
            leaves = [leaf for leaf, own in enumerate(outputs) if own == output]
            for row in range(rows):
                total = key.mask(0, source)
                for leaf in leaves:
                    if reached[leaf][row]:
                        total = key.add(total, ciphertexts[leaf * rows + row])
                yield total


def _answers(own: Mapping[int, Boundary], columns: Mapping[str, Floats], rows: int) -> dict[int, Sides]:
    if any(len(values) != rows for values in columns.values()):
        raise InvalidRecord(f"prediction: columns of {rows} rows expected")
    for name in {found.column for found in own.values()} & set(columns):
        if not np.isfinite(columns[name]).all():
            raise InvalidRecord(f"prediction: column {name} has a row without a number")
    return model.sides(own, columns)


def _fixed(weight: float) -> int:
    if not abs(weight) < REACH:
        raise InvalidRecord("prediction: a leaf's weight is outside its bound")
    return round((weight + REACH) * (1 << POINT_BITS))
