"""Provenance explorer: what something rests on and what rests on it, as of any block, each edge with its proof.

The page is a function of its address: node, way, depth, block. The graph comes from the index; the badge of a node says
that the chain itself shows its history to be complete, and an edge's proof is a file that anybody verifies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from nicegui import events, ui

from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.drawing import draw
from gateway.pages.frame import Page
from gateway.pages.hashing import hashed
from gateway.pages.markup import Markup
from gateway.pages.views.proving.lineage import held, reason, relation, said
from gateway.pages.views.proving.reporting import offered
from gateway.pages.visit import Visit, button, card, show
from gateway.provenance.explorer import Card
from gateway.provenance.graph import Kind, Node
from gateway.provenance.holding import Held, Holding
from gateway.provenance.walking import Lineage, Reason, Way
from gateway.statute.observation.inbox import moment
from ledger.errors import TrustError, VerificationError

DEPTHS: Final = (1, 2, 3, 4, 6)
STEPS: Final = 3
LIMIT: Final = 120
SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. block: None for the newest."""

    node: str = ""
    way: Way = Way.UPSTREAM
    depth: int = STEPS
    block: int | None = None

    def link(self, language: str) -> str:
        pairs = {"node": self.node, "way": self.way.value, "depth": self.depth}
        if self.block is not None:
            pairs["block"] = self.block
        return f"/{language}/provenance?{urlencode(pairs)}"


@dataclass(frozen=True, slots=True)
class Told:
    """The answer. proven: whether every history of the node was shown to be complete; why: what kept it from that."""

    card: Card
    lineage: Lineage
    reasons: tuple[Reason, ...]
    holdings: tuple[Holding, ...]
    is_cut: bool
    newest: int
    time: int
    proven: bool
    why: str


def asked(visit: Visit) -> Asked:
    """Read the address; what cannot be read there counts as not given."""
    query = visit.request.query_params
    way = Way.DOWNSTREAM if query.get("way") == Way.DOWNSTREAM.value else Way.UPSTREAM
    depth, block = query.get("depth", ""), query.get("block", "")
    return Asked(
        query.get("node", "")[:200].strip(),
        way,
        int(depth) if depth in map(str, DEPTHS) else STEPS,
        int(block) if block.isdecimal() and len(block) < 12 else None,
    )


async def build(visit: Visit) -> None:
    """Show the search, and what the address asks for."""
    wanted = asked(visit)
    _search(visit, wanted)
    if not wanted.node:
        show(markup.empty(visit.words("provenance.nothing"), testid="provenance-empty"))
        return
    told = await visit.told(Scope.PROVENANCE, lambda: read(visit, wanted))
    if told is None:
        show(markup.tag("p", visit.words("provenance.absent"), class_="soft", data_testid="absent"))
        return
    _slider(visit, wanted, told)
    with ui.element("div").classes("grid wide"):
        with card(visit.words("provenance.graph"), testid="graph-card"):
            show(_graph(visit, wanted, told))
            show(markup.tag("p", visit.words("provenance.legend"), class_="soft small", style="margin:10px 0 0"))
        with card(testid="side"):
            _side(visit, wanted, told)
    with card(visit.words("provenance.table"), testid="edges-card"):
        _edges(visit, wanted, told)
    if told.reasons:
        with card(visit.words("provenance.why"), testid="reasons"):
            show(markup.join(*(reason(visit, one) for one in told.reasons)))
    if told.holdings or told.is_cut:
        with card(visit.words("provenance.holdings"), testid="holdings"):
            show(held(visit, told.holdings))
            if told.is_cut:
                show(markup.note(visit.words("provenance.held_cut"), "warn", testid="held-cut"))
    with card(visit.words("provenance.report"), testid="report-card"):
        offered(visit, told.card.node.name, wanted.depth, told.card.last)


def read(visit: Visit, wanted: Asked) -> Told:
    """Ask the index, and the chain whether the node's own history is complete."""
    explorer = visit.house.explored()
    newest = explorer.mark().number
    block = None if wanted.block is None else min(wanted.block, newest)
    node = explorer.node(wanted.node)
    proven, why = True, ""
    try:
        explorer.complete(node, block)
    except VerificationError as fault:
        proven, why = False, str(fault)
    kept = explorer.holdings(node.name, block) if node.kind in _HELD else Held((), False)
    return Told(
        explorer.card(node, block),
        explorer.lineage(node, wanted.way, depth=wanted.depth, block=block, limit=LIMIT),
        explorer.reasons(node, block),
        kept.holdings,
        kept.is_cut,
        newest,
        explorer.header(block).timestamp,
        proven,
        why,
    )


_HELD: Final = (Kind.DIGEST, Kind.RELEASE, Kind.EVIDENCE, Kind.VERSION)


