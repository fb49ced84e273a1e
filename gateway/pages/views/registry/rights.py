"""Rights query: unit and stated purpose in, holders, restrictions and the timeline out, with the proof to take away.

Asked by ``gateway.property.titles.answer``, which records every query before it answers, refused ones too. Who the
asker is follows from the account: a citizen asks in the name that was established for the account, and for purposes
that need nobody to look at a paper; the registrar's clerks state the asker and have seen the paper; state organs ask ex
officio.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from nicegui import ui

from contracts.evidence.title.title import Title
from gateway.accounts.caller import Caller, Scope
from gateway.accounts.titles import ALONE, asker_of, is_clerk, name_of, purposes_for, require_purpose
from gateway.index.refusals import Refusal, refusals
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.house import House, Unwatched
from gateway.pages.uploads import MIB, dropped
from gateway.pages.views.registry.title import shown
from gateway.pages.visit import Visit, button, card, folded, show
from gateway.property.titles.answer import Answer
from gateway.property.titles.asking import Question, purposes, question
from gateway.property.titles.finding import codes_with
from ledger.errors import InvalidRecord

PAPER: Final = 20 * MIB
SUGGESTED: Final = 8


@dataclass(slots=True)
class Draft:
    """What the form holds."""

    unit: str = ""
    purpose: str = ""
    asker: str = ""
    day: str = ""
    paper: bytes = field(default=b"", repr=False)
    paper_name: str = ""


def asked(caller: Caller, registrar: str, draft: Draft) -> Question:
    """Make the question of a draft, as far as the caller may ask it at this registrar's register.

    Raises:
        NotAuthorized: a purpose that is not open to the caller, or an account in nobody's established name.
        InvalidRecord: as ``gateway.property.titles.asking``.
    """
    if draft.purpose:
        require_purpose(caller, registrar, draft.purpose)
    asker = asker_of(caller, registrar, draft.asker)
    if not draft.paper:
        return question(draft.purpose, asker, account=caller.name)
    with tempfile.TemporaryDirectory() as place:
        paper = Path(place) / "paper"
        paper.write_bytes(draft.paper)
        return question(draft.purpose, asker, paper, caller.name)


def answered(house: House, caller: Caller, draft: Draft) -> Answer:
    """Ask; the query is recorded before this returns, refused or not."""
    if house.registrar is None:
        raise Unwatched
    caller.require(Scope.TITLES)
    stated = asked(caller, house.keeper, draft)
    at = _day(draft.day)
    with house.registrar() as registrar:
        return registrar.title(draft.unit.strip(), stated, at)


def refused(house: House, title: Title) -> list[Refusal] | None:
    """Return the refused applications about an answer's unit as of its block; None where no index is kept."""
    if not title.block:
        return []
    try:
        explorer = house.explored()
    except Unwatched:
        return None
    return refusals(explorer.finder, title.unit, explorer.last(title.block))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as exc:
        raise InvalidRecord("query: expected a day like 2026-06-30 日期格式应为 2026-06-30") from exc


async def build(visit: Visit) -> None:
    """Make the form; its answer stands below it."""
    words, draft = visit.words, Draft()
    if visit.house.registrar is None:
        show(markup.empty(words("rights.none"), testid="unwatched"))
        return
    caller = visit.caller()
    registrar = visit.house.keeper
    show(markup.note(words("rights.recorded"), "info", testid="recorded"))

    async def ask() -> None:
        result.clear()
        with result:
            found = await visit.told(Scope.TITLES, lambda: answered(visit.house, visit.caller(), draft))
            if found is not None:
                title = found.title
                shown(visit, found, await visit.told(Scope.TITLES, lambda: refused(visit.house, title)))

    with card(testid="rights-form"):
        with ui.element("div").classes("line start"):
            with ui.element("div").classes("grow"):
                _units(visit, draft)
            with ui.element("div").classes("grow"):
                _purpose(visit, purposes_for(caller, registrar), draft)
            with ui.element("div").classes("grow"):
                when = ui.input(words("rights.day"), placeholder="2026-06-30").bind_value(draft, "day")
                when.props('outlined dense data-testid="day"')
        _who(visit, caller, registrar, draft)
        with ui.element("div").classes("line").style("margin-top:14px"):
            button(words("rights.ask"), "ask", ask)
    result = ui.element("div")


def _units(visit: Visit, draft: Draft) -> None:
    """The unit's code, with those of the register that contain what is typed."""
    field = ui.input(visit.words("rights.unit")).bind_value(draft, "unit").props('outlined dense data-testid="unit"')
    suggested = ui.element("div").classes("line small").style("margin-top:6px")

    async def suggest() -> None:
        part = (field.value or "").strip()
        codes = await visit.read(Scope.TITLES, lambda: _codes(visit.house, part)) if len(part) > 1 else []
        suggested.clear()
        with suggested:
            for code in codes:
                made = ui.button(code, on_click=partial(field.set_value, code))
                made.props('flat dense no-caps size="sm" data-testid="suggestion"')

    field.on("update:model-value", suggest, throttle=0.4, leading_events=False)


def _codes(house: House, part: str) -> list[str]:
    if house.registrar is None:
        return []
    with house.registrar() as registrar:
        found = codes_with(registrar.book, part, SUGGESTED)
    return [] if found == [part] else list(found)


def _purpose(visit: Visit, open_to: Sequence[str], draft: Draft) -> None:
    known = purposes()
    options = {code: known[code].zh if visit.is_zh else known[code].en for code in open_to}

    def explain() -> None:
        ground.clear()
        if draft.purpose in known:
            one = known[draft.purpose]
            with ground:
                show(one.ground_zh if visit.is_zh else one.ground_en)

    field = ui.element("div")
    ground = ui.element("div").classes("soft small").style("margin-top:6px")
    with field:
        choice = ui.select(options, label=visit.words("rights.purpose"), on_change=explain).bind_value(draft, "purpose")
    choice.props('outlined dense data-testid="purpose"')


def _who(visit: Visit, caller: Caller, registrar: str, draft: Draft) -> None:
    """In whose name it is asked, and the paper that shows the interest, where somebody has seen one."""
    words = visit.words
    if is_clerk(caller, registrar):
        name = ui.input(words("rights.asker")).bind_value(draft, "asker")
        name.props('outlined dense data-testid="asker"').style("margin-top:12px")
    else:
        person = name_of(caller)
        show(
            markup.tag(
                "p",
                words("rights.as", name=person or words("rights.nobody")),
                data_testid="asker",
                style="margin:12px 0 0",
            )
        )
    if purposes_for(caller, registrar) == ALONE:
        show(markup.tag("p", words("rights.counter"), class_="soft small"))
        return

    async def taken(name: str, data: bytes) -> None:
        draft.paper, draft.paper_name = data, name
        held.clear()
        with held:
            show(markup.chip(words("rights.held", name=name), "good", data_testid="paper-held"))

    with folded(words("rights.paper"), testid="paper-open"):
        dropped(visit, words("rights.paper_drop"), "paper", PAPER, taken)
        held = ui.element("div")


PAGE: Final = Page("rights", Scope.TITLES, build, "proving", needs_account=True)
