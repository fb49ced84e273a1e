"""Runs: joint statistics and joint models on chain, how far each has come, who holds it up, and how it ended.

A training run is a job with the same states; its rounds stand on a stream whose anchors show how many there were. What
it does NOT show: figures or models, which only the recipient's node has.
"""

from __future__ import annotations

from typing import Final

from nicegui import ui

from contracts.jobs.record import JobState
from gateway.accounts.caller import Scope
from gateway.cli.faults import ground
from gateway.cli.tongue import Tongue
from gateway.pages import markup
from gateway.pages.charting import chart
from gateway.pages.countdown import span
from gateway.pages.frame import Page
from gateway.pages.markup import Markup, Tone
from gateway.pages.reading import STAGES, Run
from gateway.pages.visit import Visit, as_of, card, folded, show
from gateway.statute.observation.inbox import moment
from ledger.canonical import JsonValue

SHOWN: Final = 50
_TONES: Final[dict[JobState, Tone]] = {
    JobState.RELEASED: "good",
    JobState.ABORTED: "bad",
    JobState.REFUSED: "bad",
}


async def build(visit: Visit) -> None:
    """Show the runs, the newest first."""
    found = await visit.told(Scope.RUNS, lambda: visit.house.listed(lambda lists, _: lists.jobs(SHOWN)))
    if found is None:
        return
    runs, at = found
    if not runs:
        show(markup.empty(visit.words("runs.nothing"), testid="runs-empty"))
        return
    words = visit.words

    def fill() -> None:
        kept = [one for one in runs if choice.value == "all" or bool(one.waves) == (choice.value == "models")]
        place.clear()
        with place:
            if not kept:
                show(markup.empty(words("runs.none_like"), testid="runs-empty"))
            for one in kept:
                with card(testid="run"):
                    show(run(visit, one))
                    _waves(visit, one)

    kinds = {kind: words(f"runs.kind_{kind}") for kind in ("all", "models", "statistics")}
    choice = ui.select(kinds, value="all", label=words("runs.kind"), on_change=fill)
    choice.props('outlined dense data-testid="run-kind"').style("width:240px;margin-bottom:14px")
    place = ui.element("div")
    fill()
    as_of(visit, "runs", at)


def run(visit: Visit, one: Run) -> Markup:
    """Say how far a job is."""
    words, names = visit.words, visit.house.names
    state = markup.chip(
        words(f"runs.state_{one.state.name.lower()}"), _TONES.get(one.state, "info"), data_testid="state"
    )
    name = markup.digest(one.job)
    if visit.caller().may(Scope.PROVENANCE):
        name = markup.link(name, f"{visit.to('provenance')}?node=job:{one.job.hex()}", testid="run-node")
    head = markup.tag("h2", name, " ", state)
    pairs = [
        (words("runs.recipient"), names.say(one.recipient)),
        (words("runs.purpose"), names.say(one.purpose)),
        (words("runs.parties"), ", ".join(names.say(party) for party in one.parties)),
        (words("runs.begun"), moment(one.begun)),
        (words("runs.took"), span(words, one.last - one.begun)),
        (words("runs.attempt"), str(one.attempt or 1)),
        *([(words("runs.waves"), str(one.waves[-1][0]))] if one.waves else ()),
        *([(words("runs.ground"), _ground(visit, one.ground))] if one.ground else ()),
    ]
    return markup.join(head, stages(visit, one), markup.facts(pairs), _moves(visit, one))


def _ground(visit: Visit, text: str) -> Markup:
    """A party's ground as it stands on chain, and what it means where that is known."""
    means = " | ".join(ground(text, Tongue(visit.language)))
    return markup.tag("span", markup.tag("code", text), f" {means}", data_testid="ground")


def _waves(visit: Visit, one: Run) -> None:
    """Show how a training run came on, by what its coordinator anchored; losses of rounds are published by nobody."""
    words = visit.words
    if not one.waves:
        return
    with folded(words("runs.progress"), testid="waves"):
        rows: list[list[JsonValue]] = [[f"{block} · {moment(time)}", str(size)] for size, time, block in one.waves]
        chart(visit, [words("runs.anchor"), words("runs.waves")], rows)
        show(markup.tag("p", words("runs.no_loss"), class_="soft small"))


def stages(visit: Visit, one: Run) -> Markup:
    """The stages as one line of chips, with a bar."""
    chips = [
        markup.chip(visit.words(f"runs.state_{stage.name.lower()}"), "good" if n < one.stage else "quiet")
        for n, stage in enumerate(STAGES)
    ]
    label = visit.words("runs.stage", n=one.stage, of=len(STAGES))
    tone: Tone = "bad" if one.state in (JobState.ABORTED, JobState.REFUSED) else "good"
    bar = markup.bar(one.stage / len(STAGES) if one.stage else 1.0, tone=tone, label=label)
    return markup.tag(
        "div",
        markup.tag("div", *chips, class_="line", style="gap:6px;margin-bottom:8px"),
        bar,
        style="margin-bottom:14px",
        data_testid="stages",
    )


def _moves(visit: Visit, one: Run) -> Markup:
    words, names = visit.words, visit.house.names
    heads = [words("runs.event"), words("runs.party"), words("runs.when")]
    rows = [
        (_move(visit, name), names.say(party), f"{moment(time)} · {words('page.block', n=block)}")
        for name, party, time, block in one.moves
    ]
    summary = markup.tag("summary", words("runs.moves", n=len(rows)))
    return markup.tag("details", summary, markup.table(heads, rows, testid="moves"), style="margin-top:10px")


def _move(visit: Visit, name: str) -> str:
    key = f"runs.move_{name.lower()}"
    return visit.words(key) if visit.words.has(key) else name  # of a contract's version that this build does not know


PAGE: Final = Page("runs", Scope.RUNS, build, "computing")
