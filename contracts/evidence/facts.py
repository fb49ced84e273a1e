"""Chain facts as evidence carries them: sealed headers, and the proofs that stand under them.

Trie nodes stand once, in a sorted table, and are referred to by index, as headers are: the same facts have one form,
and a node that no proof uses does not come back. This module reads and writes; ``network`` and ``states`` judge.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ledger.canonical import JsonValue
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord
from ledger.proofs.headers import parse_header
from ledger.proofs.proof import ReceiptProof, SlotProof, StorageProof
from ledger.proofs.trust import ValidatorChange

MAX_ITEMS = 4096


@dataclass(frozen=True, slots=True)
class ContractState:
    """A storage proof and the name of the contract it is about."""

    contract: str
    proof: StorageProof


@dataclass(frozen=True, slots=True)
class ProvenChange:
    """A change of the validators, and proof of which account was Governance in that state."""

    change: ValidatorChange
    directory: StorageProof


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """headers: raw, ascending, the first block of the network first. moments: receipt proofs of single events."""

    headers: tuple[bytes, ...] = field(repr=False)
    changes: tuple[ProvenChange, ...]
    states: tuple[ContractState, ...]
    moments: tuple[ReceiptProof, ...]

    def json(self) -> dict[str, JsonValue]:
        """Write the facts; the inverse of ``read``."""
        headers = {parse_header(raw).block_hash: index for index, raw in enumerate(self.headers)}
        nodes = sorted(set(self._nodes()))
        writer = _Writer(headers, {node: index for index, node in enumerate(nodes)})
        return {
            "headers": [text(raw) for raw in self.headers],
            "nodes": [text(node) for node in nodes],
            "changes": [writer.change(change) for change in self.changes],
            "states": [{"contract": state.contract, **writer.storage(state.proof)} for state in self.states],
            "moments": [writer.receipt(moment) for moment in self.moments],
        }

    def _nodes(self) -> Iterable[bytes]:
        yield from (node for proof in self._storage_proofs() for node in proof.account_nodes)
        yield from (node for proof in self._storage_proofs() for slot in proof.slots for node in slot.nodes)
        yield from (node for moment in self.moments for node in moment.nodes)

    def _storage_proofs(self) -> Iterable[StorageProof]:
        yield from (state.proof for state in self.states)
        for change in self.changes:
            yield from (change.change.proof, change.directory)


def read(value: JsonValue) -> ChainFacts:
    """Read facts; the caller compares what they write with what was read.

    Raises:
        InvalidRecord: not facts.
    """
    match value:
        case {
            "headers": list(headers),
            "nodes": list(nodes),
            "changes": list(changes),
            "states": list(states),
            "moments": list(moments),
        }:
            pass
        case _:
            raise InvalidRecord("evidence: expected headers, nodes, changes, states and moments")
    if any(len(items) > MAX_ITEMS for items in (headers, nodes, changes, states, moments)):
        raise InvalidRecord(f"evidence: at most {MAX_ITEMS} entries in a list")
    raw = tuple(data(header) for header in headers)
    parsed = tuple(map(parse_header, raw))
    if any(later.number <= earlier.number for earlier, later in pairwise(parsed)):
        raise InvalidRecord("evidence: headers must ascend and be distinct")
    reader = _Reader(raw, tuple(header.block_hash for header in parsed), tuple(data(node) for node in nodes))
    return ChainFacts(
        headers=raw,
        changes=tuple(reader.change(change) for change in changes),
        states=tuple(reader.state(state) for state in states),
        moments=tuple(reader.receipt(moment) for moment in moments),
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    headers: dict[bytes, int]
    nodes: dict[bytes, int]

    def storage(self, proof: StorageProof) -> dict[str, JsonValue]:
        return {"header": self.headers[proof.header_hash], **self.account(proof)}

    def account(self, proof: StorageProof) -> dict[str, JsonValue]:
        return {
            "address": proof.address.hex(),
            "account": self.path(proof.account_nodes),
            "slots": [{"slot": slot.slot.hex(), "path": self.path(slot.nodes)} for slot in proof.slots],
        }

    def receipt(self, proof: ReceiptProof) -> JsonValue:
        return {
            "header": self.headers[proof.header_hash],
            "index": proof.index,
            "log": proof.log_index,
            "path": self.path(proof.nodes),
        }

    def change(self, proven: ProvenChange) -> JsonValue:
        change = proven.change
        return {
            "header": self.headers[change.proof.header_hash],
            "directory": self.account(proven.directory),
            "governance": self.account(change.proof),
            "validators": [member.hex() for member in change.validators],
        }

    def path(self, nodes: Sequence[bytes]) -> list[JsonValue]:
        return [self.nodes[node] for node in nodes]


@dataclass(frozen=True, slots=True)
class _Reader:
    raw: tuple[bytes, ...]
    hashes: tuple[bytes, ...]
    nodes: tuple[bytes, ...]

    def state(self, value: JsonValue) -> ContractState:
        match value:
            case {"contract": str(contract), "header": header}:
                return ContractState(contract, self.account(value, _pick(self.hashes, header)))
        raise InvalidRecord("evidence: a state has contract, header, address, account and slots")

    def account(self, value: JsonValue, header_hash: bytes) -> StorageProof:
        match value:
            case {"address": address, "account": list(account), "slots": list(slots)}:
                found = tuple(self.slot(slot) for slot in slots)
                return StorageProof(header_hash, Address(unhex(address)), self.path(account), found)
        raise InvalidRecord("evidence: a storage proof has address, account and slots")

    def slot(self, value: JsonValue) -> SlotProof:
        match value:
            case {"slot": slot, "path": list(path)}:
                return SlotProof(unhex(slot), self.path(path))
        raise InvalidRecord("evidence: a slot has slot and path")

    def receipt(self, value: JsonValue) -> ReceiptProof:
        match value:
            case {"header": header, "index": index, "log": log, "path": list(path)}:
                return ReceiptProof(_pick(self.hashes, header), _number(index), self.path(path), _number(log))
        raise InvalidRecord("evidence: a moment has header, index, log and path")

    def change(self, value: JsonValue) -> ProvenChange:
        match value:
            case {"header": header, "directory": directory, "governance": governance, "validators": list(validators)}:
                header_hash = _pick(self.hashes, header)
                members = tuple(Address(unhex(member)) for member in validators)
                proof = self.account(governance, header_hash)
                change = ValidatorChange(_pick(self.raw, header), proof, members)
                return ProvenChange(change, self.account(directory, header_hash))
        raise InvalidRecord("evidence: a change has header, directory, governance and validators")

    def path(self, values: list[JsonValue]) -> tuple[bytes, ...]:
        return tuple(_pick(self.nodes, value) for value in values)


def text(value: bytes) -> str:
    """Write longer bytes: base64."""
    return base64.b64encode(value).decode()


def data(value: JsonValue) -> bytes:
    """Read base64; raises InvalidRecord."""
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError) as fault:
        raise InvalidRecord("evidence: expected base64") from fault


def unhex(value: JsonValue) -> bytes:
    """Read hex; raises InvalidRecord."""
    try:
        return bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError as fault:
        raise InvalidRecord("evidence: expected hex") from fault


def _pick(table: tuple[bytes, ...], value: JsonValue) -> bytes:
    place = _number(value)
    if not 0 <= place < len(table):
        raise InvalidRecord("evidence: an index points outside its table")
    return table[place]


def _number(value: JsonValue) -> int:
    """Read a whole number; true and false are none, although Python counts with them."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRecord("evidence: expected a whole number")
    return value
