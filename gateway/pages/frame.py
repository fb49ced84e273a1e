"""The frame of every page: its address with the language in it, who may see it, the way around, and the foot.

A page is a value; ``install`` gives each its address in both languages. Whoever may not see one is led to sign in, or
told why not. What it does NOT do: protect the data, which every read checks again (``visit``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse

from gateway.accounts.caller import Caller, Scope
from gateway.pages import markup
from gateway.pages.house import House
from gateway.pages.markup import Markup, Shown
from gateway.pages.visit import Visit, show
from gateway.pages.wording import HTML, LANGUAGES, Language, Words

ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#c2402f"/>'
    '<text x="16" y="23" font-size="19" text-anchor="middle" fill="#fff" font-family="sans-serif">信</text></svg>'
)
Build = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. name: of its address and its words. group: where the menu has it, "" for nowhere."""

    name: str
    scope: Scope | None
    build: Build
    group: str = ""
    is_bare: bool = False
    needs_account: bool = False


def install(house: House, pages: Sequence[Page]) -> None:
    """Give every page its addresses."""
    theme, script = (
        resources.files("gateway.pages").joinpath(name).read_text(encoding="utf-8") for name in ("theme.css", "page.js")
    )
    head = f"<style>{theme}</style><script>{script}</script>"
    for page in pages:
        for language in LANGUAGES:
            _install(house, page, pages, language, head)


def _install(house: House, page: Page, pages: Sequence[Page], language: Language, head_html: str) -> None:
    words = Words(language)
    title = f"{words(f'{page.name}.title')} · {words('page.brand')}"

    @ui.page(f"/{language}/{page.name}", title=title, language=HTML[language], favicon=ICON, response_timeout=20.0)
    async def built(request: Request) -> RedirectResponse | None:
        visit = Visit(house, words, request, page.name)
        caller = await _caller(visit)
        if not caller.is_known and (page.needs_account or (page.scope and not caller.may(page.scope))):
            return RedirectResponse(f"/{language}/sign-in?back=/{language}/{page.name}", status_code=303)
        ui.add_head_html(head_html)
        ui.colors(primary="#12566f", negative="#a8201a", positive="#17693f", warning="#8a4b00")
        if page.is_bare:
            await _body(visit, page, caller)
            return None
        show(markup.link(words("page.skip"), "#content", kind="skip"), _menu(visit, page, pages, caller))
        with ui.element("div").classes("shell"):
            show(
                markup.tag(
                    "aside",
                    _brand(words),
                    markup.tag("nav", *_items(visit, page, pages, caller), aria_label=words("page.menu")),
                    class_="side",
                )
            )
            with ui.element("div").classes("main"):
                show(_top(visit, page, caller))
                with ui.element("main").classes("body").props('id="content"'):
                    head = markup.tag("h1", words(f"{page.name}.title"), data_testid="title")
                    show(head, markup.tag("p", words(f"{page.name}.lead"), class_="lead"))
                    await _body(visit, page, caller)
                show(_foot(visit))
        return None


async def _caller(visit: Visit) -> Caller:
    return await asyncio.to_thread(visit.caller)


async def _body(visit: Visit, page: Page, caller: Caller) -> None:
    if page.scope is not None and not caller.may(page.scope):
        roles = ", ".join(visit.words(f"role.{role.value}") for role in sorted(caller.roles))
        show(markup.note(visit.words("page.closed", roles=roles), "bad", testid="closed"))
        return
    await page.build(visit)


def _brand(words: Words) -> Markup:
    seal = markup.tag("span", "信", class_="seal", aria_hidden="true")
    return markup.tag("div", seal, markup.tag("span", words("page.brand")), class_="brand")


def _items(visit: Visit, page: Page, pages: Sequence[Page], caller: Caller) -> list[Shown]:
    found: list[Shown] = []
    groups = dict.fromkeys(one.group for one in pages if one.group)
    for group in groups:
        held = [one for one in pages if one.group == group and _is_open(one, caller)]
        if not held:
            continue
        found.append(markup.tag("div", visit.words(f"page.{group}"), class_="group"))
        for one in held:
            current = "page" if one.name == page.name else ""
            found.append(
                markup.tag(
                    "a",
                    visit.words(f"{one.name}.title"),
                    href=visit.to(one.name),
                    class_="item",
                    aria_current=current,
                    data_testid=f"nav-{one.name}",
                )
            )
    return found


def _is_open(page: Page, caller: Caller) -> bool:
    return (page.scope is None or caller.may(page.scope)) and (caller.is_known or not page.needs_account)


def _menu(visit: Visit, page: Page, pages: Sequence[Page], caller: Caller) -> Markup:
    """The way around on a narrow screen."""
    seal = markup.tag("span", "信", class_="seal", aria_hidden="true")
    summary = markup.tag("summary", _brand_line(seal, visit.words(f"{page.name}.title")), data_testid="menu")
    items = markup.tag("nav", *_items(visit, page, pages, caller), aria_label=visit.words("page.menu"))
    return markup.tag("details", summary, items, class_="menu")


def _brand_line(seal: Markup, title: str) -> Markup:
    return markup.join(markup.tag("span", seal, class_="brand", style="padding:0"), markup.tag("span", title))


def _top(visit: Visit, page: Page, caller: Caller) -> Markup:
    words = visit.words
    if caller.is_known:
        roles = " · ".join(words(f"role.{role.value}") for role in sorted(caller.roles))
        said = f"{caller.name}{f' · {caller.party}' if caller.party else ''} · {roles}"
        hidden = markup.tag("input", type="hidden", name="form", value=visit.form_word())
        language = markup.tag("input", type="hidden", name="language", value=visit.language)
        leave = markup.tag("button", words("page.leave"), class_="plain", data_testid="sign-out", type="submit")
        door: Shown = markup.tag("form", hidden, language, leave, method="post", action="/auth/sign-out")
    else:
        said = words("page.visitor")
        door = markup.link(words("page.enter"), visit.to("sign-in"), testid="sign-in-link", kind="plain")
    other = markup.tag(
        "a",
        words("page.other"),
        href=f"/{words.other}/{page.name}",
        class_="plain",
        lang=HTML[words.other],
        hreflang=HTML[words.other],
        data_testid="language",
    )
    return markup.tag("header", markup.tag("span", said, class_="who", data_testid="who"), other, door, class_="top")


def _foot(visit: Visit) -> Markup:
    trust, words = visit.house.trust, visit.words
    return markup.tag(
        "footer",
        markup.tag("span", words("page.network", chain=trust.chain_id), " ", markup.digest(trust.genesis_hash)),
        markup.tag("span", words(f"page.{trust.assurance.value.replace(' ', '-')}"), data_testid="assurance"),
        markup.tag("span", words("page.convenience")),
        class_="foot",
    )
