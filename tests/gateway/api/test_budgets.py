"""``/v1/budgets``: the account of an asset that a real job charged, proven to be whole, and to whom it is shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import jobtown
import pytest
from fastapi.testclient import TestClient
from gatewaytown import Somebody
from jobtowngenesis import HOLDER, REGISTRARS
from sqlalchemy import delete

from contracts.addresses import BUDGETS
from contracts.authorizations.terms import identifier
from gateway.accounts.caller import VISITOR, Caller, Role, Scope, caller_of
from gateway.api.app import create_app
from gateway.api.services import Services
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.index.tables import EVENTS
from gateway.provenance.explorer import Explorer
from gateway.statute.observation.chronicle import Chronicle
from gateway.statute.observation.observing import Observer
from mpc.privacy import budget

ASSET, UNASKED = (jobtown.offered(party).asset for party in (HOLDER, REGISTRARS[0]))
POT = {"period": identifier(budget.DEFAULT_PERIOD).hex(), "limit": jobtown.MICRO_RHO}


class Charged:
    """A town in which a private join was released, and a gateway over its chain."""

    def __init__(self, town: jobtown.Town) -> None:
        self.town, self.spec = town, town.run_join().mandate.spec
        observer = Observer(town.reader, town.view, Chronicle(town.directory / "chronicle", town.view.header(0)))
        self.store = Store(f"sqlite:///{town.directory}/index.sqlite")
        self.explorer = Explorer(Index(self.store, town.view.header(0)), town.view)
        self.identity = Somebody()
        self.follow()
        services = Services(self.explorer, observer, town.trust, self.identity)
        self.client = TestClient(create_app(services), raise_server_exceptions=False)

    def follow(self) -> None:
        self.explorer.index.follow(self.town.reader, self.town.view)

    @property
    def cost(self) -> int:
        (charge,) = (one for one in budget.charges(self.spec) if one.asset == ASSET)
        return charge.micro_rho

    def block_of(self, event: str) -> int:
        """Return the block of the asset's event of a name."""
        events = self.explorer.finder.history(BUDGETS, identifier(ASSET), self.explorer.mark().number)
        (found,) = (one for one in events if one.name == event)
        return found.block_number


@pytest.fixture(scope="module")
def charged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Charged]:
    town = jobtown.Town(tmp_path_factory.mktemp("charged"))
    made = Charged(town)
    yield made
    made.store.close()
    town.close()


def test_what_a_released_job_cost_is_used_and_the_rest_is_left(charged: Charged) -> None:
    told = charged.client.get(f"/v1/budgets/{ASSET}").json()
    assert charged.cost > 0
    left = jobtown.MICRO_RHO - charged.cost
    assert told["pots"] == [{**POT, "mode": "exact", "used": charged.cost, "left": left}]
    assert (told["asset"], told["next"]) == (identifier(ASSET).hex(), None)
    assert told["as_of"] == charged.explorer.mark().number
    assert told["changes"] == 3  # proposed, raised, reserved: it counts as spent, for something was opened


def test_as_of_the_block_before_the_charge_nothing_is_used(charged: Charged) -> None:
    before = charged.block_of("BudgetReserved") - 1
    told = charged.client.get(f"/v1/budgets/{ASSET}", params={"block": before}).json()
    assert (told["as_of"], told["changes"]) == (before, 2)
    assert [(pot["used"], pot["left"]) for pot in told["pots"]] == [(0, jobtown.MICRO_RHO)]


def test_an_asset_that_no_job_asked_keeps_its_pot_whole(charged: Charged) -> None:
    told = charged.client.get(f"/v1/budgets/{UNASKED}").json()
    assert [(pot["used"], pot["left"]) for pot in told["pots"]] == [(0, jobtown.MICRO_RHO)]


def test_the_account_as_csv_has_the_same_rows(charged: Charged) -> None:
    pots = charged.client.get(f"/v1/budgets/{ASSET}").json()["pots"]
    table = charged.client.get(f"/v1/budgets/{ASSET}", params={"form": "csv"}).content.decode("utf-8-sig")
    assert list(csv.DictReader(io.StringIO(table))) == [{name: str(value) for name, value in pots[0].items()}]


@pytest.mark.parametrize("asset", ["nothing-mounted", "ab" * 32])
def test_an_asset_that_the_chain_has_no_budget_for_is_not_found(charged: Charged, asset: str) -> None:
    refused = charged.client.get(f"/v1/budgets/{asset}")
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    first = charged.client.get(f"/v1/budgets/{ASSET}", params={"block": 0})
    assert first.status_code == 404  # it had none yet


@pytest.mark.parametrize(
    ("caller", "is_open"),
    [
        (caller_of("officer", "tax", [Role.DEPARTMENT]), True),
        (VISITOR, False),
        (caller_of("ann", "", [Role.CITIZEN]), False),
        (caller_of("keeper", "", [Role.OPERATOR]), False),
        (replace(caller_of("token", "tax", [Role.DEPARTMENT]), scopes=frozenset({Scope.CATALOGUE})), False),
    ],
    ids=["department", "visitor", "citizen", "operator", "token of another scope"],
)
def test_an_account_is_shown_to_whom_budgets_are_open_and_to_nobody_else(
    charged: Charged, caller: Caller, is_open: bool
) -> None:
    before, charged.identity.caller = charged.identity.caller, caller
    try:
        for asset in (ASSET, "nothing-mounted"):
            answer = charged.client.get(f"/v1/budgets/{asset}")
            assert (answer.status_code in (200, 404)) == is_open
            assert is_open or answer.json()["code"] in ("not-authorized", "unauthenticated")
    finally:
        charged.identity.caller = before


def test_a_charge_that_is_kept_back_from_the_index_does_not_go_unseen(charged: Charged) -> None:
    block = charged.block_of("BudgetReserved")
    with charged.store.transaction() as db:
        db.execute(delete(EVENTS).where(EVENTS.c.contract == BUDGETS, EVENTS.c.block == block))
    try:
        refused = charged.client.get(f"/v1/budgets/{ASSET}")
        assert (refused.status_code, refused.json()["code"]) == (502, "proof-does-not-hold")
    finally:
        charged.explorer.index.forget()
        charged.follow()
    assert charged.client.get(f"/v1/budgets/{ASSET}").status_code == 200
