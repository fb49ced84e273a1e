"""The second verifier reads every specification, and adds up every kind of opening, as ours does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import specs
import trainingtown
from noisytown import noisy, shaped
from questionspecs import SPECS
from secondverifier import calls, needs_node
from trainingtown import BANKS

from contracts.evidence.figures import minimum, openings
from contracts.evidence.figures.signers import LABELS, Signers
from contracts.evidence.questions import aligned, matched, question
from contracts.evidence.questions.asked import Question
from contracts.evidence.statement import Statement, commit
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto.signing import Ed25519Signer
from ledger.errors import InvalidRecord, VerificationError
from mpc.sessions.session import statement
from mpc.spec.training import MILLION, Model, Step
from mpc.training.shapes import Trees

RUNS = [
    trainingtown.asked(),
    trainingtown.asked(has_curve=True),
    trainingtown.asked(algorithm=replace(trainingtown.asked().algorithm, step=Step.ADAM)),
    noisy(BANKS[:3]),
    noisy(BANKS, rounds=4),
    shaped(Model.SOFTMAX),
    shaped(hidden=5),
    shaped(Model.SOFTMAX, hidden=3),
    *(shaped(trees=Trees(depth, 8, MILLION), rounds=4) for depth in (1, 2)),
    shaped(Model.RIDGE, trees=Trees(2, 4, MILLION), rounds=2),
]
TRANSCRIPT, SALT = b"\5" * 32, b"\6" * 32


@needs_node
def test_every_specification_reads_alike() -> None:
    documents = [spec.json() for spec in (*SPECS, *RUNS)]
    found = calls("asked.mjs", "asked", [[document] for document in documents])
    for document, told in zip(documents, found, strict=True):
        asked, read = question.read(document), told["found"]
        assert isinstance(read, dict)
        assert {name: read[name] for name in ("protocol", "operations", "contributors", "cells", "follows")} == {
            "protocol": asked.protocol,
            "operations": int(asked.operations),
            "contributors": asked.contributors,
            "cells": list(asked.cells),
            "follows": dict(asked.follows),
        }
        assert set(read["free"]) == asked.free  # type: ignore[arg-type]
        assert canonical.encode(read["terms"]) == canonical.encode(dict(asked.terms))
        assert read["sources"] == [
            {"party": s.party, "asset": s.asset, "role": s.role, "authorization": f"0x{s.authorization.hex()}"}
            for s in asked.sources
        ]
        assert read["least"] == minimum.least(asked)


@needs_node
@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"statistic": "median"}, {"statistic": "toString"}, {"outputs": ["mode"]},
     {"sources": [{"party": "a", "asset": "b", "authorization": "0x12"}]}, {"prime_group": "p256"},
     {"value": {"column": "x", "bound": 5}}],
)  # fmt: skip
def test_a_malformed_specification_is_no_question_for_either(change: Mapping[str, Any]) -> None:
    document = specs.sums().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, **change})
    (told,) = calls("asked.mjs", "asked", [[{**document, **change}]])
    assert "refused" in told


def signer(party: str) -> Ed25519Signer:
    return Ed25519Signer(party.encode().ljust(32, b".")[:32])


class Opened:
    """An attempt whose owners signed openings: what both verifiers are given of it."""

    def __init__(self, asked: Question, spec: JsonValue, opened: tuple[str, ...]) -> None:
        self.asked, self.owners = asked, sorted({source.party for source in asked.sources})
        self.session: dict[str, JsonValue] = {
            "protocol": asked.protocol,
            "parties": [{"party": party} for party in self.owners],
            "recipient": {"party": asked.recipient},
            "terms": dict(asked.terms),
        }
        withheld = tuple(cell for cell in asked.cells if cell not in opened)
        self.signed = Statement(self.session, spec, (), opened, withheld, TRANSCRIPT, None, bytes(32))

    @property
    def flags(self) -> bytes:
        return bytes(cell in self.signed.opened for cell in self.asked.cells)

    def message(self, step: str, party: str, body: bytes) -> dict[str, JsonValue]:
        label, session = LABELS[self.asked.protocol], canonical.digest(self.session)
        sealed = statement(label, step, session, party, self.asked.recipient, body)
        return {"body": body.hex(), "signature": signer(party).sign(sealed).hex()}

    def ours(self, told: JsonValue) -> JsonValue:
        """What our verifier adds up; None if it refuses."""
        keys = {party: signer(party).public for party in self.owners}
        signers = Signers(canonical.digest(self.session), self.asked.recipient, keys)
        try:
            found = openings.add_up(self.asked, self.signed, signers, told)
            minimum.require_minimum(self.asked, found)
        except (InvalidRecord, VerificationError):
            return None
        return found

    def arguments(self, told: JsonValue, release: JsonValue) -> list[Any]:
        """What the second verifier judges: whether this release follows from these openings."""
        result = commit(canonical.digest(self.session), SALT, release)
        predicate = {
            "session": self.session,
            "spec": self.signed.spec,
            "transcript": TRANSCRIPT.hex(),
            "release": {"opened": list(self.signed.opened), "withheld": list(self.signed.withheld)},
        }
        keys = {party: {"hex": signer(party).public.hex()} for party in self.owners}
        (read,) = calls("asked.mjs", "asked", [[self.signed.spec]])
        disclosure = {"release": release, "salt": SALT.hex(), "openings": told}
        return [read["found"], predicate, keys, disclosure, {"hex": result.hex()}]


def residues(drawn: Random, number: int, size: int) -> list[bytes]:
    """Split a number into what three engines hold, each two of them in common."""
    parts = [drawn.getrandbits(8 * size) for _ in range(2)]
    parts.append((number - sum(parts)) % (1 << 8 * size))
    held = [part.to_bytes(size, "little") for part in parts]
    return [held[place] + held[(place + 1) % 3] for place in range(3)]


def judged_alike(one: Opened, told: dict[str, JsonValue]) -> JsonValue:
    """Refuse by both: a figure, a byte, a signature changed; return what both take."""
    release = one.ours(told)
    assert isinstance(release, dict)
    party = min(told)
    message = told[party]
    assert isinstance(message, dict)
    body = str(message["body"])
    changed = one.message(STEPS[one.asked.protocol], party, bytes.fromhex(body)[:-1] + b"\x7f")
    shorter = one.message(STEPS[one.asked.protocol], party, bytes.fromhex(body)[:-1])
    lies = [{**told, party: {**message, "body": body[:-2] + "7f"}}, {**told, party: shorter}]
    lies.append({name: sent for name, sent in told.items() if name != party})
    assert [one.ours(lie) for lie in lies] == [None] * len(lies)
    assert one.ours({**told, party: changed}) != release
    tries = [one.arguments(given, release) for given in (told, *lies, {**told, party: changed})]
    tries.append(one.arguments(told, {**release, "withheld": ["nothing"]}))
    said = calls("figures.mjs", "figures", tries)
    assert "found" in said[0], said[0]
    assert ["refused" in one for one in said[1:]] == [True] * (len(said) - 1)
    return release


STEPS = {"percentiles-v1": "open", "matched-v1": "open", "aligned-v1": "align-share"}


@needs_node
def test_percentiles_add_up_alike() -> None:
    spec, drawn = specs.percentiles().json(), Random(3)
    asked = question.read(spec)
    one = Opened(asked, spec, asked.cells[:2])
    engines = asked.terms["engines"]
    assert isinstance(engines, list)
    numbers = [spec["minimum"] * 1000, -77, *([0] * (len(asked.cells) - 2))]  # type: ignore[call-overload,index,operator,list-item]
    held = [residues(drawn, number, 8) if number else [bytes(16)] * 3 for number in numbers]
    bodies = {engine: b"".join(cell[place] for cell in held) for place, engine in enumerate(engines)}
    blank = bytes(16 * len(asked.cells))
    told: dict[str, JsonValue] = {
        party: one.message("open", party, TRANSCRIPT + one.flags + bodies.get(party, blank)) for party in one.owners
    }
    release = judged_alike(one, told)
    assert isinstance(release, dict)
    assert release["cells"] == {"count": str(numbers[0]), asked.cells[1]: "-77"}


@needs_node
def test_figures_over_matched_rows_add_up_alike() -> None:
    spec, drawn = specs.matched().json(), Random(4)
    asked = question.read(spec)
    one = Opened(asked, spec, asked.cells)
    engines = asked.terms["engines"]
    assert isinstance(engines, list)
    count = matched.scalars(asked.terms)
    numbers = [minimum.least(asked), *(drawn.randrange(-(2**80), 2**80) for _ in range(count - 1))]
    held = [residues(drawn, number, 16) for number in numbers]
    bodies = {engine: b"".join(cell[place] for cell in held) for place, engine in enumerate(engines)}
    told: dict[str, JsonValue] = {
        party: one.message("open", party, TRANSCRIPT + one.flags + bodies.get(party, bytes(32 * count)))
        for party in one.owners
    }
    judged_alike(one, told)


@needs_node
@pytest.mark.parametrize("is_opened", [True, False])
def test_moments_over_aligned_rows_add_up_alike(is_opened: bool) -> None:
    spec, drawn = specs.aligned().json(), Random(5)
    asked = question.read(spec)
    one = Opened(asked, spec, asked.cells if is_opened else ())
    words = aligned.words(asked.terms)
    own = {"bureau": 4, "court": 4, "treasury": 4}
    rows = minimum.least(asked) if is_opened else 0
    told: dict[str, JsonValue] = {}
    for party in one.owners:
        used = [drawn.getrandbits(60) if is_opened else 0 for _ in range(own[party])]
        share = [rows, *used, *([0] * (words - 1 - len(used)))]
        body = SALT + TRANSCRIPT + one.flags + b"".join(word.to_bytes(32, "big") for word in share)
        told[party] = one.message("align-share", party, body)
    judged_alike(one, told)
