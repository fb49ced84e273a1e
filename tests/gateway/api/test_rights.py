"""Rights queries over the API: recorded before they are answered, as of any block, and lawful ones only."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import httpx
import pytest
from fastapi.testclient import TestClient
from gatewaytown import Somebody
from landtown import COURT, HOUSE, LandTown, holder
from statutetown import Town

from contracts.evidence.program import judge
from gateway.accounts.caller import Caller, Role, Scope, caller_of
from gateway.api.app import create_app
from gateway.api.guards.idempotency import Keys
from gateway.api.rights.desk import Desk
from gateway.api.rights.recording import Recorder
from gateway.api.rights.registrars import Registrars
from gateway.api.services import Services
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.property.book import Book
from gateway.property.titles.answer import Registrar
from gateway.property.titles.asking import Asking, QueryBook, stated
from gateway.property.titles.finding import Found
from gateway.provenance.explorer import Explorer
from ledger.errors import BackendError, Conflict, InvalidRecord, NotFound, VerificationError
from ledger.log.proof import verify
from ledger.log.stream import Stream, StreamWriter

PAPER = "ab" * 32


def citizen(person: str) -> Caller:
    return caller_of("somebody", "", [Role.CITIZEN], person=person)


class Office:
    """A registrar's gateway over a town whose house was sold, mortgaged and seized."""

    def __init__(self, directory: Path) -> None:
        self.land = land = LandTown(directory)
        land.anchor()
        land.desk.open_unit(HOUSE)
        self.sold = land.enter("1", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
        land.authority(COURT).seize("c-1", land.book.id_of(HOUSE), land.order(), 30)
        town: Town = land.town
        observer = town.observer("gateway")
        self.store = Store(f"sqlite:///{directory}/index.sqlite")
        index = Index(self.store, observer.view.header(0))
        index.follow(observer.chain, observer.view)
        self.explorer, self.identity = Explorer(index, observer.view), Somebody()
        self.identity.caller = caller_of("clerk", "registrar", [Role.REGISTRAR])
        self.desk = Desk(land.register, self.explorer, land.registrar, town.clock, "registrar")
        keys = Keys(directory / "keys.sqlite", town.clock)
        services = Services(self.explorer, observer, land.trust, self.identity, keys=keys, desk=self.desk)
        self.app = create_app(services)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def ask(self, **said: object) -> httpx.Response:
        return self.client.post("/v1/rights", json={"unit": HOUSE, "purpose": "intention", "asker": "Eve", **said})

    @property
    def recorded(self) -> int:
        return len(QueryBook(self.land.book).listed())

    def close(self) -> None:
        self.desk.close()
        self.store.close()
        self.land.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("rights"))
    yield made
    made.close()


def test_a_query_is_recorded_and_answered_with_shares_restrictions_and_a_proof_of_each_entry(office: Office) -> None:
    before = office.recorded
    told = office.ask().json()
    assert office.recorded == before + 1
    assert sorted(one["share"] for one in told["holders"]) == ["1/3", "2/3"]
    assert [one["kind"] for one in told["restrictions"]] == ["seizure"]
    for entry in told["entries"]:
        block, index, log = (entry["shown_by"][name] for name in ("block", "index", "log"))
        proof = office.client.get(f"/v1/proofs/{block}/{index}/{log}").content
        verdict = judge(proof, office.land.trust)
        assert verdict.failed is None
        assert verdict.figures["entity"] == told["id"]  # type: ignore[index, call-overload]


def test_the_record_of_a_query_names_the_account_that_stated_it_to_who_has_the_book_alone(office: Office) -> None:
    office.ask()
    by_clerk = QueryBook(office.land.book).listed()[0]
    assert (by_clerk.asker, by_clerk.account) == ("Eve", "clerk")
    said = json.loads(by_clerk.record)
    assert len(bytes.fromhex(said["account"])) == 32
    assert said["account"] != said["asker"]
    assert b"clerk" not in by_clerk.record
    before, office.identity.caller = office.identity.caller, citizen("Ann")
    try:
        office.client.post("/v1/rights", json={"unit": HOUSE, "purpose": "own"})
    finally:
        office.identity.caller = before
    assert QueryBook(office.land.book).listed()[0].account == citizen("Ann").name != "clerk"


def test_as_of_the_sale_nothing_stood_against_the_house(office: Office) -> None:
    told = office.ask(block=office.sold).json()
    assert (told["as_of"], told["restrictions"]) == (office.sold, [])


def test_the_answer_from_the_index_is_the_registrar_s_own(office: Office) -> None:
    quick = office.ask().json()
    inline = office.ask(purpose="transaction", paper=PAPER, proof="inline").json()
    assert [one["share"] for one in inline["holders"]]
    assert sorted(one["share"] for one in quick["holders"]) == sorted(str(one["share"]) for one in inline["holders"])
    assert judge(base64.b64decode(inline["proof"]), office.land.trust).failed is None
    assert {one["name"] for one in inline["holders"]} == {"Ann", "Bob"}


