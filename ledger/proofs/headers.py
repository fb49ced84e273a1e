"""Block headers sealed in the QBFT format, read from their raw RLP.

One verifier serves the embedded chain, Besu and GoQuorum: of 15 to 21 items it looks at those every fork has,
and at extraData = RLP[vanity, validators, vote, round, seals].
What it does NOT do: fetch headers, know which validators to trust, or read IBFT 1/2 and Clique headers.
Source: Besu QbftExtraDataCodec; GoQuorum core/types/istanbul.go (QBFTHashWithRoundNumber).
Trust assumption: fewer than a third of the given validators seal what did not happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from ledger import rlp
from ledger.crypto.signing import Address, recover
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256

ISTANBUL_DIGEST = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""mixHash of every sealed header: "ctical byzantine fault tolerance", by which clients tell the format."""

MAX_HEADER = 1 << 16
MAX_VALIDATORS = 256
VANITY = 32
SEAL = 65

_PARENT, _OMMERS, _COINBASE, _STATE, _TRANSACTIONS, _RECEIPTS, _BLOOM, _DIFFICULTY, _NUMBER = range(9)
_GAS_LIMIT, _GAS_USED, _TIMESTAMP, _EXTRA, _MIX, _NONCE = range(9, 15)
_SIZES = {_PARENT: 32, _OMMERS: 32, _COINBASE: 20, _STATE: 32, _TRANSACTIONS: 32, _RECEIPTS: 32, _BLOOM: 256}
_SIZES |= {_MIX: 32, _NONCE: 8}
_SCALARS = (_DIFFICULTY, _NUMBER, _GAS_LIMIT, _GAS_USED, _TIMESTAMP)
KEPT = 512
"""Headers that were read, and verified, and are known again by their bytes; some kilobytes each."""


@dataclass(frozen=True, slots=True)
class Header:
    """A well-formed header; only ``verify_header`` says that it is sealed. Made by ``parse_header``."""

    number: int
    timestamp: int  # unix seconds
    parent_hash: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    validators: tuple[Address, ...]
    seals: tuple[bytes, ...]
    vanity: bytes
    round_number: int
    block_hash: bytes  # what children and proofs refer to: without round and seals
    seal_hash: bytes  # what validators sign: without seals
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Extra:
    vanity: bytes
    validators: tuple[Address, ...]
    vote: rlp.Item
    round_number: int
    seals: tuple[bytes, ...]

    def encode(self, round_number: int, seals: tuple[bytes, ...]) -> bytes:
        return rlp.encode((self.vanity, self.validators, self.vote, rlp.encode_uint(round_number), seals))


@lru_cache(maxsize=KEPT)
def parse_header(raw: bytes) -> Header:
    """Read a header without judging its seals.

    Raises:
        InvalidRecord: not a canonical header in the QBFT format.
    """
    items = _items(raw)
    extra = _parse_extra(items[_EXTRA])
    hash_ = keccak256(_replace_extra(items, extra.encode(0, ())))
    to_seal = _replace_extra(items, extra.encode(extra.round_number, ()))
    if items[_MIX] != ISTANBUL_DIGEST:
        raise InvalidRecord("header: mixHash is not the Istanbul digest")
    return Header(
        number=rlp.decode_uint(items[_NUMBER]),
        timestamp=rlp.decode_uint(items[_TIMESTAMP]),
        parent_hash=items[_PARENT],
        state_root=items[_STATE],
        transactions_root=items[_TRANSACTIONS],
        receipts_root=items[_RECEIPTS],
        validators=extra.validators,
        seals=extra.seals,
        vanity=extra.vanity,
        round_number=extra.round_number,
        block_hash=hash_,
        seal_hash=keccak256(to_seal) if extra.round_number else hash_,
        raw=raw,
    )


def verify_header(raw: bytes, validators: Sequence[Address]) -> Header:
    """Read a header and check that a quorum of exactly these validators sealed it.

    Args:
        validators: the trusted set of this block, in any order.

    Raises:
        InvalidRecord: not a canonical header.
        VerificationError: another validator set, or seals too few, foreign, doubled or out of order.
    """
    return _verified(raw, tuple(sorted(set(validators))))


@lru_cache(maxsize=KEPT)
def _verified(raw: bytes, validators: tuple[Address, ...]) -> Header:
    header = parse_header(raw)
    if header.validators != validators:
        raise VerificationError(f"header {header.number}: names other validators than the trusted ones")
    signers = [_sealer(header, seal) for seal in header.seals]
    if any(later <= earlier for earlier, later in pairwise(signers)):
        raise VerificationError(f"header {header.number}: seals are not in strict order of their signers")
    if not set(signers) <= set(header.validators):
        raise VerificationError(f"header {header.number}: sealed by somebody who is no validator")
    needed = quorum(len(header.validators))
    if len(signers) < needed:
        raise VerificationError(f"header {header.number}: expected {needed} seals, got {len(signers)}")
    return header


