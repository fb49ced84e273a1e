"""Findings: an auditor's words about a matter, made a record here and put on the chain at the auditor's own node.

The only thing an auditor writes. The page makes the file and gives the command; on the chain is the stream's root,
whose anchors are listed. What it does NOT do: keep the finding, or sign it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from nicegui import ui

from gateway.accounts.caller import Scope
from gateway.index.streams import Anchor, anchors
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.signing import for_step
from gateway.pages.visit import Visit, button, card, show
from gateway.statute.observation.inbox import moment
from ledger import canonical
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import keccak256

LONGEST: Final = 4000


def record(party: str, about: str, words: str, now: float, block: int) -> bytes:
    """Make the record of a finding; raises InvalidRecord where something is not said."""
    if not about.strip() or not words.strip() or len(about) > 200 or len(words) > LONGEST:
        raise InvalidRecord("finding: say what it is about and what was found 请填写事项与认定内容")
    time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return canonical.encode(
        {
            "format": "shuxin-finding",
            "version": 1,
            "auditor": party,
            "about": about.strip(),
            "finding": words.strip(),
            "block": block,
            "time": time,
        }
    )


async def build(visit: Visit) -> None:
    """Show the form, then the anchors of the auditor's stream."""
    words, party = visit.words, visit.caller().party

    async def make() -> None:
        place.clear()
        with place:
            found = await visit.told(Scope.FINDINGS, _made)
            if found is None:
                return
            ui.download.content(found, "finding.json", "application/json")
            show(markup.note(words("findings.made"), "good", testid="finding-made"))
            for one in for_step("finding", visit.house.place, party=party):
                show(markup.tag("p", words.of(one.what)), markup.commands(one.line, words("page.copy")))

    def _made() -> bytes:
        _, at = visit.house.followed()
        return record(party, about.value or "", text.value or "", visit.house.clock(), at.number)

    with card(testid="findings-card"):
        about = ui.input(words("findings.about")).props('outlined dense data-testid="about"')
        text = ui.textarea(words("findings.words")).props('outlined data-testid="finding"').style("margin-top:12px")
        with ui.element("div").classes("line").style("margin-top:12px"):
            button(words("findings.make"), "make", make)
        place = ui.element("div").style("margin-top:14px")
    found = await visit.told(Scope.FINDINGS, lambda: _anchors(visit, party))
    if found is None:
        return
    with card(words("findings.anchored"), testid="anchors"):
        rows = [(moment(one.time), str(one.size), markup.digest(one.root)) for one in reversed(found)]
        heads = [words("findings.when"), words("findings.count"), words("findings.root")]
        show(markup.table(heads, rows, testid="anchor-table") if rows else markup.empty(words("findings.none")))


def _anchors(visit: Visit, party: str) -> Sequence[Anchor]:
    explorer = visit.house.explored()
    try:
        return anchors(explorer.finder, keccak256(f"{party}/findings".encode()), explorer.last(None))
    except NotFound:
        return ()


PAGE: Final = Page("findings", Scope.FINDINGS, build, "oversight", needs_account=True)
