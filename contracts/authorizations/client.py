"""Calls of Authorizations, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.addresses import AUTHORIZATIONS
from contracts.authorizations.record import Authorization
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact
from ledger.hashing import tagged


def operation_id(id: bytes, method: str, by: bytes, n: int = 0) -> bytes:
    """Derive the op_id of a call, so that a repeated attempt at the same change takes effect once.

    Args:
        by: the acting party.
        n: the number of changes the authorization has had and of refusals since, to tell a second suspension, or a
            second try, from the first.
    """
    return tagged("shuxin authorization call v1", id, method.encode("ascii"), by, n.to_bytes(8, "big"))


def suspend(id: bytes, reason: bytes, breach: int = 0, *, op_id: bytes) -> Operation:
    """Build the call that stops every use until resumed; breach 4002 is item 2 of article 40."""
    return Operation(AUTHORIZATIONS, "suspend", (id, reason, breach), op_id)


def resume(id: bytes, *, op_id: bytes) -> Operation:
    """Build the call that lifts a suspension."""
    return Operation(AUTHORIZATIONS, "resume", (id,), op_id)


def revoke(id: bytes, reason: bytes, *, op_id: bytes) -> Operation:
    """Build the call that ends an authorization."""
    return Operation(AUTHORIZATIONS, "revoke", (id, reason), op_id)


def dispose(id: bytes, certificate: bytes, *, op_id: bytes) -> Operation:
    """Build the call by which the grantee states that the data are disposed of."""
    return Operation(AUTHORIZATIONS, "dispose", (id, certificate), op_id)


def authorization_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the whole record of an authorization."""
    return struct_fact(AUTHORIZATIONS, "authorizations", id, block_number=block_number)


def decode_authorization(id: bytes, values: Mapping[bytes, bytes]) -> Authorization:
    """Read the record from the words proven for authorization_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover the record, or a word is none the contract stores.
    """
    return decode_struct(Authorization, values, AUTHORIZATIONS, "authorizations", id)
