"""The stream proof file and its verification."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import canonical, merkle
from ledger.errors import InvalidRecord, TrustError, VerificationError
from ledger.log.proof import StreamProof, parse, verify
from ledger.log.record import leaf_of, leaves_of

RECORDS = [b"parcel %d sold" % n for n in range(11)]
SALTS = [bytes([n + 1]) * 16 for n in range(11)]
LEAVES = [leaf_of(salt, record) for salt, record in zip(SALTS, RECORDS, strict=True)]
ROOT = merkle.root(LEAVES)


def proof(index: int = 4) -> StreamProof:
    path = tuple(merkle.inclusion_path(LEAVES, index))
    return StreamProof("finance/sales", index, len(LEAVES), SALTS[index], path, ROOT)


@pytest.mark.parametrize("index", range(11))
def test_each_record_verifies(index: int) -> None:
    verify(RECORDS[index], proof(index), size=11, root=ROOT)


def test_leaf_is_the_published_construction() -> None:
    data = hashlib.sha256(b"SHUXIN-STREAM-V1" + SALTS[0] + RECORDS[0]).digest()
    assert leaf_of(SALTS[0], RECORDS[0]) == hashlib.sha256(b"\x00" + data).digest()
    assert leaves_of(b"".join(SALTS), RECORDS) == LEAVES


def test_same_record_with_another_salt_is_another_leaf() -> None:
    assert leaf_of(SALTS[0], RECORDS[0]) != leaf_of(SALTS[1], RECORDS[0])


def test_salt_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="16 bytes"):
        leaf_of(b"short", b"record")
    with pytest.raises(ValueError, match="one salt"):
        leaves_of(bytes(31), [b"a", b"b"])


def test_another_record_is_refused() -> None:
    with pytest.raises(VerificationError):
        verify(RECORDS[5], proof(4), size=11, root=ROOT)


def test_another_root_is_refused_although_the_proof_is_whole() -> None:
    with pytest.raises(VerificationError, match="expected"):
        verify(RECORDS[4], proof(4), size=11, root=bytes(32))


@pytest.mark.parametrize("change", [{"index": 5}, {"size": 12}, {"salt": bytes([9]) * 16}, {"path": ()}])
def test_changed_member_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(VerificationError):
        verify(RECORDS[4], replace(proof(4), **change), size=11, root=ROOT)


def test_place_in_a_tree_of_another_size_is_refused() -> None:
    last = proof(10)
    moved = replace(last, index=3, size=4)
    merkle.verify_inclusion(LEAVES[10], 3, 4, moved.path, ROOT)  # the tree alone does not notice
    with pytest.raises(VerificationError, match="expected 11"):
        verify(RECORDS[10], moved, size=11, root=ROOT)


def test_file_round_trips() -> None:
    whole = replace(proof(), anchor={"kind": "evm-receipt", "header": "f9"})
    assert parse(whole.encode()) == whole
    assert parse(proof().encode()) == proof()


@given(position=st.integers(0, len(proof().encode()) - 1), flip=st.integers(1, 255))
@settings(deadline=None, max_examples=300)
def test_any_changed_byte_of_the_file_is_refused(position: int, flip: int) -> None:
    data = bytearray(proof().encode())
    data[position] ^= flip
    try:
        changed = parse(bytes(data))
        verify(RECORDS[4], changed, size=11, root=ROOT)
    except TrustError:
        return
    # the stream's name and the unread anchor are bound by the anchor on the chain, not by the tree
    assert replace(changed, stream=proof().stream, anchor=None) == proof()


@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode)))
@settings(deadline=None, max_examples=100)
def test_garbage_is_an_invalid_record(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        parse(data)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("format", "other"),
        ("version", 2),
        ("stream", ""),
        ("stream", "x" * 121),
        ("stream", None),
        ("index", True),
        ("index", -1),
        ("index", 11),
        ("size", 4.5),
        ("salt", "00" * 16),
        ("salt", "01" * 15),
        ("salt", 7),
        ("path", ["zz"]),
        ("path", [7]),
        ("path", ["00" * 31]),
        ("path", ["00" * 32] * 65),
        ("root", "AB" * 32),
        ("root", None),
        ("more", 1),
    ],
)
def test_member_out_of_form_is_refused(member: str, value: canonical.JsonValue) -> None:
    content = canonical.decode(proof().encode())
    assert isinstance(content, dict)
    with pytest.raises(InvalidRecord):
        parse(canonical.encode({**content, member: value}))


def test_missing_member_is_refused() -> None:
    content = canonical.decode(proof().encode())
    assert isinstance(content, dict)
    for member in content:
        with pytest.raises(InvalidRecord):
            parse(canonical.encode({k: v for k, v in content.items() if k != member}))
