"""Grades: columns as the entry commits to them; a grant fits the recipient's level, the operations and the law."""

from __future__ import annotations

from dataclasses import replace

import pytest
from network import ADA, STRANGER, digest
from sharing import AUDIT, COLUMNS, NODE, OFFICE, OFFICER, REGISTRARS, SUMS, Sharing, agent, asset_of, filing

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, GRADES
from contracts.catalogue.rules import Amend, Category
from contracts.entries.rules import document_of
from contracts.grades import client
from contracts.grades.record import NOTHING, Basis, Column, Cover, Personal
from contracts.grades.rules import Covering, Grade, SetLevel, apply, columns_digest
from contracts.proven import history_fact, verify_events

ONE, TWO = REGISTRARS[:2]
ASSET = asset_of(ONE)
CLERK = agent(ONE, OFFICER)
DOCUMENT = document_of(filing(ASSET), ONE)
GRADE = Grade(DOCUMENT, COLUMNS)
PRICE, PARCEL, OWNER, HEALTH = (column.id for column in COLUMNS)
TERMS = digest("terms")
EXPORT = 128


@pytest.fixture
def sharing() -> Sharing:
    sharing = Sharing(owners=2)
    sharing.mount(ONE)
    return sharing


@pytest.fixture
def graded(sharing: Sharing) -> Sharing:
    assert sharing.grading(CLERK, GRADE).accepted
    return sharing


def cover(*columns: bytes, **changes: int | bytes) -> Covering:
    return replace(Covering(ASSET, TERMS, columns), **changes)  # type: ignore[arg-type]


def obstacle(sharing: Sharing, operations: int = int(SUMS), recipient: bytes = AUDIT) -> str:
    """Ask contract and rules, which must agree."""
    said = sharing.network.read(GRADES, "obstacle", ASSET, TERMS, recipient, operations)
    assert said == (sharing.world.grading_obstacle(ASSET, TERMS, recipient, operations),)
    return str(said[0])


def set_level(sharing: Sharing, party: bytes, level: int) -> None:
    """Have the members register a level."""
    assert sharing.network.decide([client.level_call(SetLevel(party, level))]).accepted
    governance = GENESIS_ADDRESSES[GOVERNANCE]
    sharing.grades.state, _ = apply(
        sharing.grades.state, SetLevel(party, level), governance, sharing.now, sharing.world
    )


def must(sharing: Sharing, call: Covering) -> None:
    outcome = sharing.grading(CLERK, call)
    assert outcome.accepted, outcome.reason


def test_terms_of_the_lowest_grade_go_to_any_recipient(graded: Sharing) -> None:
    assert obstacle(graded) == "columns of the terms not graded (R03)"
    must(graded, cover(PRICE))
    assert obstacle(graded) == obstacle(graded, int(SUMS) | EXPORT) == ""


def test_a_recipient_below_the_highest_grade_is_refused(graded: Sharing) -> None:
    must(graded, cover(PRICE, PARCEL))
    assert obstacle(graded) == "grade above the recipient's level (R03)"
    set_level(graded, TWO, 2)
    assert obstacle(graded) == "grade above the recipient's level (R03)"
    set_level(graded, AUDIT, 2)
    assert obstacle(graded) == ""
    set_level(graded, AUDIT, 1)
    assert obstacle(graded) == "grade above the recipient's level (R03)"


@pytest.mark.parametrize(("column", "level", "exported"), [(PARCEL, 2, ""), (OWNER, 3, "no"), (HEALTH, 4, "no")])
def test_columns_of_grades_three_and_four_are_computed_with_and_never_exported(
    graded: Sharing, column: bytes, level: int, exported: str
) -> None:
    personal = {"basis": Basis.STATUTORY_DUTY, "assessment": digest("assessment")} if exported else {}
    must(graded, cover(PRICE, column, **personal))
    set_level(graded, AUDIT, level)
    assert obstacle(graded) == ""
    assert obstacle(graded, int(SUMS) | EXPORT) == ("grade allows computing only (R03)" if exported else "")
    assert obstacle(graded, EXPORT << 1) == ("grade allows computing only (R03)" if exported else "")


@pytest.mark.parametrize(
    ("columns", "changes", "reason"),
    [
        ((OWNER,), {"assessment": digest("a")}, "grades: legal basis (R26)"),
        ((OWNER,), {"assessment": digest("a"), "basis": 8}, "grades: legal basis (R26)"),
        ((OWNER,), {"basis": Basis.STATUTORY_DUTY}, "grades: impact assessment missing (R26)"),
        ((PRICE,), {"basis": Basis.STATUTORY_DUTY}, "grades: legal basis (R26)"),
        ((digest("never"),), {}, "grades: unknown column (R03)"),
        ((PRICE, digest("never")), {}, "grades: unknown column (R03)"),
        ((), {}, "grades: column missing (R03)"),
        ((PRICE,), {"terms": NOTHING}, "grades: terms missing"),
        ((PRICE,), {"asset": asset_of(TWO)}, "grades: asset of another party"),
    ],
)
def test_personal_information_needs_a_legal_basis_and_an_assessment(
    graded: Sharing, columns: tuple[bytes, ...], changes: dict[str, int | bytes], reason: str
) -> None:
    assert graded.grading(CLERK, cover(*columns, **changes)).reason == reason
    must(graded, cover(PRICE, OWNER, basis=Basis.STATUTORY_DUTY, assessment=digest("a")))
    kept = graded.grades.state.cover(ASSET, TERMS)
    assert kept == Cover(DOCUMENT, 3, Personal.PERSONAL, Basis.STATUTORY_DUTY, digest("a"))


