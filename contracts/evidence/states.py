"""What the contracts stored in the state after the newest block of a file: the words evidence proves, and no others.

Producer (``collect``, ``anchored``) and verifier take the lists of slots from here, so that they cannot drift apart.
Every account is resolved through the Directory's proven entry, never through a table of addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.addresses import AUTHORIZATIONS, BUDGETS, DIRECTORY, JOBS, NOTARY, PARTIES
from contracts.directory import client as directory
from contracts.evidence.facts import ChainFacts
from contracts.evidence.network import Network, require_contract
from contracts.evidence.report import Words
from contracts.parties import client as parties
from contracts.parties.record import Keys
from contracts.proven import history_fact
from ledger.errors import VerificationError

JOB_CONTRACTS = (AUTHORIZATIONS, BUDGETS, JOBS, PARTIES)
MODEL_CONTRACTS = (*JOB_CONTRACTS, NOTARY)
"""Of a model's evidence: the run's stream is anchored."""
MAX_EPOCHS = 64
"""How many rotations may lie between the use of a key and the newest block."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Proven words by contract, and the accounts behind the contracts."""

    values: Mapping[str, Mapping[bytes, bytes]]
    accounts: Mapping[str, bytes]

    def require_slots(self, contract: str, slots: Sequence[bytes]) -> None:
        """Refuse a proof of other words than these, in this order.

        Raises:
            VerificationError: it shows others.
        """
        if tuple(self.values[contract]) != tuple(slots):
            raise VerificationError(f"{contract}: the proof shows other slots than evidence of this kind has")


def require_states(facts: ChainFacts, network: Network, names: Sequence[str]) -> tuple[Proven, Words]:
    """Verify that the states are the Directory's and these contracts', all after the newest block.

    Raises:
        VerificationError: another contract, account, code or block.
    """
    if tuple(state.contract for state in facts.states) != (DIRECTORY, *names):
        raise VerificationError(f"contracts: expected the states of {', '.join((DIRECTORY, *names))}")
    proofs = {state.contract: state.proof for state in facts.states}
    trust, newest = network.trust, network.newest
    listed = require_contract(trust, DIRECTORY, trust.directory, newest, proofs[DIRECTORY]).values
    if tuple(listed) != directory_slots(names):
        raise VerificationError("contracts: the directory's proof shows other entries")
    values, accounts = {}, {}
    for name in names:
        entry = directory.decode_entry(name, listed)
        stored = require_contract(trust, name, entry.account, newest, proofs[name])
        if entry.code_hash != stored.code_hash:
            raise VerificationError(f"contracts: {name} runs other code than the directory registers")
        values[name], accounts[name] = stored.values, entry.account
    words = Words(
        f"{len(names) + 1} contracts after block {newest.number}, code known to this verifier",
        f"第 {newest.number} 块后的 {len(names) + 1} 个合约,代码为本程序所知",
    )
    return Proven(values, accounts), words


def directory_slots(names: Sequence[str]) -> tuple[bytes, ...]:
    """List the words of the Directory's entries."""
    return tuple(slot for name in names for slot in directory.entry_slots(name).values())


def history_slots(contract: str, entities: Sequence[bytes]) -> tuple[bytes, ...]:
    """List the words that make the histories of entities complete."""
    return tuple(slot for entity in entities for slot in history_fact(contract, entity).slots)


def key_slots(epochs: Mapping[bytes, int]) -> tuple[bytes, ...]:
    """List the words of one epoch of keys of each party.

    Args:
        epochs: by party.
    """
    slots: list[bytes] = []
    for party, epoch in sorted(epochs.items()):
        slots += [*parties.epoch_fact(party).slots, *parties.keys_fact(party, epoch).slots]
    return tuple(slots)


def require_keys(proven: Proven, members: Sequence[bytes]) -> Mapping[bytes, Keys]:
    """Read the keys of the epoch that evidence proves of each member.

    Raises:
        VerificationError: a member without them, or words of somebody else.
    """
    values = proven.values[PARTIES]
    epochs = {member: _epoch(values, member) for member in members}
    proven.require_slots(PARTIES, key_slots(epochs))
    return {member: parties.decode_keys(member, epoch, values) for member, epoch in epochs.items()}


def _epoch(values: Mapping[bytes, bytes], member: bytes) -> int:
    (slot,) = parties.epoch_fact(member).slots
    newest = parties.decode_epoch(member, values) if slot in values else 0
    for epoch in range(newest, max(0, newest - MAX_EPOCHS), -1):
        if parties.keys_fact(member, epoch).slots[0] in values:
            return epoch
    raise VerificationError(f"parties: no keys of party {member.hex()} are proven")
