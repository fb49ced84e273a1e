"""Founding a network in a directory: keys and certificates of every party, genesis, trust file, configurations.

    DIR/genesis.json  trust.json          public: what the chain starts from, and what a verifier trusts
    DIR/network/chain.pem relay.pem parties/<code>.pem    public certificates
    DIR/chain/        the block builder: keys, tls, store        DIR/relay/   the relay: tls, store
    DIR/parties/<code>/   one department: keys, tls, passphrase, node.toml, terms, data, state
                          an authority, which runs no node, has office.toml for its officers' commands instead

Everybody's keys lie in one directory only because one person founds a network on one machine; in production each
department makes its own keys and hands in public ones, and each ``parties/<code>`` lives on that department's host.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from contracts.addresses import DIRECTORY, GENESIS_ADDRESSES, GOVERNANCE, NAMES, PARTIES
from contracts.artefacts import code_hash
from contracts.calendar.dates import ZONE
from contracts.calendar.notice import shipped
from contracts.calendar.rules import SetSpan
from contracts.calendar.trial import trial_spans
from contracts.disputes.rules import SetSuperior
from contracts.genesis import Founding, founding
from contracts.layout import layout_of
from contracts.parties.calls import Enroll, Register
from contracts.parties.client import party_id
from contracts.parties.rules import INSPECTION
from contracts.regulation.reader import national
from contracts.world import AgentRole, PartyRole
from ledger.crypto import tls
from ledger.crypto.keys import FileKeyStore, PrivateKey
from ledger.crypto.signing import Address
from ledger.embedded.genesis import GenesisConfig, Predeploy, genesis
from ledger.embedded.rules import SenderRule, ValidatorRule
from ledger.errors import Conflict
from ledger.proofs.headers import parse_header
from ledger.proofs.trust import Assurance, Trust

OPERATOR, AUTHORITY, GOVERNMENT = "operator", "authority", "government"
NODE, OFFICE = "node.toml", "office.toml"
YEARS_S = 10 * 365 * 86400
Keys = Mapping[str, PrivateKey]

_KINDS = {
    "agent": "secp256k1",
    "officer": "secp256k1",
    "deputy": "secp256k1",
    "head": "secp256k1",
    "approver": "secp256k1",
    "statement": "ed25519",
    "seal": "x25519",
}
_DUTIES = {
    "agent": AgentRole.NODE,
    "officer": AgentRole.OFFICER,
    "deputy": AgentRole.OFFICER,
    "head": AgentRole.HEAD,
    "approver": AgentRole.APPROVER,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One founding party.

    Attributes:
        validator: its node also seals blocks.
        governor: its approver sits in Governance.
        superior: the authority above it, which decides disputes; empty for none.
    """

    code: str
    roles: PartyRole
    validator: bool = False
    governor: bool = False
    superior: str = ""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where chain and relay listen on this machine."""

    chain: int
    relay: int


def found(
    directory: Path, plans: Sequence[Plan], ports: Ports, *, chain_id: int, now: datetime, is_trial: bool = False
) -> Trust:
    """Create the network; the builder holds one validator key beside those of the planned validators.

    Args:
        is_trial: count plain weeks as working days where no holiday notice says otherwise.

    Raises:
        Conflict: the directory already holds a network, or part of one.
    """
    if (directory / "genesis.json").exists():
        raise Conflict(f"{directory}: already holds a network; use another directory or start this one")
    if any((directory / name).exists() for name in ("parties", "chain", "relay")):
        raise Conflict(f"{directory}: a founding was broken off here; remove it or use another directory")
    keys = {plan.code: _make_party(directory, plan, now) for plan in plans}
    validators = _validators(directory, plans, keys, now)
    spans = trial_spans(now.astimezone(ZONE).date()) if is_trial else tuple(notice.span for notice in shipped())
    config = _genesis(plans, keys, directory, validators, chain_id, int(now.timestamp()), spans)
    header = parse_header(genesis(config).header)
    trust = Trust(
        chain_id=chain_id,
        genesis_hash=header.block_hash,
        validators=validators,
        directory=Address(GENESIS_ADDRESSES[DIRECTORY]),
        assurance=Assurance.CO_SIGNED if len(validators) > 1 else Assurance.SINGLE_OPERATOR,
        code_hashes={name: code_hash(name) for name in NAMES},
    )
    (directory / "trust.json").write_bytes(trust.encode())
    (directory / "network.json").write_text(
        json.dumps({"chain": ports.chain, "relay": ports.relay, "parties": sorted(keys)}, indent=1) + "\n"
    )
    # Written last: its presence says that everything before it is complete.
    (directory / "genesis.json").write_bytes(config.encode())
    return trust


def authorities(*beneath: Plan) -> list[Plan]:
    """Put an authority above parties, and a government above it, so that every step of a dispute has its forum."""
    return [
        *(replace(plan, superior=AUTHORITY) for plan in beneath),
        Plan(AUTHORITY, PartyRole.AUTHORITY, superior=GOVERNMENT),
        Plan(GOVERNMENT, PartyRole.AUTHORITY),
    ]


def write_configurations(directory: Path, plans: Sequence[Plan], ports: Ports, assets: Mapping[str, str]) -> None:
    """Write what each party's commands and node read; operators have none.

    Args:
        assets: of parties by code, their [[assets]] tables, ready as TOML.
    """
    for plan in plans:
        if plan.roles == PartyRole.AUTHORITY:
            write_node(directory, plan.code, ports, name=OFFICE)
        elif PartyRole.OPERATOR not in plan.roles:
            write_node(directory, plan.code, ports, assets.get(plan.code, ""))


def write_node(directory: Path, code: str, ports: Ports, assets: str = "", *, name: str = NODE) -> Path:
    """Write a party's configuration; ``assets`` are its [[assets]] tables, ready as TOML."""
    home = directory / "parties" / code
    is_sealing = (home / "keys" / "validator.key").exists()
    path = home / name
    path.write_text(
        f"""party = "{code}"
state = "state"
terms = "terms"

[chain]
url = "https://127.0.0.1:{ports.chain}"
certificate = "../../network/chain.pem"
trust = "../../trust.json"
parties = "../../network/parties"
genesis = "../../genesis.json"

[relay]
url = "https://127.0.0.1:{ports.relay}"
certificate = "../../network/relay.pem"

[keys]
directory = "keys"
passphrase_file = "passphrase"
tls = "tls"
{'validator = "validator"' if is_sealing else ""}
{assets}""",
        encoding="utf-8",
    )
    return path


