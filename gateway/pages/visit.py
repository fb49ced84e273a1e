"""One person at one page: in which language, who it is at this moment, and how faults are said.

Who asks is looked up again before everything that shows or does something, because a page stays open longer than a
session. Work that blocks goes to a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nicegui import ui
from starlette.requests import Request

from gateway.accounts.caller import VISITOR, Caller, Scope
from gateway.accounts.signin.sessions import form_word
from gateway.pages import markup
from gateway.pages.faults import said
from gateway.pages.house import House, Unwatched
from gateway.pages.markup import Markup, Shown
from gateway.pages.wording import Language, Words
from gateway.statute.observation.inbox import moment
from ledger.errors import NotAuthorized, TrustError
from ledger.proofs.headers import Header
from mpc.sql.refusal import Unanswerable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visit:
    """A page being looked at."""

    house: House
    words: Words
    request: Request
    path: str

    @property
    def language(self) -> Language:
        return self.words.language

    @property
    def is_zh(self) -> bool:
        return self.language == "zh"

    def caller(self) -> Caller:
        """Say who it is now; a session that has ended, or a locked account, is a visitor's."""
        try:
            return self.house.gate.authorize(self.request)
        except NotAuthorized:
            return VISITOR

    def form_word(self) -> str:
        return form_word(self.house.gate.session_secret(self.request))

    def to(self, page: str) -> str:
        """Return the address of another page in this language."""
        return f"/{self.language}/{page}"

    async def read(self, scope: Scope, work: Callable[[], T]) -> T:
        """Do what blocks in a thread, for whoever may have it now; raises NotAuthorized otherwise."""

        def allowed() -> T:
            self.caller().require(scope)
            return work()

        return await asyncio.to_thread(allowed)

    async def told(self, scope: Scope, work: Callable[[], T]) -> T | None:
        """As read, with a fault said on the page instead of raised."""
        try:
            return await self.read(scope, work)
        except (TrustError, Unwatched) as fault:
            show(self.fault(fault))
            return None

    def fault(self, fault: TrustError | Unwatched) -> Markup:
        """Say a fault to people."""
        if isinstance(fault, Unwatched):
            return markup.empty(self.words("page.unwatched"), testid="unwatched")
        told = fault.text(self.language) if isinstance(fault, Unanswerable) else said(str(fault), self.language)
        return markup.note(told, "bad", title=self.words("page.fault"), testid="fault")


async def renewed(
    visit: Visit,
    place: ui.element,
    scope: Scope,
    read: Callable[[], T],
    draw: Callable[[T], None],
    every_s: float,
) -> None:
    """Read and draw into a place, and again every so many seconds, until it may not be read or fails."""

    async def refresh() -> None:
        with place:
            found = await visit.told(scope, read)
        if found is None:
            again.deactivate()
            return
        place.clear()
        with place:
            draw(found)

    again = ui.timer(every_s, refresh, immediate=False)
    await refresh()


def as_of(visit: Visit, page: str, at: Header) -> ui.html:
    """Say as of which block a list is."""
    words = visit.words(f"{page}.as_of", n=at.number, time=moment(at.timestamp))
    return show(markup.tag("p", words, class_="soft small"))


def show(*content: Shown) -> ui.html:
    """Put markup on the page."""
    return ui.html(markup.text(content), sanitize=False)


def card(title: str = "", *, testid: str = "") -> ui.element:
    """Open a card; what is made within its context stands in it."""
    opened = ui.element("section").classes("card")
    if testid:
        opened.props(f'data-testid="{testid}"')
    if title:
        with opened:
            show(markup.tag("h2", title))
    return opened


def folded(words: str, *, testid: str = "") -> ui.element:
    """Open what is folded away under its words; what is made within its context stands in it."""
    opened = ui.element("details").classes("small").style("margin-top:12px")
    with opened:
        summary = ui.html(markup.text(words), sanitize=False, tag="summary")
    if testid:
        summary.props(f'data-testid="{testid}"')
    return opened


def button(words: str, testid: str, act: Callable[[], object], *, quiet: bool = False) -> ui.button:
    """A button of the toolkit, in the theme."""
    made = ui.button(words, on_click=act).props(f'unelevated no-caps data-testid="{testid}"')
    return made.props("outline color=primary") if quiet else made.props("color=primary")
