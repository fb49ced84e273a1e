"""Authorization workbench: what waits for the caller's department, until when, by which article, and what to sign.

Nothing is signed here. Each step shows the exact command for officer, head or node, and the page watches the
chain until the step is taken there. Before a job is accepted, its specification says here what would leave the node:
at the job's own letter where this gateway runs beside the node that was handed it, and for any that is dropped.
"""

from __future__ import annotations

from typing import Final

from nicegui import ui

from contracts.oversight.pending.agenda import Item
from contracts.parties.client import party_id
from contracts.regulation.reading import cite
from contracts.world import AgentRole
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.countdown import said
from gateway.pages.frame import Page
from gateway.pages.markup import Markup
from gateway.pages.signing import Command, for_step
from gateway.pages.views.sharing import asking, leaving
from gateway.pages.visit import Visit, button, card, show
from gateway.statute.observation.inbox import Letter, letters, moment, until
from ledger.proofs.headers import Header

EVERY_S: Final = 4.0
TAKE_PART: Final = "take-part"
Key = tuple[str, bytes, str]
DUTIES: Final = ("ALL", "OFFICER", "HEAD", "NODE", "APPROVER")


async def build(visit: Visit) -> None:
    """Show the inbox, then what would leave for a job, the request wizard, and the brake."""
    words, house = visit.words, visit.house
    party = visit.caller().party or house.party
    with card(testid="inbox-card"):
        with ui.element("div").classes("line"):
            show(markup.tag("h2", words("workbench.inbox", party=party), style="margin:0")).classes("grow")
            duty = ui.select(
                {one: words(f"workbench.duty_{one.lower()}") for one in DUTIES},
                value="ALL",
                label=words("workbench.duty"),
                on_change=lambda: refresh(),
            )
            duty.props('outlined dense data-testid="duty"').style("width:220px")
        state = ui.element("div")
        place = ui.element("div")
    seen: dict[Key, str] = {}
    chips: dict[Key, ui.html] = {}

    async def refresh() -> None:
        with place:
            found = await visit.told(Scope.INBOX, lambda: _read(visit, party, str(duty.value)))
        if found is None:
            poll.deactivate()
            return
        waiting, at = found
        _state(visit, state, at, len(waiting))
        keys = {_key(letter.item): letter.subject for letter in waiting}
        gone = [subject for key, subject in seen.items() if key not in keys]
        if gone and duty.value == "ALL":
            ui.notify(words("workbench.done", what="; ".join(gone), n=at.number), type="positive", timeout=8000)
        if seen.keys() != keys.keys() or not place.slots["default"].children:
            place.clear()
            with place:
                chips.clear()
                chips.update(_letters(visit, waiting, at))
        for letter in waiting:
            chips[_key(letter.item)].set_content(_countdown(visit, letter, at).text)
        seen.clear()
        seen.update(keys)

    poll = ui.timer(EVERY_S, refresh, immediate=False)
    await refresh()
    leaving.build(visit, party)
    asking.build(visit)
    _brake(visit)


def _read(visit: Visit, party: str, duty: str) -> tuple[list[Letter], Header]:
    observer, at = visit.house.followed()
    role = None if duty == "ALL" else AgentRole[duty]
    return letters(observer.inbox(party_id(party), at), visit.house.names, visit.language, role), at


def _key(item: Item) -> Key:
    return item.kind, item.case, item.step


def _state(visit: Visit, place: ui.element, at: Header, count: int) -> None:
    place.clear()
    with place:
        told = visit.words("workbench.as_of", n=at.number, time=moment(at.timestamp), count=count)
        show(markup.tag("p", told, class_="soft small", data_testid="as-of"))


def _letters(visit: Visit, found: list[Letter], at: Header) -> dict[Key, ui.html]:
    """Show what waits, and return the chips that count down, which go on while their letters stay open."""
    if not found:
        show(markup.empty(visit.words("workbench.nothing"), testid="inbox-empty"))
    return {_key(letter.item): _letter(visit, letter, at) for letter in found}


def _countdown(visit: Visit, letter: Letter, at: Header) -> Markup:
    tone, left = said(visit.words, letter.item.due, letter.item.since, at.timestamp)
    return markup.chip(left, tone, data_testid="countdown")


def _letter(visit: Visit, letter: Letter, at: Header) -> ui.html:
    words, item = visit.words, letter.item
    with ui.element("article").classes("letter").props(f'data-testid="letter-{item.step}"'):
        with ui.element("div").classes("head"):
            show(markup.tag("strong", words.of(item.about.what)))
            chip = show(_countdown(visit, letter, at))
            if letter.articles:
                show(markup.chip(cite(letter.articles, visit.language), "info", data_testid="article"))
        show(_choices(visit, letter))
        if item.step == TAKE_PART:
            leaving.of_job(visit, item.case[:32])
    return chip


def _choices(visit: Visit, letter: Letter) -> Markup:
    words, item = visit.words, letter.item
    pairs = [
        (words("workbench.about"), letter.subject),
        (words("workbench.due"), until(item.due, visit.language)),
        (words("workbench.rules"), letter.rule or words("workbench.own_rule")),
        (words("workbench.late"), words.of(item.about.late)),
    ]
    commands = for_step(item.step, visit.house.place, code=visit.house.names.say(item.case[:32]))
    choices = markup.tag(
        "details",
        markup.tag("summary", words("workbench.sign"), data_testid=f"sign-{item.step}"),
        *(_command(visit, one, letter) for one in commands),
    )
    return markup.join(markup.facts(pairs), choices)


def _command(visit: Visit, one: Command, letter: Letter) -> Markup:
    words = visit.words
    articles = one.articles or letter.articles
    cited = markup.chip(cite(articles, visit.language), "info") if articles else markup.NONE
    head = markup.tag("p", markup.tag("strong", words.of(one.what)), " ", cited, style="margin:10px 0 0")
    return markup.join(head, markup.commands(one.line, words("page.copy")))


def _brake(visit: Visit) -> None:
    words = visit.words
    with card(words("workbench.stop"), testid="stop-card"):
        show(markup.tag("p", words("workbench.stop_lead")))
        reason = ui.input(words("workbench.reason")).props('outlined dense data-testid="stop-reason"')
        place = ui.element("div")

        def told() -> None:
            place.clear()
            with place:
                if not (reason.value or "").strip():
                    show(markup.note(words("workbench.reason_first"), "warn", testid="stop-refused"))
                    return
                for one in for_step("stop-all", visit.house.place, reason=str(reason.value).strip()):
                    show(_plain(visit, one))
                show(markup.tag("p", words("workbench.stop_then"), class_="soft small"))

        button(words("workbench.stop_button"), "stop-all", told).props("color=negative").style("margin-top:10px")


def _plain(visit: Visit, one: Command) -> Markup:
    words = visit.words
    said = markup.tag("p", words.of(one.what), style="margin:12px 0 0")
    return markup.join(said, markup.commands(one.line, words("page.copy")))


PAGE: Final = Page("workbench", Scope.INBOX, build, "sharing", needs_account=True)
