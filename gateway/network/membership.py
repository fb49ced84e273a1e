"""Who belongs to a network, as members of Governance decide by command: the end of a party, the validators.

A member's turn is that of ``gateway.network.governing``: everybody runs the same command, and whoever completes the
quorum carries it out. What it does NOT do: make a party's keys (the party does) or move a department's node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from contracts import layout
from contracts.addresses import GOVERNANCE, PARTIES
from contracts.governance import client as governance
from contracts.layout import layout_of
from contracts.parties import client as parties
from contracts.parties.client import party_id
from contracts.parties.record import Party
from gateway.network.governing import Member, Progress, Standing
from ledger.chain.port import StateFact
from ledger.crypto.signing import Address
from ledger.errors import Conflict, InvalidRecord, NotFound, VerificationError

Proven = Callable[[StateFact], Mapping[bytes, bytes]]
"""Reads proven words of the newest believed block."""
IN_FORCE = Standing(Progress.IN_FORCE, 0, 0)


def party_of(code: str, proven: Proven) -> Party:
    """Read a party's record; raises NotFound if none of this code is registered."""
    id = party_id(code)
    found = parties.decode_party(id, proven(parties.party_fact(id)))
    if not found.roles:
        raise NotFound(f"party {code}: none of this code is registered")
    return found


def end_party(member: Member, code: str, until: int) -> Standing:
    """Take this member's turn in ending a party, which keeps its roles up to then.

    An end only comes nearer: the contract's ``renew`` also lengthens and revives, which nobody decides under this name.

    Raises:
        NotFound: no such party is registered. InvalidRecord: it would end before it began, or after its end as it is.
    """
    held = party_of(code, member.proven)
    if until <= held.valid_from:
        raise InvalidRecord(f"party {code}: begins at {held.valid_from} and cannot end at {until}")
    if held.valid_until == until:
        return IN_FORCE
    if until > held.valid_until:
        raise InvalidRecord(f"party {code}: ends at {held.valid_until} already, and no later by being ended")
    ended = replace(held, valid_until=until)
    words = (party_id(code), ended.roles, ended.valid_from, ended.valid_until)
    return member.decide(governance.invocation(PARTIES, "renew", *words))


def validators_of(proven: Proven) -> tuple[Address, ...]:
    """Read who seals the blocks after the newest believed one, in ascending order."""
    found = layout_of(GOVERNANCE)
    length, digest = found.slot("validators"), governance.validators_hash_slot()
    count = layout.number(proven(StateFact(GOVERNANCE, (length,))), length)
    if count > governance.MAX_VALIDATORS:
        raise VerificationError(f"validators: the contract names {count}")
    slots = tuple(found.slot("validators", offset=1 + place) for place in range(count))
    values = proven(StateFact(GOVERNANCE, (*slots, digest)))
    members = tuple(Address(layout.address(values, slot)) for slot in slots)
    governance.verify_validators(members, values)
    return members


def replace_validator(member: Member, old: Address, new: Address | None) -> Standing:
    """Take this member's turn in putting one validator in the place of another, or of none.

    Raises:
        NotFound: the old one seals no blocks, and never did. Conflict: the new one seals already, or nobody would be
            left.
    """
    present = set(validators_of(member.proven))
    if old not in present:
        if (new is None or new in present) and member.has_sealed(old):
            return IN_FORCE
        raise NotFound(f"validator 0x{old.hex()}: seals no blocks of this network")
    if new in present:
        raise Conflict(f"validator 0x{new.hex() if new else ''}: seals blocks of this network already")
    wanted = tuple(sorted(present - {old} | ({new} if new is not None else set())))
    if not wanted:
        raise Conflict("validators: nobody would be left to seal")
    return member.decide(governance.invocation(GOVERNANCE, "set_validators", wanted))
