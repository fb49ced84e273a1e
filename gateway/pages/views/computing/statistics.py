"""Joint statistics: SQL in an editor, how it would be answered, what it costs, and how far its jobs are on chain.

Planning happens here and asks nobody. Asking is the analyst's: the page gives the command, watches the plan's jobs
on the proven chain, and draws the answer that the analyst drops. A rehearsal on invented rows shows the answer's form.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from nicegui import ui

from contracts.authorizations.terms import identifier
from contracts.jobs.record import JobState
from gateway.accounts.caller import Caller, Scope
from gateway.pages import markup
from gateway.pages.charting import chart
from gateway.pages.countdown import span
from gateway.pages.frame import Page
from gateway.pages.house import House, Unwatched
from gateway.pages.markup import Markup
from gateway.pages.reading import Run
from gateway.pages.signing import for_step
from gateway.pages.uploads import MIB, dropped
from gateway.pages.views.computing import budget
from gateway.pages.views.computing.runs import stages
from gateway.pages.visit import Visit, button, card, show
from gateway.statistics import explaining, querying
from gateway.statistics.asking import job_id
from gateway.statistics.explaining import Explained
from gateway.statistics.querying import Wanted
from ledger import canonical
from ledger.errors import InvalidRecord, NotAuthorized
from mpc.sql.answering.rows import Answer, plain

T = TypeVar("T")
EXAMPLE: Final = "SELECT COUNT(*) AS n FROM {}"
ROWS: Final = 200
LONGEST: Final = 20_000
MINIMUM: Final = 10
CONTRIBUTORS: Final = 3
EPSILON: Final = 100
DELTA: Final = -40
EVERY_S: Final = 4.0
ANSWER: Final = 4 * MIB


@dataclass(slots=True)
class Draft:
    """What the editor holds, and the jobs of the last plan."""

    sql: str = ""
    purpose: str = ""
    jobs: tuple[bytes, ...] = ()


def planned(house: House, draft: Draft) -> tuple[Explained, ...]:
    """Plan a query for the house's department and explain it; raises Unanswerable, InvalidRecord."""
    if house.config is None:
        raise Unwatched
    found = querying.plan(_text(draft), house.config, _wanted(draft))
    draft.jobs = tuple(job_id(spec, "") for spec in found.jobs)
    return explaining.explain(found)


def rehearsed(house: House, draft: Draft) -> Answer:
    """Answer a query from invented rows."""
    if house.config is None:
        raise Unwatched
    known = querying.described(house.config, None)
    with tempfile.TemporaryDirectory() as home:
        return querying.rehearse(querying.plan(_text(draft), house.config, _wanted(draft)), known, Path(home), ROWS)


def _text(draft: Draft) -> str:
    text = draft.sql.strip().rstrip(";")
    if not text or len(text) > LONGEST:
        raise InvalidRecord(f"query: expected one SELECT of at most {LONGEST} characters 请输入一条 SELECT 语句")
    return text


def _wanted(draft: Draft) -> Wanted:
    if not draft.purpose.strip():
        raise InvalidRecord("query: state the purpose, which every authorization names 请填写目的代码")
    return Wanted(draft.purpose.strip(), {}, MINIMUM, CONTRIBUTORS, EPSILON, DELTA)


async def build(visit: Visit) -> None:
    """Show the editor, then what was asked of it, then the progress, then the place for an answer."""
    words, draft = visit.words, Draft()
    if visit.house.config is None:
        show(markup.empty(words("statistics.none"), testid="unwatched"))
        return
    tables = await _told(visit, lambda: _tables(visit.house))
    if tables is None:
        return
    draft.sql = EXAMPLE.format(tables[0]) if tables else ""
    show(_listed(visit, tables))

    async def explain() -> None:
        result.clear()
        with result:
            found = await _told(visit, lambda: planned(visit.house, draft))
            if found is not None:
                _explained(visit, draft, found)
                await _gauged(visit, found)
                await progress()

    async def rehearse() -> None:
        result.clear()
        with result:
            found = await _told(visit, lambda: rehearsed(visit.house, draft))
            if found is not None:
                show(markup.note(words("statistics.invented"), "warn", testid="invented"))
                chart(visit, list(found.columns), [[plain(one) for one in row] for row in found.rows])

    async def progress() -> None:
        if not draft.jobs:
            return
        found = await visit.read(Scope.STATISTICS, lambda: _runs(visit.house, draft.jobs))
        place.clear()
        with place:
            _progress(visit, draft.jobs, found)
        if all(run.state in _OVER for run in found.values()) and len(found) == len(draft.jobs):
            draft.jobs = ()

    with card(testid="editor-card"):
        editor = ui.codemirror(draft.sql, language="SQL", line_wrapping=True).bind_value(draft, "sql")
        editor.props(f'data-testid="sql" aria-label="{words("statistics.sql")}"').style(
            "min-height:130px;border:1px solid #b9c5c1;border-radius:6px;font-size:14px"
        )
        with ui.element("div").classes("line").style("margin-top:12px"):
            purpose = ui.input(words("statistics.purpose")).bind_value(draft, "purpose").classes("grow")
            purpose.props('outlined dense data-testid="purpose"')
            button(words("statistics.explain"), "explain", explain)
            button(words("statistics.rehearse"), "rehearse", rehearse, quiet=True)
    result = ui.element("div")
    place = ui.element("div")
    ui.timer(EVERY_S, progress, immediate=False)
    _answer(visit)


_OVER: Final = (JobState.RELEASED, JobState.ABORTED, JobState.REFUSED)


