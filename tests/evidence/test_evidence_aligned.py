"""What the verifier restates of aligned rows is what the protocol does: figures from shares; what is no question."""

from __future__ import annotations

from random import Random

import pytest
import specs

from contracts.evidence.figures import minimum
from contracts.evidence.questions import aligned, question
from ledger.errors import InvalidRecord, VerificationError
from mpc.protocols.align import office as align_office


def test_aligned_figures_follow_from_the_shares_as_the_recipient_reads_them() -> None:
    spec = specs.aligned()
    read, draw, rows = question.read(spec.json()), Random(5), 3000
    assert aligned.words(read.terms) == spec.terms.words
    assert aligned.least_rows(read.terms, read.minimum) == spec.terms.least_rows == 100
    masks = {pair: draw.getrandbits(60) for pair in ("bc", "bt", "ct")}
    shares = {
        "bureau": (rows, 7, 9, masks["bc"] + 11, masks["bt"] + 13),
        "court": (rows, 5, 4, masks["bc"], masks["ct"] + 17),
        "treasury": (rows, 3, 2, masks["bt"], masks["ct"]),
    }
    found = align_office.open_figures(spec.terms, shares)
    document = align_office.Released(found, b"", {}).document()
    assert aligned.release(read.terms, shares) == document
    minimum.require_minimum(read, document)
    with pytest.raises(VerificationError, match="smaller"):
        minimum.require_minimum(read, {"cells": [{"group": "*", "rows": "99"}]})
    for change in ({"court": (rows + 1, *shares["court"][1:])}, {"court": (*shares["court"], 1)}):
        with pytest.raises(VerificationError):
            aligned.release(read.terms, {**shares, **change})


@pytest.mark.parametrize(
    "change", [{"sides": []}, {"told": []}, {"told": "court"}, {"minimum": 0}, {"sides": [{"party": "court"}] * 2}]
)
def test_a_malformed_alignment_is_no_question(change: dict[str, object]) -> None:
    document = specs.aligned().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, **change})  # type: ignore[dict-item]