def keystore(home: Path) -> FileKeyStore:
    """Open the keys of a party, the builder or the relay."""
    return FileKeyStore(home / "keys", (home / "passphrase").read_bytes().strip())


def _make_party(directory: Path, plan: Plan, now: datetime) -> Keys:
    home = directory / "parties" / plan.code
    store = _make_home(home, plan.code, now)
    kinds = {**_KINDS, **({"validator": "secp256k1"} if plan.validator else {})}
    keys = {name: store.create(name, kind) for name, kind in kinds.items()}
    for folder in ("data", "terms", "state"):
        (home / folder).mkdir(exist_ok=True)
    _publish(directory / "network" / "parties" / f"{plan.code}.pem", home)
    return keys


def _make_home(home: Path, code: str, now: datetime) -> FileKeyStore:
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    with os.fdopen(os.open(home / "passphrase", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    tls.create_identity(home / "tls", code, now=now)
    return keystore(home)


def _validators(directory: Path, plans: Sequence[Plan], keys: Mapping[str, Keys], now: datetime) -> tuple[Address, ...]:
    builder = _make_home(directory / "chain", "chain", now)
    own = builder.create("validator", "secp256k1").address
    _make_home(directory / "relay", "relay", now)
    for name in ("chain", "relay"):
        _publish(directory / "network" / f"{name}.pem", directory / name)
    return tuple(sorted([own, *(keys[plan.code]["validator"].address for plan in plans if plan.validator)]))


def _publish(target: Path, home: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(tls.load_identity(home / "tls").pem)


def _genesis(
    plans: Sequence[Plan],
    keys: Mapping[str, Keys],
    directory: Path,
    validators: tuple[Address, ...],
    chain_id: int,
    time: int,
    spans: tuple[SetSpan, ...],
) -> GenesisConfig:
    governors = [keys[plan.code]["approver"].address for plan in plans if plan.governor]
    until = time + YEARS_S
    contracts = founding(
        Founding(
            time=time,
            members=tuple(governors),
            quorum=len(governors) // 2 + 1,
            validators=validators,
            parties=tuple(_register(plan, keys[plan.code], directory, time, until) for plan in plans),
            agents=tuple(
                Enroll(keys[plan.code][name].address, party_id(plan.code), duty, time, until)
                for plan in plans
                for name, duty in _DUTIES.items()
                if not (PartyRole.OPERATOR in plan.roles and duty in INSPECTION)
            ),
            spans=spans,
            rule_sets=(national().call,),
            superiors=tuple(SetSuperior(party_id(p.code), party_id(p.superior)) for p in plans if p.superior),
        )
    )
    governance, parties = layout_of(GOVERNANCE), layout_of(PARTIES)
    return GenesisConfig(
        chain_id=chain_id,
        timestamp=time,
        validators=validators,
        predeploys=tuple(
            Predeploy(Address(address), code, storage) for address, (code, storage) in sorted(contracts.items())
        ),
        sender_rule=SenderRule(Address(GENESIS_ADDRESSES[PARTIES]), parties.slots["admitted_until"]),
        validator_rule=ValidatorRule(
            Address(GENESIS_ADDRESSES[GOVERNANCE]),
            governance.slots["validators_hash"],
            governance.slots["validators"],
        ),
    )


def _register(plan: Plan, keys: Keys, directory: Path, time: int, until: int) -> Register:
    identity = tls.load_identity(directory / "parties" / plan.code / "tls")
    return Register(
        party=party_id(plan.code),
        roles=plan.roles,
        valid_from=time,
        valid_until=until,
        statement=keys["statement"].public,
        seal=keys["seal"].public,
        tls=identity.fingerprint,
    )


def utc_now() -> datetime:
    return datetime.now(UTC)
