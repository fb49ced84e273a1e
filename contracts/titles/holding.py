"""Who holds a right in which shares, as values, as one digest, and as the extract that opens a unit.

Holders are salted commitments that the registrar makes anew for each unit, so that nobody can follow a person from
unit to unit. Shares always sum to one.
Source: ISO 19152 (LADM), LA_RRR with share and shareCheck.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from math import lcm
from typing import Final

from ledger.abi import AbiValue, encode
from ledger.errors import InvalidRecord
from ledger.hashing import keccak256

MAX_HOLDERS: Final = 16
MAX_DENOMINATOR: Final = 1 << 64
EXTRACT_LABEL: Final = b"SHUXIN-EXTRACT-1"
PAST_LABEL: Final = b"SHUXIN-PAST-V1--"


@dataclass(frozen=True, slots=True)
class Holdings:
    """Holders in ascending order, each with the numerator of its share; 32-byte commitments."""

    holders: tuple[bytes, ...]
    numerators: tuple[int, ...]
    denominator: int

    @property
    def values(self) -> tuple[AbiValue, ...]:
        """The tuple that calls of Titles carry."""
        return self.holders, self.numerators, self.denominator

    def shares(self) -> dict[bytes, Fraction]:
        """Return each holder's share of the right."""
        return {
            holder: Fraction(number, self.denominator)
            for holder, number in zip(self.holders, self.numerators, strict=True)
        }

    def digest(self) -> bytes:
        """Return the digest in storage.

        Raises:
            InvalidRecord: this is no list of holders; with the text of the contract's revert.
        """
        check(self)
        return keccak256(encode(("bytes32[]", "uint256[]", "uint256"), self.values))

    def divides_like(self, other: Holdings) -> bool:
        """Say whether both divide the right alike, whoever holds the shares."""
        return self.denominator == other.denominator and sorted(self.numerators) == sorted(other.numerators)


def check(held: Holdings) -> None:
    """Refuse what is no list of holders whose shares sum to one.

    Raises:
        InvalidRecord: in the order and with the texts of the contract.
    """
    if not held.holders:
        raise InvalidRecord("title: no holder")
    if len(held.holders) != len(held.numerators):
        raise InvalidRecord("title: a share for each holder")
    if not 0 < held.denominator <= MAX_DENOMINATOR:
        raise InvalidRecord("title: denominator")
    before = bytes(32)
    for holder, number in zip(held.holders, held.numerators, strict=True):
        if holder <= before:
            raise InvalidRecord("title: holders in ascending order")
        if not 0 < number <= held.denominator:
            raise InvalidRecord("title: share")
        before = holder
    if sum(held.numerators) != held.denominator:
        raise InvalidRecord("title: shares do not sum to one")


def holdings_of(shares: Mapping[bytes, Fraction]) -> Holdings:
    """Write shares with their least common denominator.

    Raises:
        InvalidRecord: they do not sum to one, or are too many or too fine.
    """
    if len(shares) > MAX_HOLDERS:
        raise InvalidRecord(f"title: at most {MAX_HOLDERS} holders")
    holders = tuple(sorted(shares))
    denominator = lcm(*(share.denominator for share in shares.values()))
    numerators = tuple(int(shares[holder] * denominator) for holder in holders)
    held = Holdings(holders, numerators, denominator)
    check(held)
    return held


def sole(holder: bytes) -> Holdings:
    """Return the holdings of one holder."""
    return Holdings((holder,), (1,), 1)


def extract(unit: bytes, spatial: bytes, right: int, holdings: bytes, last: bytes) -> bytes:
    """Return the record by which the historical stream closes a unit: digests only, nothing about a person.

    Args:
        holdings: digest of who holds the right.
        last: where the chain of the unit's historical records ends (``past_of``).
    """
    return EXTRACT_LABEL + b"".join((unit, spatial, right.to_bytes(32, "big"), holdings, last))


def past_of(leaves: Iterable[bytes], before: bytes = bytes(32)) -> bytes:
    """Return where the chain of a unit's historical records ends: one hash over all of them, in the stream's order.

    An extract that names it leaves nothing out: neither a record in the middle nor the order can be changed afterwards.

    Args:
        leaves: of the records in the historical stream.
        before: where the chain of earlier ones ended.
    """
    for leaf in leaves:
        before = sha256(PAST_LABEL + before + leaf).digest()
    return before


def successors_digest(parts: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return what the entry of a divided unit says about its parts: (unit, spatial) each."""
    return keccak256(encode(("(bytes32,bytes32)[]",), (tuple(parts),)))


def parts_digest(units: Iterable[bytes]) -> bytes:
    """Return what the entry of a merged unit says about the units it was made of."""
    return keccak256(encode(("bytes32[]",), (tuple(units),)))
