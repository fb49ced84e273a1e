"""Signed calls are those other software signs, and bounded."""

from __future__ import annotations

import pytest
from foundedchain import DIRECTORY, OFFICER

from ledger.chain import wire
from ledger.chain.transactions import sign_call
from ledger.crypto.keys import PrivateKey
from ledger.errors import InvalidRecord


def test_transactions_need_a_chain_key_and_a_bounded_call() -> None:
    to = DIRECTORY
    with pytest.raises(InvalidRecord):
        sign_call(PrivateKey("ed25519", bytes(32)), chain_id=1, nonce=0, to=to, data=b"", gas=1)
    with pytest.raises(InvalidRecord):
        sign_call(OFFICER, chain_id=1, nonce=0, to=to, data=bytes((128 << 10) + 1), gas=1)


def test_signed_calls_are_what_other_software_signs() -> None:
    from eth_account import Account as EthAccount

    to = wire.data(DIRECTORY)
    wanted = {"nonce": 3, "gasPrice": 0, "gas": 99, "to": to, "value": 0, "data": b"abc", "chainId": 7}
    theirs = EthAccount.sign_transaction(wanted, OFFICER.secret).raw_transaction
    assert sign_call(OFFICER, chain_id=7, nonce=3, to=DIRECTORY, data=b"abc", gas=99) == bytes(theirs)
