"""A chain key of a party's agent gives way to another: an officer's, deputy's, head's, node's or approver's.

    made       in the department's own store, as ``NAME.next``; it never leaves it
    enrolled   on chain with the roles of the one before, by the party's approver, or by members of Governance
    dismissed  the one before: from that block on the chain admits nothing that it signs
    named      ``NAME.next`` becomes ``NAME``; the one before is kept as ``NAME.until-`` and how its address begins

A command that was killed half way goes on where it stood. What the old key signed before stays valid: records of the
chain name who was in office when they were made. What this does NOT do: change what other departments' heads agreed to
with the old key and nobody carried out, or tell a thief from the officer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.addresses import GOVERNANCE, PARTIES
from contracts.governance import client as governance
from contracts.layout import layout_of
from contracts.parties import client as parties
from contracts.parties.client import party_id
from contracts.parties.record import Agent
from gateway.network.governing import Member, Standing
from gateway.network.membership import IN_FORCE, party_of
from ledger.chain.port import Operation, Receipt, StateFact
from ledger.crypto.keys import FileKeyStore, PrivateKey
from ledger.crypto.signing import Address
from ledger.errors import Conflict, NotFound

NEXT = ".next"


class Appointer(Protocol):
    """Who appoints agents of a party: its approver, at the chain."""

    party: str

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]: ...

    def now(self) -> int: ...

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class Succession:
    """What has come of it. kept: the name under which the key before stays, empty where it was lost."""

    old: Address
    new: Address
    roles: int
    until: int
    kept: str


def agent_of(address: bytes, proven: Callable[[StateFact], Mapping[bytes, bytes]]) -> Agent:
    """Read an agent's record by proof; raises NotFound if the address never was one."""
    found = parties.decode_agent(address, proven(parties.agent_fact(address)))
    if not any(found.party):
        raise NotFound(f"agent 0x{address.hex()}: none of this address was ever enrolled")
    return found


def replace_key(
    appointer: Appointer, keys: FileKeyStore, name: str, *, lost: Address | None = None, until: int | None = None
) -> Succession:
    """Put a new key in the place of an agent's.

    Args:
        name: in the key store. lost: address of the key before, where the store has it no more.
        until: end of the new key's validity, unix seconds; if None that of the one before, or of the party where the
            one before was ended already.

    Raises:
        NotFound: neither the store nor ``lost`` names the key before, or the chain never had it.
        NotAuthorized: the chain refuses: it is not this party's approver who asks, or a role may not be given.
    """
    if lost is None and not {name, name + NEXT} & set(keys.names()):
        raise NotFound(f"key {name}: there is none in the store; name the address of the lost one")
    new = _next(keys, name)
    old = keys.load(name).address if name in keys.names() else lost
    if old is None or old == new.address:  # only the names were left to do, or nothing can be done
        return _named(appointer, keys, name, new)
    held = agent_of(old, appointer.proven)
    if held.party != party_id(appointer.party):
        raise Conflict(f"agent 0x{old.hex()}: acts for another party than {appointer.party}")
    end = _enrol(appointer, new.address, held, until)
    dismiss(appointer, old)
    kept = f"{name}.until-{old.hex()[:8]}"
    is_kept = name in keys.names()
    if is_kept:
        keys.move(name, kept)
    keys.move(name + NEXT, name)
    return Succession(old, new.address, held.roles, end, kept if is_kept else "")


def offices(appointer: Appointer, keys: FileKeyStore, names: Sequence[str]) -> dict[str, tuple[Address, Agent]]:
    """Read what the chain knows of the keys in a store, by name; keys that never were an agent's are left out."""
    found, present = dict[str, tuple[Address, Agent]](), keys.names()
    for name in names:
        if name in present and (key := keys.load(name)).kind == "secp256k1":
            agent = parties.decode_agent(key.address, appointer.proven(parties.agent_fact(key.address)))
            if any(agent.party):
                found[name] = key.address, agent
    return found


