"""The founding of a test city: all contracts, its parties with two officers, a head and a node each, and a governor."""

from __future__ import annotations

from collections.abc import Sequence

from foundedchain import START, VALIDATORS, trial

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, PARTIES
from contracts.authorizations.terms import identifier
from contracts.genesis import Founding, founding
from contracts.layout import layout_of
from contracts.parties.calls import Enroll, Register
from contracts.regulation.reader import national
from contracts.world import AgentRole, PartyRole
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address
from ledger.embedded.genesis import GenesisConfig, Predeploy
from ledger.embedded.rules import SenderRule, ValidatorRule
from ledger.hashing import keccak256

END = START + 10 * 365 * 86_400
GOVERNOR = "governor"
KINDS = {
    "agent": "secp256k1",
    "officer": "secp256k1",
    "deputy": "secp256k1",
    "head": "secp256k1",
    "approver": "secp256k1",
    "statement": "ed25519",
    "seal": "x25519",
}


def key(code: str, use: str) -> PrivateKey:
    """Derive a fixed key of a party."""
    return PrivateKey(KINDS[use], keccak256(f"department {code} {use}".encode()))


def genesis_of(codes: Sequence[str], more: PartyRole = PartyRole.OWNER) -> GenesisConfig:
    """All contracts, these parties with two officers, a head and a node each, and a governor.

    Args:
        more: a role that they have besides.
    """
    validators = tuple(validator.address for validator in VALIDATORS)
    governor = key(GOVERNOR, "officer").address
    roles = {GOVERNOR: PartyRole.AUTHORITY} | {code: PartyRole.OWNER | PartyRole.REQUESTER | more for code in codes}
    duties = {
        "officer": AgentRole.OFFICER,
        "deputy": AgentRole.OFFICER,
        "head": AgentRole.HEAD,
        "agent": AgentRole.NODE,
        "approver": AgentRole.APPROVER,
    }
    described = founding(
        Founding(
            time=START,
            members=(governor,),
            quorum=1,
            validators=validators,
            parties=tuple(_register(code, int(role)) for code, role in roles.items()),
            agents=tuple(
                Enroll(key(code, use).address, identifier(code), int(duty), START - 1, END)
                for code in roles
                for use, duty in duties.items()
            ),
            spans=trial(),
            rule_sets=(national().call,),
        )
    )
    governance, parties = layout_of(GOVERNANCE), layout_of(PARTIES)
    return GenesisConfig(
        chain_id=20261,
        timestamp=START,
        validators=validators,
        predeploys=tuple(Predeploy(Address(at), *found) for at, found in sorted(described.items())),
        sender_rule=SenderRule(Address(GENESIS_ADDRESSES[PARTIES]), parties.slots["admitted_until"]),
        validator_rule=ValidatorRule(
            Address(GENESIS_ADDRESSES[GOVERNANCE]), governance.slots["validators_hash"], governance.slots["validators"]
        ),
    )


def _register(code: str, roles: int) -> Register:
    tls = keccak256(f"{code} tls".encode())
    keys = key(code, "statement").public, key(code, "seal").public, tls
    return Register(identifier(code), roles, START - 1, END, *keys)
