"""Accounts: one's own (password, tokens, for whom one acts) and, for the operator, all of them: names and locks only.

Whom an account acts for is an officer's signed word, checked against the chain; the operator cannot give it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from nicegui import ui

from gateway.accounts import enrolment
from gateway.accounts.book import LOCAL, Account
from gateway.accounts.caller import Caller, Scope
from gateway.accounts.edge.shield import source_of
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.signing import for_step
from gateway.pages.uploads import dropped
from gateway.pages.visit import Visit, button, card, folded, show
from gateway.statute.observation.inbox import moment
from ledger.errors import NotAuthorized, TrustError

DAYS: Final = (1, 7, 30, 90, 365)


async def own(visit: Visit) -> None:
    """One's own account."""
    words, gate, caller = visit.words, visit.house.gate, visit.caller()
    account = gate.book.account(caller.name)
    roles = [markup.chip(words(f"role.{role.value}"), "info") for role in sorted(caller.roles)]
    scopes = ", ".join(words(f"scope.{scope.value}") for scope in sorted(caller.scopes))
    with ui.element("div").classes("grid"):
        with card(words("account.who"), testid="who-card"):
            show(
                markup.facts(
                    [
                        (words("account.name"), account.name),
                        (words("account.person"), account.person or "—"),
                        (words("account.party"), caller.party or "—"),
                        (words("account.roles"), markup.join(*roles)),
                        (words("account.may"), scopes),
                        (words("account.sessions"), str(gate.sessions.count(account.name, gate.now))),
                    ]
                )
            )
            if account.issuer == LOCAL:
                _password(visit, account.name)
        with card(words("account.acts"), testid="enrol-card"):
            _enrol(visit, account.name)
    with card(words("account.tokens"), testid="tokens-card"):
        _tokens(visit, caller)


def _known(visit: Visit) -> Caller:
    caller = visit.caller()
    if not caller.is_known:
        raise NotAuthorized("account: this session has ended; sign in again 会话已结束,请重新登录")
    return caller


async def _done(visit: Visit, place: ui.element, words: str, act: Callable[[], object]) -> bool:
    """Carry something out for whoever is still signed in, and say how it went."""

    def carried_out() -> None:
        _known(visit)
        act()

    place.clear()
    with place:
        try:
            await asyncio.to_thread(carried_out)
        except TrustError as fault:
            show(visit.fault(fault))
            return False
        show(markup.note(words, "good", testid="done"))
    return True


def _password(visit: Visit, name: str) -> None:
    words, gate, source = visit.words, visit.house.gate, source_of(visit.request)

    async def change() -> None:
        await _done(
            visit,
            place,
            words("account.changed"),
            lambda: gate.change_password(name, old.value or "", new.value or "", source),
        )

    with folded(words("account.password"), testid="password-open"):
        old = ui.input(words("account.old"), password=True).props('outlined dense data-testid="old"')
        new = (
            ui.input(words("account.new"), password=True)
            .props('outlined dense data-testid="new"')
            .style("margin:10px 0")
        )
        button(words("account.change"), "change", change)
        place = ui.element("div").style("margin-top:10px")


def _enrol(visit: Visit, name: str) -> None:
    words, gate = visit.words, visit.house.gate
    show(markup.tag("p", words("account.enrol_lead")))
    for one in for_step("enrol", visit.house.place, account=name):
        show(markup.tag("p", words.of(one.what), style="margin:0"), markup.commands(one.line, words("page.copy")))

    async def taken(_file: str, data: bytes) -> None:
        await _done(visit, place, words("account.enrolled"), lambda: gate.enrol(_known(visit).name, data))

    dropped(visit, words("account.enrol_drop"), "enrolment", enrolment.LIMIT, taken)
    place = ui.element("div").style("margin-top:10px")


def _tokens(visit: Visit, caller: Caller) -> None:
    words, gate = visit.words, visit.house.gate
    listed, issued = ui.element("div"), ui.element("div")

    def fill() -> None:
        listed.clear()
        with listed:
            held = gate.tokens.of(caller.name, gate.now)
            if not held:
                show(markup.empty(words("account.no_tokens"), testid="no-tokens"))
            for one in held:
                with ui.element("div").classes("line letter"):
                    scopes = ", ".join(words(f"scope.{scope.value}") for scope in sorted(one.scopes))
                    show(
                        markup.tag("strong", one.label),
                        markup.tag("div", scopes, class_="soft small"),
                        markup.tag("div", words("account.until", time=moment(one.until)), class_="soft small"),
                    ).classes("grow")
                    button(words("account.revoke"), "revoke", partial(revoke, one.name), quiet=True)

    async def revoke(name: str) -> None:
        if await _done(visit, issued, words("account.revoked"), lambda: gate.tokens.revoke(caller.name, name)):
            fill()

    async def issue() -> None:
        secrets: list[str] = []

        def made() -> None:
            wanted, lasts = [Scope(one) for one in scopes.value or []], int(days.value) * 86_400
            secrets.append(gate.tokens.issue(_known(visit), label.value or "", wanted, gate.now, lasts_s=lasts))

        if await _done(visit, issued, words("account.once"), made):
            with issued:
                show(markup.commands(secrets[0], words("page.copy"), testid="token"))
            fill()

    fill()
    with ui.element("div").classes("line end").style("margin-top:16px"):
        label = ui.input(words("account.label")).classes("grow").props('outlined dense data-testid="label"')
        options = {scope.value: words(f"scope.{scope.value}") for scope in sorted(caller.scopes)}
        scopes = ui.select(options, multiple=True, label=words("account.scopes")).classes("grow")
        scopes.props('outlined dense use-chips data-testid="scopes"')
        days = ui.select({n: words("account.days", n=n) for n in DAYS}, value=30, label=words("account.lasts"))
        days.props('outlined dense data-testid="days"').style("width:130px")
        button(words("account.issue"), "issue", issue)


async def everybody(visit: Visit) -> None:
    """All accounts, for the operator: names and locks, no business data."""
    words, gate = visit.words, visit.house.gate
    said = ui.element("div")
    with card(testid="accounts-card"):
        listed = ui.element("div")

    async def fill() -> None:
        found = await visit.told(Scope.ACCOUNTS, gate.book.accounts)
        listed.clear()
        with listed:
            for one in found or []:
                _account(visit, one, turn)

    async def turn(one: Account) -> None:
        def change() -> None:
            visit.caller().require(Scope.ACCOUNTS)
            gate.book.lock(one.name, locked=not one.is_locked)

        key = "account.opened" if one.is_locked else "account.locked"
        if await _done(visit, said, words(key, name=one.name), change):
            await fill()

    await fill()
    with card(words("account.add"), testid="add-card"):
        show(markup.tag("p", words("account.add_lead")))
        line = "shuxin gateway account add NAME --person PERSON --config gateway.toml"
        show(markup.commands(line, words("page.copy")))


def _account(visit: Visit, one: Account, turn: Callable[[Account], object]) -> None:
    words = visit.words
    with ui.element("div").classes("line letter"):
        state = markup.chip(words("account.is_locked"), "bad") if one.is_locked else markup.NONE
        show(
            markup.tag("strong", one.name),
            " ",
            state,
            markup.tag("div", words("account.since", time=moment(one.created)), class_="soft small"),
        ).classes("grow")
        key = "account.open" if one.is_locked else "account.lock"
        button(words(key), f"lock-{one.name}", lambda: turn(one), quiet=True)


OWN: Final = Page("account", None, own, "accounts_group", needs_account=True)
ALL: Final = Page("accounts", Scope.ACCOUNTS, everybody, "accounts_group", needs_account=True)
