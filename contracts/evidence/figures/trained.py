"""A training run restated for verifiers: every wave's sum added up again, and the model that follows.

    sum of a wave   masked vectors - pads (- masks with departments that were lost), modulo 2^64, in fixed point
    model           scaled in wave 1, improved in each round, measured in the wave after (``federated.runs.linear``)
    leaf            who was in the wave, with digests of masked vectors and commitments, and the model's digest
    root            of all leaves: the statement's transcript, anchored by the coordinator's stream

A run with noise has rounds alone, and an evaluation where one is asked; its steps are those of ``noised_run``. An exact
run that is measured has a last wave of counts, ``measured_run``.

It shows that this model, and no other, follows from what every department signed in every wave. It does NOT show that a
department's vector follows from its rows: masks hide it, and its salted commitment is for an opened audit. What was
asked is ``contracts.evidence.questions.training``. Restates ``federated.runs``; the tests hold both to each other.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contracts.evidence.questions.noised_run import Run
from contracts.evidence.questions.training import DIGEST, POINT_BITS, Asked, read
from contracts.evidence.statement import Statement
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto.keystream import keystream
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import sha256, tagged
from ledger.log.record import SALT_BYTES, leaf_of
from ledger.merkle import root

WORD = 8
RATE, FIRST, SECOND, FLOOR = 0.05, 0.9, 0.99, 1e-3
"""Of an adaptive step (Reddi et al. 2021)."""
SMALLEST = 1e-12

Require = Callable[[str, str, JsonValue], bytes]
"""Returns the body of a step that a party signed for this session; raises for one that it did not sign."""


@dataclass(frozen=True, slots=True)
class _Fit:
    weights: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    momentum: tuple[float, ...]
    speed: tuple[float, ...]
    rows: int = 0
    report: tuple[float, float] = field(default=(0.0, 0.0))
    counts: JsonValue = None
    curve: tuple[float, ...] = ()

    @property
    def digest(self) -> bytes:
        numbers = (*self.weights, *self.means, *self.deviations)
        return tagged("SHUXIN-MODEL-V1", struct.pack(f"<{len(numbers)}d", *numbers))


def release(signed: Statement, openings: Mapping[str, JsonValue], require: Require) -> JsonValue:
    """Return the release that follows from what departments signed in every wave.

    Raises:
        InvalidRecord, VerificationError: a message is malformed, not signed, or the waves are not the statement's.
    """
    assert isinstance(signed.spec, dict)
    found, stream = follow(read(signed.spec), canonical.digest(signed.session), openings, require)
    if stream != signed.transcript:
        raise VerificationError("openings: the waves are not those whose root all parties signed")
    return found


def follow(
    asked: Asked, session: bytes, openings: Mapping[str, JsonValue], require: Require
) -> tuple[JsonValue, bytes]:
    """Return the release that follows from what departments signed, and the root of the run's stream.

    Raises:
        InvalidRecord, VerificationError: a message is malformed, not signed, or no model follows.
    """
    parties, features = sorted(openings), len(asked.features)
    weights, zeros = asked.shaped.first, (0.0,) * (1 + features)
    means, deviations = ((0.0,) * features, (1.0,) * features) if asked.run is None else asked.scale
    fit, leaves = _Fit(weights, means, deviations, zeros, zeros), list[bytes]()
    before = set(parties)
    for wave in range(1, asked.waves + 1):
        signed = {party: _wave(openings[party], asked.waves, wave) for party in parties}
        present = [party for party in parties if signed[party] is not None]
        if len(present) < asked.contributors or not set(present) <= before:
            raise VerificationError(f"openings: wave {wave} is of other departments than the run allows")
        before = set(present)
        lost = [party for party in parties if party not in before]
        bodies = {party: _bodies(require, party, wave, signed[party]) for party in present}
        total = _sum(asked.places, bodies, lost)
        fit = _advanced(asked, fit, total, wave) if asked.run is None else _noised(asked, asked.run, fit, total, wave)
        leaves.append(_leaf(wave, bodies, fit.digest))
    salted = [leaf_of(_salt(session, index), leaf) for index, leaf in enumerate(leaves)]
    return _document(asked, fit), root(salted)


def _bodies(require: Require, party: str, wave: int, signed: JsonValue) -> tuple[bytes, bytes, bytes]:
    """Return a department's commitment, masked vector and opened seeds of a wave."""
    match signed:
        case {"committed": committed, "upload": upload, "opened": opened, **rest} if not rest:
            return (
                require(f"committed/{wave}", party, committed),
                require(f"upload/{wave}", party, upload),
                require(f"opened/{wave}", party, opened),
            )
    raise InvalidRecord("openings: a wave has a commitment, a masked vector and what was opened")


