"""No byte of evidence can change unnoticed, and no bytes make a parser raise anything but the project's errors."""

from __future__ import annotations

import base64
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.evidence import bundle, dsse, facts, statement
from contracts.evidence.figures import openings
from contracts.evidence.figures.signers import Signers
from contracts.evidence.questions import question
from contracts.evidence.records import anchored
from contracts.evidence.verify import verify
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, TrustError
from ledger.proofs.trust import Trust

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def survivors(encoded: bytes, trust: Trust, count: int, seed: int) -> list[int]:
    """Change one random byte at a time; return the places where that went unnoticed."""
    drawn, found = random.Random(seed), list[int]()
    for _ in range(count):
        place = drawn.randrange(len(encoded))
        changed = bytearray(encoded)
        changed[place] ^= drawn.randrange(1, 256)
        if verify(bytes(changed), trust).failed is None:
            found.append(place)
    return found


def test_a_changed_byte_is_rejected(encoded: bytes, trust: Trust) -> None:
    assert survivors(encoded, trust, 100, seed=1) == []


@pytest.mark.slow
def test_eight_hundred_changed_bytes_are_rejected(encoded: bytes, trust: Trust) -> None:
    assert survivors(encoded, trust, 800, seed=2) == []


@pytest.mark.slow
def test_changed_letters_of_encoded_parts_are_rejected_although_the_file_stays_canonical(
    encoded: bytes, trust: Trust
) -> None:
    """Digit for digit and letter for letter: past the form, to the steps that judge the content."""
    drawn, reached = random.Random(3), set[str | None]()
    signed = [found.end() + 20 for found in re.finditer(rb'"sig":"', encoded)]  # too short to be met by chance
    for place in (*signed, *(drawn.randrange(len(encoded)) for _ in range(240))):
        letter = encoded[place : place + 1]
        others = b"0123456789" if letter.isdigit() else b"abcdef" if letter in b"abcdef" else b"ABCDghijkl"
        other = drawn.choice(others.replace(letter, b""))
        verdict = verify(encoded[:place] + bytes([other]) + encoded[place + 1 :], trust)
        assert verdict.failed is not None, place
        reached.add(verdict.failed)
    assert {"network", "contracts", "job", "moments", "statement", "signatures", "authorizations"} <= reached


def test_truncated_evidence_is_rejected(encoded: bytes, trust: Trust) -> None:
    for length in range(0, len(encoded), 997):
        assert verify(encoded[:length], trust).failed == "form"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_no_evidence(data: bytes) -> None:
    for parse in (bundle.parse, statement.parse, anchored.parse):
        with pytest.raises(InvalidRecord):
            parse(data)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_json_of_another_shape_is_no_evidence(value: JsonValue) -> None:
    for read in (dsse.parse, facts.read, question.read):
        with pytest.raises(InvalidRecord):
            read(value)
    for parse in (bundle.parse, statement.parse, anchored.parse):
        with pytest.raises(InvalidRecord):
            parse(canonical.encode(value))


@pytest.fixture(scope="module")
def skeleton(vectors: Path) -> dict[str, JsonValue]:
    value = canonical.decode((vectors / "join.json").read_bytes())
    assert isinstance(value, dict)
    return value


def places(value: JsonValue, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    match value:
        case dict():
            return [path, *(place for name, item in value.items() for place in places(item, (*path, name)))]
        case list():
            return [path, *(place for i, item in enumerate(value) for place in places(item, (*path, i)))]
    return [path]


def replaced(value: JsonValue, path: tuple[str | int, ...], by: JsonValue) -> JsonValue:
    if not path:
        return by
    if isinstance(value, dict):
        return {name: replaced(item, path[1:], by) if name == path[0] else item for name, item in value.items()}
    assert isinstance(value, list)
    return [replaced(item, path[1:], by) if i == path[0] else item for i, item in enumerate(value)]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_part_replaced_by_anything_ends_in_a_named_step(
    data: st.DataObject, skeleton: dict[str, JsonValue], trust: Trust
) -> None:
    path = data.draw(st.sampled_from(places(skeleton)))
    changed = replaced(skeleton, path, data.draw(JSON))
    if changed != skeleton:
        assert verify(canonical.encode(changed), trust).failed is not None


def test_truth_values_are_no_numbers(skeleton: dict[str, JsonValue], trust: Trust) -> None:
    """They count as 0 and 1 in Python, which would give the same evidence a second form."""
    path = ("chain", "moments", 0, "index")
    for number, truth in ((0, False), (1, True)):
        for value in (number, truth):
            told = replaced(skeleton, path, value)
            failed = verify(canonical.encode(told), trust).failed
            assert failed == "form" if value is truth else failed in (None, "moments")


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_part_of_a_signed_statement_replaced_ends_in_an_error_of_the_project(
    data: st.DataObject, skeleton: dict[str, JsonValue]
) -> None:
    """The readers behind the signatures, too, take bytes that a coalition may have chosen."""
    envelope = skeleton["envelope"]
    assert isinstance(envelope, dict)
    value = canonical.decode(base64.b64decode(str(envelope["payload"])))
    path = data.draw(st.sampled_from(places(value)))
    try:
        signed = statement.parse(canonical.encode(replaced(value, path, data.draw(JSON))))
        asked = question.read(signed.spec)
        signers = Signers(bytes(32), asked.recipient, {source.party: bytes(32) for source in asked.sources})
        openings.add_up(asked, signed, signers, data.draw(JSON))
    except TrustError:
        return
    pytest.fail("nobody's openings were accepted")
