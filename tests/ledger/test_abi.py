from collections.abc import Sequence
from contextlib import suppress

import eth_abi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import abi
from ledger.errors import InvalidRecord

ATOMS = ["uint8", "uint64", "uint256", "bool", "address", "bytes1", "bytes32", "bytes", "string"]


def values_of(kind: str) -> st.SearchStrategy[abi.AbiValue]:
    if kind.startswith("uint"):
        return st.integers(0, 2 ** int(kind[4:]) - 1)
    sizes = {"address": 20, "bytes1": 1, "bytes32": 32}
    if kind in sizes:
        return st.binary(min_size=sizes[kind], max_size=sizes[kind])
    return {"bool": st.booleans(), "bytes": st.binary(max_size=70), "string": st.text(max_size=30)}[kind]


def grow(inner: st.SearchStrategy[tuple[str, st.SearchStrategy]]) -> st.SearchStrategy[tuple[str, st.SearchStrategy]]:
    dynamic = inner.map(lambda t: (f"{t[0]}[]", st.lists(t[1], max_size=3).map(tuple)))
    fixed = inner.map(lambda t: (f"{t[0]}[2]", st.tuples(t[1], t[1])))
    pair = st.tuples(inner, inner).map(lambda p: (f"({p[0][0]},{p[1][0]})", st.tuples(p[0][1], p[1][1])))
    return st.one_of(dynamic, fixed, pair)


TYPES = st.recursive(st.sampled_from(ATOMS).map(lambda kind: (kind, values_of(kind))), grow, max_leaves=4)
ARGUMENTS = st.lists(TYPES, max_size=4).flatmap(
    lambda kinds: st.tuples(st.just([kind for kind, _ in kinds]), st.tuples(*(values for _, values in kinds)))
)


@settings(deadline=None, max_examples=150)
@given(ARGUMENTS)
def test_encoding_is_the_reference_encoding_and_decodes_to_the_values(arguments: tuple[list[str], tuple]) -> None:
    types, values = arguments
    encoded = abi.encode(types, values)
    assert encoded == eth_abi.encode(types, values)
    assert abi.decode(types, encoded) == values


@settings(deadline=None, max_examples=300)
@given(st.lists(TYPES, max_size=4), st.lists(st.sampled_from([bytes(32), (32).to_bytes(32, "big"), b"\1" * 32, b"x"])))
def test_garbage_decodes_to_what_encodes_to_it_or_is_refused(kinds: list, words: list[bytes]) -> None:
    types, data = [kind for kind, _ in kinds], b"".join(words)
    try:
        values = abi.decode(types, data)
    except InvalidRecord:
        return
    assert abi.encode(types, values) == data


@settings(deadline=None, max_examples=150)
@given(ARGUMENTS, st.data())
def test_a_changed_byte_gives_other_values_or_is_refused(
    arguments: tuple[list[str], tuple], data: st.DataObject
) -> None:
    types, values = arguments
    encoded = bytearray(abi.encode(types, values))
    if not encoded:
        return
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(InvalidRecord):
        assert abi.decode(types, bytes(encoded)) != values


@pytest.mark.parametrize(
    ("types", "values"),
    [
        (["uint8"], (256,)),
        (["uint256"], (-1,)),
        (["uint256"], (2**256,)),
        (["uint256"], (True,)),
        (["bool"], (1,)),
        (["bytes32"], (bytes(31),)),
        (["address"], (bytes(32),)),
        (["bytes"], ("text",)),
        (["string"], (b"bytes",)),
        (["string"], ("\ud800",)),
        (["uint8[2]"], ((1,),)),
        (["uint8[]"], (1,)),
        (["(uint8,bool)"], ((1,),)),
        (["uint8"], ()),
        (["uint8"], (1, 2)),
        (["int256"], (1,)),
        (["uint7"], (1,)),
        (["uint264"], (1,)),
        (["bytes33"], (bytes(33),)),
        (["uint"], (1,)),
        (["()"], ((),)),
        (["(uint8"], (1,)),
        (["(uint8,bool)(uint8,bool)"], (1,)),
        (["uint8" + "[]" * 10], ((),)),
    ],
)
def test_values_outside_their_type_are_refused(types: Sequence[str], values: Sequence[abi.AbiValue]) -> None:
    with pytest.raises(InvalidRecord):
        abi.encode(types, values)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("types", "data"),
    [
        (["uint256"], b""),
        (["uint256"], word(1)[:-1]),
        (["uint256"], word(1) + b"\0"),
        (["uint8"], word(256)),
        (["bool"], word(2)),
        (["address"], word(1 << 160)),
        (["bytes1"], word(1)),
        (["bytes"], word(64) + word(0) + word(0)),  # a gap before the tail
        (["bytes"], word(32) + word(1) + b"a" + bytes(30) + b"b"),  # padding
        (["bytes"], word(32) + word(1 << 200)),
        (["bytes", "bytes"], word(64) + word(64) + word(0)),  # two offsets to one tail
        (["uint8[]"], word(32) + word(1 << 255)),
        (["uint8[]"], word(32) + word(2) + word(1)),
        (["string"], word(32) + word(1) + b"\xff" + bytes(31)),
        (["uint8[][]"], word(32) + word(2) + word(32) + word(32) + word(0)),
        (["uint256[9999][9999]"], word(1)),
    ],
)
def test_data_other_than_the_one_encoding_is_refused(types: Sequence[str], data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        abi.decode(types, data)


def test_selector_and_topic_are_those_of_the_standard() -> None:
    assert abi.selector("transfer(address,uint256)").hex() == "a9059cbb"
    expected = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert abi.topic("Transfer(address,address,uint256)").hex() == expected
