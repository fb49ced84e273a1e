"""Messages that owners signed for the recipient of one session, as a release's openings hold them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.evidence.questions.asked import (
    ALIGNED,
    BOOSTED,
    CKKS,
    GROUPED_JOIN,
    JOIN,
    MATCHED,
    MEASURED_TRAINING,
    NOISED,
    NOISED_JOIN,
    NOISED_TRAINING,
    PERCENTILES,
    REGRESSION,
    SCORES,
    SIFTED_JOIN,
    SUMS,
    TRAINING,
    Question,
)
from contracts.evidence.statement import Statement
from ledger.canonical import JsonValue
from ledger.crypto import signing
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged

EXACT_JOINS = (JOIN, GROUPED_JOIN, SIFTED_JOIN)
LABELS = {
    **dict.fromkeys((SUMS, NOISED), "SHUXIN-MS-V1"),
    **dict.fromkeys((*EXACT_JOINS, NOISED_JOIN), "SHUXIN-PJC-V1"),
    PERCENTILES: "SHUXIN-PCT-V1",
    ALIGNED: "SHUXIN-ALIGN-V1",
    CKKS: "SHUXIN-CKKS-V1",
    MATCHED: "SHUXIN-MATCH-V1",
    **dict.fromkeys((TRAINING, NOISED_TRAINING, MEASURED_TRAINING), "SHUXIN-TRAIN-V1"),
    **dict.fromkeys((BOOSTED, REGRESSION, SCORES), "SHUXIN-VERTICAL-V1"),
}
_HEX = re.compile(r"(?:[0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signed for which session, with which keys."""

    session: bytes
    recipient: str
    keys: Mapping[str, bytes]

    def require(self, protocol: str, step: str, party: str, message: JsonValue) -> bytes:
        """Return the body of a message that its sender signed for this session and the recipient.

        Raises:
            InvalidRecord, VerificationError: malformed, or not signed.
        """
        match message:
            case {"body": str(body), "signature": str(signature), **rest} if not rest:
                found, sealed = _bytes(body), _bytes(signature)
            case _:
                raise InvalidRecord("openings: a message has body and signature")
        name = f"{LABELS[protocol]} {step}"
        digest = tagged(name, self.session, party.encode(), self.recipient.encode(), found)
        signing.verify("ed25519", self.keys[party], name.encode() + b"\n" + digest, sealed)
        return found


def require_flags(flags: Sequence[bytes], question: Question, statement: Statement) -> None:
    """Refuse flags of other cells than the statement opens; raises VerificationError."""
    expected = bytes(name in statement.opened for name in question.cells)
    if set(flags) != {expected}:
        raise VerificationError("openings: the owners opened other cells than the statement says")


def sized(body: bytes, size: int) -> bytes:
    """Return a body of the expected size; raises InvalidRecord for another."""
    if len(body) != size:
        raise InvalidRecord(f"openings: a message has {len(body)} bytes, expected {size}")
    return body


def _bytes(text: str) -> bytes:
    if not _HEX.fullmatch(text):
        raise InvalidRecord("openings: expected lower-case hex")
    return bytes.fromhex(text)
