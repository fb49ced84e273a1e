"""Calls of Parties, the facts one can have proven about it, and what the proven words mean.

``register`` and ``renew`` are Governance's alone: build them with ``governance.client.invocation(PARTIES, ...)``.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts import layout
from contracts.addresses import PARTIES
from contracts.layout import layout_of
from contracts.parties.record import Agent, Keys, Party
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact
from ledger.hashing import keccak256


def party_id(code: str) -> bytes:
    """Return a party's id on chain; its code is public, e.g. ``"audit-office"``."""
    return keccak256(code.encode())


def enroll(agent: bytes, party: bytes, roles: int, valid_from: int, valid_until: int, *, op_id: bytes) -> Operation:
    """Build the call by which an approver appoints an agent of its party, or renews it."""
    return Operation(PARTIES, "enroll", (agent, party, int(roles), valid_from, valid_until), op_id)


def dismiss(agent: bytes, *, op_id: bytes) -> Operation:
    """Build the call that ends an agent's powers now."""
    return Operation(PARTIES, "dismiss", (agent,), op_id)


def rotate(party: bytes, statement: bytes, seal: bytes, tls: bytes, *, op_id: bytes) -> Operation:
    """Build the call that begins a new epoch of a party's keys."""
    return Operation(PARTIES, "rotate", (party, statement, seal, tls), op_id)


def compromised(party: bytes, epoch: int, since: int, *, op_id: bytes) -> Operation:
    """Build the call that declares an epoch's keys compromised since a time."""
    return Operation(PARTIES, "compromised", (party, epoch, since), op_id)


def party_fact(party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: roles and validity of a party."""
    return struct_fact(PARTIES, "parties", party, block_number=block_number)


def decode_party(party: bytes, values: Mapping[bytes, bytes]) -> Party:
    """Read the record from the words proven for party_fact."""
    return decode_struct(Party, values, PARTIES, "parties", party)


def agent_fact(agent: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: party, roles and validity of an agent."""
    return struct_fact(PARTIES, "agents", agent, block_number=block_number)


def decode_agent(agent: bytes, values: Mapping[bytes, bytes]) -> Agent:
    """Read the record from the words proven for agent_fact."""
    return decode_struct(Agent, values, PARTIES, "agents", agent)


def epoch_fact(party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the number of a party's current key epoch, 0 if it has none."""
    return StateFact(PARTIES, (_epoch_slot(party),), block_number)


def decode_epoch(party: bytes, values: Mapping[bytes, bytes]) -> int:
    """Read the number from the word proven for epoch_fact."""
    return layout.number(values, _epoch_slot(party))


def keys_fact(party: bytes, epoch: int, block_number: int | None = None) -> StateFact:
    """Name the fact: a party's public keys of one epoch, and the times that bound their use."""
    return struct_fact(PARTIES, "keyring", party, layout.word(epoch), block_number=block_number)


def decode_keys(party: bytes, epoch: int, values: Mapping[bytes, bytes]) -> Keys:
    """Read the record from the words proven for keys_fact."""
    return decode_struct(Keys, values, PARTIES, "keyring", party, layout.word(epoch))


def admitted_slot(agent: bytes) -> bytes:
    """Return the slot of the time until which the chain admits an address's transactions."""
    return layout_of(PARTIES).slot("admitted_until", agent)


def _epoch_slot(party: bytes) -> bytes:
    return layout_of(PARTIES).slot("epoch", party)
