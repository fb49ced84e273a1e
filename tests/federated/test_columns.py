"""A table is encoded by its declaration, alike at every department, or refused by column and row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from federated import columns
from federated.columns import Class, Column, Number
from ledger.errors import InvalidRecord

DECLARED: tuple[Column, ...] = (
    Number("age", 0, 120, empty=40),
    Class("kind", ("house", "flat"), other=True),
    Class("sex", ("f", "m")),
)
TABLE: dict[str, Sequence[str | None]] = {
    "id": ["a", "b", "c"],
    "age": ["31", "", "99.5"],
    "kind": ["flat", "boat", None],
    "sex": ["f", "m", " m "],
    "income": ["low", "high", "low"],
}


def test_numbers_classes_and_empty_values_become_columns() -> None:
    found = columns.encoded(DECLARED, TABLE)
    assert {name: values.tolist() for name, values in found.items()} == {
        "age": [31.0, 40.0, 99.5],
        "kind=house": [0.0, 0.0, 0.0],
        "kind=flat": [1.0, 0.0, 0.0],
        "sex=f": [1.0, 0.0, 0.0],
        "sex=m": [0.0, 1.0, 1.0],
    }
    assert columns.keys(TABLE, "id") == ("a", "b", "c")
    assert columns.labels(TABLE, "income", ("low", "high")).tolist() == [0.0, 1.0, 0.0]
    assert columns.labels({"n": ["2", "-1.5"]}, "n", None).tolist() == [2.0, -1.5]


def test_what_a_value_is_encoded_as_does_not_depend_on_the_rows() -> None:
    one = {name: values[:1] for name, values in TABLE.items()}
    assert list(columns.encoded(DECLARED, one)) == list(columns.encoded(DECLARED, TABLE))


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"age": ["31", "old", "9"]}, "column age, row 2: a number expected"),
        ({"age": ["31", "121", "9"]}, "column age, row 2: outside"),
        ({"age": ["31", "nan", "9"]}, "column age, row 2: outside"),
        ({"age": ["31", "inf", "9"]}, "column age, row 2: outside"),
        ({"sex": ["f", "x", "m"]}, "column sex, row 2: a value that the declaration does not list"),
        ({"sex": ["f", None, "m"]}, "column sex, row 2: empty"),
        ({"age": ["31"]}, "one length"),
        ({name: [] for name in TABLE}, "at least one column and one row"),
    ],
)
def test_values_that_the_declaration_does_not_allow_are_named_and_not_repeated(
    changed: dict[str, list[str | None]], complaint: str
) -> None:
    with pytest.raises(InvalidRecord, match=complaint) as refusal:
        columns.encoded(DECLARED, TABLE | changed)
    assert "old" not in str(refusal.value)


def test_a_missing_column_is_named_beside_those_that_are_there() -> None:
    with pytest.raises(InvalidRecord, match="column age is missing; there are: id, income, kind, sex"):
        columns.encoded(DECLARED, {name: values for name, values in TABLE.items() if name != "age"})
    with pytest.raises(InvalidRecord, match="column person_id is missing"):
        columns.keys(TABLE, "person_id")
    with pytest.raises(InvalidRecord, match="column y is missing"):
        columns.labels(TABLE, "y", None)


def test_empty_keys_and_unlisted_labels_are_named() -> None:
    with pytest.raises(InvalidRecord, match="column id, row 2: a key expected"):
        columns.keys({"id": ["a", " "]}, "id")
    with pytest.raises(InvalidRecord, match="column income, row 2: a value that"):
        columns.labels(TABLE, "income", ("low",))


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Number("x", 1, 1), "least below"),
        (lambda: Number("x", 0, np.inf), "finite"),
        (lambda: Number("x", 0, 1, empty=2), "must lie in its bounds"),
        (lambda: Class("x", ()), "different values"),
        (lambda: Class("x", ("a", "a")), "different values"),
    ],
)
def test_declarations_that_say_nothing_are_refused(make: object, complaint: str) -> None:
    with pytest.raises(InvalidRecord, match=complaint):
        make()  # type: ignore[operator]
