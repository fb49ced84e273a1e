"""Calls of Applications, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.addresses import APPLICATIONS
from contracts.applications.rules import Accept, Application, Refuse, Withdraw
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact
from ledger.hashing import tagged


def application_id(register: str, code: str) -> bytes:
    """Return an application's id on chain.

    Args:
        register: name of the registrar's book. code: the number of the application there.
    """
    return tagged("SHUXIN-APPLICATION-V1", register.encode(), code.encode())


def accept(call: Accept, *, op_id: bytes) -> Operation:
    """Build the call that accepts an application."""
    return Operation(APPLICATIONS, "accept", (call.id, call.unit, call.kind, call.papers), op_id)


def withdraw(call: Withdraw, *, op_id: bytes) -> Operation:
    """Build the call that withdraws an application before its entry."""
    return Operation(APPLICATIONS, "withdraw", (call.id, call.source), op_id)


def refuse(call: Refuse, *, op_id: bytes) -> Operation:
    """Build the call that refuses registration with ground and reasons."""
    return Operation(APPLICATIONS, "refuse", (call.id, call.ground, call.reason), op_id)


def application_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: an application with its deadline and state."""
    return struct_fact(APPLICATIONS, "applications", id, block_number=block_number)


def decode_application(id: bytes, values: Mapping[bytes, bytes]) -> Application:
    """Read the application from the words proven for application_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Application, values, APPLICATIONS, "applications", id)
