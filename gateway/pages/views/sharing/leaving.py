"""What would leave this node for a job, before anybody accepts it: one that waits, or a specification dropped here.

The node that this gateway runs beside keeps the specifications that it was handed; another department's account, or
one whose node was not handed it yet, drops the file.
"""

from __future__ import annotations

from nicegui import ui

from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.markup import Markup
from gateway.pages.uploads import MIB, dropped
from gateway.pages.visit import Visit, button, card, show
from gateway.statistics.previewing import Preview, preview
from ledger import canonical
from ledger.errors import NotFound, VerificationError
from ledger.files import read_bounded
from mpc.node.workplace import SPECIFICATIONS
from mpc.spec import reader as spec_reader
from mpc.spec.job import digest


def build(visit: Visit, party: str) -> None:
    """Make the card of previews for a party."""
    words = visit.words

    async def taken(_name: str, data: bytes) -> None:
        result.clear()
        with result:
            found = await visit.told(Scope.INBOX, lambda: read(data, party, visit))
            if found is not None:
                show(_shown(visit, found))

    with card(words("workbench.leaving"), testid="leaving-card"):
        show(markup.tag("p", words("workbench.leaving_lead")))
        dropped(visit, words("workbench.leaving_drop"), "specification", MIB, taken)
        result = ui.element("div").style("margin-top:14px")


def of_job(visit: Visit, job: bytes) -> None:
    """Offer the preview of a job that waits for the department whose gateway this is."""
    if visit.caller().party != visit.house.party or visit.house.config is None:
        return

    async def look() -> None:
        place.clear()
        with place:
            found = await visit.told(Scope.INBOX, lambda: _handed(visit, job))
            if found is not None:
                show(_shown(visit, found))

    button(visit.words("workbench.leaving"), "job-leaving", look, quiet=True)
    place = ui.element("div").style("margin-top:10px")


def _handed(visit: Visit, job: bytes) -> Preview:
    """Preview what the node was handed for a job; raises NotFound where it was handed nothing."""
    house = visit.house
    run, _ = house.listed(lambda lists, _: lists.run(job))
    config = house.config
    path = config.state / SPECIFICATIONS / f"{run.specification.hex()}.json" if config and run else None
    if path is None or not path.is_file():
        raise NotFound("preview: this department's node was not handed the job's specification yet; drop it below")
    spec = spec_reader.parse(read_bounded(path, MIB))
    if run is None or digest(spec) != run.specification:
        raise VerificationError("preview: what the node keeps is not the specification proposed on chain")
    return preview(spec, house.party, visit.language)


def read(data: bytes, party: str, visit: Visit) -> Preview:
    """Preview a specification for a party; raises InvalidRecord, NotFound."""
    return preview(spec_reader.from_json(canonical.parse(data, limit=MIB)), party, visit.language)


def _shown(visit: Visit, found: Preview) -> Markup:
    words = visit.words
    messages = [(one.step, ", ".join(one.to), one.content, str(one.size), one.times or "1") for one in found.messages]
    heads = [words(f"workbench.{one}") for one in ("step", "to", "content", "bytes", "times")]
    calls = [
        (markup.code(call), ", ".join(public) or "—", ", ".join(salted) or "—") for call, public, salted in found.chain
    ]
    return markup.tag(
        "div",
        markup.tag("h3", words("workbench.learned")),
        markup.tag("ul", [markup.tag("li", line) for line in found.learned], data_testid="learned"),
        markup.facts(
            [
                (words("workbench.role"), found.role),
                (words("workbench.columns"), ", ".join(found.columns) or words("workbench.no_columns")),
            ]
        ),
        markup.tag("h3", words("workbench.messages")),
        markup.table(heads, messages, testid="messages", numbers=(3,)),
        markup.tag("h3", words("workbench.chain")),
        markup.table(
            [words("workbench.call"), words("workbench.public"), words("workbench.salted")], calls, testid="calls"
        ),
        data_testid="preview",
    )
