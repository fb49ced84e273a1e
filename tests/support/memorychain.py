"""A second ledger engine, in memory and without a virtual machine: what docs/adding.md asks of an engine, and no more.

Contracts run here as the rules that stand beside them in Python (``contracts/*/rules.py``), so nothing of Vyper or of
the EVM is executed; what they record is written to the same storage words, so that proofs say the same. Every
operation has a block of its own, sealed with all validators' keys before ``submit`` returns.

What it does NOT do: keep anything on disk (durable means held by the ``Memory`` that its ports share), carry other
contracts than the Notary and the names of the Directory, count gas, fill bloom filters, or follow changes of
validators.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.addresses import DIRECTORY, GENESIS_ADDRESSES, NOTARY
from contracts.artefacts import interfaces
from contracts.genesis import Founding, founding, founding_states
from contracts.history import Change
from contracts.layout import layout_of, word
from contracts.notary import rules
from ledger import rlp
from ledger.abi import AbiValue
from ledger.chain.names import Call, Names
from ledger.chain.port import (
    MAX_EVENTS,
    Body,
    Capabilities,
    Cursor,
    Event,
    EventFact,
    EvmReceipt,
    EvmStorage,
    Fact,
    Operation,
    Proof,
    Receipt,
    StateFact,
)
from ledger.chain.transactions import sign_call
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address, address_of
from ledger.embedded.execution.forest import updated
from ledger.embedded.execution.tries import ordered_root, path
from ledger.embedded.production.sealing import ChainKey
from ledger.embedded.records import Reverted
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import keccak256, sha256
from ledger.proofs.headers import ISTANBUL_DIGEST, Header, extra_data, parse_header, seal_hash, with_seals
from ledger.proofs.proof import Log, SlotProof, StorageProof, read_receipt, verify_account, verify_slot
from ledger.proofs.prover import receipt_proof
from ledger.proofs.trie import EMPTY_ROOT

GAS = 100_000
Words = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one sender's operation; call is the digest of what it does."""

    call: bytes
    transaction: bytes = field(repr=False)
    block_number: int
    reason: str


