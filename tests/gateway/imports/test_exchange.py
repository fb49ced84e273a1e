"""Exchange events are notarised under an authorization in force, and refused where none is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from gatewaytown import CONTENT, GatewayTown

from gateway.imports import exchange
from gateway.imports.book import Book, Entry
from gateway.imports.exchange import Desk, read
from ledger.errors import InvalidRecord, VerificationError


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    made = GatewayTown(tmp_path_factory.mktemp("exchange"))
    yield made
    made.close()


@pytest.fixture
def desk(town: GatewayTown, tmp_path: Path) -> Desk:
    return Desk(Book(tmp_path, "exchange"), town.observer.view)


def event(town: GatewayTown, **changed: object) -> dict[str, object]:
    said: dict[str, object] = {
        "event": "e-1", "authorization": town.held.hex(), "asset": "sales", "owner": "tax", "grantee": "audit",
        "rows": 12, "content": CONTENT.hex(), "time": "2026-03-02T10:00:00+08:00",
    }  # fmt: skip
    return said | changed


def taken(desk: Desk, *events: dict[str, object]) -> list[exchange.Outcome]:
    return desk.take(read(json.dumps(list(events)).encode()))


def test_an_event_under_an_authorization_in_force_is_taken_and_repeated_not_twice(
    town: GatewayTown, desk: Desk
) -> None:
    (first,), (again,) = taken(desk, event(town)), taken(desk, event(town))
    assert (first.place, again.place) == (0, 0)
    other, _ = taken(desk, event(town, event="e-2"), event(town, rows=13))
    assert other.place == 1
    (changed,) = taken(desk, event(town, rows=13))
    assert "taken with other contents" in changed.reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"authorization": "ab" * 32}, "authorization: unknown"),
        ({"asset": "houses"}, "of another asset"),
        ({"grantee": "bank"}, "of another grantee"),
        ({"owner": "audit"}, "of another owner"),
    ],
)
def test_an_event_that_no_authorization_permits_is_refused(
    town: GatewayTown, desk: Desk, changed: dict[str, object], reason: str
) -> None:
    refused, beside = taken(desk, event(town, **changed), event(town, event="beside"))
    assert refused.place is None
    assert reason in refused.reason
    assert beside.place == 0


def test_an_event_under_an_ended_authorization_is_refused(town: GatewayTown, desk: Desk) -> None:
    ended = event(town, authorization=town.ended.hex(), asset="houses", grantee="bank")
    (refused,) = taken(desk, ended)
    assert refused.reason == "authorization: revoked"


def test_while_the_chain_proves_nothing_nothing_is_taken(town: GatewayTown, desk: Desk) -> None:
    town.town.clock.now += 200
    try:
        with pytest.raises(VerificationError, match="stale"):
            taken(desk, event(town))
    finally:
        town.town.clock.now -= 200
    assert taken(desk, event(town))[0].place == 0


@pytest.mark.parametrize(
    "changed",
    [{"rows": -1}, {"rows": True}, {"rows": "1"}, {"event": "a b"}, {"content": "AB" * 32}, {"time": "today"},
     {"time": "2026-03-02T10:00:00"}, {"more": 1}, {"authorization": ""}],
)  # fmt: skip
def test_what_is_no_event_is_refused(town: GatewayTown, changed: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        read(json.dumps(event(town, **changed)).encode())


def test_two_events_of_one_id_are_refused_and_lines_are_read(town: GatewayTown) -> None:
    lines = "\n".join(json.dumps(event(town, event=f"e{n}")) for n in range(3))
    assert [one.event for one in read(lines.encode())] == ["e0", "e1", "e2"]
    with pytest.raises(InvalidRecord, match="stands twice"):
        read(json.dumps([event(town), event(town)]).encode())


def test_an_event_that_two_hands_take_in_at_once_is_taken_in_once_and_told_to_both(
    town: GatewayTown, tmp_path: Path
) -> None:
    first = Desk(Book(tmp_path, "exchange"), town.observer.view)

    class Second(Book):
        def append(self, entries: Sequence[Entry]) -> list[int]:
            taken(first, event(town))  # between its look and its writing
            return super().append(entries)

    one, beside = taken(Desk(Second(tmp_path, "exchange"), town.observer.view), event(town), event(town, event="e-2"))
    assert (one.place, beside.place) == (0, 1)
