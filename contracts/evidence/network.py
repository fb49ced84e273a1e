"""Whose blocks these are: from the trust file through every change of the validators to each header of a file.

The first block is carried along and must have the trust file's genesis hash. Its vanity commits to the network's
configuration and stands in every later block of our own chains, so that validators who seal two networks with the same
keys cannot be quoted across them. A genesis without vanity (Besu's) gives no such link; then the parties' own
statement, which names the genesis hash, is what ties evidence to a network.

What is NOT proven: that one header descends from another. Two headers of one network contradict each other only if
a third of its validators sealed twice, which the trust file's assurance excludes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from contracts.addresses import DIRECTORY, GOVERNANCE
from contracts.artefacts import code_hash
from contracts.directory import client as directory
from contracts.evidence.facts import ChainFacts, ProvenChange
from contracts.evidence.report import Words
from contracts.layout import layout_of
from ledger.crypto.signing import Address
from ledger.errors import VerificationError
from ledger.proofs.headers import Header, parse_header, verify_header
from ledger.proofs.proof import StorageProof, StoredState, verify_storage
from ledger.proofs.trust import Trust, ValidatorHistory, follow


@dataclass(frozen=True, slots=True)
class Network:
    """The verified headers of a file, by hash; the first block is not among them, for nobody seals it."""

    trust: Trust
    headers: Mapping[bytes, Header]
    newest: Header

    def header(self, header_hash: bytes) -> Header:
        """Return a verified header.

        Raises:
            VerificationError: it is none of the file's sealed headers.
        """
        if header_hash not in self.headers:
            raise VerificationError("proof: stands under the first block, which nobody sealed")
        return self.headers[header_hash]


def require_network(facts: ChainFacts, trust: Trust) -> tuple[Network, Words]:
    """Verify all headers of a file.

    Raises:
        VerificationError: another network, or a header, a change of the validators or a seal that does not hold.
    """
    if len(facts.headers) < 2:
        raise VerificationError("network: expected the first block and sealed headers behind it")
    genesis, *sealed = (parse_header(raw) for raw in facts.headers)
    _require_genesis(genesis, trust)
    eras = _eras(facts, trust)
    for header in sealed:
        eras.verify(header.raw, header.number)
        if any(genesis.vanity) and header.vanity != genesis.vanity:
            raise VerificationError(f"network: block {header.number} belongs to another network")
    _require_order(sealed)
    _require_use(facts, sealed)
    changes = len(facts.changes)
    words = Words(
        f"{len(sealed)} headers up to block {sealed[-1].number}, {changes} changes of the validators",
        f"{len(sealed)} 个区块头,至第 {sealed[-1].number} 块,验证者变更 {changes} 次",
    )
    return Network(trust, {header.block_hash: header for header in sealed}, sealed[-1]), words


def require_contract(trust: Trust, contract: str, account: bytes, header: Header, proof: StorageProof) -> StoredState:
    """Verify what a contract stored, and that it is the account and the code meant.

    Raises:
        VerificationError: another account, other code than this verifier knows or the trust file pins, or no proof.
    """
    stored = verify_storage(header, proof)
    if stored.address != account:
        raise VerificationError(f"{contract}: proven of account {stored.address.hex()}, expected {account.hex()}")
    if stored.code_hash != code_hash(contract):
        raise VerificationError(f"{contract}: runs code {stored.code_hash.hex()}, which this verifier does not know")
    if trust.code_hashes.get(contract, stored.code_hash) != stored.code_hash:
        raise VerificationError(f"{contract}: the trust file pins other code")
    return stored


def _require_genesis(genesis: Header, trust: Trust) -> None:
    if genesis.number != 0 or genesis.block_hash != trust.genesis_hash:
        raise VerificationError(f"network: starts with {genesis.block_hash.hex()}, not with the trust file's block")
    if genesis.seals or genesis.round_number:  # the hash does not cover them
        raise VerificationError("network: nobody seals the first block")


def _eras(facts: ChainFacts, trust: Trust) -> ValidatorHistory:
    eras: list[tuple[int, tuple[Address, ...]]] = [(0, trust.validators)]
    for change in facts.changes:
        first, members = eras[-1]
        header = verify_header(change.change.header, members)
        if header.number < max(first, 1):
            raise VerificationError(f"validator change: block {header.number} is out of order")
        governance = _governance(change, header, trust)
        slot = layout_of(GOVERNANCE).slot("validators_hash")
        follow(members, (change.change,), governance=governance, slot=slot)
        eras.append((header.number + 1, change.change.validators))
    return ValidatorHistory(tuple(eras))


def _governance(change: ProvenChange, header: Header, trust: Trust) -> Address:
    """Return the account that the Directory named Governance in that very state, running the code meant."""
    stored = require_contract(trust, DIRECTORY, trust.directory, header, change.directory)
    if tuple(stored.values) != tuple(directory.entry_slots(GOVERNANCE).values()):
        raise VerificationError("validator change: expected the directory's entry of Governance and nothing else")
    entry = directory.decode_entry(GOVERNANCE, stored.values)
    require_contract(trust, GOVERNANCE, entry.account, header, change.change.proof)
    return Address(entry.account)


def _require_order(sealed: list[Header]) -> None:
    for earlier, later in pairwise(sealed):
        if later.timestamp <= earlier.timestamp:
            raise VerificationError(f"network: block {later.number} is not later than block {earlier.number}")


def _require_use(facts: ChainFacts, sealed: list[Header]) -> None:
    used = {moment.header_hash for moment in facts.moments} | {state.proof.header_hash for state in facts.states}
    used |= {change.change.proof.header_hash for change in facts.changes}
    for header in sealed:
        if header.block_hash not in used:
            raise VerificationError(f"network: nothing stands under block {header.number}")
