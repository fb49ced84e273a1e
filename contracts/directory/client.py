"""The facts one can have proven about the Directory. Its only call goes through Governance: ``set_call``."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.addresses import DIRECTORY, name_id
from contracts.artefacts import interfaces
from contracts.directory.rules import Entry
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import StateFact


def set_call(name: str, account: bytes, code_hash: bytes) -> tuple[bytes, bytes]:
    """Build the call (target, data) that a proposal carries to register a contract deployed already."""
    data = interfaces()[DIRECTORY].encode_call("set", (name_id(name), account, code_hash))
    return name_id(DIRECTORY), data


def entry_slots(name: str) -> dict[str, bytes]:
    """Return the slots of a name's account, version, code hash and since."""
    return layout_of(DIRECTORY).record("entries", name_id(name))


def entry_fact(name: str, block_number: int | None = None) -> StateFact:
    """Name the fact: which account and code a contract's name stands for."""
    return struct_fact(DIRECTORY, "entries", name_id(name), block_number=block_number)


def decode_entry(name: str, values: Mapping[bytes, bytes]) -> Entry:
    """Read the record from the words proven for entry_fact."""
    return decode_struct(Entry, values, DIRECTORY, "entries", name_id(name))
