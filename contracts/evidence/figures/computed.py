"""Figures that three engines computed on shares, added up again from what the owners sent and signed.

    percentiles   figure = sum of three engines' residues mod 2^64, of which each two hold one alike
    matched       the same mod 2^128

Restates ``mpc.engine.shares`` and ``mpc.protocols.engines`` for verifiers; the tests hold both to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.evidence.figures.signers import Signers, require_flags, sized
from contracts.evidence.questions import matched, percentiles
from contracts.evidence.questions.asked import Question
from contracts.evidence.statement import Statement
from ledger.canonical import JsonValue
from ledger.errors import VerificationError

RESIDUES = 16
"""Two of 8 bytes, which is one engine's share of a percentile's figure."""


def percentile_blocks(
    question: Question, statement: Statement, signers: Signers, openings: Mapping[str, JsonValue]
) -> JsonValue:
    """Count percentiles' cells again; raises as ``openings.add_up``."""
    held = _shares(question, statement, signers, openings, [RESIDUES] * len(question.cells))
    numbers = {name: combined(pieces, RESIDUES) for name, pieces in zip(question.cells, held, strict=True)}
    figures: dict[str, JsonValue] = {name: str(own[0]) for name, own in numbers.items() if name in statement.opened}
    return {"cells": figures, "withheld": list(statement.withheld)}


def matched_rows(
    question: Question, statement: Statement, signers: Signers, openings: Mapping[str, JsonValue]
) -> JsonValue:
    """Count figures over matched rows again; raises as ``openings.add_up``."""
    size = 2 * RESIDUES
    (held,) = _shares(question, statement, signers, openings, [size * matched.scalars(question.terms)])
    if statement.opened:
        return matched.release(question.terms, combined(held, size))
    return {"cells": [], "withheld": list(statement.withheld)}


def _shares(
    question: Question,
    statement: Statement,
    signers: Signers,
    openings: Mapping[str, JsonValue],
    sizes: Sequence[int],
) -> list[list[bytes]]:
    """Take the engines' shares of every cell, by rank, out of the owners' openings; those of closed cells are zeros."""
    cells = len(question.cells)
    bodies = {
        party: sized(signers.require(question.protocol, "open", party, message), 32 + cells + sum(sizes))
        for party, message in openings.items()
    }
    if {body[:32] for body in bodies.values()} != {statement.transcript}:
        raise VerificationError("openings: the owners saw other messages than the statement")
    require_flags([body[32 : 32 + cells] for body in bodies.values()], question, statement)
    engines = percentiles.engines(question.terms)
    if any(any(body[32 + cells :]) for party, body in bodies.items() if party not in engines):
        raise VerificationError("openings: a share of an owner that does not compute")
    found, at = list[list[bytes]](), 32 + cells
    for name, size in zip(question.cells, sizes, strict=True):
        found.append([bodies[engine][at : at + size] for engine in engines])
        at += size
        if name not in statement.opened and any(map(any, found[-1])):
            raise VerificationError(f"openings: a share of the withheld cell {name}")
    return found


def combined(pieces: Sequence[bytes], size: int) -> list[int]:
    """Add up three engines' residues of numbers, each two of them in common, ``size`` bytes a number and engine.

    Raises:
        VerificationError: two engines hold different residues.
    """
    half, found = size // 2, list[int]()
    for at in range(0, len(pieces[0]), size):
        if any(pieces[place][at + half : at + size] != pieces[(place + 1) % 3][at : at + half] for place in range(3)):
            raise VerificationError(f"openings: two engines hold different residues of number {at // size}")
        total = sum(int.from_bytes(piece[at : at + half], "little") for piece in pieces)
        modulus = 1 << 8 * half
        found.append(residue - modulus if (residue := total % modulus) >= modulus // 2 else residue)
    return found
