from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.authorizations import terms
from contracts.authorizations.rules import Operations
from contracts.authorizations.terms import Terms
from ledger import canonical
from ledger.errors import InvalidRecord, NotAuthorized

TERMS = Terms(
    "sales-2019",
    "audit-office",
    "rent-audit",
    "Audit of rent-stabilised sales",
    Operations.COUNT | Operations.SUM | Operations.JOIN,
    ("bbl", "sale_price"),
    bytes(32),
    "Audit law, article 31",
    0,
    10**9,
    5,
)


def test_terms_survive_their_canonical_form():
    assert terms.parse(canonical.encode(TERMS.json())) == TERMS


def test_the_digest_moves_with_salt_and_columns():
    others = [
        replace(TERMS, salt=b"\1" * 32),
        replace(TERMS, columns=("bbl",)),
        replace(TERMS, purpose_text="x"),
    ]
    assert len({TERMS.digest, *(other.digest for other in others)}) == 4


def test_a_use_inside_the_terms_passes():
    TERMS.require("audit-office", "sales-2019", "rent-audit", frozenset({"bbl"}))


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (("press", "sales-2019", "rent-audit", frozenset({"bbl"})), "not to press"),
        (("audit-office", "sales-2020", "rent-audit", frozenset({"bbl"})), "asset sales-2019"),
        (("audit-office", "sales-2019", "marketing", frozenset({"bbl"})), "purpose rent-audit"),
        (("audit-office", "sales-2019", "rent-audit", frozenset({"bbl", "address"})), "column address"),
    ],
)
def test_a_use_outside_the_terms_names_what_is_outside(use, said):
    with pytest.raises(NotAuthorized, match=said):
        TERMS.require(*use)


FIELDS = ("salt", "columns", "operations", "asset", "purpose_text", "version", "basis", "method")


@pytest.mark.parametrize("field", FIELDS)
def test_a_document_without_a_field_or_with_another_is_refused(field):
    value = TERMS.json()
    without = {name: item for name, item in value.items() if name != field}
    for broken in (without, {**value, field: 7}, {**value, "extra": "x"}):
        with pytest.raises(InvalidRecord):
            terms.parse(canonical.encode(broken))


@given(st.binary(max_size=100))
def test_garbage_raises_only_invalid_record(data):
    with pytest.raises(InvalidRecord):
        terms.parse(data)


@pytest.mark.parametrize("changes", [
    {"valid_from": -1}, {"valid_from": 10**9}, {"valid_until": 1 << 40}, {"max_uses": 0}, {"max_uses": True},
    {"valid_from": "0"}, {"basis": ""}, {"method": "courier"},
])  # fmt: skip
def test_a_document_without_period_basis_or_method_is_refused(changes):
    with pytest.raises(InvalidRecord):
        terms.parse(canonical.encode({**TERMS.json(), **changes}))


def test_the_five_grounds_are_the_documents_contents_each_on_its_own():
    handed = replace(TERMS, method="api", operations=TERMS.operations | Operations.EXPORT)
    changes = ("basis", "Audit law, article 32"), ("purpose_text", "x"), ("columns", ("bbl",)), ("method", "file"), (
        "max_uses", 6)  # fmt: skip
    for place, (name, value) in enumerate(changes):
        changed = replace(handed, **{name: value}).grounds
        assert [n for n in range(5) if changed[n] != handed.grounds[n]] == [place]


@pytest.mark.parametrize(
    ("method", "operations"),
    [("file", Operations.COUNT), ("api", Operations.SUM), ("compute", Operations.COUNT | Operations.EXPORT)],
)
def test_rows_are_handed_over_by_a_way_of_handing_over_and_with_that_operation(method, operations):
    with pytest.raises(InvalidRecord, match="export"):
        replace(TERMS, method=method, operations=operations)
    assert replace(TERMS, method="file", operations=Operations.EXPORT).method == "file"


def test_salts_hide_all_five():
    assert not set(replace(TERMS, salt=b"\1" * 32).grounds) & set(TERMS.grounds)
