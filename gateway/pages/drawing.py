"""A graph of provenance as SVG: what was asked about on the left, what it rests on step by step to the right.

Every node is a link, so that the picture can be walked by keyboard; shapes tell entities, activities and agents apart
without colour. Pure: the same lineage, the same picture. What it does NOT do: say more than the table beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from html import escape
from typing import Final

from gateway.pages.markup import Markup
from gateway.provenance.graph import Class, Edge, Node

WIDTH: Final = 188
HEIGHT: Final = 46
GAP_X: Final = 92
GAP_Y: Final = 18
EDGE: Final = 16
_FILL: Final = {Class.ENTITY: "#fdf6e3", Class.ACTIVITY: "#e3eff3", Class.AGENT: "#efe8f3"}
_LINE: Final = {Class.ENTITY: "#b98a1c", Class.ACTIVITY: "#12566f", Class.AGENT: "#6b4a82"}
_ROUND: Final = {Class.ENTITY: 22, Class.ACTIVITY: 3, Class.AGENT: 10}
_SANS: Final = "sans-serif"


def draw(
    depths: Mapping[Node, int],
    edges: tuple[Edge, ...],
    *,
    chosen: Node,
    say: Callable[[Node], tuple[str, str]],
    link: Callable[[Node], str],
    term: Callable[[Edge], str],
    title: str,
    on_path: frozenset[Edge] = frozenset(),
) -> Markup:
    """Draw nodes by their depth and edges between them.

    Args:
        say: two lines for a node: what it is and its name. on_path: edges drawn heavier.
    """
    places = _places(depths)
    wide = max(x for x, _ in places.values()) + WIDTH + EDGE
    high = max(y for _, y in places.values()) + HEIGHT + EDGE
    lines = "".join(_edge(edge, places, term(edge), heavy=edge in on_path) for edge in edges if _drawn(edge, places))
    nodes = "".join(_node(node, places[node], say(node), link(node), is_chosen=node == chosen) for node in places)
    arrow = (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#6d7f88"/></marker></defs>'
    )
    return Markup(
        f'<div class="graph" tabindex="0" role="region" aria-label="{escape(title)}" '
        'style="overflow:auto;max-height:560px">'
        f'<svg data-testid="graph" role="group" aria-label="{escape(title)}" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" xmlns="http://www.w3.org/2000/svg">{arrow}{lines}{nodes}</svg></div>'
    )


def _places(depths: Mapping[Node, int]) -> dict[Node, tuple[int, int]]:
    """Put each node in the column of its depth, the columns centred on the longest."""
    columns: dict[int, list[Node]] = defaultdict(list)
    for node, depth in depths.items():
        columns[depth].append(node)
    longest = max(map(len, columns.values()))
    places = {}
    for depth, nodes in sorted(columns.items()):
        above = (longest - len(nodes)) * (HEIGHT + GAP_Y) // 2
        for row, node in enumerate(sorted(nodes)):
            places[node] = (EDGE + depth * (WIDTH + GAP_X), EDGE + above + row * (HEIGHT + GAP_Y))
    return places


def _drawn(edge: Edge, places: Mapping[Node, tuple[int, int]]) -> bool:
    return edge.source in places and edge.target in places


def _edge(edge: Edge, places: Mapping[Node, tuple[int, int]], term: str, *, heavy: bool) -> str:
    (x1, y1), (x2, y2) = places[edge.source], places[edge.target]
    middle1, middle2 = y1 + HEIGHT // 2, y2 + HEIGHT // 2
    start, end = (x1 + WIDTH, x2) if x2 > x1 else (x1, x2 + WIDTH) if x2 < x1 else (x1 + WIDTH, x2 + WIDTH)
    bend = GAP_X // 2 if end >= start else -GAP_X // 2
    path = f"M{start} {middle1}C{start + bend} {middle1} {end - bend} {middle2} {end} {middle2}"
    colour, width = ("#c2402f", 2.5) if heavy else ("#9aaab1", 1.3)
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" marker-end="url(#arrow)">'
        f"<title>{escape(term)}</title></path>"
    )


def _node(node: Node, place: tuple[int, int], words: tuple[str, str], link: str, *, is_chosen: bool) -> str:
    (x, y), kind = place, node.kind.prov
    width = 3 if is_chosen else 1.4
    return (
        f'<a href="{escape(link)}" data-testid="node" aria-label="{escape(" ".join(words))}">'
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="{_ROUND[kind]}" fill="{_FILL[kind]}" '
        f'stroke="{_LINE[kind]}" stroke-width="{width}"/>'
        f'<text x="{x + 16}" y="{y + 19}" font-size="11.5" fill="#55646f" font-family="{_SANS}">'
        f"{escape(words[0])}</text>"
        f'<text x="{x + 16}" y="{y + 36}" font-size="13" font-weight="600" fill="#18242d" font-family="{_SANS}">'
        f"{escape(words[1])}</text></a>"
    )
