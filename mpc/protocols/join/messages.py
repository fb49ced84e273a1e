"""Step names, sizes and byte layouts of the join's messages. Pure functions of bytes.

Every count is checked against what the terms allow before a single curve operation: sizes first, then
distinctness, then the group library's own refusal of non-canonical encodings and the identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from ledger.errors import InvalidRecord
from mpc.additive.scheme import encode_ciphertexts
from mpc.groups.group import Element, Group, InvalidElement
from mpc.protocols.join.terms import JoinTerms

KEYS = "join-keys"
CONFIRM = "join-confirm"
LIST = "join-list"
ROWS = "join-rows"
RAISED = "join-raised"
PAYLOADS = "join-payloads"
SUMS = "join-sums"
GATE = "join-gate"
TESTS = "join-tests"
BITS = "join-bits"
DECISION = "join-decision"
SHARE = "join-share"
COMMITMENT = "join-commitment"

STEPS = (KEYS, CONFIRM, LIST, ROWS, RAISED, PAYLOADS, SUMS, GATE, TESTS, BITS, DECISION, SHARE, COMMITMENT)

_COUNT_BYTES = 4
T = TypeVar("T")


def list_limit(terms: JoinTerms) -> int:
    """Most bytes of the blinded list: counts if it has groups, then elements."""
    most = terms.most_announced(terms.lister, terms.lister_keys)
    return len(terms.lister_groups) * _COUNT_BYTES + terms.prime_group.element_bytes * most


def rows_limit(terms: JoinTerms) -> int:
    """Most bytes of the blinded rows: counts, then elements."""
    most = terms.most_announced(terms.holder, terms.holder_keys)
    return len(terms.groups) * _COUNT_BYTES + terms.prime_group.element_bytes * most


def list_sizes(body: bytes, terms: JoinTerms) -> list[int]:
    """Read how many elements each set of a blinded list has; of a single one that follows from its length."""
    if terms.lister_groups:
        return _sizes(body, terms.sets)
    return [len(body) // terms.prime_group.element_bytes]


def decode_list(body: bytes, terms: JoinTerms) -> list[bytes]:
    """Read the lister's elements: each set a whole number of padding units, all distinct. Raises: InvalidRecord."""
    least, most = terms.list_size(0), terms.list_size(terms.lister_keys, terms.most_blur)
    if terms.lister_groups:
        return _decode_sets(body, terms, "blinded list", terms.sets, (least, most, terms.list_unit))[1]
    count, rest = divmod(len(body), terms.prime_group.element_bytes)
    if rest or count % terms.list_unit or not least <= count <= most:
        raise InvalidRecord(
            f"blinded list: {least} to {most} elements in units of {terms.list_unit} expected, got {len(body)} bytes"
        )
    return distinct_elements(body, terms.prime_group)


def encode_list(sets: Sequence[Sequence[bytes]], terms: JoinTerms) -> bytes:
    """Write the lister's sets, without a size where there is only one."""
    return encode_rows(sets) if terms.lister_groups else b"".join(sets[0])


def encode_rows(groups: Sequence[Sequence[bytes]]) -> bytes:
    """Write the size of each group, then all elements in group order."""
    sizes = b"".join(len(group).to_bytes(_COUNT_BYTES, "big") for group in groups)
    return sizes + b"".join(element for group in groups for element in group)


def decode_rows(body: bytes, terms: JoinTerms) -> tuple[list[int], list[bytes]]:
    """Read (group sizes, elements). Raises: InvalidRecord."""
    least, most = terms.group_size(0), terms.group_size(terms.holder_keys, terms.most_blur)
    return _decode_sets(body, terms, "blinded rows", len(terms.groups), (least, most, terms.group_unit))


def cut(elements: Sequence[T], sizes: Sequence[int]) -> list[list[T]]:
    """Take elements apart into sets of the given sizes."""
    left = iter(elements)
    return [list(islice(left, size)) for size in sizes]


