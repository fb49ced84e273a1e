import gzip
from pathlib import Path

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from ledger.errors import InvalidRecord, NotFound
from mpc.disclosure.membership import WIDTH
from mpc.spec.parts import Interval, OneOf
from mpc.tables.records import records
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import KeyRow, Table

SCHEMA = Schema({"bbl": Text("[1-5][0-9]{9}"), "borough": Text("[1-5]"), "price": Integer(0, 1 << 32)})
GOOD = "bbl,borough,price,note\n1000000001,1,500,a\n1000000001,1,2000,b\n2000000002,2,3000,\n"


def table(tmp_path, text, schema=SCHEMA, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Table(path, schema)


def test_rows_values_keys_and_aggregates_of_a_good_file(tmp_path):
    read = table(tmp_path, GOOD)
    assert read.rows == 3
    assert list(read.values(["price"], [Interval("price", 1000, None)])) == [2000, 3000]
    assert read.keys("bbl", [OneOf("borough", ("2",))]) == ["2000000002"]
    assert read.by_key("bbl", "borough", ["price"], []) == [
        KeyRow("1000000001", "1", 2, (2500,)),
        KeyRow("2000000002", "2", 1, (3000,)),
    ]
    assert read.by_key("bbl", None, [], [])[0] == KeyRow("1000000001", "", 2, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bbl,borough\n1000000001,1\n", "line 1: column 'price' is missing"),
        (GOOD.replace("2000,b", "2x00,b"), "line 3: column 'price' is not a number"),
        (GOOD.replace("2000,b", ",b"), "line 3: column 'price' is empty"),
        (
            GOOD.replace("2000,b", "4294967297,b"),
            "line 3: column 'price' is outside the declared 0..4294967296",
        ),
        (GOOD.replace("2000,b", "-1,b"), "line 3: column 'price' is outside"),
        (GOOD.replace("2000,b", "10.5,b"), "line 3: column 'price' has more than 0 decimals"),
        (GOOD.replace("2000000002", "9000000002"), "line 4: column 'bbl' does not match"),
        (
            GOOD.replace("2000000002", "200000000２"),
            "line 4: column 'bbl' does not match",
        ),  # full-width digit
        (GOOD.replace("2000000002", "02000000002"), "line 4: column 'bbl' does not match"),
        (GOOD.replace("2000000002", ""), "line 4: column 'bbl' does not match"),
        ("", "the file is empty"),
        ("bbl,borough,price\n", "no rows"),
        (GOOD.encode().replace(b",a\n", b",\xff\n"), "not UTF-8"),
    ],
)
def test_a_faulty_file_is_refused_with_line_and_column(tmp_path, text, said):
    with pytest.raises(InvalidRecord) as refused:
        table(tmp_path, text)
    assert said in str(refused.value)
    assert "t.csv" in str(refused.value)


def test_lines_are_counted_through_quoted_line_breaks(tmp_path):
    with pytest.raises(InvalidRecord, match="line 5: column 'price'"):
        table(
            tmp_path,
            'bbl,borough,price,note\n1000000001,1,5,"two\nlines"\n2000000002,2,7,\n2000000003,2,x,\n',
        )


def test_a_repeated_unique_key_is_refused_and_named_by_line(tmp_path):
    unique = Schema(SCHEMA.columns, unique="bbl")
    with pytest.raises(InvalidRecord, match="line 3: column 'bbl': the key stands in an earlier line"):
        table(tmp_path, GOOD, unique)
    assert table(tmp_path, GOOD.replace("1000000001,1,2000", "1000000009,1,2000"), unique).rows == 3


def test_a_key_in_two_groups_is_refused(tmp_path):
    read = table(tmp_path, GOOD.replace("1000000001,1,2000", "1000000001,3,2000"))
    with pytest.raises(InvalidRecord, match="two groups"):
        read.by_key("bbl", "borough", [], [])


def test_prices_in_cents_are_exact_above_two_to_the_53(tmp_path):
    cents = Schema({"price": Integer(0, 1 << 80, scale=2)})
    read = table(tmp_path, "price\n90071992547409.93\n9007199254740993\n0.01\n", cents)
    assert list(read.values(["price"], [])) == [9007199254740993, 900719925474099300, 1]


def test_undeclared_columns_cannot_be_asked(tmp_path):
    read = table(tmp_path, GOOD)
    for ask in (
        lambda: read.values(["note"], []),
        lambda: read.keys("price", []),
        lambda: read.values(["bbl"], []),
    ):
        with pytest.raises(InvalidRecord, match="not declared"):
            ask()


def test_compressed_and_plain_files_read_alike(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(GOOD.encode()))
    assert list(Table(path, SCHEMA).values(["price"], [])) == list(table(tmp_path, GOOD).values(["price"], []))


def test_parquet_reads_like_csv(tmp_path):
    path = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.table({"bbl": ["1000000001"], "borough": ["1"], "price": [2000], "note": ["x"]}), path)
    assert list(Table(path, SCHEMA).values(["price"], [])) == [2000]


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="no such file"):
        Table(Path(tmp_path / "absent.csv"), SCHEMA)


def test_a_column_name_cannot_carry_a_query(tmp_path):
    with pytest.raises(InvalidRecord, match="plain name"):
        Schema({"price; DROP TABLE t": Integer(0, 1)})


def test_row_digests_tell_versions_apart(tmp_path):
    first, second = digests(tmp_path, GOOD), digests(tmp_path, GOOD.replace("500,a", "501,a"))
    assert list(first) == sorted(first)
    assert len(set(first) ^ set(second)) == 2
    assert not set(first) & set(digests(tmp_path, GOOD, b"another key"))


def digests(tmp_path, text, key=b"key"):
    together = table(tmp_path, text).row_digests(key)
    return [together[start : start + WIDTH] for start in range(0, len(together), WIDTH)]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=120), st.booleans())
def test_garbage_bytes_raise_only_invalid_record(tmp_path, data, headed):
    with pytest.raises(InvalidRecord):
        table(tmp_path, (b"bbl,borough,price\n" if headed else b"") + data + b'\n1000000001,1,"')


def test_rows_with_too_few_or_too_many_fields_are_refused(tmp_path):
    for line in ("1000000001,1\n", "1000000001,1,5,a,b,c\n"):
        with pytest.raises(InvalidRecord, match=r"t\.csv"):
            table(tmp_path, GOOD + line)


def test_a_wrong_encoding_far_down_is_named_by_its_own_line(tmp_path):
    rows = b"".join(b"%d,1,5,note\n" % (1000000000 + n) for n in range(2000))
    with pytest.raises(InvalidRecord, match="line 2002: not UTF-8"):
        table(tmp_path, b"bbl,borough,price,note\n" + rows + b"2000000002,2,7,\xff\n")


def test_a_compressed_table_with_any_byte_changed_raises_no_foreign_error(tmp_path):
    path = tmp_path / "sales.csv.gz"
    whole = gzip.compress(GOOD.encode(), mtime=0)
    seen = set()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            seen.add(next(records(path))[0])
        except InvalidRecord:
            seen.add("refused")
    assert seen <= {1, "refused"}
    assert "refused" in seen
