"""Alerts: what is amiss on the network, as of any block; every observer sees the same list."""

from __future__ import annotations

from typing import Final

from contracts.oversight.watching.alert import WORDS, Alert, Kind
from contracts.regulation.reader import national
from contracts.regulation.reading import cite
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.markup import Markup, Shown, Tone
from gateway.pages.visit import Visit, card, folded, show
from gateway.statute.observation import warning
from gateway.statute.observation.inbox import moment
from ledger.proofs.headers import Header

SHOWN: Final = 200
_TONES: Final[dict[Kind, Tone]] = {
    Kind.OVERDUE: "bad",
    Kind.AFTER_END: "bad",
    Kind.BEYOND_SCOPE: "bad",
    Kind.BREACH: "bad",
    Kind.LATE: "warn",
    Kind.ROWS: "warn",
    Kind.BUDGET: "warn",
    Kind.REFUSALS: "warn",
}


async def build(visit: Visit) -> None:
    """Show the list, and how to have the same bytes from the command line."""
    found = await visit.told(Scope.ALERTS, lambda: _read(visit))
    if found is None:
        return
    alerts, at = found
    with card(testid="alerts-card"):
        show(
            markup.tag(
                "p",
                visit.words("alerts.as_of", n=at.number, time=moment(at.timestamp), count=len(alerts)),
                class_="soft small",
                data_testid="as-of",
            )
        )
        if not alerts:
            show(markup.empty(visit.words("alerts.nothing"), testid="alerts-empty"))
        else:
            show(_table(visit, list(reversed(alerts))[:SHOWN]))
    with folded(visit.words("alerts.same")):
        show(markup.commands(f"shuxin alerts --block {at.number} --json --config node.toml", visit.words("page.copy")))


def _read(visit: Visit) -> tuple[list[Alert], Header]:
    observer, at = visit.house.followed()
    return observer.alerts(at), at


def _table(visit: Visit, alerts: list[Alert]) -> Markup:
    words = visit.words
    heads = [words(f"alerts.{one}") for one in ("kind", "when", "who", "about", "rule")]
    return markup.table(heads, [_row(visit, one) for one in alerts], testid="alerts")


def _row(visit: Visit, found: Alert) -> tuple[Shown, ...]:
    names, language = visit.house.names, visit.language
    articles = list(dict.fromkeys(a for id in found.rules for a in national().rule(id).articles))
    cited = cite(articles, language) if articles else "—"
    place = visit.words("page.block", n=found.block) if found.block else visit.words("alerts.by_time")
    return (
        markup.chip(WORDS[found.kind].say(language), _TONES[found.kind], data_testid=f"alert-{found.kind.value}"),
        markup.join(moment(found.since), markup.tag("div", place, class_="soft small")),
        names.say(found.party),
        markup.join(
            names.say(found.subject), markup.tag("div", warning.detail(found, names, language), class_="soft small")
        ),
        cited,
    )


PAGE: Final = Page("alerts", Scope.ALERTS, build, "oversight")
