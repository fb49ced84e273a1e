"""Opened totals of masked sums against what the owners committed to on chain before anything was masked.

    input = tagged("SHUXIN-INPUT-V2", genesis, job, party, detail, C of each cell)      stands on chain, per owner
    each owner's proof that it knew what its C hold                                     (``knowledge``)
    sum of the owners' C = total * G + (sum of masked randomness) * H                   for every opened cell

G is ristretto255's generator, H comes from hashing a label, so that nobody knows its logarithm. Restates
``mpc.commitment`` and ``mpc.groups.pedersen`` for verifiers; the tests hold both to each other.

What it does NOT show: that a committed value is true, or lies in its bound. A total is below 2^127 and the group order
above 2^252, so no other integer total opens the same commitments.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.evidence.figures.knowledge import GENERATORS, PROOF_BYTES, require_known
from contracts.evidence.questions.asked import NOISED, SUMS, Question
from contracts.evidence.questions.noised import number
from contracts.evidence.report import Words
from contracts.evidence.statement import Statement
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto import ristretto
from ledger.crypto.ristretto import ORDER, Point
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged

INPUT_LABEL = "SHUXIN-INPUT-V2"
DETAIL_BYTES, WORD = 32, 16


def require_commitments(question: Question, statement: Statement, disclosed: JsonValue) -> tuple[None, Words]:
    """Verify commitments beside openings whose signatures and sizes have been verified.

    Args:
        disclosed: the disclosure's release and openings, in this order.

    Raises:
        InvalidRecord, VerificationError: a commitment is malformed, not the owner's, or does not fit a total.
    """
    if question.protocol not in (SUMS, NOISED):
        return None, Words("inputs bound by salted digests, no totals to compare", "输入由加盐摘要绑定,无需比对合计")
    match disclosed:
        case [{"cells": dict(totals)}, dict(openings)]:
            owners = {party: _Messages(question, messages) for party, messages in openings.items()}
        case _:
            raise InvalidRecord("commitments: expected a release and its openings")
    session = canonical.digest(statement.session)
    rows = list[list[tuple[Point, int]]]()
    for party, messages in owners.items():
        _require_bound(statement, party, messages)
        points = require_known(session, party, question.cells, messages.points, messages.proof)
        rows.append(list(zip(points, messages.randomness, strict=True)))
    for name, *cells in zip(question.cells, *rows, strict=True):
        if name in statement.opened:
            _require_total(name, number(totals[name]), cells)
    opened, count = len(statement.opened), len(owners)
    return None, Words(
        f"{opened} totals are sums of what {count} owners committed to, each of which proved that it knew it",
        f"{opened} 项合计与 {count} 个提供方的承诺一致,各方均已证明知晓其承诺内容",
    )


class _Messages:
    """One owner's two messages, cut into their parts."""

    def __init__(self, question: Question, messages: JsonValue) -> None:
        match messages:
            case {"upload": {"body": str(upload)}, "opening": {"body": str(opening)}}:
                sent, opened = bytes.fromhex(upload), bytes.fromhex(opening)
            case _:
                raise InvalidRecord("commitments: an owner has upload and opening")
        cells = len(question.cells)
        start = 32 + WORD * cells
        self.detail = sent[start : start + DETAIL_BYTES]
        self.points = _cut(sent[start + DETAIL_BYTES : -PROOF_BYTES])
        self.proof = sent[-PROOF_BYTES:]
        self.randomness = [int.from_bytes(r, "little") for r in _cut(opened[32 + cells + WORD * cells :])]


def _require_bound(statement: Statement, party: str, messages: _Messages) -> None:
    """Hold the commitments against the owner's input commitment in the session record, which is the chain's."""
    match statement.session:
        case {"genesis": str(genesis), "job": str(job), "parties": list(seats)}:
            committed = [seat["input"] for seat in seats if isinstance(seat, dict) and seat.get("party") == party]
        case _:
            raise InvalidRecord("commitments: a session record without parties")
    parts = (bytes.fromhex(genesis), bytes.fromhex(job), party.encode(), messages.detail, *messages.points)
    if committed != [tagged(INPUT_LABEL, *parts).hex()]:
        raise VerificationError(f"commitments: those of {party} are not the ones it committed to on chain")


def _require_total(name: str, total: int, cells: Sequence[tuple[Point, int]]) -> None:
    if any(randomness >= ORDER for _, randomness in cells):
        raise InvalidRecord(f"commitments: randomness of cell {name} is not reduced")
    product = ristretto.IDENTITY
    for point, _ in cells:
        product = ristretto.add(product, point)
    expected = ristretto.combine((total, sum(randomness for _, randomness in cells)), GENERATORS)
    if not ristretto.equal(product, expected):
        raise VerificationError(f"commitments: the total of cell {name} is not the sum of what the owners committed to")


def _cut(body: bytes) -> list[bytes]:
    return [body[start : start + 32] for start in range(0, len(body), 32)]
