"""Signed legacy transactions (EIP-155), the one form every Ethereum network of the last years takes.

It does NOT send them and chooses no nonce. Gas costs nothing on the networks this is for.

Source: EIP-155; Ethereum yellow paper section 4.2.
"""

from __future__ import annotations

from ledger import rlp
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address, sign_digest
from ledger.errors import InvalidRecord
from ledger.hashing import keccak256

MAX_DATA = 128 << 10


def sign_call(key: PrivateKey, *, chain_id: int, nonce: int, to: Address, data: bytes, gas: int) -> bytes:
    """Return the raw transaction that calls a contract, at gas price 0 and with no value.

    Raises: InvalidRecord if the data is too long to be admitted anywhere.
    """
    if len(data) > MAX_DATA:
        raise InvalidRecord(f"transaction: expected at most {MAX_DATA} bytes of call data, got {len(data)}")
    if key.kind != "secp256k1":
        raise InvalidRecord(f"transaction: a {key.kind} key does not sign transactions")
    fields = (rlp.encode_uint(nonce), b"", rlp.encode_uint(gas), bytes(to), b"", data)
    digest = keccak256(rlp.encode((*fields, rlp.encode_uint(chain_id), b"", b"")))
    signature = sign_digest(key.secret, digest)
    r, s, v = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:64], signature[64:]))
    return rlp.encode((*fields, rlp.encode_uint(v + 35 + 2 * chain_id), rlp.encode_uint(r), rlp.encode_uint(s)))
