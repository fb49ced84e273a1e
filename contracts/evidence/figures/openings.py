"""Adding up the released figures again from what the owners sent and signed; of CKKS sums, from the key holder alone.

    masked sums   total = (sum of masked cells - sum of opening pads) mod 2^128, read as a signed number
    join          figure = holder's share - every lister's share; a sum column is counted from its least value
    aligned       own figures as they are; of two owners' columns one share less the other
    noised join   the same modulo the words of a share, read as signed numbers
    CKKS sums     figure = what the key holder released, which nobody else can add up
    of engines    sums of residues (``computed``)

Restates ``mpc.vector``, ``mpc.protocols.sums`` and ``mpc.protocols.join`` for verifiers; the tests hold both to each
other. What it shows: these figures, and no others, follow from what every owner signed for this session. That they also
are what owners had committed to is ``commitments``' business. Neither shows that an owner's input was true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.evidence.figures import computed, trained
from contracts.evidence.figures.signers import Signers, require_flags, sized
from contracts.evidence.questions import aligned, ckks, vertical
from contracts.evidence.questions.arrangement import arranged
from contracts.evidence.questions.asked import (
    ALIGNED,
    BOOSTED,
    CKKS,
    JOIN,
    NOISED_JOIN,
    REGRESSION,
    SCORES,
    SUMS,
    TRAINING,
    Question,
)
from contracts.evidence.questions.noised import joined_reach, number
from contracts.evidence.report import Words
from contracts.evidence.statement import Statement
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError

MODULUS, WORD, DETAIL, SCALAR, PROOF = 1 << 128, 16, 32, 32, 96
MASK_BITS = 40


def add_up(question: Question, statement: Statement, signers: Signers, openings: JsonValue) -> JsonValue:
    """Return the release document that follows from the owners' signed messages.

    Raises:
        InvalidRecord, VerificationError: a message is malformed, not signed, or contradicts another or the statement.
    """
    expected = {ckks.holder(question.terms)} if question.protocol == CKKS else set(signers.keys)
    if not isinstance(openings, dict) or set(openings) != expected:
        raise InvalidRecord("openings: expected those of every owner that opens and of nobody else")
    match question.protocol:
        case "masked-sums-v1" | "noised-sums-v1":
            return _sums(question, statement, signers, openings)
        case "percentiles-v1":
            return computed.percentile_blocks(question, statement, signers, openings)
        case "aligned-v1":
            return _aligned(question, statement, signers, openings)
        case "ckks-sums-v1":
            return _ckks(question, statement, signers, openings)
        case "matched-v1":
            return computed.matched_rows(question, statement, signers, openings)
        case "training-v1" | "noised-training-v1" | "measured-training-v1":
            return trained.release(statement, openings, lambda *message: signers.require(TRAINING, *message))
        case "boosted-v1" | "regression-v1":
            return vertical.release(statement, openings, lambda *message: signers.require(BOOSTED, *message))
        case "scores-v1":
            return vertical.counted(statement, openings, lambda *message: signers.require(SCORES, *message))
        case _:
            return _join(question, statement, signers, openings)


def told(question: Question, owners: int) -> Words:
    """Say what the openings show."""
    if question.protocol == CKKS:
        holder = ckks.holder(question.terms)
        return Words(
            f"as {holder} signed them; that they are the sum of what the owners encrypted only it could see",
            f"与 {holder} 所签一致;是否为各方加密内容之和,只有该方能够得知",
        )
    if question.protocol in (BOOSTED, REGRESSION, SCORES):
        return vertical.told(question.protocol, owners)
    return Words(f"added up again from {owners} owners' openings", f"由 {owners} 个提供方的开启重新加总")


def require_release(release: JsonValue, expected: JsonValue) -> None:
    """Refuse a release document that differs from what the openings give; raises VerificationError."""
    if canonical.encode(release) != canonical.encode(expected):
        raise VerificationError("figures: the released ones are not those that the owners' openings give")


def _sums(question: Question, statement: Statement, signers: Signers, openings: Mapping[str, JsonValue]) -> JsonValue:
    cells = len(question.cells)
    uploads, pads = list[bytes](), list[bytes]()
    for party, messages in openings.items():
        match messages:
            case {"upload": upload, "opening": opening, **rest} if not rest:
                sent = signers.require(SUMS, "masked", party, upload)
                uploads.append(sized(sent, 32 + WORD * cells + DETAIL + SCALAR * cells + PROOF))
                opened = signers.require(SUMS, "open", party, opening)
                pads.append(sized(opened, 32 + cells + (WORD + SCALAR) * cells))
            case _:
                raise InvalidRecord("openings: an owner has upload and opening")
    if len({upload[:32] for upload in uploads}) != 1 or {pad[:32] for pad in pads} != {statement.transcript}:
        raise VerificationError("openings: the owners saw other messages than each other or the statement")
    require_flags([pad[32 : 32 + cells] for pad in pads], question, statement)
    figures: dict[str, JsonValue] = {}
    randomness = 32 + cells + WORD * cells
    for index, name in enumerate(question.cells):
        masked = sum(_word(upload, 32 + WORD * index) for upload in uploads)
        padded = [_word(pad, 32 + cells + WORD * index) for pad in pads]
        if name in statement.opened:
            figures[name] = str(_signed((masked - sum(padded)) % MODULUS))
        elif any(padded) or any(any(pad[randomness + SCALAR * index :][:SCALAR]) for pad in pads):
            raise VerificationError(f"openings: a pad or randomness of the withheld cell {name}")
    return arranged(statement.spec, figures, statement.withheld)


def _join(question: Question, statement: Statement, signers: Signers, openings: Mapping[str, JsonValue]) -> JsonValue:
    groups, widths = len(question.cells), _widths(question)
    size = 64 + groups * (1 + sum(widths))
    holder, *listers = (
        sized(signers.require(JOIN, "join-share", source.party, openings[source.party]), size)
        for source in question.sources
    )
    bodies = (holder, *listers)
    if {body[32:64] for body in bodies} != {statement.transcript}:
        raise VerificationError("openings: the owners saw other messages than each other or the statement")
    require_flags([body[64 : 64 + groups] for body in bodies], question, statement)
    left, *masks = (_shares(body[64 + groups :], widths, groups) for body in bodies)
    figures: list[JsonValue] = []
    for index, group in enumerate(question.cells):
        if group in statement.opened:
            masked = zip(left[index], *(mask[index] for mask in masks), strict=True)
            values = [held - sum(added) for held, *added in masked]
            if question.protocol == NOISED_JOIN:
                values = [_signed(value % (1 << 8 * w), 1 << 8 * w) for value, w in zip(values, widths, strict=True)]
            figures.append(_figures(question, group, values))
        elif any(any(share[index]) for share in (left, *masks)):
            raise VerificationError(f"openings: a share of the withheld cell {group}")
    return {"cells": figures, "withheld": list(statement.withheld)}


def _aligned(
    question: Question, statement: Statement, signers: Signers, openings: Mapping[str, JsonValue]
) -> JsonValue:
    size = 65 + aligned.WORD * aligned.words(question.terms)
    bodies = {
        party: sized(signers.require(ALIGNED, "align-share", party, share), size) for party, share in openings.items()
    }
    if {body[32:64] for body in bodies.values()} != {statement.transcript}:
        raise VerificationError("openings: the owners saw other messages than each other or the statement")
    require_flags([body[64:65] for body in bodies.values()], question, statement)
    shares = {
        party: [int.from_bytes(body[at : at + aligned.WORD], "big") for at in range(65, size, aligned.WORD)]
        for party, body in bodies.items()
    }
    if statement.opened:
        return aligned.release(question.terms, shares)
    if any(any(share) for share in shares.values()):
        raise VerificationError("openings: a share although nothing was opened")
    return {"cells": [], "withheld": list(statement.withheld)}


def _ckks(question: Question, statement: Statement, signers: Signers, openings: Mapping[str, JsonValue]) -> JsonValue:
    holder = ckks.holder(question.terms)
    size = ckks.DIGEST + ckks.WORD * len(question.cells)
    body = sized(signers.require(CKKS, "ckks-release", holder, openings[holder]), size)
    if body[: ckks.DIGEST] != statement.transcript:
        raise VerificationError("openings: the key holder used another key than the statement says")
    if statement.opened != question.cells:
        raise VerificationError("openings: the key holder released other figures than the statement says")
    return {"cells": ckks.figures(question.terms, body), "withheld": []}


def _widths(question: Question) -> list[int]:
    """Bytes of each share of a cell: keys, rows, one a column; each slot has room for a mask and a carry."""
    rows = number(question.terms["rows"])
    most = [number(question.terms["holder_keys"]), rows]
    most += [rows * (most - least) for _, least, most in _columns(question)]
    bits = [max(pair).bit_length() for pair in zip(most, _reaches(question, len(most)), strict=True)]
    carry = (len(question.sources) - 1).bit_length()  # of as many masks as there are lists
    return [-(-(size + MASK_BITS + carry) // 8) for size in bits]


def _reaches(question: Question, figures: int) -> list[int]:
    """What one owner's noise on each figure does not pass; 0 in an exact join."""
    match question.terms.get("guarantee"):
        case {"deviations_milli": list(deviations)} if len(deviations) == figures:
            return [joined_reach(number(deviation)) for deviation in deviations]
    return [0] * figures


def _columns(question: Question) -> list[tuple[str, int, int]]:
    found = []
    columns = question.terms["columns"]
    assert isinstance(columns, list)
    for column in columns:
        match column:
            case {"name": str(name), "least": least, "most": most}:
                found.append((name, number(least), number(most)))
    return found


def _shares(body: bytes, widths: Sequence[int], groups: int) -> list[list[int]]:
    found, at = [], 0
    for _ in range(groups):
        cell = []
        for width in widths:
            cell.append(int.from_bytes(body[at : at + width], "big"))
            at += width
        found.append(cell)
    return found


def _figures(question: Question, group: str, values: Sequence[int]) -> JsonValue:
    keys, rows, *above = values
    pairs = zip(above, _columns(question), strict=True)
    sums: dict[str, JsonValue] = {name: str(value + rows * least) for value, (name, least, _) in pairs}
    return {"group": group, "keys": str(keys), "rows": str(rows), "sums": sums}


def _word(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + WORD], "little")


def _signed(residue: int, modulus: int = MODULUS) -> int:
    return residue - modulus if residue >= modulus // 2 else residue
