"""Calls of Vouchers, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import VOUCHERS
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from contracts.vouchers.rules import Issue, Revoke, Transfer, Voucher
from ledger.chain.port import Operation, StateFact


def issue(call: Issue, *, op_id: bytes) -> Operation:
    """Build the call that issues a voucher."""
    return Operation(VOUCHERS, "issue", astuple(call), op_id)


def transfer(call: Transfer, *, op_id: bytes) -> Operation:
    """Build the call that hands a voucher on."""
    return Operation(VOUCHERS, "transfer", astuple(call), op_id)


def revoke(call: Revoke, *, op_id: bytes) -> Operation:
    """Build the call that ends a voucher."""
    return Operation(VOUCHERS, "revoke", astuple(call), op_id)


def voucher_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a voucher with its holder, period and end."""
    return struct_fact(VOUCHERS, "vouchers", id, block_number=block_number)


def decode_voucher(id: bytes, values: Mapping[bytes, bytes]) -> Voucher:
    """Read the voucher from the words proven for voucher_fact; all zero proves that there is none.

    Raises:
        InvalidRecord: the proof does not cover it.
    """
    return decode_struct(Voucher, values, VOUCHERS, "vouchers", id)


def latest_fact(issuer: bytes, asset: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: which voucher of an asset an issuer issued last."""
    return StateFact(VOUCHERS, (layout_of(VOUCHERS).slot("latest", issuer, asset),), block_number)


def decode_latest(issuer: bytes, asset: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Read the id from the word proven for latest_fact; zero proves that there is none."""
    return layout.digest(values, layout_of(VOUCHERS).slot("latest", issuer, asset))
