"""One who sold twice: what was accepted from earlier holders is never entered over the holders of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count

import pytest
from newhome import REGISTRAR
from registrarscounter import ANN, BOB, CAT, HERE, LOAN, Counter

from contracts.applications.rules import ApplicationState
from contracts.restrictions.record import RestrictionKind
from gateway.property.book import Book
from gateway.property.entering.desk import Desk
from gateway.property.entering.plan import Plan
from ledger.errors import BackendError, Conflict, NotAuthorized, NotFound

CHANGED = "not held by those it was accepted from 权利人已非受理时的权利人"
SOON = '[restriction]\nholder = "Cat"\nclaim = "a sale"'
GIVEN = {
    "transfer": (CAT,),
    "alteration": (CAT,),
    "correction": ('reason = "a slip"', CAT),
    "cancellation": (),
    "mortgage": (LOAN,),
    "prenotice": (CAT, SOON),
    "residence": ('[restriction]\nholder = "Mother"\nclaim = "for life"',),
    "responsibility": ('[restriction]\nholder = "City"\nclaim = "a wall to keep"',),
}


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    made = Counter(tmp_path_factory.mktemp("counter"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def new(counter: Counter) -> Callable[[], str]:
    """Return what registers a further unit of Ann's."""
    numbers = count()

    def register() -> str:
        code = f"house-{next(numbers)}"
        counter.register(f"{code} own", "first", code, ANN, HERE)
        return code

    return register


def holders(counter: Counter, unit: str) -> list[str]:
    """Return who holds a unit by the book, once the chain says the same."""
    held = counter.desk.living.registered(unit)
    assert counter.desk.unit(held.id).holdings == held.holdings.digest()
    return [holder.name for holder in held.holders]


@pytest.mark.parametrize("kind", GIVEN)
def test_nothing_accepted_from_the_seller_is_entered_over_the_buyer(
    counter: Counter, new: Callable[[], str], kind: str
) -> None:
    sold, kept = new(), new()
    for unit in (sold, kept):
        counter.accept(f"{unit} bob", "transfer", unit, BOB)
        counter.accept(f"{unit} next", kind, unit, *GIVEN[kind])
    counter.desk.enter(f"{sold} bob")
    with pytest.raises(Conflict, match=CHANGED):
        counter.desk.enter(f"{sold} next")
    assert (holders(counter, sold), counter.count(sold)) == (["Bob"], 2)
    assert counter.desk.standing(counter.book.id_of(sold)) == []
    counter.desk.enter(f"{kept} next")
    assert counter.desk.application(f"{kept} next").state is ApplicationState.ENTERED


def test_without_the_givers_of_its_papers_a_second_sale_takes_the_right_from_the_first_buyer(
    counter: Counter, new: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Plan, "require_givers", lambda *_: None)
    unit = new()
    for code, buyer in (("bob", BOB), ("cat", CAT)):
        counter.accept(f"{unit} {code}", "transfer", unit, buyer)
    counter.desk.enter(f"{unit} bob")
    counter.desk.enter(f"{unit} cat")
    assert holders(counter, unit) == ["Cat"]


def test_of_two_sales_the_first_entry_holds_whichever_was_accepted_first(
    counter: Counter, new: Callable[[], str]
) -> None:
    unit = new()
    counter.accept(f"{unit} bob", "transfer", unit, BOB)
    counter.accept(f"{unit} cat", "transfer", unit, CAT)
    counter.desk.enter(f"{unit} cat")
    with pytest.raises(Conflict, match=CHANGED):
        counter.desk.enter(f"{unit} bob")
    assert holders(counter, unit) == ["Cat"]
    counter.desk.refuse(f"{unit} bob", 1, "sold to somebody else")
    counter.register(f"{unit} on", "transfer", unit, BOB)
    assert holders(counter, unit) == ["Bob"]


