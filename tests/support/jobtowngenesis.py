"""How the town of jobs is founded: its parties, their keys and agents, and two committees of validators."""

from __future__ import annotations

import warnings

from foundedchain import CHAIN_ID, END, START, committee, private_key, trial

from contracts.addresses import GENESIS_ADDRESSES
from contracts.artefacts import interfaces
from contracts.genesis import Founding, founding
from contracts.parties.calls import Enroll, Register
from contracts.parties.client import party_id
from contracts.regulation.reader import national
from contracts.world import AgentRole, PartyRole
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address, Ed25519Signer
from ledger.embedded.genesis import GenesisConfig, Predeploy
from ledger.embedded.rules import SenderRule, ValidatorRule
from ledger.hashing import keccak256
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TINY = InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)


OFFICE, HOLDER, LISTER = "audit-office", "finance", "tax"
REGISTRARS = ("registrar-1", "registrar-2", "registrar-3")
OWNERS = (*REGISTRARS, HOLDER, LISTER)
VALIDATORS, SUCCESSORS = committee("town validator"), committee("town successor")
MEMBERS = tuple(private_key(f"town member {i}") for i in range(2))


def statement_key(party: str, epoch: int = 1) -> Ed25519Signer:
    return Ed25519Signer(keccak256(f"town statement {party} {epoch}".encode()))


def agent(party: str, role: AgentRole) -> PrivateKey:
    return private_key(f"town {party} {role.name}")


def deputy(party: str) -> PrivateKey:
    """The second officer, without whom no limit is raised."""
    return private_key(f"town {party} deputy")


def genesis() -> GenesisConfig:
    codes = dict.fromkeys(OWNERS, PartyRole.OWNER)
    codes |= dict.fromkeys(REGISTRARS, PartyRole.OWNER | PartyRole.REGISTRAR)
    codes |= {OFFICE: PartyRole.REQUESTER, "authority": PartyRole.AUTHORITY}
    roles = (AgentRole.OFFICER, AgentRole.NODE, AgentRole.APPROVER, AgentRole.HEAD)
    agents = [
        Enroll(agent(party, role).address, party_id(party), int(role), START - 1, END)
        for party in (*OWNERS, OFFICE)
        for role in roles
    ]
    agents += [Enroll(deputy(p).address, party_id(p), int(AgentRole.OFFICER), START - 1, END) for p in OWNERS]
    agents += [Enroll(key.address, party_id("authority"), int(AgentRole.OFFICER), START - 1, END) for key in MEMBERS]
    validators = tuple(key.address for key in VALIDATORS)
    described = founding(
        Founding(
            time=START,
            members=tuple(key.address for key in MEMBERS),
            quorum=2,
            validators=validators,
            parties=tuple(_register(code, int(role)) for code, role in codes.items()),
            agents=tuple(agents),
            spans=trial(),
            rule_sets=(national().call,),
        )
    )
    layouts = {name: interface.layout for name, interface in interfaces().items()}
    governance, registry = Address(GENESIS_ADDRESSES["Governance"]), Address(GENESIS_ADDRESSES["Parties"])
    return GenesisConfig(
        chain_id=CHAIN_ID,
        timestamp=START,
        validators=validators,
        predeploys=tuple(Predeploy(Address(at), *found) for at, found in sorted(described.items())),
        sender_rule=SenderRule(registry, layouts["Parties"]["admitted_until"]),
        validator_rule=ValidatorRule(
            governance, layouts["Governance"]["validators_hash"], layouts["Governance"]["validators"]
        ),
    )


def _register(code: str, role: int) -> Register:
    key, word = statement_key(code).public, keccak256(f"town {code}".encode())
    return Register(party_id(code), role, START - 1, END, key, word, word)