def test_what_was_covered_is_not_covered_otherwise(graded: Sharing) -> None:
    must(graded, cover(PARCEL))
    assert graded.grading(CLERK, cover(PRICE)).reason == "grades: covered already"


def test_a_cover_ends_with_the_entry_it_was_made_under(graded: Sharing) -> None:
    must(graded, cover(PRICE))
    assert obstacle(graded) == ""
    stricter = (replace(COLUMNS[0], grade=3), *COLUMNS[1:])
    call = filing(ASSET, Category.UNCONDITIONAL, columns=columns_digest(stricter))
    graded.must(CLERK, Amend(ASSET, graded.enter(ONE, call)))
    assert obstacle(graded) == "columns of the terms not graded (R03)"
    assert graded.grading(CLERK, cover(PRICE)).reason == "grades: unknown column (R03)"
    assert graded.grading(CLERK, Grade(document_of(call, ONE), stricter)).accepted
    must(graded, cover(PRICE))
    assert obstacle(graded) == "grade above the recipient's level (R03)"


@pytest.mark.parametrize(
    "columns",
    [
        COLUMNS[:3],
        COLUMNS[::-1],
        (*COLUMNS, Column(digest("more"), 1)),
        (replace(COLUMNS[0], grade=2), *COLUMNS[1:]),
        (),
    ],
)
def test_graded_are_the_columns_of_the_entry_and_no_others(sharing: Sharing, columns: tuple[Column, ...]) -> None:
    refused = sharing.grading(CLERK, Grade(DOCUMENT, columns)).reason
    assert refused == "grades: not the columns of the entry (R03)"
    assert sharing.grading(CLERK, GRADE).accepted
    assert sharing.grading(CLERK, GRADE).reason == "grades: column twice (R03)"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ((), "grades: column missing (R03)"),
        ((Column(NOTHING, 1),), "grades: column missing (R03)"),
        ((Column(digest("c"), 0),), "grades: grade (R03)"),
        ((Column(digest("c"), 5),), "grades: grade (R03)"),
        ((Column(digest("c"), 1, 3),), "grades: personal information (R26)"),
        ((Column(digest("c"), 1), Column(digest("c"), 2)), "grades: column twice (R03)"),
    ],
)
def test_an_entry_of_malformed_columns_is_never_graded(
    sharing: Sharing, columns: tuple[Column, ...], reason: str
) -> None:
    document = sharing.enter(ONE, filing(ASSET, grade=2, columns=columns_digest(columns)))
    assert sharing.grading(CLERK, Grade(document, columns)).reason == reason


def test_only_the_owner_grades_and_covers(sharing: Sharing) -> None:
    for caller, reason in (
        (STRANGER, "parties: unknown agent"),
        (agent(ONE, NODE), "parties: agent lacks the role"),
        (agent(TWO, OFFICER), "grades: no such entry (R03)"),
    ):
        assert sharing.grading(caller, GRADE).reason == reason
    assert sharing.grading(CLERK, GRADE).accepted
    assert sharing.grading(OFFICE, cover(PRICE)).reason == "grades: asset of another party"


@pytest.mark.parametrize(
    ("party", "level", "reason"), [(NOTHING, 1, "party missing"), (TWO, 0, "level"), (TWO, 5, "level")]
)
def test_levels_are_registered_by_quorum_only(sharing: Sharing, party: bytes, level: int, reason: str) -> None:
    assert sharing.network.send(ADA, GRADES, "set_level", TWO, 4).reason == "grades: governance only"
    assert sharing.network.govern(GRADES, "set_level", party, level).reason == f"grades: {reason}"
    assert sharing.network.read(GRADES, "level", TWO) == (1,)


def test_the_events_are_the_whole_history_and_words_read_back(sharing: Sharing) -> None:
    logs = [log for call in (GRADE, cover(PRICE, PARCEL)) for log in sharing.grading(CLERK, call).logs]
    verify_events(GRADES, ASSET, logs, sharing.network.values(GRADES, history_fact(GRADES, ASSET).slots))
    set_level(sharing, AUDIT, 3)
    read = lambda fact: sharing.network.values(GRADES, fact.slots)  # noqa: E731 - one line of a test
    covered = client.decode_cover(ASSET, TERMS, read(client.cover_fact(ASSET, TERMS)))
    assert covered == sharing.grades.state.cover(ASSET, TERMS)
    for column in (*COLUMNS, Column()):
        found = client.decode_column(DOCUMENT, column.id, read(client.column_fact(DOCUMENT, column.id)))
        assert found == column
    for party, level in ((AUDIT, 3), (TWO, 1)):
        assert client.decode_level(party, read(client.level_fact(party))) == level


def test_column_ids_hide_names_behind_the_salt() -> None:
    assert client.column_id(bytes(32), "owner") != client.column_id(digest("salt"), "owner")
    assert client.column_id(bytes(32), "owner") != client.column_id(bytes(32), "price")
