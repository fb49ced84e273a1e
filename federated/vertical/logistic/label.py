"""The label owner's part of a vertical logistic regression; it alone has the secret key.

A round: it sends four encrypted controls a row (``curve``); decrypts the feature owner's gradient under that owner's
masks and hands it back; decrypts residuals, each under a pad of its own, and what the pads add to its gradient. It
learns its own gradient in every round, 1 + columns numbers, and no residual, score or value of the other.

It does NOT protect against a feature owner that sends other sums than asked: its gradient would be wrong, no more.
Sources: encrypted residuals: Hardy et al. 2017, arXiv:1711.10677; shares of products under encryption: Chen et al., KDD
2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from federated.columns import Floats
from federated.vertical.logistic import curve, messages
from federated.vertical.logistic.curve import RESIDUAL_BITS
from federated.vertical.logistic.leverage import require_mixed
from federated.vertical.logistic.terms import PAD_BITS, Block, LogisticTerms, block, gradient
from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import OkamotoUchiyamaSecret
from mpc.additive.scheme import RangeGuard, encode_ciphertexts
from mpc.sessions.channel import Channel, blame
from mpc.stream import Randomness


@dataclass(slots=True)
class LabelSide:
    """One run. columns: standardised, (columns, rows). note: told the number of each round that is over, from 1, with
    the own weights. slope: afterwards, the length of the mean gradient with which the last round began."""

    channel: Channel
    terms: LogisticTerms
    columns: Floats = field(repr=False)
    labels: Floats = field(repr=False)
    random: Randomness = field(repr=False)
    note: Callable[[int, Floats], None] = lambda _number, _weights: None
    slope: float = field(default=math.inf, init=False)

    def __post_init__(self) -> None:
        if self.columns.shape != (self.terms.columns[0], self.terms.rows) or len(self.labels) != self.terms.rows:
            raise InvalidRecord("regression: labels and columns must have the rows of the terms")
        if not np.isin(self.labels, (0.0, 1.0)).all() or self.labels.min() == self.labels.max():
            raise InvalidRecord("labels: 0 and 1 expected, and rows of both")

    def run(self) -> Floats:
        """Train; return the own weights, the constant first.

        Raises:
            InvalidRecord: the own columns single a row out; training diverged.
            Misbehaviour: the feature owner sent what the protocol does not allow.
        """
        own, terms = block(self.columns), self.terms
        require_mixed(own.values)
        secret = terms.scheme.generate(self.random.stream("regression key"))
        self.channel.send(terms.feature, messages.KEY, secret.public.encode() + self._crossed(own, secret))
        share = float(self.labels.mean())
        weights = np.zeros(len(own.values))
        weights[0] = np.log(share / (1 - share))
        for number in range(terms.rounds):
            scores = weights @ own.values
            curvature = messages.rounded_curvature(_mean_curvature(scores))
            self._send_controls(number, scores, curvature, secret)
            self._open(number, secret)
            found = self._gradient(number, own, secret)
            self.slope = float(np.linalg.norm(found)) / terms.rows
            weights = own.step(found, weights, curvature, terms.ridge)
            self.note(number + 1, weights)
        return weights

    def _crossed(self, own: Block, secret: OkamotoUchiyamaSecret) -> bytes:
        """The own columns, encrypted once, for sums with pads."""
        source, start, parts = self.random.stream("regression columns"), 0, []
        for packing in self.terms.crossed:
            columns = own.counted[start : start + len(packing.widths)]
            start += len(packing.widths)
            rows = (packing.pack(row) for row in zip(*columns, strict=True))
            encrypted = (secret.encrypt(row, source, bits=packing.total) for row in rows)
            parts.append(encode_ciphertexts(encrypted, secret.public.ciphertext_bytes))
        return b"".join(parts)

    def _send_controls(self, number: int, scores: Floats, curvature: float, secret: OkamotoUchiyamaSecret) -> None:
        source = self.random.stream(f"regression controls {number}")
        lifted = curve.controls(scores, self.labels, self.terms.reach)
        bits = curve.POINT_BITS + 2
        encrypted = (secret.encrypt(value, source, bits=bits) for values in lifted for value in values)
        body = encode_ciphertexts(encrypted, secret.public.ciphertext_bytes)
        step = messages.step(messages.CONTROLS, number)
        self.channel.send(self.terms.feature, step, messages.encode_curvature(curvature) + body)

    def _open(self, number: int, secret: OkamotoUchiyamaSecret) -> None:
        """Decrypt the feature owner's gradient, which its masks hide."""
        bits = [packing.total for packing in self.terms.summed]
        found = self._decrypted(messages.step(messages.SUMS, number), bits, secret)
        body = b"".join(value.to_bytes(-(-width // 8), "big") for value, width in zip(found, bits, strict=True))
        self.channel.send(self.terms.feature, messages.step(messages.OPENED, number), body)

    def _gradient(self, number: int, own: Block, secret: OkamotoUchiyamaSecret) -> Floats:
        terms = self.terms
        padded = self._decrypted(messages.step(messages.PADDED, number), [PAD_BITS + 1] * terms.rows, secret)
        crossed = self._decrypted(messages.step(messages.PADS, number), [p.total for p in terms.crossed], secret)
        slots = [slot for packing, value in zip(terms.crossed, crossed, strict=True) for slot in packing.unpack(value)]
        sums = []
        for column, pads in zip(own.counted, slots, strict=True):
            total = sum(value * share for value, share in zip(column, padded, strict=True)) - pads
            if not 0 <= total <= sum(column) << RESIDUAL_BITS:
                raise InvalidRecord(f"regression: sums of round {number + 1} are those of no residuals")
            sums.append(curve.residual(total, sum(column)))
        return gradient(sums, own)

    def _decrypted(self, step: str, bits: list[int], secret: OkamotoUchiyamaSecret) -> list[int]:
        """Decrypt a message; what lies outside its bounds ends the run by one sentence, after all was decrypted."""
        other, refused, found = self.terms.feature, 0, []
        body = self.channel.receive(other, step, limit=len(bits) * secret.public.ciphertext_bytes)
        with blame(other, step):
            for ciphertext, width in zip(secret.public.decode_ciphertexts(body, len(bits)), bits, strict=True):
                try:
                    found.append(secret.decrypt(ciphertext, bits=width))
                except RangeGuard:
                    refused += 1
            if refused:
                raise InvalidRecord("sums that no residuals can have")
        return found


def _mean_curvature(scores: Floats) -> float:
    chances = 1 / (1 + np.exp(-np.clip(scores, -60, 60)))
    return float((chances * (1 - chances)).mean())
