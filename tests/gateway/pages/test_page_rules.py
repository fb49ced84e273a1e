"""What pages let whom do, beneath the browser: purposes of queries, digests, countdowns, markup, specifications."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from landtown import FLAT, HOUSE
from pagestown import PagesTown
from starlette.requests import Request

from contracts.applications.rules import LAST_GROUND, RegistrationType
from contracts.cases.rules import CaseState
from contracts.evidence.title.title import Title
from contracts.jobs.record import JobState
from gateway.accounts.caller import VISITOR
from gateway.accounts.titles import purposes_for
from gateway.index.refusals import refusals
from gateway.pages import markup
from gateway.pages.charting import number
from gateway.pages.countdown import said
from gateway.pages.views.computing.runs import run
from gateway.pages.views.computing.statistics import read_answer, require_own
from gateway.pages.views.oversight.findings import record
from gateway.pages.views.proving.holding import read as read_digest
from gateway.pages.views.registry.rights import Draft, answered, refused
from gateway.pages.views.registry.title import timeline
from gateway.pages.views.sharing.asking import FIELDS, Wish
from gateway.pages.visit import Visit
from gateway.pages.wording import LANGUAGES, Language, Words
from gateway.property.titles.asking import QueryBook
from ledger.errors import InvalidRecord, NotAuthorized

WORDS = Words("en")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesTown]:
    found = PagesTown(tmp_path_factory.mktemp("pages"))
    yield found
    found.close()


class TestRights:
    def ask(self, town: PagesTown, name: str, **draft: object) -> object:
        return answered(town.house, town.house.gate.caller(name), Draft(unit=HOUSE, **draft))  # type: ignore[arg-type]

    def test_a_citizen_asks_for_the_own_unit_in_the_established_name(self, town: PagesTown) -> None:
        answer = self.ask(town, "citizen", purpose="own", asker="Bob")  # what the form says does not count
        assert sorted(one.name for one in answer.title.holders) == ["Ann", "Bob"]  # type: ignore[attr-defined]
        asked = QueryBook(town.land.book).listed()[0]
        assert (asked.asker, asked.account, asked.purpose, asked.answered) == ("Ann", "citizen", "own", True)

    @pytest.mark.parametrize("purpose", ["transaction", "dispute", "duty"])
    def test_a_citizen_with_any_paper_opens_no_names(self, town: PagesTown, purpose: str) -> None:
        before = len(QueryBook(town.land.book).listed())
        with pytest.raises(NotAuthorized, match="not open to this account"):
            self.ask(town, "citizen", purpose=purpose, paper=b"any paper")
        assert len(QueryBook(town.land.book).listed()) == before

    def test_a_citizen_who_holds_nothing_is_refused_and_recorded(self, town: PagesTown) -> None:
        town.people.join("stranger", person="Carl")
        with pytest.raises(NotAuthorized, match="no holder"):
            self.ask(town, "stranger", purpose="own")
        asked = QueryBook(town.land.book).listed()[0]
        assert (asked.asker, asked.answered) == ("Carl", False)

    def test_an_account_in_nobodys_name_asks_nothing(self, town: PagesTown) -> None:
        town.people.join("nameless")
        with pytest.raises(NotAuthorized, match="nobody has established"):
            self.ask(town, "nameless", purpose="intention")

    def test_an_intention_shows_shares_and_no_names(self, town: PagesTown) -> None:
        answer = self.ask(town, "citizen", purpose="intention")
        assert {one.name for one in answer.title.holders} == {""}  # type: ignore[attr-defined]

    @pytest.mark.parametrize("name", ["auditor", "judge", "officer"])
    def test_state_organs_ask_by_duty_with_a_paper_and_for_nothing_else(self, town: PagesTown, name: str) -> None:
        caller = town.house.gate.caller(name)
        assert purposes_for(caller, town.house.keeper) == ("duty",)
        with pytest.raises(InvalidRecord, match="needs a paper"):
            self.ask(town, name, purpose="duty")
        self.ask(town, name, purpose="duty", paper=b"letter")
        assert QueryBook(town.land.book).listed()[0].asker == f"{caller.party} / {name}"

    def test_the_registers_clerk_states_who_asks(self, town: PagesTown) -> None:
        self.ask(town, "clerk", purpose="transaction", asker="First Bank", paper=b"contract")
        assert QueryBook(town.land.book).listed()[0].asker == "First Bank"

    @pytest.mark.parametrize("name", ["operator"])
    def test_an_operator_and_a_visitor_ask_nothing(self, town: PagesTown, name: str) -> None:
        with pytest.raises(NotAuthorized, match="titles"):
            self.ask(town, name, purpose="intention")
        with pytest.raises(NotAuthorized, match="titles"):
            answered(town.house, VISITOR, Draft(unit=HOUSE, purpose="intention"))

    @pytest.mark.parametrize("day", ["yesterday", "2026-13-01"])
    def test_a_day_that_is_none_is_named(self, town: PagesTown, day: str) -> None:
        with pytest.raises(InvalidRecord, match="expected a day"):
            self.ask(town, "citizen", purpose="intention", day=day)


class TestRefusedSale:
    """A flat promised to Bob, and sold to Carl as well."""

    def asked(self, town: PagesTown, unit: str) -> Title:
        draft = Draft(unit=unit, purpose="intention")
        return answered(town.house, town.house.gate.caller("citizen"), draft).title

    @pytest.mark.parametrize(
        ("language", "what", "why"),
        [
            ("en", "transfer · refused", "Article 22, item 1: contrary to laws"),
            ("zh", "转移登记 · 不予登记", "第22条第1项：违反法律"),
        ],
    )
    def test_a_refused_second_sale_stands_newest_in_the_timeline_with_its_ground(
        self, town: PagesTown, language: Language, what: str, why: str
    ) -> None:
        title = self.asked(town, FLAT)
        found = refused(town.house, title)
        assert found is not None
        assert [(one.kind, one.ground) for one in found] == [(RegistrationType.TRANSFER, 1)]
        first, *others = str(timeline(Words(language), title.registrations, found)).split("<li")[1:]
        assert what in first
        assert why in first
        assert found[0].reason.hex()[:12] in first
        assert len(others) == len(title.registrations) > 1
        assert not any('data-testid="refused"' in one for one in others)

    def test_what_the_contract_turned_away_leaves_no_line_before_it_is_refused(self, town: PagesTown) -> None:
        title = self.asked(town, FLAT)
        assert refused(town.house, replace(title, block=town.turned_away)) == []

    def test_a_unit_nobody_sold_twice_has_no_refusal(self, town: PagesTown) -> None:
        assert refused(town.house, self.asked(town, HOUSE)) == []

    def test_where_no_index_is_kept_that_is_said_and_not_that_there_is_none(self, town: PagesTown) -> None:
        title = self.asked(town, FLAT)
        assert refused(replace(town.house, explorer=None), title) is None
        assert refused(town.house, replace(title, block=0)) == []

    def test_every_ground_of_article_22_has_words(self) -> None:
        for language in LANGUAGES:
            assert all(Words(language).has(f"rights.ground_{item}") for item in range(1, LAST_GROUND + 1))
            assert not Words(language).has(f"rights.ground_{LAST_GROUND + 1}")

    @pytest.mark.parametrize("page", [1, 2, 1000])
    def test_refusals_are_found_in_pages_of_any_size(self, town: PagesTown, page: int) -> None:
        explorer, title = town.house.explored(), self.asked(town, FLAT)
        assert len(refusals(explorer.finder, title.unit, title.block, page=page)) == 1


@pytest.mark.parametrize("left_out", ["asset", "owner", "purpose", "words", "basis", "columns", "operations"])
def test_a_request_says_all_that_article_20_asks_for(left_out: str) -> None:
    whole = dict.fromkeys(FIELDS, "x") | {"operations": ("count",)}
    with pytest.raises(InvalidRecord, match="article 20"):
        Wish(**(whole | {left_out: "" if left_out != "operations" else ()})).values()  # type: ignore[arg-type]
    for days, uses in ((0, 1), (3651, 1), (1, 0)):
        with pytest.raises(InvalidRecord, match="days"):
            Wish(**whole, days=days, uses=uses).values()  # type: ignore[arg-type]
    assert Wish(**whole).values()["operations"] == "count"  # type: ignore[arg-type]


def test_this_departments_tables_and_terms_are_for_its_own_accounts(town: PagesTown) -> None:
    gate = town.house.gate
    require_own(town.house, gate.caller("officer"))
    for name in ("clerk", "auditor", "citizen"):
        with pytest.raises(NotAuthorized, match="accounts of tax only"):
            require_own(town.house, gate.caller(name))


def test_lists_are_those_of_the_chain(town: PagesTown) -> None:
    assets, _ = town.house.listed(lambda lists, _: lists.assets())
    assert next((town.house.names.say(one.asset), one.rows) for one in assets) == ("tax/invoices", 1200)
    (run,), _ = town.house.listed(lambda lists, _: lists.jobs(5))
    assert (run.state, run.stage, [size for size, _, _ in run.waves]) == (JobState.PROPOSED, 1, [1, 3])
    assert town.house.listed(lambda lists, _: (lists.run(run.job), lists.ended(run.state)))[0] == (run, 1)
    (case,), _ = town.house.listed(lambda lists, at: lists.cases(at.timestamp, 5))
    assert case.replay.state is CaseState.OPEN
    assert [one.seconds is None for one in case.replay.spent] == [True, False]


@pytest.mark.parametrize(("language", "means"), [("en", "not mounted"), ("zh", "未挂载")])
def test_a_run_says_the_ground_it_ended_on_and_what_that_means(town: PagesTown, language: Language, means: str) -> None:
    visit = Visit(town.house, Words(language), Request({"type": "http", "headers": []}), "runs")
    (one,), _ = town.house.listed(lambda lists, _: lists.jobs(5))
    assert "ground" not in markup.text([run(visit, one)])
    ended = replace(one, state=JobState.REFUSED, ground="authorization: asset withdrawn")
    said = markup.text([run(visit, ended)])
    assert "<code>authorization: asset withdrawn</code>" in said
    assert means in said
    unknown = markup.text([run(visit, replace(ended, ground="<b>anything"))])
    assert "<code>&lt;b&gt;anything</code>" in unknown


def test_a_countdown_says_calm_close_and_over() -> None:
    day = 86_400
    assert said(WORDS, 0, 0, 50) == ("quiet", "no time limit")
    assert said(WORDS, 10 * day, 0, day) == ("good", "9 d 0 h left")
    assert said(WORDS, 10 * day, 0, 8 * day) == ("warn", "2 d 0 h left")
    assert said(WORDS, 10 * day, 0, 10 * day + 7260) == ("bad", "overdue by 2 h 1 min")


def test_nothing_that_anybody_wrote_becomes_markup() -> None:
    evil = '<img src=x onerror="alert(1)">'
    made = markup.text([markup.tag("p", evil, title=evil), markup.table([evil], [[evil]], testid=evil)])
    assert "<img" not in made
    assert made.count("&lt;img") == 8


@pytest.mark.parametrize("text", ["", "abc", "0x" + "g" * 64, "a" * 63, "a" * 66, "sha256:"])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord, match="64 hexadecimal"):
        read_digest(text)
    assert read_digest(" SHA256:" + "A" * 64) == bytes.fromhex("a" * 64)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"columns":["a"],"rows":[[1,2]]}', b'{"columns":[1],"rows":[]}'])
def test_what_is_no_answer_is_not_drawn(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        read_answer(data)
    assert read_answer(b'{"columns":["a"],"rows":[["1"]]}') == (["a"], [["1"]])


def test_figures_are_told_from_labels() -> None:
    assert [number(value) for value in (3, "7/2", "Bronx", None, True, "1/0")] == [3.0, 3.5, None, None, None, None]


@pytest.mark.parametrize(("about", "words"), [("", "x"), ("x", " "), ("x" * 201, "x"), ("x", "x" * 4001)])
def test_a_finding_says_what_about_and_what(about: str, words: str) -> None:
    with pytest.raises(InvalidRecord, match="finding"):
        record("audit", about, words, 0, 1)
    assert b'"auditor":"audit"' in record("audit", "job", "late", 0, 1)