def test_a_citizen_asks_in_its_own_name_and_for_no_office(office: Office) -> None:
    before, office.identity.caller = office.identity.caller, citizen("Ann")
    try:
        assert office.client.post("/v1/rights", json={"unit": HOUSE, "purpose": "own"}).status_code == 200
        assert office.ask(asker="Bob", purpose="own").status_code == 403
        assert office.ask(asker="Ann", purpose="duty", paper=PAPER).status_code == 403
        office.identity.caller = citizen("Carl")
        seen = office.recorded
        refused = office.client.post("/v1/rights", json={"unit": HOUSE, "purpose": "own"})
        assert (refused.status_code, office.recorded) == (403, seen + 1)  # a refused query is recorded too
    finally:
        office.identity.caller = before


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        (citizen("Eve"), {"purpose": "transaction", "paper": PAPER}),
        (citizen("Eve"), {"purpose": "dispute", "paper": PAPER}),
        (caller_of("Ann", "", [Role.CITIZEN]), {"purpose": "own"}),
        (caller_of("officer", "tax", [Role.DEPARTMENT]), {"purpose": "own", "asker": "Ann"}),
        (caller_of("officer", "tax", [Role.DEPARTMENT]), {"purpose": "transaction", "paper": PAPER}),
        (caller_of("auditor", "audit", [Role.AUDITOR]), {"purpose": "own", "asker": "Ann"}),
        (caller_of("clerk", "registrar", [Role.REGISTRAR], [Scope.TITLES]), {"purpose": "own", "asker": "Ann"}),
        (caller_of("clerk", "county", [Role.REGISTRAR]), {"purpose": "own", "asker": "Ann"}),
        (caller_of("clerk", "county", [Role.REGISTRAR]), {"purpose": "transaction", "asker": "Eve", "paper": PAPER}),
    ],
)
def test_no_paper_that_nobody_saw_and_no_borrowed_name_opens_names(
    office: Office, caller: Caller, said: dict[str, str]
) -> None:
    before, seen, office.identity.caller = office.identity.caller, office.recorded, caller
    try:
        assert office.client.post("/v1/rights", json={"unit": HOUSE, **said}).status_code == 403
        assert office.recorded == seen
        office.identity.caller = caller_of("officer", "tax", [Role.DEPARTMENT])
        by_duty = {"unit": HOUSE, "purpose": "duty", "paper": PAPER}
        assert office.client.post("/v1/rights", json=by_duty).json()["holders"]
        assert QueryBook(office.land.book).listed()[0].asker == "tax / officer"
    finally:
        office.identity.caller = before


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"purpose": ""}, 422), ({"purpose": "curiosity"}, 400), ({"purpose": "transaction"}, 400),
        ({"unit": "9/9"}, 404), ({"unit": "ab" * 32}, 404), ({"block": 9999}, 404), ({"day": "tomorrow"}, 422),
        ({"more": 1}, 422), ({"paper": "x"}, 422), ({"proof": "none"}, 422),
        ({"block": 1, "day": "2026-03-02", "proof": "inline"}, 400),
    ],
)  # fmt: skip
def test_what_is_no_lawful_query_is_refused(office: Office, said: dict[str, object], status: int) -> None:
    assert office.ask(**said).status_code == status


@pytest.mark.parametrize(
    "said",
    [{"unit": "9/9"}, {"unit": "ab" * 32}, {"block": 9999}, {"unit": "9/9", "proof": "inline"}, {"block": 0}],
)
def test_a_query_with_nothing_to_answer_is_recorded_as_well(office: Office, said: dict[str, object]) -> None:
    before = office.recorded
    assert office.ask(**said).status_code == 404
    assert office.recorded == before + 1
    last = QueryBook(office.land.book).listed()[0]
    unit = str(said.get("unit", HOUSE))
    assert (last.unit, last.answered, last.asker) == (unit, False, "Eve")
    known = unit if len(unit) == 64 else office.land.book.id_of(unit).hex()
    assert json.loads(last.record)["unit"] == known  # the stream has no word of what was typed


def test_a_query_that_names_no_unit_at_all_is_no_query(office: Office) -> None:
    before = office.recorded
    assert office.ask(unit="9" * 201).status_code == 422
    with office.land.registrar() as registrar, pytest.raises(InvalidRecord, match="name a unit"):
        registrar.title("9" * 201, stated("intention", "Eve"))
    assert office.recorded == before


def test_a_query_repeated_under_its_key_is_recorded_once(office: Office) -> None:
    said = {"unit": HOUSE, "purpose": "intention", "asker": "Eve"}
    before = office.recorded
    one, two = (
        office.client.post("/v1/rights", json=said, headers={"Idempotency-Key": "query-0001"}) for _ in range(2)
    )
    assert one.json() == two.json()
    assert office.recorded == before + 1