class Memory:
    """The ledger that all ports of one network share."""

    def __init__(self, founders: Founding, keys: Sequence[ChainKey], chain_id: int, clock: Callable[[], float]) -> None:
        self.chain_id, self._keys, self._clock = chain_id, keys, clock
        self.lock = threading.RLock()
        self.headers: list[Header] = []
        self.bodies: list[Body] = []
        self.done: dict[tuple[bytes, bytes], Done] = {}
        self.nodes: dict[bytes, bytes] = {}
        self._world, self._notary = founding_states(founders), rules.State()
        self._nonces = Counter[bytes]()
        self._state_root = EMPTY_ROOT
        for address, (code, storage) in founding(founders).items():
            self._write(address, storage, code_hash=keccak256(code))
        self._close(founders.time, Body((), ()))

    def carry_out(self, key: PrivateKey, op_id: bytes, call: Call) -> Done:
        """Run an operation in a block of its own, once; raises Conflict if its op_id was used for another."""
        sender = address_of(key.public)
        with self.lock:
            known = self.done.get((sender, op_id))
            if known is None:
                known = self.done[(sender, op_id)] = self._run(key, sender, call)
            elif known.call != call.digest:
                raise Conflict("memory: this op_id was used for another operation")
            return known

    def word(self, address: bytes, slot: bytes, number: int = -1) -> bytes:
        """Return a word of a contract's storage after a block."""
        return verify_slot(self.storage_root(address, number), self.slot_proof(address, slot, number))

    def slot_proof(self, address: bytes, slot: bytes, number: int = -1) -> SlotProof:
        return SlotProof(slot, path(self.storage_root(address, number), keccak256(slot), self.nodes.get))

    def account_path(self, address: bytes, number: int = -1) -> tuple[bytes, ...]:
        return path(self.headers[number].state_root, keccak256(address), self.nodes.get)

    def storage_root(self, address: bytes, number: int = -1) -> bytes:
        found = verify_account(self.headers[number].state_root, Address(address), self.account_path(address, number))
        return EMPTY_ROOT if found is None else found.storage_root

    def _run(self, key: PrivateKey, sender: bytes, call: Call) -> Done:
        now = max(int(self._clock()), self.headers[-1].timestamp + 1)
        if self._world.parties.admitted_until.get(sender, 0) <= now:
            raise NotAuthorized("memory: the chain does not admit this sender")
        nonce = self._nonces[sender]
        raw = sign_call(key, chain_id=self.chain_id, nonce=nonce, to=call.to, data=call.payload, gas=GAS)
        reason, changes = "", tuple[Change, ...]()
        try:
            anchor = read_anchor(call)
            self._notary, changes = rules.apply(self._notary, anchor, sender, now, self._world)
            self._write(call.to, self._recorded(anchor))
        except (NotAuthorized, Conflict, InvalidRecord) as refusal:
            reason = str(refusal)
        self._nonces[sender] += 1
        logs = tuple((bytes(call.to), change.topics, change.data) for change in changes)
        receipt = rlp.encode((b"" if reason else b"\x01", rlp.encode_uint(GAS), bytes(256), logs))
        self._close(now, Body((raw,), (receipt,)))
        return Done(call.digest, raw, len(self.headers) - 1, reason)

    def _recorded(self, anchor: rules.Anchor) -> Words:
        """Give the words that the contract's storage has after an anchor."""
        found, stream, journal = layout_of(NOTARY), self._notary.stream(anchor.stream), self._notary.journal
        slots = found.record("streams", anchor.stream)
        return {
            slots["owner"]: stream.owner,
            slots["size"]: word(stream.size),
            slots["root"]: stream.root,
            found.slot("roots", anchor.stream, word(anchor.new_size)): anchor.root,
            found.slot("history", anchor.stream): journal.history(anchor.stream),
            found.slot("count", anchor.stream): word(journal.count(anchor.stream)),
        }

    def _write(self, address: bytes, words: Words, *, code_hash: bytes | None = None) -> None:
        """Change words of an account, which is founded if its code is given."""
        root = EMPTY_ROOT
        if code_hash is None:
            nodes = path(self._state_root, keccak256(address), self.nodes.get)
            account = verify_account(self._state_root, Address(address), nodes)
            if account is None:
                raise NotFound(f"memory: no contract at 0x{address.hex()}")
            root, code_hash = account.storage_root, account.code_hash
        changes = {keccak256(slot): rlp.encode(value.lstrip(b"\0")) for slot, value in words.items()}
        root = self._changed(root, changes)
        account_fields = (b"\x01", b"", root, code_hash)
        self._state_root = self._changed(self._state_root, {keccak256(address): rlp.encode(account_fields)})

    def _changed(self, root: bytes, changes: Words) -> bytes:
        root, made = updated(root, changes, self.nodes.__getitem__)
        self.nodes |= made
        return root

    def _close(self, timestamp: int, body: Body) -> None:
        """Seal what has happened as the next block."""
        parent = self.headers[-1].block_hash if self.headers else bytes(32)
        members = sorted(key.address for key in self._keys)
        raw = rlp.encode((
            parent, keccak256(rlp.encode(())), bytes(20), self._state_root, ordered_root(body.transactions),
            ordered_root(body.receipts), bytes(256), b"", rlp.encode_uint(len(self.headers)), rlp.encode_uint(GAS),
            rlp.encode_uint(GAS), rlp.encode_uint(timestamp), extra_data(sha256(b"memory"), members), ISTANBUL_DIGEST,
            bytes(8),
        ))  # fmt: skip
        digest = seal_hash(raw)
        self.headers.append(parse_header(with_seals(raw, [key.sign_digest(digest) for key in self._keys])))
        self.bodies.append(body)


