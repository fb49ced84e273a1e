import pytest
import rlp as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import rlp
from ledger.errors import InvalidRecord

ITEMS = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=5).map(tuple), max_leaves=20)


def deep(levels: int) -> rlp.Item:
    item: rlp.Item = ()
    for _ in range(levels - 1):
        item = (item,)
    return item


@settings(deadline=None)
@given(ITEMS)
def test_decoding_gives_back_what_was_encoded_as_the_reference_does(item: rlp.Item) -> None:
    encoded = rlp.encode(item)
    assert encoded == oracle.encode(item)
    assert rlp.decode(encoded) == item


@pytest.mark.parametrize(
    ("encoded", "item"),
    [
        ("00", b"\0"),
        ("7f", b"\x7f"),
        ("80", b""),
        ("8180", b"\x80"),
        ("b7" + "61" * 55, b"a" * 55),
        ("b838" + "61" * 56, b"a" * 56),
        ("c0", ()),
        ("c7c0c1c0c3c0c1c0", ((), ((),), ((), ((),)))),
    ],
)
def test_canonical_encodings_are_read(encoded: str, item: rlp.Item) -> None:
    assert rlp.decode(bytes.fromhex(encoded)) == item
    assert rlp.encode(item).hex() == encoded


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "8100",  # a small byte behind a prefix
        "817f",
        "b801ff",  # long form of a short string
        "b837" + "61" * 55,
        "b90038" + "61" * 56,  # leading zero in the length
        "f800",
        "f837" + "c0" * 55,
        "b8",
        "b9ffff",
        "bfffffffffffffffff",
        "ffffffffffffffffff",
        "83646f",  # truncated string
        "c3c0c0",  # truncated list
        "c283646f67",  # an item passes its list
        "8080",  # bytes after the end
        "c000",
    ],
)
def test_any_other_encoding_is_refused(encoded: str) -> None:
    with pytest.raises(InvalidRecord):
        rlp.decode(bytes.fromhex(encoded))


def test_depth_is_bounded() -> None:
    assert rlp.decode(rlp.encode(deep(rlp.MAX_DEPTH))) == deep(rlp.MAX_DEPTH)
    with pytest.raises(InvalidRecord, match="deeper"):
        rlp.decode(rlp.encode(deep(rlp.MAX_DEPTH + 1)))
    hostile = b""
    for _ in range(5000):
        hostile = rlp.encode((hostile,)) if not hostile else rlp._prefix(len(hostile), 0xC0) + hostile
    with pytest.raises(InvalidRecord, match="deeper"):
        rlp.decode(hostile)


def test_size_is_bounded() -> None:
    encoded = rlp.encode(bytes(100))
    assert rlp.decode(encoded, limit=len(encoded)) == bytes(100)
    with pytest.raises(InvalidRecord, match="at most"):
        rlp.decode(encoded, limit=len(encoded) - 1)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_bytes_decode_to_what_encodes_to_them_or_are_refused(data: bytes) -> None:
    try:
        item = rlp.decode(data)
    except InvalidRecord:
        return
    assert rlp.encode(item) == data


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, 2**64 - 1])
def test_scalars_round_trip(value: int) -> None:
    assert rlp.decode_uint(rlp.encode_uint(value)) == value


@pytest.mark.parametrize("item", [b"\0", b"\0\1", b"\1" * 9, (), (b"\1",)])
def test_malformed_scalars_are_refused(item: rlp.Item) -> None:
    with pytest.raises(InvalidRecord):
        rlp.decode_uint(item)
