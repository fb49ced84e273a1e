import json
from pathlib import Path

import pytest
from eth.vm.forks.prague.blocks import PragueBlockHeader
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed import ADDRESSES, VALIDATORS, address, header_items, seal, secrets_of, unsealed

from ledger import rlp
from ledger.crypto.signing import sign_digest
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.proofs import headers
from ledger.proofs.headers import block_hash, extra_data, parse_header, quorum, seal_hash, verify_header, with_seals

SEALED = seal(unsealed())
BESU = Path(__file__).parents[1] / "vectors" / "ledger" / "besu_qbft_header.json"


def with_extra(extra: rlp.Item) -> bytes:
    return unsealed(extra=rlp.encode(extra))


def in_this_order(raw: bytes, seals: list[bytes]) -> bytes:
    """Put seals into a header as they come, which ``with_seals`` never does."""
    items = rlp.decode(raw)
    assert isinstance(items, tuple)
    assert isinstance(items[12], bytes)
    extra = rlp.decode(items[12])
    assert isinstance(extra, tuple)
    return rlp.encode((*items[:12], rlp.encode((*extra[:4], tuple(seals))), *items[13:]))


def test_a_header_of_a_besu_network_verifies_once_its_seals_are_in_order() -> None:
    case = json.loads(BESU.read_bytes())
    header = parse_header(bytes.fromhex(case["header"]))
    assert (header.number, header.timestamp) == (case["number"], case["timestamp"])
    assert header.round_number == case["round"]
    assert header.seal_hash.hex() == case["commit_hash"] != header.block_hash.hex()
    ordered = with_seals(header.raw, header.seals)
    assert verify_header(ordered, header.validators).block_hash == header.block_hash
    with pytest.raises(VerificationError, match="order"):  # Besu keeps them as they arrived
        verify_header(header.raw, header.validators)


def test_a_sealed_header_is_read_and_verified() -> None:
    header = verify_header(SEALED, ADDRESSES)
    assert (header.number, header.timestamp) == (7, 1_700_000_000)
    assert header.parent_hash == keccak256(b"parent")
    assert header.validators == ADDRESSES
    assert len(header.seals) == 4
    assert header.vanity == bytes(32)
    assert header.raw == SEALED


def test_the_oracle_reads_the_same_fields() -> None:
    header, expected = parse_header(SEALED), rlp_header(SEALED)
    assert header.number == expected.block_number
    assert header.timestamp == expected.timestamp
    assert header.state_root == expected.state_root
    assert header.receipts_root == expected.receipt_root
    assert header.parent_hash == expected.parent_hash


def rlp_header(raw: bytes) -> PragueBlockHeader:
    import rlp as oracle

    decoded: PragueBlockHeader = oracle.decode(raw, PragueBlockHeader)
    return decoded


def test_the_block_hash_ignores_seals_and_round_and_the_seal_hash_only_seals() -> None:
    bare = unsealed()
    later = unsealed(extra=extra_data(bytes(32), ADDRESSES, round_=1))
    assert block_hash(bare) == block_hash(SEALED) == block_hash(later) == keccak256(bare)
    assert seal_hash(bare) == seal_hash(SEALED) == keccak256(bare)
    assert seal_hash(later) == keccak256(later) != seal_hash(bare)
    assert parse_header(later).round_number == 1
    verify_header(seal(later), ADDRESSES)


def test_seals_of_another_round_are_refused() -> None:
    later = unsealed(extra=extra_data(bytes(32), ADDRESSES, round_=1))
    with pytest.raises(VerificationError):
        verify_header(in_this_order(later, list(parse_header(SEALED).seals)), ADDRESSES)


@pytest.mark.parametrize(("n", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (10, 7)])
def test_quorum_is_two_thirds_rounded_up(n: int, needed: int) -> None:
    assert quorum(n) == needed
    secrets = secrets_of("other", n)
    addresses = tuple(map(address, secrets))
    raw = unsealed(extra=extra_data(bytes(32), addresses))
    verify_header(seal(raw, secrets[:needed]), addresses)
    with pytest.raises(VerificationError, match="seals"):
        verify_header(seal(raw, secrets[: needed - 1]), addresses)


def test_invented_validators_are_refused() -> None:
    forgers = secrets_of("forger")
    forged = seal(unsealed(extra=extra_data(bytes(32), tuple(map(address, forgers)))), forgers)
    with pytest.raises(VerificationError, match="other validators"):
        verify_header(forged, ADDRESSES)


@pytest.mark.parametrize("trusted", [ADDRESSES[:3], (*ADDRESSES, address(keccak256(b"fifth"))), ()])
def test_a_part_or_more_of_the_trusted_set_is_refused(trusted: tuple) -> None:
    with pytest.raises(VerificationError, match="other validators"):
        verify_header(SEALED, trusted)


def test_the_trusted_set_may_come_in_any_order() -> None:
    verify_header(SEALED, tuple(reversed(ADDRESSES)))


def test_a_seal_of_a_stranger_is_refused_beside_a_quorum() -> None:
    raw = unsealed()
    with pytest.raises(VerificationError, match="no validator"):
        verify_header(seal(raw, [*VALIDATORS[:3], keccak256(b"stranger")]), ADDRESSES)


