"""What would leave this node for a job, before anybody accepts it: a preview of a specification dropped here."""

from __future__ import annotations

from nicegui import ui

from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.markup import Markup
from gateway.pages.uploads import MIB, dropped
from gateway.pages.visit import Visit, card, show
from gateway.statistics.previewing import Preview, preview
from ledger import canonical
from mpc import spec_reader


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
