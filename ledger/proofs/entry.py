"""A contract's entry in the Directory: which words it is, which account stands behind the name. It proves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.chain.interface import Interface
from ledger.crypto.signing import Address
from ledger.errors import NotFound, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.proof import mapping_slot

ENTRY_WORDS = 4  # account, version, code hash, since


def slots_of(directory: Interface, contract: str) -> tuple[bytes, ...]:
    """Name the words of a contract's entry."""
    base = int.from_bytes(mapping_slot(directory.slot("entries"), keccak256(contract.encode())), "big")
    return tuple(((base + word) % (1 << 256)).to_bytes(32, "big") for word in range(ENTRY_WORDS))


def account_of(contract: str, known: Interface, slots: Sequence[bytes], values: Mapping[bytes, bytes]) -> Address:
    """Read the account from proven words.

    Raises:
        NotFound: there is no such entry. VerificationError: it names other code than this build knows.
    """
    account, code_hash = values[slots[0]], values[slots[2]]
    if not any(account):
        raise NotFound(f"view: the directory has no contract {contract!r}, as it proves")
    if code_hash != known.runtime_code_hash:
        raise VerificationError(f"view: {contract!r} is registered with other code than this build knows")
    return Address(account[12:])
