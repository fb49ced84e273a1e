"""Chain health: the proven head and its age, who seals, the last blocks, what is followed here. Open to all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nicegui import ui

from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.countdown import span
from gateway.pages.frame import Page
from gateway.pages.markup import Tone
from gateway.pages.views.sharing.catalogue import tile
from gateway.pages.visit import Visit, card, renewed, show
from gateway.statute.observation.inbox import moment
from gateway.statute.observation.standing import Governing, governing
from ledger.proofs.headers import Header

LAST: Final = 12
STALE_S: Final = 90
EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class State:
    """What the page shows. followed: the chronicle's last block. blocks: the last ones, the newest first."""

    head: Header
    governing: Governing
    followed: int
    indexed: int | None
    blocks: tuple[Header, ...]


async def build(visit: Visit) -> None:
    """Show the state, and again every few seconds."""
    place = ui.element("div")
    await renewed(visit, place, Scope.HEALTH, lambda: read(visit), lambda found: _shown(visit, found), EVERY_S)


def read(visit: Visit) -> State:
    """Read what is proven now."""
    observer, head = visit.house.followed()
    explorer = visit.house.explorer
    numbers = range(head.number, max(-1, head.number - LAST), -1)
    blocks = tuple(observer.chain.header(number) for number in numbers)
    indexed = explorer.mark().number if explorer else None
    return State(head, governing(observer.view, head), observer.chronicle.mark.number, indexed, blocks)


def _shown(visit: Visit, state: State) -> None:
    words, head = visit.words, state.head
    age = max(0, visit.house.now - head.timestamp)
    tone: Tone = "good" if age < STALE_S else "bad"
    show(
        markup.note(
            words(
                f"health.{'fresh' if age < STALE_S else 'stale'}",
                age=span(words, age) if age > 59 else words("time.seconds", n=age),
            ),
            tone,
            testid="freshness",
        )
    )
    tiles = [
        (words("health.block"), f"{head.number:,}", "block"),
        (words("health.validators"), str(state.governing.validators), "validators"),
        (words("health.quorum"), f"{state.governing.quorum} / {state.governing.members}", "quorum"),
        (words("health.followed"), f"{state.followed:,}", "followed"),
    ]
    if state.indexed is not None:
        tiles.append((words("health.lag"), str(head.number - state.indexed), "lag"))
    show(markup.tag("div", [tile(*one) for one in tiles], class_="tiles"))
    with card(words("health.blocks"), testid="blocks-card"):
        heads = [words(f"health.{one}") for one in ("number", "time", "seals", "hash")]
        rows = [
            (
                str(one.number),
                moment(one.timestamp),
                f"{len(one.seals)} / {len(one.validators)}",
                markup.digest(one.block_hash),
            )
            for one in state.blocks
        ]
        show(markup.table(heads, rows, testid="blocks"))
        show(markup.tag("p", words("health.proven"), class_="soft small"))


PAGE: Final = Page("health", Scope.HEALTH, build, "oversight")
