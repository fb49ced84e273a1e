"""A node's own belief about the chain: only what is sealed, fresh, proven and never older than what it saw before.

Every decision of a node or gateway reads state here, never from somebody's RPC. The belief (height, hash and proven
changes of the validators) is durable, so that a restart cannot be talked back in time.

It does NOT fetch by itself more often than it is asked, and cannot tell a chain that stands still from one it is cut
off from: both end in "stale" after 90 s, and the caller must then refuse.

Trust assumption: the trust file is authentic, the local clock is right within seconds, and fewer than a third of the
validators seal what did not happen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ledger.chain.interface import Interface
from ledger.chain.port import Chain, EventFact, EvmReceipt, EvmStorage, StateFact
from ledger.crypto.signing import Address
from ledger.errors import NotFound, VerificationError
from ledger.proofs import entry
from ledger.proofs.belief import Belief, BeliefStore
from ledger.proofs.headers import Header, parse_header
from ledger.proofs.proof import Log, StoredState, verify_receipt, verify_storage
from ledger.proofs.roots import ProvenRoots
from ledger.proofs.trust import Trust, ValidatorChange, ValidatorHistory, eras_of, follow

DIRECTORY = "Directory"
GOVERNANCE = "Governance"
K = TypeVar("K")
V = TypeVar("V")
MAX_AGE_S = 90.0  # three heartbeats
MAX_AHEAD_S = 15.0  # co-signers allow 1 s; the rest is for this machine's own clock
MAX_LINKS = 64  # blocks between two looks up to which every parent link is walked
MAX_CHANGES = 256  # of the validators between two looks
MAX_KEPT = 512  # proven states, events and headers each, some kilobytes each


@dataclass(frozen=True, slots=True)
class ProvenState:
    """Storage words of a contract after one sealed block, with what proves them to others."""

    contract: str
    address: Address
    values: Mapping[bytes, bytes]
    header: Header
    proof: EvmStorage
    directory: EvmStorage | None
    """Proof of the Directory's entry that names the address; None where the contract is the Directory."""


@dataclass(frozen=True, slots=True)
class ProvenEvent:
    """A log of a sealed block, decoded by the contract that stood behind its address."""

    log: Log
    header: Header
    proof: EvmReceipt


