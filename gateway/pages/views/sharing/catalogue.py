"""Catalogue and open data: what departments have mounted, by the proven chain. No account needed for what all may have.

Names of assets are known here only where this department holds them; others stand by their digest, as on chain. What
is shared without conditions is marked, and how it is asked for is said; the page hands out no data.
"""

from __future__ import annotations

from typing import Final

from nicegui import ui

from contracts.catalogue.rules import Category
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.markup import Markup, Shown, Tone
from gateway.pages.reading import Entry
from gateway.pages.visit import Visit, card, show
from gateway.statute.observation.inbox import moment

DOCUMENT: Final = "/download/catalogue.jsonld"
_TONES: Final[dict[Category, Tone]] = {
    Category.UNCONDITIONAL: "good",
    Category.CONDITIONAL: "info",
    Category.NOT_SHARED: "quiet",
}


async def build(visit: Visit) -> None:
    """Show the figures, a filter, and the table."""
    found = await visit.told(Scope.OPEN_DATA, lambda: visit.house.listed(lambda lists, _: lists.assets()))
    if found is None:
        return
    entries, at = found
    words = visit.words
    is_member = visit.caller().may(Scope.CATALOGUE)
    shown = [one for one in entries if is_member or one.category is Category.UNCONDITIONAL]
    if not is_member:
        show(markup.note(words("catalogue.open"), "info", testid="open-only"))
    mounted = [one for one in shown if one.is_mounted]
    tiles = [
        (words("catalogue.assets"), str(len(mounted)), "assets"),
        (words("catalogue.owners"), str(len({one.owner for one in mounted})), "owners"),
        (words("catalogue.free"), str(sum(one.category is Category.UNCONDITIONAL for one in mounted)), "free"),
    ]
    show(markup.tag("div", [tile(*one) for one in tiles], class_="tiles"))
    with card(testid="catalogue-card"):
        with ui.element("div").classes("line"):
            field = ui.input(words("catalogue.filter")).props('outlined dense clearable data-testid="filter"')
            field.classes("grow")
            if visit.house.explorer is not None:
                show(markup.link(words("catalogue.document"), DOCUMENT, testid="dcat", kind="plain"))
        place = ui.element("div").style("margin-top:14px")

        def fill() -> None:
            part = (field.value or "").strip().lower()
            place.clear()
            with place:
                kept = [one for one in shown if part in _text(visit, one)]
                show(
                    _table(visit, kept) if kept else markup.empty(words("catalogue.nothing"), testid="catalogue-empty")
                )

        field.on_value_change(fill)
        fill()
        show(
            markup.tag(
                "p",
                words("catalogue.as_of", n=at.number, time=moment(at.timestamp)),
                class_="soft small",
                style="margin:12px 0 0",
            )
        )
    if not is_member:
        return
    with card(words("catalogue.how")):
        show(markup.tag("p", words("catalogue.how_lead")))
        show(
            markup.commands(
                "shuxin authorization request ASSET --owner OWNER --purpose PURPOSE --words WORDS "
                "--basis BASIS --operations count --columns COLUMNS -o terms.json --config node.toml",
                words("page.copy"),
            )
        )


def tile(label: str, figure: str, testid: str = "") -> Markup:
    """One figure with its name."""
    return markup.tag(
        "div",
        markup.tag("div", figure, class_="figure"),
        markup.tag("div", label, class_="label"),
        class_="tile",
        data_testid=f"tile-{testid}" if testid else "",
    )


def _text(visit: Visit, one: Entry) -> str:
    names = visit.house.names
    return f"{names.say(one.asset)} {names.say(one.owner)} {visit.words(f'catalogue.category_{one.category}')}".lower()


def _table(visit: Visit, entries: list[Entry]) -> Markup:
    words = visit.words
    heads = [words(f"catalogue.{one}") for one in ("asset", "owner", "category", "grade", "rows", "changed")]
    may_explore = visit.caller().may(Scope.PROVENANCE)
    rows = [_row(visit, one, may_explore) for one in entries]
    return markup.table(heads, rows, testid="catalogue", numbers=(3, 4))


def _row(visit: Visit, one: Entry, may_explore: bool) -> tuple[Shown, ...]:
    words, names = visit.words, visit.house.names
    category = markup.chip(words(f"catalogue.category_{one.category}"), _TONES[one.category])
    gone = markup.NONE if one.is_mounted else markup.join(" ", markup.chip(words("catalogue.gone"), "bad"))
    known = names.known.get(one.asset)
    name: Shown = known if known else markup.digest(one.asset)
    if may_explore:
        name = markup.link(name, f"/{visit.language}/provenance?node=asset:{one.asset.hex()}")
    rows = f"{one.rows:,}" if one.version else "—"
    return (
        name,
        names.say(one.owner),
        markup.join(category, gone),
        str(one.grade or "—"),
        rows,
        moment(one.changed)[:10],
    )


PAGE: Final = Page("catalogue", Scope.OPEN_DATA, build, "offering")
