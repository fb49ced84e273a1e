from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest

from ledger.chain.port import Capabilities, Cursor, Event, EventFact, Operation, StateFact
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord


def test_cursors_order_events_as_the_chain_does() -> None:
    places = [Cursor(1, 0, 0), Cursor(1, 0, 1), Cursor(1, 1, 0), Cursor(2, 0, 0)]
    assert sorted(reversed(places)) == places


def test_an_event_knows_its_place() -> None:
    event = Event("Jobs", "Proposed", Address(bytes(20)), (), b"", {}, 5, 1_700_000_000, 2, 1)
    assert event.cursor == Cursor(5, 2, 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Operation("Jobs", "propose", (), b"short"),
        lambda: StateFact("Jobs", (b"short",)),
        lambda: EventFact(-1, 0, 0),
        lambda: Cursor(0, 0, -1),
    ],
)
def test_values_out_of_form_cannot_be_made(make: Callable) -> None:
    with pytest.raises(InvalidRecord):
        make()


def test_operations_are_values() -> None:
    operation = Operation("Jobs", "propose", (1, b"x"), bytes(32))
    assert operation == Operation("Jobs", "propose", (1, b"x"), bytes(32))
    with pytest.raises(FrozenInstanceError):
        operation.method = "abort"  # type: ignore[misc]


def test_an_engine_without_proofs_says_so() -> None:
    assert "evm-storage" not in Capabilities("plain").proofs
