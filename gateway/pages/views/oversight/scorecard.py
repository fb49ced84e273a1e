"""Scorecard: the governance indicators of every side, counted from the chain's acts since the founding."""

from __future__ import annotations

from typing import Final

from contracts.oversight.counting.kpi import SIDES, TABLE, Row, Side, table
from contracts.parties.client import party_id
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.markup import Markup
from gateway.pages.visit import Visit, card, show
from gateway.statute.observation.inbox import moment
from ledger.proofs.headers import Header


async def build(visit: Visit) -> None:
    """Show one table a side."""
    found = await visit.told(Scope.SCORECARD, lambda: read(visit))
    if found is None:
        return
    rows, at = found
    words = visit.words
    show(
        markup.tag(
            "p",
            words("scorecard.as_of", n=at.number, time=moment(at.timestamp)),
            " ",
            markup.link(words("scorecard.wall"), visit.to("wall"), testid="wall-link"),
            class_="soft small",
        )
    )
    for side in Side:
        with card(SIDES[side].say(visit.language), testid=f"side-{side.value}"):
            held = [row for row in rows if row.side is side]
            show(_table(visit, side, held) if held else markup.empty(words("scorecard.nobody")))


def read(visit: Visit) -> tuple[list[Row], Header]:
    """Count since the founding."""
    observer, at = visit.house.followed()
    known = [party_id(visit.house.party)] if visit.house.party else []
    return table(*observer.figures(at, known)), at


def _table(visit: Visit, side: Side, rows: list[Row]) -> Markup:
    names = visit.house.names
    heads = [visit.words("scorecard.party"), *(column.words.say(visit.language) for column in TABLE[side])]
    lines = [(names.say(row.party), *row.texts) for row in sorted(rows, key=lambda row: names.say(row.party))]
    return markup.table(heads, lines, testid=f"scorecard-{side.value}", numbers=tuple(range(1, len(heads))))


PAGE: Final = Page("scorecard", Scope.SCORECARD, build, "oversight")
