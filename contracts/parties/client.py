"""Calls of Parties, the facts one can have proven about it, and what the proven words mean.

``register`` and ``renew`` are Governance's alone: build them with ``governance.client.invocation(PARTIES, ...)``.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts import layout
from contracts.addresses import PARTIES
from contracts.layout import layout_of
from contracts.parties.rules import Agent, Keys, Party
from ledger.chain import Operation, StateFact
from ledger.hashing import keccak256


def party_id(code: str) -> bytes:
    """Return a party's id on chain; its code is public, e.g. ``"audit-office"``."""
    return keccak256(code.encode())


def enroll(
    agent: bytes, party: bytes, roles: int, valid_from: int, valid_until: int, *, op_id: bytes
) -> Operation:
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
    return StateFact(PARTIES, tuple(layout_of(PARTIES).record("parties", party).values()), block_number)


def decode_party(party: bytes, values: Mapping[bytes, bytes]) -> Party:
    """Read the record from the words proven for party_fact."""
    slots = layout_of(PARTIES).record("parties", party)
    return Party(**{name: layout.number(values, slot) for name, slot in slots.items()})


def agent_fact(agent: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: party, roles and validity of an agent."""
    return StateFact(PARTIES, tuple(layout_of(PARTIES).record("agents", agent).values()), block_number)


def decode_agent(agent: bytes, values: Mapping[bytes, bytes]) -> Agent:
    """Read the record from the words proven for agent_fact."""
    slots = layout_of(PARTIES).record("agents", agent)
    numbers = {name: layout.number(values, slot) for name, slot in slots.items() if name != "party"}
    return Agent(party=layout.digest(values, slots["party"]), **numbers)


def epoch_fact(party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the number of a party's current key epoch, 0 if it has none."""
    return StateFact(PARTIES, (_epoch_slot(party),), block_number)


def decode_epoch(party: bytes, values: Mapping[bytes, bytes]) -> int:
    """Read the number from the word proven for epoch_fact."""
    return layout.number(values, _epoch_slot(party))


def keys_fact(party: bytes, epoch: int, block_number: int | None = None) -> StateFact:
    """Name the fact: a party's public keys of one epoch, and the times that bound their use."""
    return StateFact(PARTIES, tuple(_keys_slots(party, epoch).values()), block_number)


def decode_keys(party: bytes, epoch: int, values: Mapping[bytes, bytes]) -> Keys:
    """Read the record from the words proven for keys_fact."""
    slots = _keys_slots(party, epoch)
    return Keys(
        statement=layout.digest(values, slots["statement"]),
        seal=layout.digest(values, slots["seal"]),
        tls=layout.digest(values, slots["tls"]),
        since=layout.number(values, slots["since"]),
        until=layout.number(values, slots["until"]),
        compromised=layout.number(values, slots["compromised"]),
    )


def admitted_slot(agent: bytes) -> bytes:
    """Return the slot of the time until which the chain admits an address's transactions."""
    return layout_of(PARTIES).slot("admitted_until", agent)


def _epoch_slot(party: bytes) -> bytes:
    return layout_of(PARTIES).slot("epoch", party)


def _keys_slots(party: bytes, epoch: int) -> dict[str, bytes]:
    return layout_of(PARTIES).record("keyring", party, layout.word(epoch))