def dismiss(appointer: Appointer, address: Address) -> None:
    """End an agent's powers now, by its party's approver; one that has ended stays so.

    Raises:
        NotFound: never an agent. NotAuthorized: the chain refuses: of another party.
    """
    if appointer.now() < agent_of(address, appointer.proven).valid_until:
        call = parties.dismiss
        appointer.change(PARTIES, _entity(address), "dismiss", lambda op_id: call(address, op_id=op_id))


def enrol_by_vote(member: Member, code: str, address: Address, roles: int) -> Standing:
    """Take this member's turn in enrolling an agent of a party whose approver cannot, as long as the party lasts.

    Raises:
        NotFound: no such party. Conflict: the address acts for another party.
    """
    owner = party_of(code, member.proven)
    held = parties.decode_agent(address, member.proven(parties.agent_fact(address)))
    if any(held.party) and held.party != party_id(code):
        raise Conflict(f"agent 0x{address.hex()}: acts for another party than {code}")
    words = (address, party_id(code), int(roles), owner.valid_from, owner.valid_until)
    if (held.roles, held.valid_from, held.valid_until) == words[2:]:
        return IN_FORCE
    return member.decide(governance.invocation(PARTIES, "enroll", *words))


def dismiss_by_vote(member: Member, address: Address) -> Standing:
    """Take this member's turn in ending an agent's powers; raises NotFound for none."""
    agent_of(address, member.proven)
    slot = parties.admitted_slot(address)
    if not any(member.proven(StateFact(PARTIES, (slot,)))[slot]):
        return IN_FORCE
    return member.decide(governance.invocation(PARTIES, "dismiss", address))


def replace_member(member: Member, old: Address, new: Address) -> Standing:
    """Take this member's turn in putting one member of Governance in the place of another: first the new one in.

    Raises:
        NotFound: the old one is no member, and neither is the new one.
        Conflict: both are the same; to vote a member out is another decision.
    """
    if old == new:
        raise Conflict(f"member 0x{new.hex()}: cannot take its own place")
    if not is_member(new, member.proven):
        if not is_member(old, member.proven):
            raise NotFound(f"member 0x{old.hex()}: not of Governance")
        return member.decide(governance.invocation(GOVERNANCE, "set_member", new, True))
    if is_member(old, member.proven):
        return member.decide(governance.invocation(GOVERNANCE, "set_member", old, False))
    return IN_FORCE


def is_member(address: bytes, proven: Callable[[StateFact], Mapping[bytes, bytes]]) -> bool:
    """Read by proof whether somebody votes in Governance."""
    slot = layout_of(GOVERNANCE).slot("members", address)
    return any(proven(StateFact(GOVERNANCE, (slot,)))[slot])


def _next(keys: FileKeyStore, name: str) -> PrivateKey:
    if name + NEXT in keys.names():
        return keys.load(name + NEXT)
    return keys.create(name + NEXT, "secp256k1")


def _named(appointer: Appointer, keys: FileKeyStore, name: str, new: PrivateKey) -> Succession:
    """Finish what was interrupted among the names; raises NotFound if the new key is not in office yet."""
    held = parties.decode_agent(new.address, appointer.proven(parties.agent_fact(new.address)))
    if held.party != party_id(appointer.party):
        raise NotFound(f"key {name}{NEXT}: not in office yet; name the address of the one before")
    keys.move(name + NEXT, name)
    return Succession(new.address, new.address, held.roles, held.valid_until, "")


def _enrol(appointer: Appointer, address: Address, before: Agent, until: int | None) -> int:
    """Enrol from now on, unless that was done before the command was interrupted; return the end."""
    held = parties.decode_agent(address, appointer.proven(parties.agent_fact(address)))
    if held.roles == before.roles and until in (None, held.valid_until):
        return held.valid_until
    party, since = party_id(appointer.party), appointer.now()
    last = before.valid_until if since < before.valid_until else party_of(appointer.party, appointer.proven).valid_until
    end = until or last

    def call(op_id: bytes) -> Operation:
        return parties.enroll(address, party, before.roles, since, end, op_id=op_id)

    appointer.change(PARTIES, _entity(address), "enroll", call)
    return end


def _entity(address: bytes) -> bytes:
    return address.rjust(32, b"\0")
