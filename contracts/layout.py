"""Where a contract keeps its values: storage slots computed from the artefact's layout.

Nested mappings take keccak(slot ++ key), a struct's members consecutive slots, an array its length first. A slot
of a proven contract is right only for the code hash the layout belongs to: compare it with the Directory's entry.
Source: Vyper 0.4.3 ``-f layout``, target london; confirmed against the running contracts in the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ledger.errors import InvalidRecord, NotFound
from ledger.proofs.proof import mapping_slot

WORD = 32
ADDRESS = 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Slots of one contract's variables and, for those that end in a struct, the offsets of its members."""

    contract: str
    slots: Mapping[str, int]
    members: Mapping[str, Mapping[str, int]]

    def slot(self, variable: str, *keys: bytes, member: str | None = None, offset: int = 0) -> bytes:
        """Return the slot of a value: ``slot("streams", stream, member="root")``.

        Args:
            keys: one for each nested mapping; bytes32 as they are, 20-byte addresses are padded.
            offset: further slots, for elements of an array (its length comes first).
        """
        at = mapping_slot(self.slots[variable], *map(word, keys))
        if member is not None:
            offset += self.members[variable][member]
        return ((int.from_bytes(at, "big") + offset) % (1 << 256)).to_bytes(WORD, "big")

    def record(self, variable: str, *keys: bytes) -> dict[str, bytes]:
        """Return the slots of all members of a struct, in the order of its declaration."""
        offsets, at = self.members[variable], int.from_bytes(self.slot(variable, *keys), "big")
        places = sorted(offsets.items(), key=lambda item: item[1])
        return {name: ((at + offset) % (1 << 256)).to_bytes(WORD, "big") for name, offset in places}


@cache
def layout_of(contract: str) -> Layout:
    """Read a contract's layout from its artefact.

    Raises:
        NotFound: there is no such artefact.
    """
    artefact = json.loads(read_artefact(contract))
    return Layout(contract, artefact["layout"], artefact["members"])


def read_artefact(contract: str) -> bytes:
    """Read one artefact shipped with this package. It is no outside data: a broken one is a bug of the build.

    Raises:
        NotFound: there is no such artefact.
    """
    file = resources.files("contracts").joinpath("artefacts", f"{contract}.json")
    if not file.is_file():
        raise NotFound(f"no artefact of a contract {contract!r}")
    return file.read_bytes()


def word(value: bytes | int) -> bytes:
    """Return the storage word of a bytes32, an address or a number.

    Raises:
        InvalidRecord: it has none.
    """
    if isinstance(value, int):
        if not 0 <= value < 1 << 256:
            raise InvalidRecord("storage word: expected a number of 256 bits")
        return value.to_bytes(WORD, "big")
    if len(value) == ADDRESS:
        return value.rjust(WORD, b"\0")
    if len(value) != WORD:
        raise InvalidRecord(f"storage word: expected 20 or 32 bytes, got {len(value)}")
    return value


def number(values: Mapping[bytes, bytes], slot: bytes) -> int:
    """Read a proven word as a number."""
    return int.from_bytes(digest(values, slot), "big")


def address(values: Mapping[bytes, bytes], slot: bytes) -> bytes:
    """Read a proven word as an address.

    Raises:
        InvalidRecord: the upper twelve bytes are not zero.
    """
    found = digest(values, slot)
    if any(found[: WORD - ADDRESS]):
        raise InvalidRecord("storage word: expected an address, got more than 20 bytes")
    return found[WORD - ADDRESS :]


def digest(values: Mapping[bytes, bytes], slot: bytes) -> bytes:
    """Read a proven word as 32 bytes.

    Raises:
        InvalidRecord: the proof does not cover the slot.
    """
    if slot not in values:
        raise InvalidRecord(f"storage proof: slot {slot.hex()} is not covered")
    found = values[slot]
    if len(found) != WORD:
        raise InvalidRecord(f"storage word: expected 32 bytes, got {len(found)}")
    return found
