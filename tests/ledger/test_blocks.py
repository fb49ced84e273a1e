"""Signed calls of every type a chain admits are read back with their sender; whatever else stands there is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import rlp
from ledger.chain.port import Body
from ledger.chain.transactions import sign_call
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address, sign_digest
from ledger.embedded.execution.tries import ordered_root
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.blocks import Sent, read_body, read_transaction
from ledger.proofs.headers import Header
from ledger.proofs.prover import block_transactions

KEY = PrivateKey("secp256k1", bytes(31) + b"\x07")
TARGET = Address(bytes(range(20)))
OWN = sign_call(KEY, chain_id=20261, nonce=3, to=TARGET, data=b"\x01\x02\x03\x04", gas=5_000_000)


@pytest.mark.parametrize(
    "fee",
    [
        {"gasPrice": 0},
        {"gasPrice": 0, "accessList": ()},
        {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0},
    ],
)
@pytest.mark.parametrize("chain_id", [1, 20261])
def test_every_admitted_type_gives_its_sender_target_and_data(fee: dict[str, object], chain_id: int) -> None:
    call = {"nonce": 3, "gas": 90_000, "to": "0x" + TARGET.hex(), "value": 0, "data": "0x01020304"} | fee
    signed = Account.sign_transaction({**call, "chainId": chain_id}, KEY.secret)
    assert read_transaction(bytes(signed.raw_transaction)) == (KEY.address, TARGET, b"\x01\x02\x03\x04")


def block(*transactions: bytes) -> tuple[Header, Body]:
    """A block of transactions that all were accepted, and the header that commits to it."""
    receipt = rlp.encode((b"\x01", b"", bytes(256), ()))
    body = Body(transactions, tuple(receipt for _ in transactions))
    roots = {"transactions_root": ordered_root(transactions), "receipts_root": ordered_root(body.receipts)}
    return cast(Header, SimpleNamespace(number=1, **roots)), body


def test_what_is_no_call_keeps_its_place_in_a_block_and_is_not_read() -> None:
    items = rlp.decode(OWN)
    assert isinstance(items, tuple)
    creating, unknown = rlp.encode((*items[:3], b"", *items[4:])), b"\x7e" + rlp.encode((b"",))
    header, body = block(creating, OWN, unknown, OWN)
    first, second, third, fourth = read_body(header, body)
    assert (first, third) == (None, None)
    assert second == fourth == Sent(KEY.address, TARGET, b"\x01\x02\x03\x04", accepted=True)
    with pytest.raises(VerificationError, match="these are not all its transactions"):
        read_body(header, Body((OWN, creating, unknown, OWN), body.receipts))


@pytest.mark.parametrize(("kind", "own"), [(3, (b"\x01", (bytes(32),))), (4, ((),))])
def test_a_call_is_read_in_the_newest_types_as_well(kind: int, own: tuple[rlp.Item, ...]) -> None:
    """Blobs and delegations stand behind what a call of type 2 has, and hide no call from a reader."""
    signed = (b"\x01", b"\x03", b"", b"", b"\x09", TARGET, b"", b"\x01\x02", (), *own)
    signature = sign_digest(KEY.secret, keccak256(bytes([kind]) + rlp.encode(signed)))
    recovery, r, s = signature[64], *(int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    raw = bytes([kind]) + rlp.encode((*signed, *map(rlp.encode_uint, (recovery, r, s))))
    assert read_transaction(raw) == (KEY.address, TARGET, b"\x01\x02")
    with pytest.raises(InvalidRecord, match="of no type that is known"):
        read_transaction(bytes([kind + 2]) + raw[1:])


def test_what_this_project_signs_is_read_back() -> None:
    assert read_transaction(OWN) == (KEY.address, TARGET, b"\x01\x02\x03\x04")


def test_a_transaction_without_chain_or_target_or_signature_is_refused() -> None:
    items = rlp.decode(OWN)
    assert isinstance(items, tuple)
    creating = rlp.encode((*items[:3], b"", *items[4:]))
    unsigned = rlp.encode((*items[:6], rlp.encode_uint(1), b"", b""))
    for raw in (b"", b"\x03\xc0", b"\xc0", creating, unsigned, OWN + b"\0", OWN[:-1]):
        with pytest.raises(InvalidRecord):
            read_transaction(raw)


@settings(deadline=None)
@given(st.integers(0, len(OWN) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_another_s_transaction(at: int, change: int) -> None:
    data = bytearray(OWN)
    data[at] ^= change
    try:
        sender, target, payload = read_transaction(bytes(data))
    except InvalidRecord:
        return
    # the signature still is of the whole: whoever "signed" the changed bytes is not the one who signed the real ones
    assert (sender, target, payload) != (KEY.address, TARGET, b"\x01\x02\x03\x04")


def test_a_block_is_split_into_its_transactions() -> None:
    typed = b"\x02" + rlp.encode((b"x",))
    assert block_transactions(rlp.encode(((), (rlp.decode(OWN), typed), ()))) == [OWN, typed]
    with pytest.raises(InvalidRecord, match="expected a block"):
        block_transactions(rlp.encode((b"", b"")))
