"""Streams of events are bounded, for each who follows and for all of them."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from gatewaytown import GatewayTown

from gateway.accounts.edge.limits import TooMany
from gateway.api.app import create_app
from gateway.api.guards.seats import Seats


class Hand:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_who_has_its_seats_waits_and_another_does_not() -> None:
    seats = Seats(most=3, most_of_one=2, clock=Hand())
    first, _ = seats.take("ann", 60), seats.take("ann", 60)
    with pytest.raises(TooMany, match="again in 60 s"):
        seats.take("ann", 60)
    seats.take("bob", 30)
    with pytest.raises(TooMany, match="again in 30 s"):
        seats.take("carl", 60)
    seats.give_back(first)
    assert seats.take("carl", 60)


def test_a_seat_that_nobody_gave_back_counts_no_longer_than_its_answer_may_last() -> None:
    clock = Hand()
    seats = Seats(most=1, most_of_one=1, clock=clock)
    seats.take("ann", 60)
    clock.now = 59.0
    with pytest.raises(TooMany):
        seats.take("ann", 60)
    clock.now = 60.0
    assert seats.take("ann", 60)


def test_a_stream_gives_its_seat_back_and_is_refused_without_one(town: GatewayTown) -> None:
    services = town.services()
    services.seats.most_of_one = 1
    client = TestClient(create_app(services), raise_server_exceptions=False)
    assert [client.get("/v1/events/stream?wait=0").status_code for _ in range(2)] == [200, 200]
    services.seats.take(town.identity.caller.name, 60)
    refused = client.get("/v1/events/stream?wait=0")
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert int(refused.headers["retry-after"]) > 0
