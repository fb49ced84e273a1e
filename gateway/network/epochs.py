"""A party's statement, seal and TLS keys give way to others: a new epoch on chain, then new names in the files.

    made      in the key store as ``NAME.next`` and in ``tls.next/``; what is not renewed stays what it is
    begun     ``rotate`` of Parties by the party's approver: from that block the chain has the new keys
    named     ``NAME.next`` becomes ``NAME``, the one before ``NAME.epoch-N``; directories of certificates likewise

What was signed under the epoch before is judged by its keys and stays valid; what they sign after its end does not
count. A job whose party rotates between its first opening and the last signature ends without valid evidence, so
rotate between jobs, with the node stopped. A plan in the state directory lets a command that was killed go on.
What this does NOT do: hand the new certificate to other departments and to the operators of chain and relay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from contracts.addresses import PARTIES
from contracts.parties import client as parties
from contracts.parties.client import party_id
from contracts.parties.record import Keys
from gateway.network.registration import NEXT
from gateway.network.succession import Appointer
from ledger import canonical
from ledger.chain.port import Operation
from ledger.crypto import tls
from ledger.crypto.keys import FileKeyStore
from ledger.crypto.tls import Identity
from ledger.errors import InvalidRecord, NotFound
from mpc.node.config import NodeConfig
from mpc.node.whole import write_whole

PLAN: Final = "rotation.json"
STATEMENT, SEAL, TLS = "statement", "seal", "tls"
PARTS: Final = (STATEMENT, SEAL, TLS)
_KINDS: Final = {STATEMENT: "ed25519", SEAL: "x25519"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is being renewed. before: the epoch that ends."""

    before: int
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What has come of it. kept: by part, under which name the key before stays."""

    number: int
    keys: Keys
    kept: dict[str, str]


def keys_now(appointer: Appointer, code: str) -> tuple[int, Keys]:
    """Read a party's epoch and its keys by proof; raises NotFound if it has none."""
    id = party_id(code)
    number = parties.decode_epoch(id, appointer.proven(parties.epoch_fact(id)))
    if not number:
        raise NotFound(f"party {code}: none of this code has keys on chain")
    return number, parties.decode_keys(id, number, appointer.proven(parties.keys_fact(id, number)))


def planned(config: NodeConfig) -> Plan | None:
    """Return the rotation that a command began and did not finish; raises InvalidRecord."""
    path = config.state / PLAN
    if not path.is_file():
        return None
    match canonical.decode(path.read_bytes(), limit=4096):
        case {"before": int(before), "parts": list(listed), **rest} if not rest:
            parts = tuple(part for part in PARTS if part in listed)
            if len(parts) == len(listed) and parts:
                return Plan(before, parts)
    raise InvalidRecord(f"{path}: not the plan of a rotation")


def rotate(appointer: Appointer, config: NodeConfig, store: FileKeyStore, parts: tuple[str, ...]) -> Epoch:
    """Begin a new epoch of keys.

    Args:
        parts: what is renewed; a plan that was not finished goes first, whatever it renews.

    Raises:
        NotAuthorized: the chain refuses: it is not this party's approver who asks.
        NotFound: a key that stays is not in the store.
    """
    plan = planned(config) or _prepared(appointer, config, store, parts)
    party, wanted = party_id(config.party), _wanted(config, store, plan.parts)
    number, held = keys_now(appointer, config.party)
    if (held.statement, held.seal, held.tls) != wanted:

        def call(op_id: bytes) -> Operation:
            return parties.rotate(party, *wanted, op_id=op_id)

        appointer.change(PARTIES, party, "rotate", call)
        number, held = keys_now(appointer, config.party)
    kept = {part: _named(config, store, part, plan.before) for part in plan.parts}
    (config.state / PLAN).unlink()
    return Epoch(number, held, kept)


def declare(appointer: Appointer, epoch: int, since: int) -> None:
    """Declare an epoch's keys compromised since a time, unless it was declared for then or earlier.

    Raises:
        NotAuthorized: the chain refuses: no such epoch, a time to come, or another party's approver.
    """
    party = party_id(appointer.party)
    held = parties.decode_keys(party, epoch, appointer.proven(parties.keys_fact(party, epoch)))
    if 0 < held.compromised <= since:
        return

    def call(op_id: bytes) -> Operation:
        return parties.compromised(party, epoch, since, op_id=op_id)

    appointer.change(PARTIES, party, "compromise", call)


def next_identity(config: NodeConfig) -> Path:
    """Where the certificate lies that is not in force yet."""
    return config.tls.with_name(config.tls.name + NEXT)


def _prepared(appointer: Appointer, config: NodeConfig, store: FileKeyStore, parts: tuple[str, ...]) -> Plan:
    """Make the new keys, and only then write down that they are to come into force."""
    number, _ = keys_now(appointer, config.party)
    for part in parts:
        if part == TLS:
            _new_identity(appointer, config)
        elif (name := _name(config, part) + NEXT) not in store.names():
            store.create(name, _KINDS[part])
    plan = Plan(number, tuple(part for part in PARTS if part in parts))
    config.state.mkdir(parents=True, exist_ok=True)
    write_whole(config.state / PLAN, canonical.encode({"before": number, "parts": list(plan.parts)}))
    return plan


def _new_identity(appointer: Appointer, config: NodeConfig) -> None:
    """Make a certificate for the same hosts, and lay it where servers on this machine find it."""
    now = datetime.fromtimestamp(appointer.now(), UTC)
    made = tls.succeed(tls.load_identity(config.tls), next_identity(config), now=now)
    if (config.parties / f"{config.party}.pem").is_file():
        write_whole(config.parties / f"{config.party}{NEXT}.pem", made.pem)


def _wanted(config: NodeConfig, store: FileKeyStore, parts: tuple[str, ...]) -> tuple[bytes, bytes, bytes]:
    """The public keys that the new epoch has: of what is renewed the next one, unless it has its name already.

    What was made for a plan that was never written waits for its own: on chain it would be a key that nobody uses.
    """
    present = store.names()

    def public(part: str) -> bytes:
        name = _name(config, part)
        return store.load(name + NEXT if part in parts and name + NEXT in present else name).public

    return public(STATEMENT), public(SEAL), _identity(config, parts).fingerprint


def _identity(config: NodeConfig, parts: tuple[str, ...]) -> Identity:
    directory = next_identity(config)
    return tls.load_identity(directory if TLS in parts and directory.is_dir() else config.tls)


def _named(config: NodeConfig, store: FileKeyStore, part: str, before: int) -> str:
    """Give the new key its name and the one before another; what was done already is not done again."""
    if part == TLS:
        return _moved_identity(config, before)
    name, present = _name(config, part), store.names()
    kept = f"{name}.epoch-{before}"
    if name + NEXT in present:
        if name in present and store.load(name) != store.load(name + NEXT):
            store.move(name, kept)
        store.move(name + NEXT, name)
    return kept


def _moved_identity(config: NodeConfig, before: int) -> str:
    coming, kept = next_identity(config), config.tls.with_name(f"{config.tls.name}.epoch-{before}")
    if coming.is_dir():
        if config.tls.is_dir() and not kept.exists():
            config.tls.rename(kept)
        coming.rename(config.tls)
    shown = config.parties / f"{config.party}{NEXT}.pem"
    if shown.is_file():
        shown.rename(config.parties / f"{config.party}.pem")
    return kept.name


def _name(config: NodeConfig, part: str) -> str:
    return config.key_names.statement if part == STATEMENT else config.key_names.seal
