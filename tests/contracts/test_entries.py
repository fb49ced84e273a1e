"""Entries: no secrets, every element and assessment, a law for what is not shared, conditions where they belong."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from network import STRANGER, digest
from sharing import HEAD, NODE, OFFICE, OFFICER, REGISTRARS, Sharing, agent, asset_of, filing

from contracts.addresses import ENTRIES
from contracts.catalogue.rules import Category, Grade
from contracts.endorsements.rules import Endorse
from contracts.entries import client
from contracts.entries.record import NOTHING, Content, Entry, Secrecy
from contracts.entries.rules import MAX_CONDITIONS, File, act_of, check, document_of
from contracts.proven import history_fact, verify_events
from ledger.errors import InvalidRecord, NotAuthorized

ONE, TWO = REGISTRARS[:2]
ASSET = asset_of(ONE)
FILING = filing(ASSET)
CLERK = agent(ONE, OFFICER)


@pytest.fixture
def sharing() -> Sharing:
    return Sharing(owners=2)


def changed(**changes: int | bytes) -> File:
    return replace(FILING, content=replace(FILING.content, **changes))


@pytest.mark.parametrize("secrecy", [Secrecy.WORK, Secrecy.STATE])
def test_no_secret_is_entered(sharing: Sharing, secrecy: Secrecy) -> None:
    assert sharing.file_entry(CLERK, changed(secrecy=secrecy)).reason == "entries: state or work secret (R01)"
    sharing.enter(ONE, FILING)


@pytest.mark.parametrize("name", ["name", "items", "format", "frequency", "method", "columns"])
def test_each_element_of_an_entry_is_needed(sharing: Sharing, name: str) -> None:
    assert sharing.file_entry(CLERK, changed(**{name: NOTHING})).reason == "entries: field missing (R03)"


@pytest.mark.parametrize("name", ["secrecy_assessment", "personal_assessment"])
def test_both_assessments_come_first(sharing: Sharing, name: str) -> None:
    assert sharing.file_entry(CLERK, changed(**{name: NOTHING})).reason == "entries: assessment missing (R03)"


def test_an_entry_has_a_grade_and_a_category(sharing: Sharing) -> None:
    for grade in (0, max(Grade) + 1):
        assert sharing.file_entry(CLERK, changed(grade=grade)).reason == "entries: grade (R03)"
    for category in (0, max(Category) + 1):
        assert sharing.file_entry(CLERK, changed(category=category)).reason == "entries: category (R04)"


def test_what_is_not_shared_cites_a_law(sharing: Sharing) -> None:
    closed = filing(ASSET, Category.NOT_SHARED)
    silent = replace(closed, content=replace(closed.content, law=NOTHING))
    assert sharing.file_entry(CLERK, silent).reason == "entries: law not cited (R04)"
    sharing.enter(ONE, closed)


@pytest.mark.parametrize(
    ("category", "conditions"),
    [
        (Category.CONDITIONAL, ()),
        (Category.CONDITIONAL, (digest("one"), NOTHING)),
        (Category.UNCONDITIONAL, (digest("one"),)),
        (Category.NOT_SHARED, (digest("one"),)),
    ],
)
def test_conditions_stand_where_sharing_is_conditional_and_nowhere_else(
    sharing: Sharing, category: Category, conditions: tuple[bytes, ...]
) -> None:
    call = replace(filing(ASSET, category), conditions=conditions)
    assert sharing.file_entry(CLERK, call).reason == "entries: conditions (R05)"
    sharing.enter(ONE, filing(ASSET, category))


def test_an_entry_is_approved_by_the_head_word_for_word(sharing: Sharing) -> None:
    assert sharing.file_entry(CLERK, FILING).reason == "endorsements: the head has not agreed (R02)"
    sharing.endorse(agent(ONE, HEAD), Endorse(act_of(FILING, ONE, 1)))
    other = changed(method=digest("by file"))
    assert sharing.file_entry(CLERK, other).reason == "endorsements: the head has not agreed (R02)"
    assert sharing.file_entry(CLERK, FILING).accepted
    assert sharing.file_entry(CLERK, FILING).reason == "entries: filed already"


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (STRANGER, FILING, "parties: unknown agent"),
        (agent(ONE, NODE), FILING, "parties: agent lacks the role"),
        (OFFICE, FILING, "entries: party owns no data"),
        (CLERK, replace(FILING, asset=NOTHING), "entries: id missing"),
    ],
)
def test_only_officers_of_owners_file(sharing: Sharing, caller: bytes, call: File, reason: str) -> None:
    assert sharing.file_entry(caller, call).reason == reason


def test_an_answer_can_be_held_against_the_conditions_of_its_day(sharing: Sharing) -> None:
    """An entry never changes: a condition added later stands in another entry."""
    first = sharing.enter(ONE, FILING)
    later = sharing.enter(ONE, replace(FILING, conditions=(*FILING.conditions, digest("harder"))))
    for document, condition, expected in (
        (first, digest("condition"), True), (first, digest("harder"), False),
        (later, digest("condition"), True), (later, digest("harder"), True),
        (digest("never"), digest("condition"), False),
    ):  # fmt: skip
        assert sharing.network.read(ENTRIES, "lists", document, condition) == (expected,)
        assert sharing.entries.state.lists(document, condition) is expected
        values = sharing.network.values(ENTRIES, client.condition_fact(document, condition).slots)
        assert client.decode_condition(document, condition, values) is expected


def test_the_digest_depends_on_every_word_and_on_who_files(sharing: Sharing) -> None:
    words = [changed(**{field.name: digest("other")}) for field in fields(Content) if field.type == "bytes"]
    words += [changed(category=1), changed(grade=2), changed(secrecy=1), replace(FILING, conditions=())]
    words += [replace(FILING, asset=digest("another"))]
    digests = {document_of(call, ONE) for call in (FILING, *words)} | {document_of(FILING, TWO)}
    assert len(digests) == len(words) + 2


def test_an_entry_with_all_its_conditions_fits_its_event(sharing: Sharing) -> None:
    conditions = tuple(digest(f"condition {n}") for n in range(MAX_CONDITIONS))
    sharing.enter(ONE, replace(FILING, conditions=conditions))


def test_the_events_are_the_whole_history_and_words_read_back(sharing: Sharing) -> None:
    logs = []
    for n, call in enumerate((FILING, replace(FILING, conditions=(digest("other"),))), start=1):
        sharing.endorse(agent(ONE, HEAD), Endorse(act_of(call, ONE, n)))
        logs += sharing.file_entry(CLERK, call).logs
    verify_events(ENTRIES, ASSET, logs, sharing.network.values(ENTRIES, history_fact(ENTRIES, ASSET).slots))
    document = document_of(FILING, ONE)
    values = sharing.network.values(ENTRIES, client.entry_fact(document).slots)
    expected = Entry(ASSET, ONE, Category.CONDITIONAL, Grade.GENERAL, FILING.content.columns, sharing.now)
    assert client.decode_entry(document, values) == sharing.entries.state.entry(document) == expected
    assert client.decode_entry(document, dict.fromkeys(values, bytes(32))) == Entry()


def test_words_the_contract_never_stores_are_refused() -> None:
    fact = client.condition_fact(digest("document"), digest("condition"))
    with pytest.raises(InvalidRecord, match="boolean"):
        client.decode_condition(digest("document"), digest("condition"), dict.fromkeys(fact.slots, b"\xff" * 32))


def test_a_refusal_is_known_before_anything_is_sent() -> None:
    check(FILING)
    with pytest.raises(NotAuthorized, match="R01"):
        check(changed(secrecy=Secrecy.STATE))
