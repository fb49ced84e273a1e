"""Calls of Regulation, the facts one can have proven about it, and what the proven words mean.

Rule sets are put in force by Governance alone: ``set_call`` is what a proposal carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts.addresses import REGULATION
from contracts.governance.client import Invocation, invocation
from contracts.layout import layout_of, word
from contracts.records import decode_struct, struct_fact
from contracts.regulation.rules import Limit, SetRules, Standing, State
from ledger.chain.port import StateFact
from ledger.hashing import keccak256


def jurisdiction_id(code: str) -> bytes:
    """Return a jurisdiction's id on chain; its code is public, e.g. ``"national"``."""
    return keccak256(code.encode())


def limit_id(code: str) -> bytes:
    """Return a limit's id on chain; its code is public, e.g. ``"answer-conditional"``."""
    return keccak256(code.encode())


def set_call(rules: SetRules) -> Invocation:
    """Build the call (target, data) that a proposal carries to put a rule set in force."""
    limits = tuple(map(astuple, rules.limits))
    return invocation(REGULATION, "set_rules", rules.jurisdiction, rules.digest, limits)


def standing_fact(jurisdiction: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: which rule set a jurisdiction has, since when."""
    return struct_fact(REGULATION, "rule_sets", jurisdiction, block_number=block_number)


def decode_standing(jurisdiction: bytes, values: Mapping[bytes, bytes]) -> Standing:
    """Read the record from the words proven for standing_fact; version 0 proves that there is none."""
    return decode_struct(Standing, values, REGULATION, "rule_sets", jurisdiction)


def limit_fact(jurisdiction: bytes, version: int, code: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a limit as one version of a rule set states it."""
    return struct_fact(REGULATION, "limits", jurisdiction, word(version), code, block_number=block_number)


def decode_limit(jurisdiction: bytes, version: int, code: bytes, values: Mapping[bytes, bytes]) -> Limit:
    """Read a limit from the words proven for limit_fact; amount 0 proves that there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Limit, values, REGULATION, "limits", jurisdiction, word(version), code)


def storage(state: State) -> dict[bytes, bytes]:
    """Return the words that make the contract hold a state's rule sets and limits."""
    found, words = layout_of(REGULATION), dict[bytes, bytes]()
    for jurisdiction, held in state.rule_sets.items():
        words |= zip(found.record("rule_sets", jurisdiction).values(), map(word, astuple(held)), strict=True)
    for (jurisdiction, version, code), limit in state.limits.items():
        slots = found.record("limits", jurisdiction, word(version), code).values()
        words |= zip(slots, map(word, astuple(limit)), strict=True)
    return {slot: value for slot, value in words.items() if any(value)}