class ProvenView:
    """What one node believes; thread-safe."""

    def __init__(
        self,
        chain: Chain,
        trust: Trust,
        store: Path,
        interfaces: Mapping[str, Interface],
        *,
        clock: Callable[[], float] = time.time,
        max_age_s: float = MAX_AGE_S,
    ) -> None:
        """Open the belief kept in the file, or start from the trust file.

        Raises: Conflict if the file belongs to another network.
        """
        pinned = trust.code_hashes.get(DIRECTORY)
        if pinned is not None and pinned != interfaces[DIRECTORY].runtime_code_hash:
            raise VerificationError("view: the trust file pins another Directory than this build knows")
        self._chain = chain
        self._trust = trust
        self._interfaces = dict(interfaces)
        self._clock = clock
        self._max_age_s = max_age_s
        self._store = BeliefStore(store, trust.genesis_hash)
        self._lock = threading.RLock()
        self._vanity: bytes | None = None
        self._head: Header | None = None
        self._entries: dict[tuple[bytes, str], tuple[Address, EvmStorage]] = {}
        self._states: dict[tuple[bytes, str, tuple[bytes, ...]], ProvenState] = {}
        self._headers: dict[int, Header] = {}
        self._events: dict[EventFact, ProvenEvent] = {}
        self._roots = ProvenRoots()

    def head(self) -> Header:
        """Return the newest header, verified: sealed, fresh, on this network and not before the one seen last.

        Raises: VerificationError if any of that does not hold; BackendError if the chain cannot be asked.
        """
        with self._lock:
            self._require_network()
            claimed = parse_header(self._chain.head().raw)  # the parsed form may be a lie of its own
            belief = self._store.load()
            self._require_fresh(claimed)
            if claimed == self._head and (belief.number, belief.block_hash) == (claimed.number, claimed.block_hash):
                return claimed  # verified before, and nothing above it since
            changes = self._follow(belief, claimed)
            header = self._verified(claimed, claimed.number, changes)
            self._require_descent(belief, header)
            self._store.save(Belief(header.number, header.block_hash, changes))
            self._head = header
            return header

    def header(self, number: int) -> Header:
        """Return the verified header of any block up to the head believed."""
        with self._lock:
            belief = self._store.load()
            if number > belief.number:
                raise NotFound(f"view: block {number} is past the believed head {belief.number}")
            found = self._headers.get(number)
            if found is None:
                found = self._verified(self._chain.header(number), number, belief.changes)
                _keep(self._headers, number, found)
            return found

    def state(self, contract: str, slots: Sequence[bytes], at: Header | None = None) -> ProvenState:
        """Prove what slots of a contract hold, at the newest header or one that this view returned before.

        Raises: VerificationError if the answer does not hold, the Directory does not name such a contract or it runs
            other code than this build knows.
        """
        header = self.head() if at is None else at
        key = (header.block_hash, contract, tuple(slots))  # what was proven under a header stays so
        found = self._states.get(key)
        if found is None:
            address, directory = self._resolve(contract, header)
            proof, stored = self._prove(contract, address, slots, header)
            found = ProvenState(contract, address, stored.values, header, proof, directory)
            _keep(self._states, key, found)
        return found

    def value(self, contract: str, slots: Sequence[bytes], at: Header | None = None) -> Mapping[bytes, bytes]:
        """Prove what slots hold, for a decision of one's own: not again while the contract's root stays (``roots``)."""
        header = self.head() if at is None else at
        with self._lock:
            address = self._address(contract, header)
            if self._roots.may_stand(header.block_hash, address, slots):
                self._prove(contract, address, (), header)
            known = self._roots.words(header.block_hash, address, slots)
            return self._prove(contract, address, slots, header)[1].values if known is None else known

    def event(self, fact: EventFact) -> ProvenEvent:
        """Prove that an event happened, in a block up to the believed head."""
        known = self._events.get(fact)
        if known is not None:
            return known  # what happened in a sealed block stays so
        header = self.header(fact.block_number)
        proof = self._chain.prove(fact)
        if not isinstance(proof, EvmReceipt):
            raise VerificationError("view: expected a receipt proof")
        if (proof.proof.index, proof.proof.log_index) != (fact.index, fact.log_index):
            raise VerificationError("view: the chain proved another event than it was asked for")
        found = ProvenEvent(verify_receipt(header, proof.proof), header, EvmReceipt(header.raw, proof.proof))
        _keep(self._events, fact, found)
        return found

    def changes(self) -> tuple[ValidatorChange, ...]:
        """Return the proven changes of the validators so far, as evidence needs them."""
        return self._store.load().changes

    def close(self) -> None:
        self._store.close()

    def _require_network(self) -> None:
        """Check the chain's first block once: its vanity is what all later blocks of our own chains carry."""
        if self._vanity is not None:
            return
        if self._chain.capabilities().chain_id != self._trust.chain_id:
            raise VerificationError("view: the chain has another chain id than the trust file")
        genesis = parse_header(self._chain.header(0).raw)
        if genesis.block_hash != self._trust.genesis_hash or genesis.number != 0:
            raise VerificationError("view: the chain starts with another block than the trust file says")
        self._vanity = genesis.vanity

    def _require_fresh(self, claimed: Header) -> None:
        age = self._clock() - claimed.timestamp
        if age > self._max_age_s:
            raise VerificationError(f"view: the newest block is stale: {age:.0f} s old, at most {self._max_age_s:.0f}")
        if age < -MAX_AHEAD_S:
            raise VerificationError(f"view: the newest block is {-age:.0f} s ahead of the clock")

    def _require_own(self, header: Header) -> None:
        # a genesis that commits to nothing has vanity zero, as Besu's does: then later blocks may carry any
        if self._vanity is not None and any(self._vanity) and header.vanity != self._vanity:
            raise VerificationError(f"view: block {header.number} belongs to another network")

    def _require_descent(self, belief: Belief, header: Header) -> None:
        """Refuse a head before or beside the one believed."""
        if header.number < belief.number:
            raise VerificationError(f"view: block {header.number} is older than the believed {belief.number}")
        if header.number == belief.number:
            if header.block_hash != belief.block_hash:
                raise VerificationError(f"view: two sealed blocks at height {header.number}: the chain forked")
            return
        if header.number - belief.number > MAX_LINKS:
            ancestor = self._verified(self._chain.header(belief.number), belief.number, belief.changes)
        else:
            ancestor = self._walk(header, belief.number)
        if ancestor.block_hash != belief.block_hash:
            raise VerificationError(f"view: block {belief.number} is another one than believed: the chain forked")

    def _walk(self, child: Header, number: int) -> Header:
        """Follow the parents down to a block."""
        while child.number > number:
            parent = parse_header(self._chain.header(child.number - 1).raw)
            if parent.number != child.number - 1 or parent.block_hash != child.parent_hash:
                raise VerificationError(f"view: block {parent.number} is not the parent of block {child.number}")
            child = parent
        return child

    def _verified(self, claimed: Header, number: int, changes: Sequence[ValidatorChange]) -> Header:
        if number == 0:  # nobody seals the first block; the trust file names it
            header = parse_header(claimed.raw)
            if header.block_hash != self._trust.genesis_hash:
                raise VerificationError("view: the chain starts with another block than the trust file says")
            return header
        header = ValidatorHistory(eras_of(self._trust, changes)).verify(claimed.raw, number)
        self._require_own(header)
        return header

    def _follow(self, belief: Belief, claimed: Header) -> tuple[ValidatorChange, ...]:
        """Find and prove the changes of the validators between the believed head and the claimed one."""
        changes = list(belief.changes)
        for _ in range(MAX_CHANGES):
            known = eras_of(self._trust, changes)[-1]
            if claimed.validators == known[1]:
                return tuple(changes)
            changes.append(self._next_change(known, max(belief.number, known[0]), claimed.number))
        raise VerificationError(f"view: more than {MAX_CHANGES} changes of the validators at once")

    def _next_change(self, known: tuple[int, tuple[Address, ...]], low: int, high: int) -> ValidatorChange:
        """Prove the change behind the last block that the known set sealed.

        low is a block of the known set (or right before one), high one of another set; each step keeps that so.
        """
        while high - low > 1:
            middle = (low + high) // 2
            if parse_header(self._chain.header(middle).raw).validators == known[1]:
                low = middle
            else:
                high = middle
        last = ValidatorHistory((known,)).verify(self._chain.header(low).raw, low)
        self._require_own(last)
        successors = parse_header(self._chain.header(high).raw).validators
        governance, _ = self._resolve(GOVERNANCE, last)
        slot = self._governance_slot()
        proof, _ = self._prove(GOVERNANCE, governance, (slot,), last)
        change = ValidatorChange(last.raw, proof.proof, successors)
        follow(known[1], (change,), governance=governance, slot=slot)
        return change

    def _governance_slot(self) -> bytes:
        return self._interface(GOVERNANCE).slot("validators_hash").to_bytes(32, "big")

    def _resolve(self, contract: str, header: Header) -> tuple[Address, EvmStorage | None]:
        """Prove which account stands behind a name and that it runs the code this build knows."""
        if contract == DIRECTORY:
            return self._trust.directory, None
        key = (header.block_hash, contract)
        if key not in self._entries:
            slots = entry.slots_of(self._interface(DIRECTORY), contract)
            proof, stored = self._prove(DIRECTORY, self._trust.directory, slots, header)
            if len(self._entries) >= 64:
                self._entries.clear()
            account = entry.account_of(contract, self._interface(contract), slots, stored.values)
            self._entries[key] = (account, proof)
        return self._entries[key]

    def _address(self, contract: str, header: Header) -> Address:
        """Prove what ``_resolve`` does, for a decision of one's own."""
        if contract == DIRECTORY:
            return self._trust.directory
        slots = entry.slots_of(self._interface(DIRECTORY), contract)
        return entry.account_of(contract, self._interface(contract), slots, self.value(DIRECTORY, slots, header))

    def _prove(
        self, contract: str, address: Address, slots: Sequence[bytes], header: Header
    ) -> tuple[EvmStorage, StoredState]:
        proof = self._chain.prove(StateFact(contract, tuple(slots), header.number))
        if not isinstance(proof, EvmStorage):
            raise VerificationError("view: expected a storage proof")
        stored = verify_storage(header, proof.proof)
        if stored.address != address:
            raise VerificationError(f"view: the proof is of another account than {contract!r}")
        if set(stored.values) != set(slots):
            raise VerificationError("view: the proof shows other slots than were asked for")
        if stored.code_hash != self._interface(contract).runtime_code_hash:
            raise VerificationError(f"view: {contract!r} runs other code than this build knows")
        self._roots.learn(header.block_hash, slots, stored)
        return EvmStorage(header.raw, proof.proof), stored

    def _interface(self, contract: str) -> Interface:
        if contract not in self._interfaces:
            raise NotFound(f"view: no interface of a contract {contract!r}")
        return self._interfaces[contract]


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keep what was proven once, up to a bound."""
    if len(kept) >= MAX_KEPT:
        kept.clear()
    kept[key] = value