def test_many_queries_at_once_are_recorded_one_by_one_in_few_writes(office: Office) -> None:
    async def flood() -> list[int]:
        transport = httpx.ASGITransport(office.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            said = {"unit": HOUSE, "purpose": "intention", "asker": "Eve"}
            answers = await asyncio.gather(*(client.post("/v1/rights", json=said) for _ in range(40)))
            return [answer.json()["query"] for answer in answers]

    before = office.recorded
    places = asyncio.run(flood())
    assert len(set(places)) == 40
    assert office.recorded == before + 40


def asking() -> Asking:
    return Asking(stated("intention", "Eve"), Found("1", b"\1" * 32), "block 1", datetime.now(UTC), True)


@pytest.fixture
def queries(tmp_path: Path) -> Iterator[QueryBook]:
    book = Book(tmp_path / "register", "city")
    yield QueryBook(book, pause=lambda _: None)
    book.close()


def test_a_query_that_cannot_be_recorded_is_not_answered(queries: QueryBook, tmp_path: Path) -> None:
    recorder = Recorder(queries)
    with StreamWriter(tmp_path / "register" / "queries", "city/queries"), pytest.raises(Conflict):
        recorder.record(asking()).result(20)
    assert recorder.record(asking()).result(20) == 0
    recorder.close()


def test_every_query_is_in_the_book_when_it_is_answered_and_in_the_stream_soon_after(
    queries: QueryBook, tmp_path: Path
) -> None:
    recorder = Recorder(queries)
    assert [recorder.record(asking()).result(20) for _ in range(3)] == [0, 1, 2]
    records = [query.record for query in reversed(queries.listed())]
    recorder.close()
    stream = Stream(tmp_path / "register" / "queries")
    for n, record in enumerate(records):
        verify(record, stream.prove(n), size=3, root=stream.checkpoint.root)


def ask_on(recorder: Recorder) -> None:
    """Ask until a query is refused."""
    for _ in range(100_000):
        recorder.record(asking()).result(20)


def test_a_stream_that_does_not_follow_stops_the_answers(queries: QueryBook, tmp_path: Path) -> None:
    is_held, follow = threading.Event(), queries.follow

    def refused() -> int:
        if is_held.is_set():
            raise Conflict("another clerk holds it")
        return follow()

    queries.follow = refused  # type: ignore[method-assign]
    recorder = Recorder(queries)
    assert recorder.record(asking()).result(20) == 0
    is_held.set()
    with pytest.raises(Conflict):
        ask_on(recorder)
    is_held.clear()
    assert recorder.record(asking()).result(20) > 0
    recorder.close()
    assert Stream(tmp_path / "register" / "queries").checkpoint.size == len(queries.listed(limit=100_000))


def test_what_a_crash_left_in_the_book_alone_enters_the_stream_with_the_next(
    queries: QueryBook, tmp_path: Path
) -> None:
    assert queries.keep_all([asking(), asking()]) == [0, 1]  # and killed before the stream followed
    assert queries.record(asking().asked, asking().unit, "now", asking().now, answered=True) == 2
    stream = Stream(tmp_path / "register" / "queries")
    for query in queries.listed():
        verify(query.record, stream.prove(query.n), size=3, root=stream.checkpoint.root)


def test_a_book_that_lacks_records_of_its_stream_takes_no_more(queries: QueryBook, tmp_path: Path) -> None:
    with StreamWriter(tmp_path / "register" / "queries", "city/queries") as writer:
        writer.append([b"a record that the book lost"])
    recorder = Recorder(queries)
    with pytest.raises(VerificationError, match="the book lacks one"):
        recorder.record(asking()).result(20)
    recorder.close()


def test_who_gives_up_waiting_or_meets_a_bug_leaves_the_desk_open_to_others(tmp_path: Path) -> None:
    class Held:
        """Records nothing before it is let; then a bug, then as it should."""

        def __init__(self) -> None:
            self.begun, self.let, self.calls = threading.Event(), threading.Event(), 0

        def follow(self) -> int:
            return 0

        def keep_all(self, asked: Sequence[Asking]) -> list[int]:
            self.begun.set()
            self.let.wait(20)
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError("bug")
            return list(range(len(asked)))

    held = Held()
    recorder = Recorder(cast(QueryBook, held))
    first = recorder.record(asking())
    assert held.begun.wait(20)
    gone, waiting = recorder.record(asking()), recorder.record(asking())
    assert gone.cancel()
    held.let.set()
    with pytest.raises(BackendError, match="RuntimeError"):
        first.result(20)
    assert waiting.result(20) == 0
    assert recorder.record(asking()).result(20) == 0
    recorder.close()


def test_a_registrar_stays_open_for_the_next_query_unless_its_own_ended_in_a_fault() -> None:
    class Opened:
        def __init__(self) -> None:
            self.is_closed = False

        def close(self) -> None:
            self.is_closed = True

    pool = Registrars(cast("Callable[[], Registrar]", Opened))
    with pool.one() as first, pool.one() as second:
        assert first is not second
    with pytest.raises(NotFound), pool.one() as again:
        raise NotFound("no such unit")
    with pytest.raises(VerificationError), pool.one() as broken:
        raise VerificationError("the chain lies")
    assert again in (first, second)
    assert cast(Opened, broken).is_closed
    pool.close()
    assert cast(Opened, first).is_closed
    assert cast(Opened, second).is_closed
