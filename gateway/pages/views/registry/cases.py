"""Cases in one window: where the minutes of each went, from proven events, department by department."""

from __future__ import annotations

from typing import Final

from contracts.cases.rules import CaseState
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.countdown import span
from gateway.pages.frame import Page
from gateway.pages.markup import Markup, Tone
from gateway.pages.reading import Matter
from gateway.pages.visit import Visit, as_of, card, show
from gateway.statute.observation.inbox import moment, until

SHOWN: Final = 100
_TONES: Final[dict[CaseState, Tone]] = {
    CaseState.CLOSED: "good",
    CaseState.REFUSED: "bad",
    CaseState.WITHDRAWN: "quiet",
}


async def build(visit: Visit) -> None:
    """Show the cases, the newest first."""
    found = await visit.told(
        Scope.CASES, lambda: visit.house.listed(lambda lists, at: lists.cases(at.timestamp, SHOWN))
    )
    if found is None:
        return
    matters, at = found
    if not matters:
        show(markup.empty(visit.words("cases.nothing"), testid="cases-empty"))
        line = "shuxin property case define one-window --party registrar=land --config authority.toml"
        show(markup.commands(line, visit.words("page.copy")))
        return
    for one in matters:
        with card(testid="case"):
            show(_case(visit, one))
    as_of(visit, "cases", at)


def _case(visit: Visit, one: Matter) -> Markup:
    words, names, told = visit.words, visit.house.names, one.replay
    state = markup.chip(words(f"cases.state_{told.state.name.lower()}"), _TONES.get(told.state, "info"))
    late = markup.join(" ", markup.chip(words("cases.late"), "bad")) if told.is_late else markup.NONE
    head = markup.tag("h2", names.say(one.case), " ", state, late)
    pairs = [
        (words("cases.opened"), moment(told.opened)),
        (words("cases.due"), until(told.due, visit.language)),
        (words("cases.total"), span(words, told.total)),
        (words("cases.window"), span(words, told.waiting)),
    ]
    longest = max(1, told.due - told.opened, *(spent.seconds or 0 for spent in told.spent))
    rows = []
    for spent in told.spent:
        took = told.total if spent.seconds is None else spent.seconds
        tone: Tone = "bad" if spent.late else "warn" if spent.seconds is None else "good"
        note = words("cases.waiting") if spent.seconds is None else span(words, took)
        rows.append((names.say(spent.party), markup.bar(took / longest, tone=tone, label=note), note))
    heads = [words("cases.department"), words("cases.bar"), words("cases.took")]
    return markup.join(
        head,
        markup.facts(pairs),
        markup.tag("div", style="height:14px"),
        markup.table(heads, rows, testid="case-table"),
    )


PAGE: Final = Page("cases", Scope.CASES, build, "offering")