def test_doubled_or_unsorted_seals_are_refused() -> None:
    seals = list(parse_header(SEALED).seals)
    for wrong in ([seals[0], seals[0], seals[1], seals[2]], [seals[1], seals[0], seals[2]], seals[::-1]):
        with pytest.raises(VerificationError, match="order"):
            verify_header(in_this_order(unsealed(), wrong), ADDRESSES)
        assert with_seals(SEALED, wrong) == with_seals(SEALED, sorted(set(wrong), key=seals.index))


def test_the_second_form_of_a_seal_is_refused() -> None:
    first, *others = parse_header(SEALED).seals
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(first[32:64], "big")
    for twin in (first[:32] + s.to_bytes(32, "big") + bytes([first[64] ^ 1]), first[:64] + bytes([first[64] + 27])):
        with pytest.raises(VerificationError, match="malformed"):
            verify_header(in_this_order(unsealed(), [twin, *others]), ADDRESSES)


def test_no_byte_of_a_sealed_header_can_change() -> None:
    for place in range(len(SEALED)):
        for mask in (1, 0x80):
            changed = bytearray(SEALED)
            changed[place] ^= mask
            with pytest.raises((InvalidRecord, VerificationError)):
                verify_header(bytes(changed), ADDRESSES)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(SEALED) - 1), st.integers(0, len(SEALED) - 1), st.binary(max_size=6))
def test_no_span_of_a_sealed_header_can_change(start: int, stop: int, other: bytes) -> None:
    changed = SEALED[: min(start, stop)] + other + SEALED[max(start, stop) :]
    if changed != SEALED:
        with pytest.raises((InvalidRecord, VerificationError)):
            verify_header(changed, ADDRESSES)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300) | st.lists(st.binary(max_size=40), max_size=22).map(lambda x: rlp.encode(tuple(x))))
def test_garbage_is_no_header(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        parse_header(data)


@pytest.mark.parametrize(
    "changes",
    [
        {"parent": bytes(31)},
        {"state": bytes(33)},
        {"coinbase": bytes(19)},
        {"bloom": bytes(255)},
        {"nonce": b""},
        {"mix": bytes(32)},
        {"number": b"\0\7"},
        {"number": bytes([1] * 9)},
        {"timestamp": b"\0"},
        {"number": ()},
        {"extra": b""},
        {"extra": bytes(32)},
    ],
)
def test_items_out_of_form_are_refused(changes: dict) -> None:
    with pytest.raises(InvalidRecord):
        parse_header(unsealed(**changes))


@pytest.mark.parametrize("count", [15, 16, 21])
def test_headers_of_every_fork_have_15_to_21_items(count: int) -> None:
    items = tuple(header_items().values())[:count]
    assert parse_header(rlp.encode(items)).number == 7


@pytest.mark.parametrize("count", [14, 22])
def test_other_item_counts_are_refused(count: int) -> None:
    items = (*header_items().values(), b"", b"")[:count]
    with pytest.raises(InvalidRecord, match="15 to 21"):
        parse_header(rlp.encode(items))


SEALS = tuple(parse_header(SEALED).seals)


@pytest.mark.parametrize(
    "extra",
    [
        (),
        (bytes(31), ADDRESSES, (), b"", ()),
        (bytes(32), ADDRESSES, (), b""),
        (bytes(32), ADDRESSES, (), b"", (), ()),
        (bytes(32), (), (), b"", ()),
        (bytes(32), ADDRESSES[::-1], (), b"", ()),
        (bytes(32), (ADDRESSES[0], ADDRESSES[0]), (), b"", ()),
        (bytes(32), (bytes(19),), (), b"", ()),
        (bytes(32), ADDRESSES, (b"",), b"", ()),
        (bytes(32), ADDRESSES, b"", b"", ()),
        (bytes(32), ADDRESSES, ((), ()), b"", ()),
        (bytes(32), ADDRESSES, (), b"\0", ()),
        (bytes(32), ADDRESSES, (), bytes([1] * 5), ()),
        (bytes(32), ADDRESSES, (), (), ()),
        (bytes(32), ADDRESSES, (), b"", (bytes(64),)),
        (bytes(32), ADDRESSES, (), b"", (SEALS,)),
        (bytes(32), tuple(i.to_bytes(20, "big") for i in range(headers.MAX_VALIDATORS + 1)), (), b"", ()),
    ],
)
def test_extra_data_out_of_form_is_refused(extra: rlp.Item) -> None:
    with pytest.raises(InvalidRecord):
        parse_header(with_extra(extra))


def test_a_vote_is_read_and_sealed() -> None:
    raw = with_extra((bytes(32), ADDRESSES, (ADDRESSES[0], b"\xff"), b"", ()))
    assert verify_header(seal(raw), ADDRESSES).block_hash != block_hash(unsealed())


def test_extra_data_refuses_what_the_parser_would() -> None:
    with pytest.raises(InvalidRecord):
        extra_data(bytes(31), ADDRESSES)
    with pytest.raises(InvalidRecord):
        extra_data(bytes(32), ADDRESSES[::-1])


def test_size_is_bounded() -> None:
    with pytest.raises(InvalidRecord, match="at most"):
        parse_header(bytes(headers.MAX_HEADER + 1))


def test_a_seal_over_another_digest_is_refused() -> None:
    digest = keccak256(b"another header")
    foreign = [sign_digest(secret, digest) for secret in VALIDATORS]
    with pytest.raises(VerificationError):
        verify_header(in_this_order(unsealed(), foreign), ADDRESSES)
