"""An opened audit's file opens at its auditor alone, whole and unchanged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Ed25519Signer
from ledger.errors import InvalidRecord, TrustError, VerificationError
from mpc.opened import envelope, record
from mpc.opened.envelope import Address
from mpc.sessions.sealing import PART_LIMIT

AUDITOR, STRANGER = PrivateKey("x25519", b"\1" * 32), PrivateKey("x25519", b"\2" * 32)
SIGNER, OTHER = Ed25519Signer(b"\3" * 32), Ed25519Signer(b"\4" * 32)
KEYS = {"finance": SIGNER.public, "tax": OTHER.public}
ADDRESS = Address("finance", b"\5" * 32, 1, "audit-office")
RECORD = b"what the department kept" * 10


def seal(data: bytes = RECORD, address: Address = ADDRESS, signer: Ed25519Signer = SIGNER) -> bytes:
    return envelope.seal(address, data, auditor_key=AUDITOR.public, signer=signer)


def unseal(data: bytes, auditor: str = "audit-office", private: PrivateKey = AUDITOR) -> bytes:
    return envelope.unseal(data, auditor=auditor, private=private, keys=KEYS)


@pytest.mark.parametrize("size", [0, 1, PART_LIMIT, PART_LIMIT + 1, 2 * PART_LIMIT + 12345])
def test_what_was_sealed_opens_at_the_auditor(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert unseal(seal(data[:size])) == data[:size]


def test_everybody_reads_whose_audit_it_is_and_nothing_else() -> None:
    data = seal()
    assert envelope.read_address(data) == ADDRESS
    assert RECORD[:24] not in data


def test_a_file_for_another_auditor_is_refused_by_name() -> None:
    with pytest.raises(InvalidRecord, match="sealed for audit-office, not for court"):
        unseal(seal(), auditor="court")


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(VerificationError):
        unseal(seal(), private=STRANGER)


def test_the_readable_line_cannot_be_changed() -> None:
    data = seal()
    for address in (replace(ADDRESS, auditor="court"), replace(ADDRESS, attempt=2), replace(ADDRESS, party="tax")):
        moved = address.encode() + data[len(ADDRESS.encode()) :]
        with pytest.raises(VerificationError):
            unseal(moved, auditor=address.auditor)


def test_a_file_that_another_party_sealed_in_its_name_is_refused() -> None:
    with pytest.raises(VerificationError):
        unseal(seal(signer=OTHER))


def test_a_party_that_takes_no_part_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="takes no part"):
        unseal(seal(address=replace(ADDRESS, party="stranger")))


def parts(data: bytes) -> tuple[bytes, list[bytes]]:
    line, _, rest = data.partition(b"\n")
    found = []
    while rest:
        end = 4 + int.from_bytes(rest[:4], "big")
        found.append(rest[:end])
        rest = rest[end:]
    return line + b"\n", found


def test_parts_left_out_exchanged_repeated_or_of_another_file_are_refused() -> None:
    line, (one, two, three) = parts(seal(bytes(2 * PART_LIMIT + 5)))
    _, (other, *_) = parts(seal(b"\1" * (2 * PART_LIMIT + 5)))
    assert len(unseal(line + one + two + three)) == 2 * PART_LIMIT + 5
    for wrong in ([one, two], [two, one, three], [one, two, three, three], [one, one, two, three], []):
        with pytest.raises((InvalidRecord, VerificationError)):
            unseal(line + b"".join(wrong))
    assert unseal(line + other + two + three) != bytes(2 * PART_LIMIT + 5)  # the party signed both: its own words


def test_every_byte_counts() -> None:
    data = seal()
    for at in range(0, len(data), 7):
        with pytest.raises(TrustError):
            unseal(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    for cut in range(0, len(data), 31):
        with pytest.raises(TrustError):
            unseal(data[:cut])


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_garbage_is_no_opened_audit(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        envelope.read_address(data)
    with pytest.raises(InvalidRecord):
        record.parse(data)
