import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed import ADDRESSES, CONTRACT, VALIDATORS, address, seal, secrets_of, state, storage, storage_proof, unsealed

from ledger import canonical, rlp
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, VerificationError
from ledger.proofs.headers import extra_data, parse_header
from ledger.proofs.trust import Assurance, Trust, ValidatorChange, follow, parse, validators_hash

TRUST = Trust(
    chain_id=20261,
    genesis_hash=b"\7" * 32,
    validators=ADDRESSES,
    directory=Address(bytes(18) + b"\x53\x01"),
    assurance=Assurance.CO_SIGNED,
    code_hashes={"Directory": b"\1" * 32},
)
SLOT = (9).to_bytes(32, "big")
SECOND = secrets_of("second", 5)
THIRD = secrets_of("third", 1)


def addresses(secrets: list[bytes]) -> tuple[Address, ...]:
    return tuple(map(address, secrets))


def change(number: int, old: list[bytes], new: list[bytes], slot: bytes = SLOT) -> ValidatorChange:
    """Prove that the state after block ``number``, sealed by the old set, names the new one."""
    words = storage({slot: int.from_bytes(validators_hash(addresses(new)), "big"), bytes(32): 1})
    accounts = state(words, 5)
    extra = extra_data(bytes(32), addresses(old))
    raw = seal(unsealed(number=rlp.encode_uint(number), state=accounts.root_hash, extra=extra), old)
    proof = storage_proof(parse_header(raw).block_hash, accounts, words, slot)
    return ValidatorChange(raw, proof, addresses(new))


FIRST_CHANGE, SECOND_CHANGE = change(10, VALIDATORS, SECOND), change(11, SECOND, THIRD)


def test_a_trust_file_round_trips() -> None:
    assert parse(TRUST.encode()) == TRUST
    plain = replace(TRUST, code_hashes={}, assurance=Assurance.SINGLE_OPERATOR)
    assert parse(plain.encode()) == plain


@pytest.mark.parametrize(
    "changes",
    [
        {"format_version": 2},
        {"format_version": True},
        {"chain_id": 0},
        {"chain_id": "20261"},
        {"chain_id": True},
        {"genesis_hash": "0x07"},
        {"genesis_hash": "07" * 32},
        {"genesis_hash": "0x" + "AB" * 32},
        {"genesis_hash": "0x" + " 7" * 32},
        {"genesis_hash": 7},
        {"validators": []},
        {"validators": ["0x" + member.hex() for member in ADDRESSES[::-1]]},
        {"validators": ["0x" + ADDRESSES[0].hex()] * 2},
        {"validators": "0x"},
        {"directory": "0x" + "00" * 19},
        {"assurance": "byzantine"},
        {"assurance": None},
        {"code_hashes": {"Directory": "0x00"}},
        {"code_hashes": []},
        {"comment": "x"},
    ],
)
def test_fields_out_of_form_are_refused(changes: dict) -> None:
    record = json.loads(TRUST.encode()) | changes
    with pytest.raises(InvalidRecord):
        parse(canonical.encode(record))


@pytest.mark.parametrize("name", sorted(json.loads(TRUST.encode())))
def test_missing_fields_are_refused(name: str) -> None:
    record = json.loads(TRUST.encode())
    del record[name]
    with pytest.raises(InvalidRecord):
        parse(canonical.encode(record))


@settings(deadline=None, max_examples=150)
@given(st.integers(0, len(TRUST.encode()) - 1), st.integers(1, 255))
def test_a_changed_byte_gives_another_trust_or_is_refused(place: int, mask: int) -> None:
    data = bytearray(TRUST.encode())
    data[place] ^= mask
    with suppress(InvalidRecord):
        assert parse(bytes(data)) != TRUST


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60))
def test_garbage_is_no_trust_file(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        parse(data)


def test_validators_are_followed_through_changes() -> None:
    history = follow(ADDRESSES, [FIRST_CHANGE, SECOND_CHANGE], governance=CONTRACT, slot=SLOT)
    assert [history.at(number) for number in (0, 10, 11, 12, 99)] == [
        ADDRESSES,
        ADDRESSES,
        addresses(SECOND),
        addresses(THIRD),
        addresses(THIRD),
    ]
    assert history.latest == addresses(THIRD)


def test_headers_are_judged_by_the_set_of_their_block() -> None:
    history = follow(ADDRESSES, [FIRST_CHANGE], governance=CONTRACT, slot=SLOT)
    assert history.verify(FIRST_CHANGE.header, 10).number == 10
    late = change(11, VALIDATORS, SECOND).header  # the old set goes on sealing
    with pytest.raises(VerificationError, match="other validators"):
        history.verify(late, 11)
    with pytest.raises(VerificationError, match="expected block 9"):
        history.verify(FIRST_CHANGE.header, 9)


def test_block_numbers_below_zero_and_empty_sets_are_refused() -> None:
    with pytest.raises(InvalidRecord):
        follow(ADDRESSES, [], governance=CONTRACT, slot=SLOT).at(-1)
    with pytest.raises(InvalidRecord):
        follow((), [], governance=CONTRACT, slot=SLOT)


def test_without_changes_the_trusted_set_stays() -> None:
    assert follow(ADDRESSES, [], governance=CONTRACT, slot=SLOT).latest == ADDRESSES


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([SECOND_CHANGE], "other validators"),  # a step is missing
        ([FIRST_CHANGE, FIRST_CHANGE], "other validators"),
        ([FIRST_CHANGE, change(10, SECOND, THIRD)], "out of order"),
        ([change(5, VALIDATORS, VALIDATORS)], "changes nothing"),
        ([replace(FIRST_CHANGE, validators=addresses(THIRD))], "does not name"),
        ([change(10, VALIDATORS, SECOND, slot=bytes([1]) * 32)], "does not name"),
        ([replace(FIRST_CHANGE, proof=replace(FIRST_CHANGE.proof, slots=()))], "does not name"),
        ([replace(FIRST_CHANGE, proof=SECOND_CHANGE.proof)], "another block"),
    ],
)
def test_changes_that_are_not_proven_are_refused(changes: list[ValidatorChange], reason: str) -> None:
    with pytest.raises(VerificationError, match=reason):
        follow(ADDRESSES, changes, governance=CONTRACT, slot=SLOT)


def test_a_change_in_another_contract_is_refused() -> None:
    with pytest.raises(VerificationError, match="does not name"):
        follow(ADDRESSES, [FIRST_CHANGE], governance=Address(bytes(20)), slot=SLOT)


def test_a_change_needs_the_quorum_of_the_set_before_it() -> None:
    raw = seal(FIRST_CHANGE.header, VALIDATORS[:2])
    with pytest.raises(VerificationError, match="seals"):
        follow(ADDRESSES, [replace(FIRST_CHANGE, header=raw)], governance=CONTRACT, slot=SLOT)


@pytest.mark.parametrize("members", [(), ADDRESSES[::-1], (Address(bytes(19)),), (ADDRESSES[0], ADDRESSES[0])])
def test_sets_out_of_form_cannot_be_made(members: tuple[Address, ...]) -> None:
    with pytest.raises(InvalidRecord):
        replace(FIRST_CHANGE, validators=members)
    with pytest.raises(InvalidRecord):
        replace(TRUST, validators=members)


def test_the_hash_of_a_set_does_not_depend_on_its_order() -> None:
    assert validators_hash(ADDRESSES) == validators_hash(ADDRESSES[::-1])
    assert validators_hash(ADDRESSES) != validators_hash(ADDRESSES[:3])
