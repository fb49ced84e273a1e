"""Calls of Certificates, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass

from contracts import layout
from contracts.addresses import CERTIFICATES
from contracts.certificates.bits import SIZE, WORD_BYTES, require_place, root_of
from contracts.certificates.rules import NOTHING, Certificate, Issue, Revoke
from contracts.layout import layout_of, word
from ledger.chain.port import Operation, StateFact

_WORD_PLACES = 8 * WORD_BYTES


@dataclass(frozen=True, slots=True)
class Status:
    """What the chain knows of a place of a list. root: of the tree over the whole list."""

    certificate: Certificate
    is_revoked: bool
    root: bytes


def issue(call: Issue, *, op_id: bytes) -> Operation:
    """Build the call that records a certificate."""
    return Operation(CERTIFICATES, "issue", astuple(call), op_id)


def revoke(call: Revoke, *, op_id: bytes) -> Operation:
    """Build the call that revokes one."""
    return Operation(CERTIFICATES, "revoke", astuple(call), op_id)


def status_fact(list: bytes, place: int, block_number: int | None = None) -> StateFact:
    """Name the fact: the certificate at a place, the word with its bit, and the root of the list."""
    return StateFact(CERTIFICATES, tuple(_slots(list, place).values()), block_number)


def decode_status(list: bytes, place: int, values: Mapping[bytes, bytes]) -> Status:
    """Read the status from the words proven for status_fact; an unused place has a certificate of zeros."""
    slots = _slots(list, place)
    found = Certificate(
        unit=layout.digest(values, slots["unit"]),
        version=layout.number(values, slots["version"]),
        digest=layout.digest(values, slots["digest"]),
        since=layout.number(values, slots["since"]),
    )
    bit = 1 << (_WORD_PLACES - 1 - place % _WORD_PLACES)
    root = layout.digest(values, slots["root"])
    is_revoked = bool(layout.number(values, slots["word"]) & bit)
    return Status(found, is_revoked, root_of(bytes(SIZE)) if root == NOTHING else root)


def _slots(list: bytes, place: int) -> dict[str, bytes]:
    require_place(place)
    found = layout_of(CERTIFICATES)
    return {
        **found.record("certificates", list, word(place)),
        "word": found.slot("words", list, word(place // _WORD_PLACES)),
        "root": found.slot("nodes", list, word(1)),
    }