class MemoryChain:
    """One party's port to a ``Memory``; answers to ``ledger.chain.port.Chain``."""

    def __init__(self, memory: Memory, key: PrivateKey | None) -> None:
        self._memory, self._key = memory, key
        self._names = Names(memory.word, interfaces(), directory=Address(GENESIS_ADDRESSES[DIRECTORY]))

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        """Carry out an operation; it is sealed when this returns, so no wait is needed."""
        if self._key is None:
            raise NotAuthorized("memory: no key to sign with")
        call = self._names.encode(operation)
        done = self._memory.carry_out(self._key, operation.op_id, call)
        header = self.header(done.block_number)
        return Receipt(
            operation.op_id, keccak256(done.transaction), header.number, header.block_hash, 0,
            not done.reason, done.reason, tuple(self._events(header.number)),
        )  # fmt: skip

    def read(self, contract: str, method: str, *args: AbiValue) -> tuple[AbiValue, ...]:
        """Answer a view method that this engine carries; a call of any other one reverts."""
        return self._names.read(self._view, contract, method, args)

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]:
        """Return the next events behind a cursor."""
        if not 1 <= limit <= MAX_EVENTS:
            raise InvalidRecord(f"events: expected a limit of 1..{MAX_EVENTS}, got {limit}")
        found = [event for number in range(len(self._memory.headers)) for event in self._events(number)]
        return [event for event in found if after is None or event.cursor > after][:limit]

    def head(self) -> Header:
        return self._memory.headers[-1]

    def header(self, number: int) -> Header:
        if not 0 <= number < len(self._memory.headers):
            raise NotFound(f"memory: no block {number} yet")
        return self._memory.headers[number]

    def body(self, number: int) -> Body:
        return self._memory.bodies[self.header(number).number]

    def prove(self, fact: Fact) -> Proof:
        """Return a proof that verifies offline, by the same functions as those of every other engine."""
        match fact:
            case EventFact():
                header = self.header(fact.block_number)
                receipts = self.body(fact.block_number).receipts
                return EvmReceipt(header.raw, receipt_proof(header, receipts, fact.index, fact.log_index))
            case StateFact():
                header = self.head() if fact.block_number is None else self.header(fact.block_number)
                at, number = self._names.address(fact.contract), header.number
                slots = tuple(self._memory.slot_proof(at, slot, number) for slot in fact.slots)
                nodes = self._memory.account_path(at, number)
                return EvmStorage(header.raw, StorageProof(header.block_hash, at, nodes, slots))

    def capabilities(self) -> Capabilities:
        return Capabilities("memory", frozenset({"evm-receipt", "evm-storage"}), self._memory.chain_id)

    def close(self) -> None:
        """Nothing is held that the ledger does not keep."""

    def _view(self, to: Address, payload: bytes) -> bytes:
        contract = self._names.name(to)
        method, args = interfaces()[contract or DIRECTORY].decode_call(payload)
        found = layout_of(contract or DIRECTORY)
        key = args[0] if args and isinstance(args[0], bytes) else b""
        match contract, method:
            case "Directory", "at":
                return self._memory.word(to, found.slot("entries", key, member="account"))
            case "Notary", "anchored":
                slots = found.record("streams", key)
                return b"".join(self._memory.word(to, slots[name]) for name in ("size", "root", "owner"))
        raise Reverted(f"memory: {contract}.{method} is no view of this engine")

    def _events(self, number: int) -> Iterator[Event]:
        header, body = self._memory.headers[number], self._memory.bodies[number]
        for index, receipt in enumerate(body.receipts):
            for place, log in enumerate(read_receipt(receipt)[1]):
                yield self._event(log, header, index, place)

    def _event(self, log: Log, header: Header, index: int, place: int) -> Event:
        known = self._names.decode(log)
        assert known is not None
        at = (header.number, header.timestamp, index, place)
        return Event(known.contract, known.name, log.address, log.topics, log.data, known.args, *at)


def read_anchor(call: Call) -> rules.Anchor:
    """Read a call as the one operation that this engine carries."""
    if call.to != GENESIS_ADDRESSES[NOTARY]:
        raise InvalidRecord("memory: carries no rules of that contract")
    stream, old_size, new_size, root = interfaces()[NOTARY].decode_call(call.payload)[1]
    assert isinstance(stream, bytes) and isinstance(root, bytes)  # noqa: PT018 - the interface says so
    assert isinstance(old_size, int) and isinstance(new_size, int)  # noqa: PT018
    return rules.Anchor(stream, old_size, new_size, root)