def quorum(n: int) -> int:
    """Return how many of n validators make a block final: ceil(2n/3)."""
    return -(-2 * n // 3)


def extra_data(vanity: bytes, validators: Sequence[Address], seals: Sequence[bytes] = (), round_: int = 0) -> bytes:
    """Build the extraData of a header.

    Args:
        validators: strictly ascending.
        seals: ordered by signer, as ``with_seals`` does.
    """
    encoded = _Extra(vanity, tuple(validators), (), round_, ()).encode(round_, tuple(seals))
    _parse_extra(encoded)
    return encoded


def with_seals(raw: bytes, seals: Sequence[bytes]) -> bytes:
    """Return the header carrying these seals in the order of their signers.

    The block hash does not cover the seals, so headers of other clients, which order seals as they arrived,
    are brought into the one accepted order by ``with_seals(raw, parse_header(raw).seals)``.

    Raises:
        InvalidRecord: not a header, or a seal no key belongs to.
        VerificationError: likewise.
    """
    items = _items(raw)
    extra, digest = _parse_extra(items[_EXTRA]), seal_hash(raw)
    ordered = tuple(sorted(set(seals), key=lambda seal: recover(digest, seal)))
    return _replace_extra(items, extra.encode(extra.round_number, ordered))


def block_hash(raw: bytes) -> bytes:
    """Return the hash by which children and proofs name a header."""
    return parse_header(raw).block_hash


def seal_hash(raw: bytes) -> bytes:
    """Return the digest that validators sign."""
    return parse_header(raw).seal_hash


def _sealer(header: Header, seal: bytes) -> Address:
    try:
        return recover(header.seal_hash, seal)
    except InvalidRecord as exc:
        raise VerificationError(f"header {header.number}: a seal is malformed: {exc}") from exc


def _items(raw: bytes) -> tuple[bytes, ...]:
    """Split a header and check the form of the items every fork shares."""
    decoded = rlp.decode(raw, limit=MAX_HEADER)
    if isinstance(decoded, bytes) or not 15 <= len(decoded) <= 21:
        raise InvalidRecord("header: expected a list of 15 to 21 items")
    items = tuple(item for item in decoded if isinstance(item, bytes))
    if len(items) != len(decoded):
        raise InvalidRecord("header: expected byte strings only, got a list")
    for index, size in _SIZES.items():
        if len(items[index]) != size:
            raise InvalidRecord(f"header: expected {size} bytes in item {index}, got {len(items[index])}")
    for index in _SCALARS:
        rlp.decode_uint(items[index], max_bytes=32 if index == _DIFFICULTY else 8)
    return items


def _parse_extra(data: bytes) -> _Extra:
    match rlp.decode(data, limit=MAX_HEADER):
        case (bytes(vanity), tuple(validators), tuple(vote), round_number, tuple(seals)):
            pass
        case _:
            raise InvalidRecord("extraData: expected [vanity, validators, vote, round, seals]")
    if len(vanity) != VANITY:
        raise InvalidRecord(f"extraData: expected a vanity of {VANITY} bytes, got {len(vanity)}")
    members = tuple(Address(member) for member in _equal_sized("validator", validators, 20))
    if any(later <= earlier for earlier, later in pairwise(members)):
        raise InvalidRecord("extraData: validators are not in strictly ascending order")
    if not members:
        raise InvalidRecord("extraData: no validators")
    if len(vote) not in (0, 2) or not all(isinstance(item, bytes) for item in vote):
        raise InvalidRecord("extraData: expected an empty vote or [address, verdict]")
    number = rlp.decode_uint(round_number, max_bytes=4)
    return _Extra(vanity, members, vote, number, _equal_sized("seal", seals, SEAL))


def _equal_sized(what: str, items: tuple[rlp.Item, ...], size: int) -> tuple[bytes, ...]:
    if len(items) > MAX_VALIDATORS:
        raise InvalidRecord(f"extraData: expected at most {MAX_VALIDATORS} {what}s, got {len(items)}")
    sized = tuple(item for item in items if isinstance(item, bytes) and len(item) == size)
    if len(sized) != len(items):
        raise InvalidRecord(f"extraData: expected {what}s of {size} bytes")
    return sized


def _replace_extra(items: tuple[bytes, ...], extra: bytes) -> bytes:
    return rlp.encode((*items[:_EXTRA], extra, *items[_EXTRA + 1 :]))
