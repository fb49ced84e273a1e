"""Time of the disclosure decision after 1,000 and 10,000 answered questions, and how it grows.

    python benchmarks/gate_history.py [--decisions 40]

A realistic history, as a node holds it in memory: several assets; ranges over one attribute and over two, groups,
histograms, and one template in three asked again and again. An owner's decision is timed: the rules on whole questions,
the structural audit before the gate, the choice of cells after it. Beside each figure stands that of a rule which only
compares regions pair by pair, as the peer. Exit code 1 if the time per question grows more than in proportion to the
history.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from ledger.errors import NotAuthorized
from mpc.disclosure.before.audit import MAX_NEIGHBOURS, require_answerable, select
from mpc.disclosure.before.cover import MAX_STEPS
from mpc.disclosure.before.history import Answer, History, Outcome
from mpc.disclosure.region import Cell, Region, Span

SIZES = (1_000, 10_000)
ASSETS = 8
GROUPS = tuple(f"group-{n}" for n in range(12))
SUM = ("sum of price",)
WIDTH = 1_000_000


def main() -> int:
    """Print the times and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=40, help="questions timed at each size")
    options = parser.parse_args()
    history, asked, answered, medians = History(), questions(random.Random(1)), 0, list[float]()
    for size in SIZES:
        for cells in islice(asked, size - answered):
            for cell in cells:
                history.add(Answer(cell.region, cell.base, Outcome.OPENED, cell.quantities))
        answered = size
        regions = history.meeting(Region(()))
        own, peers = zip(*(_timed(history, regions, next(asked)) for _ in range(options.decisions)), strict=True)
        medians.append(statistics.median(own))
        print(
            f"after {size:6d} answered questions ({len(regions)} different cells): median "
            f"{1000 * medians[-1]:.1f} ms, worst {1000 * max(own):.1f} ms a question; "
            f"{medians[-1] / statistics.median(peers):.2f} x comparing regions pair by pair"
        )
    growth = medians[1] / medians[0]
    print(f"growth: {growth:.1f} x over {SIZES[1] // SIZES[0]} x the history")
    print(
        f"bound: linear in the different cells of the history, then at most {MAX_NEIGHBOURS} overlapping questions "
        f"a cell with {MAX_STEPS} steps each; whoever would need more says no"
    )
    return 0 if growth <= SIZES[1] / SIZES[0] else 1


def questions(chance: random.Random) -> Iterator[list[Cell]]:
    """Yield jobs without end."""
    templates: list[list[Cell]] = []
    while True:
        if templates and chance.random() < 1 / 3:
            yield chance.choice(templates)
            continue
        asset = f"asset-{chance.randrange(ASSETS)}"
        base = Region.of({"asset": frozenset({asset}), "row.year": Span(n := chance.randrange(1990, 2027), n + 1)})
        kind = chance.choice(["range", "box", "groups", "histogram"])
        low = chance.randrange(WIDTH)
        ranged = _with(base, price=Span(low, low + chance.randrange(1, 200)))
        match kind:
            case "range":
                cells = [Cell("count", ranged, ranged, SUM)]
            case "box":
                start = chance.randrange(WIDTH)
                boxed = _with(ranged, area=Span(start, start + chance.randrange(1, WIDTH)))
                cells = [Cell("count", boxed, boxed, SUM)]
            case "groups":
                cells = [Cell(name, _with(ranged, kind=frozenset({name})), ranged) for name in GROUPS]
            case _:
                edges = [low + 20 * n for n in range(8)]
                spans = [Span(*pair) for pair in zip(edges, [*edges[1:], edges[-1] + 20], strict=True)]
                whole = _with(base, price=Span(edges[0], edges[-1] + 20))
                cells = [Cell("count", whole, whole, SUM)]
                cells += [Cell(f"bin{n}", _with(base, price=span), whole) for n, span in enumerate(spans)]
        templates.append(cells)
        yield cells


def _with(region: Region, **sides: Span | frozenset[str]) -> Region:
    return Region.of(dict(region.sides) | {f"row.{name}": side for name, side in sides.items()})


def _timed(history: History, regions: list[Region], cells: list[Cell]) -> tuple[float, float]:
    start = time.perf_counter()
    with suppress(NotAuthorized):
        require_answerable(history, cells)
        select(history, cells, frozenset(cell.name for cell in cells))
    own = time.perf_counter() - start
    start = time.perf_counter()
    for cell in cells:
        for region in regions:
            region.meets(cell.region)
    return own, time.perf_counter() - start


if __name__ == "__main__":
    raise SystemExit(main())
