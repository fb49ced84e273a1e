"""Histories: exactly the events that happened, in their order, verify against the two proven words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.history import NOTHING, Change, Journal, extend, verify_history
from ledger.errors import VerificationError
from ledger.hashing import keccak256

ENTITY, OTHER = keccak256(b"entity"), keccak256(b"other")
MOVED = "Moved(bytes32,uint256,uint256)"
RESTED = "Rested(bytes32,uint256)"


@dataclass(frozen=True)
class Raw:
    topics: tuple[bytes, ...]
    data: bytes


def story(values: list[int | None], entity: bytes = ENTITY) -> tuple[Journal, list[Change]]:
    journal, changes = Journal(), []
    for value in values:
        journal, change = journal.record(RESTED, entity) if value is None else journal.record(MOVED, entity, value)
        changes.append(change)
    return journal, changes


STORIES = st.lists(st.none() | st.integers(0, 3), max_size=6)


@given(STORIES)
@settings(max_examples=25, deadline=None)
def test_the_events_of_a_story_verify(values: list[int | None]) -> None:
    journal, changes = story(values)
    verify_history(ENTITY, changes, journal.history(ENTITY), journal.count(ENTITY))


@given(STORIES, STORIES)
@settings(max_examples=50, deadline=None)
def test_no_other_story_verifies(values: list[int | None], others: list[int | None]) -> None:
    if values == others:
        return
    journal, _ = story(values)
    with pytest.raises(VerificationError):
        verify_history(ENTITY, story(others)[1], journal.history(ENTITY), journal.count(ENTITY))


@given(STORIES.filter(bool), st.data())
@settings(max_examples=50, deadline=None)
def test_any_changed_byte_of_an_event_is_refused(values: list[int | None], data: st.DataObject) -> None:
    journal, changes = story(values)
    events = [Raw(change.topics, change.data) for change in changes]
    at = data.draw(st.integers(0, len(events) - 1))
    parts = [*events[at].topics, events[at].data]
    part = data.draw(st.integers(0, 2))
    place = data.draw(st.integers(0, len(parts[part]) - 1))
    changed = bytearray(parts[part])
    changed[place] ^= data.draw(st.integers(1, 255))
    parts[part] = bytes(changed)
    events[at] = Raw((parts[0], parts[1]), parts[2])
    with pytest.raises(VerificationError):
        verify_history(ENTITY, events, journal.history(ENTITY), journal.count(ENTITY))


def test_nothing_ever_happened_is_provable_and_refutable() -> None:
    verify_history(ENTITY, [], NOTHING, 0)
    _, changes = story([1])
    with pytest.raises(VerificationError):
        verify_history(ENTITY, changes, NOTHING, 0)
    with pytest.raises(VerificationError):
        verify_history(ENTITY, [], extend(NOTHING, changes[0]), 1)


def test_events_of_another_entity_do_not_verify() -> None:
    journal, changes = story([1, 2], OTHER)
    verify_history(OTHER, changes, journal.history(OTHER), 2)
    with pytest.raises(VerificationError, match="not of entity"):
        verify_history(ENTITY, changes, journal.history(OTHER), 2)


def test_an_event_with_a_third_topic_is_refused() -> None:
    journal, (change,) = story([1])
    event = Raw((*change.topics, NOTHING), change.data)
    with pytest.raises(VerificationError, match="not of entity"):
        verify_history(ENTITY, [event], journal.history(ENTITY), 1)


def test_entities_have_histories_of_their_own() -> None:
    journal, _ = Journal().record(MOVED, ENTITY, 1)
    journal, change = journal.record(MOVED, OTHER, 1)
    assert change.values == (1, 1)
    assert journal.count(ENTITY) == journal.count(OTHER) == 1
    assert journal.history(ENTITY) == journal.history(OTHER)
