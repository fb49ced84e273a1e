"""The audit report of a node, to take away from its page: as HTML, or as PDF with the proofs of its lines attached."""

from __future__ import annotations

from typing import Literal

from nicegui import ui

from gateway.accounts.caller import Scope
from gateway.exports.audit import gathering, html, pdf
from gateway.pages import markup
from gateway.pages.visit import Visit, button, show

Form = Literal["html", "pdf"]


def offered(visit: Visit, node: str, depth: int, block: int) -> None:
    """Offer the report of what the page shows."""

    async def give(form: Form) -> None:
        place.clear()
        with place:
            made = await visit.told(Scope.PROVENANCE, lambda: report(visit, node, depth, block, form))
            if made is not None:
                ui.download.content(made, f"report-{block}.{form}", pdf.MEDIA if form == "pdf" else "text/html")

    show(markup.tag("p", visit.words("provenance.report_lead"), class_="soft"))
    with ui.element("div").classes("line"):
        button(visit.words("provenance.report_pdf"), "report-pdf", lambda: give("pdf"))
        button(visit.words("provenance.report_html"), "report-html", lambda: give("html"), quiet=True)
    place = ui.element("div")


def report(visit: Visit, node: str, depth: int, block: int, form: Form) -> bytes:
    """Make the report as of a block."""
    explorer, house = visit.house.explored(), visit.house
    found = gathering.gather(explorer, node, depth=depth, block=block)
    if form == "html":
        return html.page(found, house.trust, house.names, visit.language)
    return pdf.document(found, house.trust, house.names, visit.language, gathering.proofs(explorer, found))