def test_whom_an_application_was_accepted_from_outlives_the_process(counter: Counter, new: Callable[[], str]) -> None:
    sold, kept = new(), new()
    for unit in (sold, kept):
        counter.accept(f"{unit} cat", "transfer", unit, CAT)
    counter.register(f"{sold} bob", "transfer", sold, BOB)
    with closing(Book(counter.scratch / "register", REGISTRAR)) as book:
        desk = Desk(book, counter.clerk)
        with pytest.raises(Conflict, match=CHANGED):
            desk.enter(f"{sold} cat")
        desk.enter(f"{kept} cat")
    assert (holders(counter, sold), holders(counter, kept)) == (["Bob"], ["Cat"])


def test_a_book_behind_the_chain_names_the_seller_and_the_contract_refuses(
    counter: Counter, new: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = new()
    for code, buyer in (("bob", BOB), ("cat", CAT)):
        counter.accept(f"{unit} {code}", "transfer", unit, buyer)
    with monkeypatch.context() as broken:
        broken.setattr(counter.clerk, "calls_left", 0)
        with pytest.raises(BackendError):
            counter.desk.enter(f"{unit} bob")
    with pytest.raises(NotAuthorized, match="title: not the holders"):
        counter.desk.enter(f"{unit} cat")
    counter.desk.enter(f"{unit} bob")
    with pytest.raises(Conflict, match=CHANGED):
        counter.desk.enter(f"{unit} cat")
    assert holders(counter, unit) == ["Bob"]


def test_papers_examined_before_a_sale_are_not_accepted_after_it(
    counter: Counter, new: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = new()

    def unreachable(*_: object) -> None:
        raise BackendError("the chain is out of reach")

    with monkeypatch.context() as broken:
        broken.setattr(counter.clerk, "change", unreachable)
        with pytest.raises(BackendError):
            counter.accept(f"{unit} cat", "transfer", unit, CAT)
    counter.register(f"{unit} bob", "transfer", unit, BOB)
    with pytest.raises(Conflict, match=CHANGED):
        counter.accept(f"{unit} cat", "transfer", unit, CAT)
    assert counter.desk.application(f"{unit} cat").state is ApplicationState.UNKNOWN
    counter.register(f"{unit} cat again", "transfer", unit, CAT)
    assert holders(counter, unit) == ["Cat"]


def test_what_others_than_the_holders_ask_for_is_entered_whoever_holds(
    counter: Counter, new: Callable[[], str]
) -> None:
    unit = new()
    counter.register(f"{unit} loan", "mortgage", unit, LOAN)
    counter.accept(f"{unit} free", "release", unit, f'releases = "{unit} loan"')
    counter.accept(f"{unit} no", "objection", unit, '[restriction]\nholder = "Dan"\nclaim = "it is mine"')
    counter.register(f"{unit} bob", "transfer", unit, BOB)
    for code in ("free", "no"):
        counter.desk.enter(f"{unit} {code}")
    assert [burden.kind for _, burden in counter.desk.standing(counter.book.id_of(unit))] == [RestrictionKind.OBJECTION]


def test_a_prenotice_given_before_anybody_held_the_unit_does_not_bind_who_came_to_hold_it(counter: Counter) -> None:
    counter.accept("tower given", "prenotice", "tower", CAT, SOON)
    counter.register("tower own", "first", "tower", ANN, HERE)
    with pytest.raises(Conflict, match=CHANGED):
        counter.desk.enter("tower given")
    counter.register("garden given", "prenotice", "garden", CAT, SOON)
    assert len(counter.desk.standing(counter.book.id_of("garden"))) == 1
    counter.register("garden free", "release", "garden", 'releases = "garden given"')
    assert counter.desk.standing(counter.book.id_of("garden")) == []


@pytest.mark.parametrize("kind", ["transfer", "mortgage"])
def test_nothing_is_accepted_from_the_holders_of_an_unknown_unit(counter: Counter, kind: str) -> None:
    with pytest.raises(NotFound, match="not in the living register"):
        counter.accept(f"nowhere {kind}", kind, "nowhere", *GIVEN[kind])
    assert counter.desk.application(f"nowhere {kind}").state is ApplicationState.UNKNOWN
