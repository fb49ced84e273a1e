import json
import time
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import canonical
from ledger.canonical import JsonValue, decode, digest, encode, parse
from ledger.errors import InvalidRecord
from ledger.hashing import sha256

VECTORS = Path(__file__).parents[1] / "vectors" / "ledger" / "jcs_rfc8785"
NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]
SAFE = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not SAFE < abs(x) < 1e21)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", NAMES)
def test_official_vectors_pass_through(name: str) -> None:
    value = json.loads((VECTORS / f"input_{name}.json").read_bytes())
    expected = bytes.fromhex((VECTORS / f"outhex_{name}.txt").read_text())
    assert encode(value) == expected
    assert encode(decode(expected)) == expected


@settings(deadline=None)
@given(VALUES)
def test_values_round_trip(value: JsonValue) -> None:
    data = encode(value)
    assert decode(data) == value
    assert digest(value) == sha256(data)


@settings(deadline=None)
@given(VALUES)
def test_values_are_written_as_the_reference_writes_them(value: JsonValue) -> None:
    assert encode(value) == rfc8785.dumps(value)


def test_names_beyond_the_basic_plane_sort_by_their_utf_16_units() -> None:
    assert encode({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.eE+-\\u dtrufalsn', max_size=40).map(str.encode))
def test_bytes_are_canonical_or_refused(data: bytes) -> None:
    try:
        value = decode(data)
    except InvalidRecord:
        return
    assert encode(value) == data


@pytest.mark.parametrize(
    "data", [b"1", b"-1", b"0.5", b"1e+21", b"1e-7", b'"\xc3\xa9"', b'{"a":1,"b":[true,null]}', b"[]"]
)
def test_canonical_bytes_are_read(data: bytes) -> None:
    assert encode(decode(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1\n",
        b"1.0",
        b"1e0",
        b"-0",
        b"-0.0",
        b"01",
        b"+1",
        b"1e21",
        b"1E+21",
        b"1e400",
        b"0.50",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"9007199254740992",
        b"100000000000000000000",
        b"1" * 5000,
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":1}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b"[1,]",
        b"[1 ]",
        b"{1:2}",
        b'"\\ud800"',
        b'{"\\ud800":1}',
        b'"\\u00e9"',
        b'"\\/"',
        b'"\x01"',
        b'"\xed\xa0\x80"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b'"open',
        b"'a'",
        b"[1] [2]",
        b"nul",
    ],
)
def test_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        decode(data)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_deep_nesting_is_refused_without_recursion(opening: bytes) -> None:
    with pytest.raises(InvalidRecord, match="nested"):
        decode(opening * 100_000)


def test_nesting_is_read_up_to_the_bound() -> None:
    data = b"[" * canonical.MAX_DEPTH + b"]" * canonical.MAX_DEPTH
    assert encode(decode(data)) == data
    with pytest.raises(InvalidRecord, match="nested"):
        decode(b"[" + data + b"]")


def test_nothing_is_written_deeper_than_it_is_read() -> None:
    value: JsonValue = []
    for _ in range(canonical.MAX_DEPTH - 1):
        value = [value]
    assert decode(encode(value)) == value
    with pytest.raises(InvalidRecord, match="nested"):
        encode([value])


@pytest.mark.parametrize("hostile", [b'"' + b'\\"' * 2_000_000, b'"' * 2_000_000, b"\\" * 2_000_000, b"[]" * 1_000_000])
def test_no_input_takes_more_than_linear_time(hostile: bytes) -> None:
    started = time.process_time()
    with pytest.raises(InvalidRecord):
        decode(hostile)
    assert time.process_time() - started < 2  # a search that goes back takes hours


def test_brackets_in_text_do_not_count_as_nesting() -> None:
    assert decode(encode("[" * 1000 + '"\\{')) == "[" * 1000 + '"\\{'


def test_size_is_bounded() -> None:
    assert decode(b'"abc"', limit=5) == "abc"
    with pytest.raises(InvalidRecord, match="at most"):
        decode(b'"abcd"', limit=5)


def cyclic() -> list[JsonValue]:
    value: list[JsonValue] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53, -(2**53), 1e20, "\ud800", {"\udfff": 1}, {1: 2}, {1, 2}, b"bytes", cyclic()],
)
def test_values_without_a_canonical_form_are_refused(value: JsonValue) -> None:
    with pytest.raises(InvalidRecord):
        encode(value)


@pytest.mark.parametrize("spelled", [b'"\\ud800"', b'{"\\udfff":1}', b"1e999", b"9007199254740993", b"[-1e400]"])
def test_what_has_no_canonical_form_is_not_read_in_another(spelled: bytes) -> None:
    with pytest.raises(InvalidRecord):
        parse(spelled)


def test_another_spelling_of_a_value_is_read() -> None:
    assert parse(b' {"a" : "\\ud83d\\ude00", "b": 1e2}') == {"a": "\U0001f600", "b": 100.0}