def _listed(visit: Visit, tables: list[str]) -> Markup:
    if not tables:
        return markup.note(visit.words("statistics.no_tables"), "warn", testid="no-tables")
    return markup.tag("p", visit.words("statistics.tables", names=", ".join(tables)), class_="soft small")


async def _told(visit: Visit, work: Callable[[], T]) -> T | None:
    """Do what reads this department's tables and terms, for its own accounts; a fault is said on the page."""

    def own() -> T:
        require_own(visit.house, visit.caller())
        return work()

    return await visit.told(Scope.STATISTICS, own)


def require_own(house: House, caller: Caller) -> None:
    """Raises NotAuthorized for another party's account: columns and terms are for owner and grantee alone."""
    if caller.party != house.party:
        raise NotAuthorized(f"statistics: planned here for accounts of {house.party} only 仅限本部门账户使用")


def _tables(house: House) -> list[str]:
    return sorted(querying.described(house.config, None).owned) if house.config else []


def _runs(house: House, wanted: tuple[bytes, ...]) -> dict[bytes, Run]:
    found, _ = house.listed(lambda lists, _: [lists.run(job) for job in wanted])
    return {one.job: one for one in found if one is not None}


def _explained(visit: Visit, draft: Draft, found: tuple[Explained, ...]) -> None:
    words, language = visit.words, visit.language
    cost = sum(one.micro_rho for one in found)
    tiles = [
        (words("statistics.jobs"), str(len(found))),
        (words("statistics.time"), span(words, max(60, round(sum(one.seconds for one in found))))),
        (words("statistics.bytes"), f"{max(one.most_bytes for one in found):,}"),
        (words("statistics.cost"), f"{cost:,} µρ"),
    ]
    boxes = [
        markup.tag(
            "div", markup.tag("div", figure, class_="figure"), markup.tag("div", label, class_="label"), class_="tile"
        )
        for label, figure in tiles
    ]
    show(markup.tag("div", boxes, class_="tiles", data_testid="estimate"))
    with card(words("statistics.how"), testid="explained"):
        for n, one in enumerate(found, 1):
            rows = [
                (
                    share.party,
                    explaining.role_in(share.role, language),
                    ", ".join(share.columns) or "—",
                    f"{share.most_bytes:,}",
                )
                for share in one.shares
            ]
            heads = [words(f"statistics.{name}") for name in ("party", "role", "columns", "most")]
            learned = markup.tag("ul", [markup.tag("li", line) for line in one.learned(language)])
            show(
                markup.tag("h3", words("statistics.job", n=n, statistic=one.spec.statistic)),
                markup.table(heads, rows, testid="shares", numbers=(3,)),
                markup.tag("details", markup.tag("summary", words("statistics.learned")), learned),
            )
    with card(words("statistics.ask"), testid="ask-card"):
        for command in for_step("ask", visit.house.place, sql=_text(draft), purpose=draft.purpose.strip()):
            show(markup.tag("p", words.of(command.what)), markup.commands(command.line, words("page.copy")))


async def _gauged(visit: Visit, found: tuple[Explained, ...]) -> None:
    """Show what is left in the pots of the assets that a query would draw on."""
    words = visit.words
    wanted = dict.fromkeys(identifier(source.asset) for one in found for source in one.spec.sources)
    with card(words("budget.title"), testid="gauges"):
        told = await visit.told(Scope.BUDGETS, lambda: budget.read(visit, wanted))
        if told is not None:
            lines = told[0]
            show(budget.gauges(visit, lines) if lines else markup.empty(words("statistics.no_budget")))
        link = markup.link(words("budget.title"), visit.to("budget"), testid="budget-link")
        show(markup.tag("p", words("statistics.budget"), " ", link, class_="soft small"))


def _progress(visit: Visit, wanted: tuple[bytes, ...], found: dict[bytes, Run]) -> None:
    with card(visit.words("statistics.progress"), testid="progress"):
        for n, job in enumerate(wanted, 1):
            head = markup.tag("h3", visit.words("statistics.job_n", n=n), " ", markup.digest(job))
            waits = markup.tag("p", visit.words("statistics.waiting"), class_="soft", data_testid="not-asked")
            show(head, stages(visit, found[job]) if job in found else waits)


def _answer(visit: Visit) -> None:
    words = visit.words

    async def taken(_name: str, data: bytes) -> None:
        place.clear()
        with place:
            try:
                columns, rows = read_answer(data)
            except InvalidRecord as fault:
                show(visit.fault(fault))
                return
            chart(visit, columns, rows)

    with card(words("statistics.answer"), testid="answer-card"):
        show(markup.tag("p", words("statistics.answer_lead"), class_="soft small"))
        dropped(visit, words("statistics.answer_drop"), "answer", ANSWER, taken)
        place = ui.element("div").style("margin-top:14px")


def read_answer(data: bytes) -> tuple[list[str], list[list[canonical.JsonValue]]]:
    """Read what ``shuxin query`` wrote; raises InvalidRecord."""
    match canonical.parse(data, limit=ANSWER):
        case {"columns": list(columns), "rows": list(rows)}:
            lines = [row for row in rows if isinstance(row, list) and len(row) == len(columns)]
            if len(lines) == len(rows) and all(isinstance(name, str) for name in columns):
                return [str(name) for name in columns], lines
    raise InvalidRecord("answer: expected the answer.json of shuxin query 请提供 shuxin query 生成的 answer.json")


PAGE: Final = Page("statistics", Scope.STATISTICS, build, "computing", needs_account=True)
