"""Calls of Terminations, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import TERMINATIONS
from contracts.layout import layout_of
from contracts.records import choice
from contracts.terminations.rules import Announce, Answer, File, TerminationState
from ledger.chain.port import Operation, StateFact


def announce(call: Announce, *, op_id: bytes) -> Operation:
    """Build the call that tells the grantee that the service is to end."""
    return Operation(TERMINATIONS, "announce", astuple(call), op_id)


def answer(call: Answer, *, op_id: bytes) -> Operation:
    """Build the grantee's answer."""
    return Operation(TERMINATIONS, "answer", astuple(call), op_id)


def file(call: File, *, op_id: bytes) -> Operation:
    """Build the call that files a termination."""
    return Operation(TERMINATIONS, "file", astuple(call), op_id)


def termination_fact(authorization: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: how far the end of a service has come."""
    return StateFact(TERMINATIONS, (layout_of(TERMINATIONS).slot("states", authorization),), block_number)


def announced_fact(authorization: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the number of the last announcement, which a dispute about it names."""
    return StateFact(TERMINATIONS, (layout_of(TERMINATIONS).slot("announced", authorization),), block_number)


def decode_announced(authorization: bytes, values: Mapping[bytes, bytes]) -> int:
    """Read the number from the word proven for announced_fact; zero if no end was ever announced."""
    return layout.number(values, layout_of(TERMINATIONS).slot("announced", authorization))


def decode_termination(authorization: bytes, values: Mapping[bytes, bytes]) -> TerminationState:
    """Read the state from the word proven for termination_fact.

    Raises:
        InvalidRecord: the proof does not cover it, or the word is none the contract stores.
    """
    return choice(TerminationState, layout.number(values, layout_of(TERMINATIONS).slot("states", authorization)))