def distinct_elements(body: bytes, group: Group) -> list[bytes]:
    """Cut into elements and refuse repetitions and the identity. Raises: InvalidElement."""
    size = group.element_bytes
    elements = [body[start : start + size] for start in range(0, len(body), size)]
    seen = set(elements)
    if len(seen) != len(elements):
        raise InvalidElement("elements: one of them is repeated")
    if group.identity in seen:
        raise InvalidElement("elements: the identity is refused")
    return elements


def sorted_elements(elements: Iterable[Element]) -> bytes:
    """Write a set in sorted order: the bytes are a function of the set, which is the shuffle."""
    return b"".join(sorted(elements))


def payloads_size(terms: JoinTerms, rows: int) -> int:
    """Bytes of the public key and one ciphertext a row."""
    return terms.encryption.public_key_bytes + rows * terms.encryption.ciphertext_bytes


def encode_payloads(public_key: bytes, ciphertexts: Iterable[int], terms: JoinTerms) -> bytes:
    """Write the encryption key, then the ciphertexts in the order of the rows."""
    return public_key + encode_ciphertexts(ciphertexts, terms.encryption.ciphertext_bytes)


def encode_flags(flags: Iterable[bool]) -> bytes:
    """Write one byte a group."""
    return bytes(flags)


def decode_flags(body: bytes, count: int) -> list[bool]:
    """Read one byte (0 or 1) a group. Raises: InvalidRecord."""
    if len(body) != count or any(byte > 1 for byte in body):
        raise InvalidRecord(f"flags: {count} bytes of 0 or 1 expected")
    return [byte == 1 for byte in body]


def _decode_sets(
    body: bytes, terms: JoinTerms, what: str, count: int, allowed: tuple[int, int, int]
) -> tuple[list[int], list[bytes]]:
    """Read sizes (least, most, unit), then as many elements. Raises: InvalidRecord."""
    header, (least, most, unit) = count * _COUNT_BYTES, allowed
    sizes = _sizes(body, count)
    if any(size % unit or not least <= size <= most for size in sizes):
        raise InvalidRecord(f"{what}: {least} to {most} a group in units of {unit} expected")
    if len(body) != header + terms.prime_group.element_bytes * sum(sizes):
        raise InvalidRecord(f"{what}: {sum(sizes)} elements announced, got {len(body)} bytes")
    return sizes, distinct_elements(body[header:], terms.prime_group)


def _sizes(body: bytes, count: int) -> list[int]:
    return [int.from_bytes(body[i : i + _COUNT_BYTES], "big") for i in range(0, count * _COUNT_BYTES, _COUNT_BYTES)]


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """What one owner tells the recipient: its share of every opened cell, blanks for the others.

    The length is the same whatever is opened. ``salt`` keeps its digest, which the co-owner signs, from
    being guessed.
    """

    salt: bytes
    transcript: bytes
    opened: tuple[bool, ...]
    values: tuple[tuple[int, ...], ...]

    def encode(self, terms: JoinTerms) -> bytes:
        widths = terms.slots.bytes
        cells = b"".join(
            value.to_bytes(width, "big") for cell in self.values for value, width in zip(cell, widths, strict=True)
        )
        return self.salt + self.transcript + encode_flags(self.opened) + cells


def share_size(terms: JoinTerms) -> int:
    """Bytes of an owner's share."""
    return 64 + len(terms.cells) * (1 + sum(terms.slots.bytes))


def decode_share(body: bytes, terms: JoinTerms) -> OwnerShare:
    """Read an owner's share; closed cells must be blank. Raises: InvalidRecord."""
    groups = len(terms.cells)
    if len(body) != share_size(terms):
        raise InvalidRecord(f"share: {share_size(terms)} bytes expected, got {len(body)}")
    opened = decode_flags(body[64 : 64 + groups], groups)
    values, start = [], 64 + groups
    for is_open in opened:
        cell = []
        for width in terms.slots.bytes:
            cell.append(int.from_bytes(body[start : start + width], "big"))
            start += width
        if any(cell) and not is_open:
            raise InvalidRecord("share: a closed cell is not blank")
        values.append(tuple(cell))
    return OwnerShare(body[:32], body[32:64], tuple(opened), tuple(values))
