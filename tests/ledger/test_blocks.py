"""Signed calls of every type a chain admits are read back with their sender; whatever else stands there is refused."""

from __future__ import annotations

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import rlp
from ledger.blocks import read_transaction
from ledger.errors import InvalidRecord
from ledger.keys import PrivateKey
from ledger.prover import block_transactions
from ledger.signing import Address
from ledger.transactions import sign_call

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