def _search(visit: Visit, wanted: Asked) -> None:
    words = visit.words

    def go() -> None:
        ui.navigate.to(
            replace(wanted, node=(field.value or "").strip(), way=Way(way.value), depth=int(depth.value)).link(
                visit.language
            )
        )

    async def given(digest: str) -> None:
        field.value = digest
        go()

    with card(testid="search-card"):
        with ui.element("div").classes("line end"):
            with ui.element("div").classes("grow").style("flex-basis:340px"):
                field = ui.input(words("provenance.search"), value=wanted.node, placeholder=words("provenance.such_as"))
                field.props('outlined dense data-testid="search"').on("keydown.enter", go)
            ways = {one.value: words(f"provenance.{one.value}") for one in Way}
            way = ui.select(ways, value=wanted.way.value, label=words("provenance.way"))
            way.props('outlined dense data-testid="way"').style("width:190px")
            depth = ui.select({n: str(n) for n in DEPTHS}, value=wanted.depth, label=words("provenance.depth"))
            depth.props('outlined dense data-testid="depth"').style("width:100px")
            button(words("provenance.go"), "go", go)
        hashed(visit, words("provenance.file"), "search-file", given)


def _slider(visit: Visit, wanted: Asked, told: Told) -> None:
    words = visit.words

    def move(event: events.GenericEventArguments) -> None:
        block = int(event.args)
        ui.navigate.to(replace(wanted, block=None if block >= told.newest else block).link(visit.language))

    with card(testid="slider-card").style("padding:12px 22px"), ui.element("div").classes("line"):
        said = words("provenance.as_of", n=told.card.last, newest=told.newest, time=moment(told.time))
        show(markup.tag("span", said, class_="small", data_testid="as-of"))
        slider = ui.slider(min=0, max=max(1, told.newest), value=told.card.last).classes("grow")
        slider.props(f'label data-testid="slider" aria-label="{words("provenance.slider")}"').on("change", move)


def _graph(visit: Visit, wanted: Asked, told: Told) -> Markup:
    found = told.lineage
    path = frozenset(edge for reason in told.reasons[:1] for edge in reason.path)
    picture = draw(
        found.nodes,
        found.edges,
        chosen=found.start,
        say=lambda node: said(visit, node),
        link=lambda node: replace(wanted, node=node.name).link(visit.language),
        term=lambda edge: relation(visit, edge),
        title=visit.words("provenance.graph"),
        on_path=path,
    )
    cut = markup.note(visit.words("provenance.cut", n=LIMIT), "warn", testid="cut") if found.is_cut else markup.NONE
    return markup.join(cut, picture)


def _side(visit: Visit, wanted: Asked, told: Told) -> None:
    words, node = visit.words, told.card.node
    kind, name = said(visit, node)
    show(markup.tag("h2", name, " ", markup.chip(kind, "info")))
    if told.proven and told.card.contracts:
        show(markup.note(words("provenance.proven", contracts=", ".join(told.card.contracts)), "good", testid="badge"))
    elif told.proven:
        show(markup.note(words("provenance.no_history"), "quiet", testid="badge"))
    else:
        show(markup.note(told.why, "bad", title=words("provenance.unproven"), testid="badge"))
    show(
        markup.facts(
            [
                (words("provenance.id"), markup.tag("code", node.name, style="overflow-wrap:anywhere")),
                (words("provenance.rests"), str(len(told.card.leaving))),
                (words("provenance.rested"), str(len(told.card.arriving))),
            ]
        )
    )
    other = replace(wanted, way=Way.DOWNSTREAM if wanted.way is Way.UPSTREAM else Way.UPSTREAM)
    show(
        markup.tag(
            "p",
            markup.link(words(f"provenance.to_{other.way.value}"), other.link(visit.language), testid="turn"),
            style="margin-top:14px",
        )
    )


def _edges(visit: Visit, wanted: Asked, told: Told) -> None:
    words = visit.words
    edges = told.lineage.edges[:SHOWN]
    if not edges:
        show(markup.empty(words("provenance.alone"), testid="no-edges"))
        return
    heads = [words(f"provenance.{one}") for one in ("from", "relation", "towards", "shown_by")]
    rows = [
        (
            _named(visit, wanted, edge.source),
            relation(visit, edge),
            _named(visit, wanted, edge.target),
            markup.join(words("page.block", n=edge.place.block_number), " ", markup.chip(f"#{n}", "")),
        )
        for n, edge in enumerate(edges, 1)
    ]
    show(markup.table(heads, rows, testid="edges"))
    with ui.element("div").classes("line").style("margin-top:14px"):
        chosen = ui.select(
            {n: f"#{n} {relation(visit, edge)}" for n, edge in enumerate(edges, 1)},
            value=1,
            label=words("provenance.edge"),
        )
        chosen.props('outlined dense data-testid="edge"').style("width:260px")

        async def proof() -> None:
            place = edges[int(chosen.value) - 1].place
            try:
                found = await visit.read(Scope.PROVENANCE, lambda: visit.house.explored().prove(place, told.card.last))
            except TrustError as fault:
                with refused:
                    show(visit.fault(fault))
                return
            ui.download.content(found, f"event-{place.block_number}-{place.index}-{place.log_index}.json")

        button(words("provenance.proof"), "edge-proof", proof)
    refused = ui.element("div")
    show(markup.tag("p", words("provenance.check"), class_="soft small"))


def _named(visit: Visit, wanted: Asked, node: Node) -> Markup:
    kind, name = said(visit, node)
    link = markup.link(name, replace(wanted, node=node.name).link(visit.language))
    return markup.join(markup.tag("span", kind, class_="soft small"), " ", link)


PAGE: Final = Page("provenance", Scope.PROVENANCE, build, "proving")
