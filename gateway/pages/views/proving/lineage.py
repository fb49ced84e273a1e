"""Nodes, relations, reasons and holdings of provenance in words, for the explorer's page."""

from __future__ import annotations

from typing import Final

from gateway.pages import markup
from gateway.pages.markup import Markup, Shown
from gateway.pages.visit import Visit
from gateway.provenance.graph import Edge, Kind, Node
from gateway.provenance.holding import Holding
from gateway.provenance.walking import Reason

NAME: Final = 20
"""As many characters of a name fit into a node of the picture."""


def reason(visit: Visit, found: Reason) -> Markup:
    words = visit.words
    steps: list[Shown] = [
        markup.tag(
            "li",
            markup.tag("div", relation(visit, edge), class_="when"),
            markup.tag("strong", " ".join(said(visit, edge.target))),
        )
        for edge in found.path
    ]
    ended = found.ended[-1] if found.ended else None
    state = words("provenance.ended", n=ended.place.block_number) if ended else words("provenance.stands")
    head = markup.tag(
        "p",
        markup.tag("strong", " ".join(said(visit, found.authorization))),
        " ",
        markup.chip(state, "bad" if ended else "good"),
    )
    grants = [
        markup.tag("li", f"{relation(visit, edge)}: {' '.join(said(visit, edge.target))}") for edge in found.grants
    ]
    return markup.tag(
        "div", head, markup.tag("ol", steps, class_="timeline"), markup.tag("ul", grants, class_="soft small")
    )


def held(visit: Visit, found: tuple[Holding, ...]) -> Markup:
    words = visit.words
    heads = [words(f"provenance.{one}") for one in ("holder", "as_role", "under", "since", "until")]
    rows = [
        (
            said(visit, one.party)[1],
            visit.words(f"edge.{one.role}") if visit.words.has(f"edge.{one.role}") else one.role,
            ", ".join(said(visit, held)[1] for held in one.under) or "—",
            words("page.block", n=one.since.block_number),
            words("page.block", n=one.until.block_number) if one.until else "—",
        )
        for one in found
    ]
    return markup.table(heads, rows, testid="holdings-table")


def said(visit: Visit, node: Node) -> tuple[str, str]:
    """Say what a node is and how it is called here."""
    kind = visit.words(f"kind.{node.kind.code}")
    if node.kind is Kind.BLOCK:
        return kind, node.name.removeprefix("block:")
    known = visit.house.names.known.get(node.id)
    name = known or node.name.partition(":")[2][:12] + "…"
    return kind, name if len(name) <= NAME else name[: NAME - 1] + "…"


def relation(visit: Visit, edge: Edge) -> str:
    """Say a relation in words, with the role that the event gives."""
    words = visit.words(f"relation.{edge.relation.name.lower()}")
    key = f"edge.{edge.role}"
    role = visit.words(key) if visit.words.has(key) else edge.role  # an ending's role is the event's own name
    return f"{words} ({role})" if role else words