def _sum(places: int, bodies: Mapping[str, tuple[bytes, bytes, bytes]], lost: Sequence[str]) -> list[int]:
    """Add a wave's words up, read as signed numbers."""
    totals = [0] * places
    for party, (committed, upload, opened) in bodies.items():
        if (len(committed), len(upload), len(opened)) != (DIGEST, WORD * places, DIGEST * (1 + len(lost))):
            raise InvalidRecord(f"openings: a message of {party} has another length than its wave asks for")
        parts = [(1, _words(upload)), (-1, _words(keystream(opened[:DIGEST], WORD * places)))]
        for place, other in enumerate(lost, start=1):
            mask = _words(keystream(opened[DIGEST * place :][:DIGEST], WORD * places))
            parts.append((-1 if party < other else 1, mask))
        for sign, words in parts:
            totals = [total + sign * word for total, word in zip(totals, words, strict=True)]
    return [(total + (1 << 63)) % (1 << 64) - (1 << 63) for total in totals]


def _noised(asked: Asked, run: Run, fit: _Fit, words: Sequence[int], wave: int) -> _Fit:
    if wave > asked.rounds:
        return replace(fit, counts=run.counts(words))
    return replace(fit, weights=run.stepped(fit.weights, words, wave))


def _advanced(asked: Asked, fit: _Fit, words: Sequence[int], wave: int) -> _Fit:
    if wave == asked.rounds + 3 and asked.counted is not None:
        return replace(fit, counts=asked.counted.counts(words))
    total, features = [word / float(1 << POINT_BITS) for word in words], len(asked.features)
    share = total[0]
    if share <= 0:
        raise VerificationError(f"openings: no rows in wave {wave}")
    found = [value / share for value in total[1:]]
    if wave == 1:
        means, squares = found[:features], found[features : 2 * features]
        variances = [square - mean * mean for mean, square in zip(means, squares, strict=True)]
        if min(variances) < SMALLEST:
            raise VerificationError("openings: a column without spread")
        pairs = list(zip(means, variances, asked.bounds, strict=True))
        return replace(
            fit,
            means=tuple(mean * bound for mean, _, bound in pairs),
            deviations=tuple(math.sqrt(variance) * bound for _, variance, bound in pairs),
            rows=round(share * asked.rows),
        )
    if wave == asked.rounds + 2:
        return replace(fit, report=(found[0], found[1]))
    average = found[: 1 + features]
    if asked.has_curve:
        told, lost = total[2 + features], total[3 + features]
        if told != share:
            raise VerificationError(f"openings: the loss of wave {wave} is of other rows than its model")
        fit = replace(fit, curve=(*fit.curve, lost / told))
    return _adapted(fit, average) if asked.is_adaptive else replace(fit, weights=tuple(average))


def _adapted(fit: _Fit, average: Sequence[float]) -> _Fit:
    steps = [new - old for new, old in zip(average, fit.weights, strict=True)]
    momentum = [FIRST * m + (1 - FIRST) * s for m, s in zip(fit.momentum, steps, strict=True)]
    speed = [SECOND * v + (1 - SECOND) * (s * s) for v, s in zip(fit.speed, steps, strict=True)]
    moved = zip(fit.weights, momentum, speed, strict=True)
    weights = tuple(w + RATE * m / (math.sqrt(v) + FLOOR) for w, m, v in moved)
    return replace(fit, weights=weights, momentum=tuple(momentum), speed=tuple(speed))


def _leaf(wave: int, bodies: Mapping[str, tuple[bytes, bytes, bytes]], model: bytes) -> bytes:
    contributions: list[JsonValue] = [
        {"party": party, "masked": sha256(upload).hex(), "committed": committed.hex()}
        for party, (committed, upload, _) in bodies.items()
    ]
    return canonical.encode({"wave": wave, "contributions": contributions, "model": model.hex()})


def _document(asked: Asked, fit: _Fit) -> JsonValue:
    named: dict[str, JsonValue] = {"model": asked.model, "features": list(asked.features), "label": asked.label}
    model = {**named, **asked.shaped.document(fit.weights)}
    if asked.shaped.trees is None:
        model |= {"means": [repr(one) for one in fit.means], "deviations": [repr(one) for one in fit.deviations]}
    if asked.app:
        model |= {"assurance": "app", "app": asked.app}
    if fit.counts is not None:
        model |= {"evaluation": fit.counts}
    if asked.run is not None:
        return model
    loss, error = fit.report
    exact = {**model, "rows": str(fit.rows), "loss": repr(loss), "squared_error": repr(error)}
    curve: list[JsonValue] = [repr(value) for value in fit.curve]
    return {**exact, "curve": curve} if asked.has_curve else exact


def _wave(waves: JsonValue, count: int, wave: int) -> JsonValue:
    if not isinstance(waves, list) or len(waves) != count:
        raise InvalidRecord(f"openings: {count} waves of every department expected")
    return waves[wave - 1]


def _words(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // WORD}Q", data)


def _salt(session: bytes, index: int) -> bytes:
    return tagged("SHUXIN-TRAIN-V1 leaf", session, index.to_bytes(8, "big"))[:SALT_BYTES]
