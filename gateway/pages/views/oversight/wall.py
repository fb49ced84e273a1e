"""The wall screen 大屏: a few large figures of the network, and what is amiss, renewed by itself; no persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nicegui import ui

from contracts.addresses import AUTHORIZATIONS, JOBS, REQUESTS, TITLES
from contracts.jobs.record import JobState
from contracts.oversight.watching.alert import WORDS, Alert
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.reading import Lists
from gateway.pages.views.sharing.catalogue import tile
from gateway.pages.visit import Visit, renewed, show
from gateway.statute.observation.inbox import moment
from ledger.proofs.headers import Header

EVERY_S: Final = 10.0
SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Wall:
    """What the screen shows."""

    at: Header
    figures: tuple[tuple[str, int], ...]
    alerts: tuple[Alert, ...]


async def build(visit: Visit) -> None:
    """Fill the screen, and again every ten seconds."""
    place = ui.element("main").classes("wall").props('id="content" data-testid="wall"')
    await renewed(visit, place, Scope.SCORECARD, lambda: read(visit), lambda found: _shown(visit, found), EVERY_S)


def read(visit: Visit) -> Wall:
    """Count from the proven acts."""
    observer, _ = visit.house.followed()
    figures, at = visit.house.listed(lambda lists, _: _figures(lists))
    return Wall(at, figures, tuple(observer.alerts(at)))


def _figures(lists: Lists) -> tuple[tuple[str, int], ...]:
    return (
        ("assets", sum(one.is_mounted for one in lists.assets())),
        ("requests", lists.count(REQUESTS, "RequestReceived")),
        ("authorizations", lists.count(AUTHORIZATIONS, "AuthorizationGranted")),
        ("jobs", lists.count(JOBS, "JobProposed")),
        ("released", lists.ended(JobState.RELEASED)),
        ("entries", lists.count(TITLES)),
    )


def _shown(visit: Visit, wall: Wall) -> None:
    words, names = visit.words, visit.house.names
    show(markup.tag("h1", words("wall.title"), data_testid="title"))
    show(
        markup.tag(
            "p",
            words("wall.as_of", n=wall.at.number, time=moment(wall.at.timestamp)),
            " ",
            markup.link(words("wall.back"), visit.to("scorecard"), testid="wall-back"),
            class_="lead",
        )
    )
    tiles = [*wall.figures, ("alerts", len(wall.alerts)), ("block", wall.at.number)]
    show(markup.tag("div", [tile(words(f"wall.{name}"), f"{n:,}", name) for name, n in tiles], class_="tiles"))
    with ui.element("section").classes("card"):
        show(markup.tag("h2", words("wall.amiss")))
        rows = [
            (markup.chip(WORDS[one.kind].say(visit.language), "bad"), names.say(one.party), moment(one.since))
            for one in reversed(wall.alerts[-SHOWN:])
        ]
        heads = [words("alerts.kind"), words("alerts.who"), words("alerts.when")]
        show(markup.table(heads, rows, testid="wall-alerts") if rows else markup.tag("p", words("wall.calm")))


PAGE: Final = Page("wall", Scope.SCORECARD, build, "oversight", is_bare=True)
