"""The feature owner's part of a vertical logistic regression: forms residuals that it cannot read.

A round: it weighs the four encrypted controls of every row by its own score (``curve``), adds up the encrypted
residuals by its columns, and has the sums opened under masks that it takes off; with its new weights it forms the
residuals again and hands them back, each under a pad, with what the pads add to the label owner's gradient. It learns
its own gradient in every round, 1 + columns numbers, and the mean curvature of the label owner's scores in 256ths.

It does NOT protect against a label owner that encrypts other controls than those of a residual: the pads still hide
every row, but the sums tell that owner weighted sums of this one's scores that it chose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from federated.columns import Floats
from federated.vertical.logistic import curve, messages
from federated.vertical.logistic.curve import CONTROLS, RESIDUAL_BITS
from federated.vertical.logistic.leverage import require_mixed
from federated.vertical.logistic.terms import PAD_BITS, Block, LogisticTerms, block, gradient
from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import OkamotoUchiyamaPublic
from mpc.additive.scheme import encode_ciphertexts
from mpc.sessions.channel import Channel, blame
from mpc.stream import Randomness


@dataclass(slots=True)
class FeatureSide:
    """One run. columns: standardised, (columns, rows). note: told the number of each round that is over, from 1."""

    channel: Channel
    terms: LogisticTerms
    columns: Floats = field(repr=False)
    random: Randomness = field(repr=False)
    note: Callable[[int], None] = lambda _number: None

    def __post_init__(self) -> None:
        if self.columns.shape != (self.terms.columns[1], self.terms.rows):
            raise InvalidRecord("regression: columns must have the rows of the terms")

    def run(self) -> Floats:
        """Train; return the own weights. The constant is the label owner's.

        Raises:
            InvalidRecord: the own columns single a row out; training diverged.
            Misbehaviour: the label owner sent what the protocol does not allow.
        """
        own, terms = block(self.columns), self.terms
        require_mixed(own.values)
        key, crossed = self._key()
        weights = np.zeros(len(own.values))
        for number in range(terms.rounds):
            controls, curvature = self._controls(number, key)
            residuals = self._residuals(controls, weights @ own.values, key)
            found = self._gradient(number, own, residuals, key)
            weights = own.step(found, weights, curvature, terms.ridge)
            weights[0] = 0.0
            self._hand_back(number, self._residuals(controls, weights @ own.values, key), crossed, key)
            self.note(number + 1)
        return weights[1:]

    def _key(self) -> tuple[OkamotoUchiyamaPublic, list[Sequence[int]]]:
        terms, label = self.terms, self.terms.label
        size, parts = terms.scheme.public_key_bytes, len(terms.crossed)
        body = self.channel.receive(
            label, messages.KEY, limit=size + parts * terms.rows * terms.scheme.ciphertext_bytes
        )
        with blame(label, messages.KEY):
            key = terms.scheme.decode_public(body[:size])
            ciphertexts = key.decode_ciphertexts(body[size:], parts * terms.rows)
        return key, [ciphertexts[part * terms.rows : (part + 1) * terms.rows] for part in range(parts)]

    def _controls(self, number: int, key: OkamotoUchiyamaPublic) -> tuple[list[Sequence[int]], float]:
        terms, step = self.terms, messages.step(messages.CONTROLS, number)
        body = self.channel.receive(terms.label, step, limit=1 + CONTROLS * terms.rows * key.ciphertext_bytes)
        with blame(terms.label, step):
            curvature = messages.decode_curvature(body[:1])
            ciphertexts = key.decode_ciphertexts(body[1:], CONTROLS * terms.rows)
        return [ciphertexts[part * terms.rows : (part + 1) * terms.rows] for part in range(CONTROLS)], curvature

    def _residuals(self, controls: list[Sequence[int]], scores: Floats, key: OkamotoUchiyamaPublic) -> list[int]:
        """The encrypted residual of every row; it stays here until it is masked."""
        rows = zip(zip(*controls, strict=True), curve.weights(scores, self.terms.reach), strict=True)
        return [key.combine(ciphertexts, weights) for ciphertexts, weights in rows]

    def _gradient(self, number: int, own: Block, residuals: list[int], key: OkamotoUchiyamaPublic) -> Floats:
        source, start, sent, masks = self.random.stream(f"regression masks {number}"), 0, [], list[int]()
        for packing in self.terms.summed:
            columns = own.counted[start : start + len(packing.widths)]
            start += len(packing.widths)
            drawn = [source.bits(width - 1) for width in packing.widths]
            masks += drawn
            weights = [packing.pack(row) for row in zip(*columns, strict=True)]
            sent.append(key.weigh(residuals, weights, packing.pack(drawn), source))
        sums = messages.step(messages.SUMS, number)
        self.channel.send(self.terms.label, sums, encode_ciphertexts(sent, key.ciphertext_bytes))
        totals = [slot - mask for slot, mask in zip(self._opened(number), masks, strict=True)]
        counts = [sum(column) for column in own.counted]
        with blame(self.terms.label, messages.step(messages.OPENED, number)):
            if not all(0 <= total <= count << RESIDUAL_BITS for total, count in zip(totals, counts, strict=True)):
                raise InvalidRecord("sums that no residuals can have")
        return gradient([curve.residual(*pair) for pair in zip(totals, counts, strict=True)], own)

    def _opened(self, number: int) -> list[int]:
        step, widths = messages.step(messages.OPENED, number), [-(-p.total // 8) for p in self.terms.summed]
        body = self.channel.receive(self.terms.label, step, limit=sum(widths))
        if len(body) != sum(widths):
            with blame(self.terms.label, step):
                raise InvalidRecord(f"{sum(widths)} bytes expected, got {len(body)}")
        found, start = list[int](), 0
        for packing, width in zip(self.terms.summed, widths, strict=True):
            found += packing.unpack(int.from_bytes(body[start : start + width], "big"))
            start += width
        return found

    def _hand_back(
        self, number: int, residuals: list[int], crossed: list[Sequence[int]], key: OkamotoUchiyamaPublic
    ) -> None:
        source, label, size = self.random.stream(f"regression pads {number}"), self.terms.label, key.ciphertext_bytes
        pads = [source.bits(PAD_BITS) for _ in residuals]
        padded = (key.add(residual, key.mask(pad, source)) for residual, pad in zip(residuals, pads, strict=True))
        self.channel.send(label, messages.step(messages.PADDED, number), encode_ciphertexts(padded, size))
        sums = [key.weigh(columns, pads, 0, source) for columns in crossed]
        self.channel.send(label, messages.step(messages.PADS, number), encode_ciphertexts(sums, size))
