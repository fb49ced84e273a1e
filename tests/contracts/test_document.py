"""Documents: every value knows its line, every complaint names file and line, and nothing unread slips through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verdict import verdict

from contracts import document
from ledger.errors import InvalidRecord

TEXT = b"""# a comment
version = 1
days = [
    2025-10-01,
    2025-10-02,
]

[head]
name = { zh = "\xe5\x90\x8d", en = "name" }

[[row]]
id = "one"

[[row]]
id = "two"
"""


def complaint(data: bytes) -> str:
    with pytest.raises(InvalidRecord) as refusal:
        document.parse(data, "f.toml")
    return str(refusal.value)


def test_every_table_and_key_knows_its_line() -> None:
    found = document.parse(TEXT, "f.toml")
    assert found.root.lines == {"version": 2, "days": 3}
    assert [str(day) for day in found.root.days("days")] == ["2025-10-01", "2025-10-02"]
    assert (found.one("head").line, found.one("head").pair("name")) == (8, ("名", "name"))
    assert [(row.line, row.text("id")) for row in found.all("row")] == [(11, "one"), (14, "two")]
    with pytest.raises(InvalidRecord, match=r"^f.toml:15: twice$"):
        found.all("row")[1].refuse("twice", "id")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a = \n", 1),
        (b"a = 1\nb = 2\na = 3\n", 3),
        (b"a = 1\n\xff = 2\n", 2),
        (b"a = [1,\n", 2),
        (b"a = 1\na.b = 2\n", 2),
        (b"[a]\nb.c = 2\n", 1),
        (b"[a.b]\nc = 2\n", 1),
        (b'[a]\n"b" = 2\n', 1),
        (b"[a]\n  b = 2\n", 1),
        (b"a = " + b"[" * 2000, 1),
    ],
)
def test_broken_and_unusual_layouts_are_refused_with_a_line(data: bytes, line: int) -> None:
    assert complaint(data).startswith(f"f.toml:{line}: ")


def test_a_text_that_looks_like_a_key_is_not_taken_for_one() -> None:
    assert complaint(b'a = """\nb = 1\n"""\n').startswith("f.toml:2: b")


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="too long"):
        document.parse(b"a = " + b"9" * 5000, "rules.toml")


def test_a_document_longer_than_the_limit_is_refused() -> None:
    assert "more than" in complaint(b"#" * (document.LIMIT + 1))


def test_unknown_and_missing_keys_and_tables_are_refused() -> None:
    found = document.parse(TEXT, "f.toml")
    with pytest.raises(InvalidRecord, match=r"f.toml:3: unknown key 'days'"):
        found.root.only({"version"})
    with pytest.raises(InvalidRecord, match=r"f.toml:8: other missing"):
        found.one("head").only({"name", "other"})
    with pytest.raises(InvalidRecord, match=r"f.toml:11: unknown table 'row'"):
        found.only({"head"})
    with pytest.raises(InvalidRecord, match=r"f.toml:14: table 'row' appears twice"):
        found.only({"head", "row"})
    with pytest.raises(InvalidRecord, match=r"f.toml:1: table \[tail\] missing"):
        found.only({"head", "tail"}, {"row"})


@pytest.mark.parametrize("read", ["text", "day", "days", "texts", "pair"])
def test_a_value_of_another_kind_is_refused_with_its_line(read: str) -> None:
    found = document.parse(b"\na = 7\n", "f.toml")
    with pytest.raises(InvalidRecord, match=r"^f.toml:2: a"):
        getattr(found.root, read)("a")


@pytest.mark.parametrize("value", ["true", "0", "11", '"3"', "2025-10-01"])
def test_a_number_out_of_range_or_of_another_kind_is_refused(value: str) -> None:
    assert document.parse(b"a = 10\n", "f").root.number("a", 1, 10) == 10
    with pytest.raises(InvalidRecord, match=r"^f:1: a: expected a number from 1 to 10"):
        document.parse(f"a = {value}\n".encode(), "f").root.number("a", 1, 10)


@given(st.one_of(st.binary(max_size=80), st.text("[]=#\n\"'a1.-{},", max_size=80).map(str.encode)))
@settings(max_examples=150, deadline=None)
def test_garbage_raises_only_invalid_record(data: bytes) -> None:
    _, reason = verdict(lambda: document.parse(data, "f.toml"), refusal=InvalidRecord)
    assert not reason or reason.startswith("f.toml:")
