"""The report's two pictures, as SVG: ratios against peers, and growth with size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from measuring.programs import Figure, Kind

mpl.rcParams["svg.hashsalt"] = "shuxin"


def draw(figures: Sequence[Figure], folder: Path) -> dict[str, str]:
    """Draw what there is to draw; return the pictures' names by what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    if found := [figure for figure in figures if figure.kind is Kind.RATIO and figure.value > 0]:
        drawn["ratios"] = _ratios(found, folder / "bench-ratios.svg")
    if found := [figure for figure in figures if figure.kind is Kind.POINT and figure.value > 0 and figure.size]:
        drawn["growth"] = _growth(found, folder / "bench-growth.svg")
    return drawn


def _ratios(figures: Sequence[Figure], target: Path) -> str:
    """Bars to the right are to our advantage, whichever way the ratio is told."""
    picture, axes = plt.subplots(figsize=(9, 0.5 * len(figures) + 1.2), layout="constrained")
    advantage = [figure.value if figure.more_is_better else 1 / figure.value for figure in figures]
    places = range(len(figures))
    axes.barh(
        places,
        [value - 1 for value in advantage],
        left=1,
        color=["#2e86c1" if v >= 1 else "#ca6f1e" for v in advantage],
    )
    axes.set_yticks(places, [figure.name for figure in figures])
    axes.set_xscale("log")
    axes.axvline(1, color="#34495e", linewidth=1)
    axes.set_xlabel("advantage over the peer in the same run (1: alike; left: the peer is better)")
    return _saved(picture, target)


def _growth(figures: Sequence[Figure], target: Path) -> str:
    picture, axes = plt.subplots(figsize=(9, 5.6), layout="constrained")
    for label in dict.fromkeys(figure.label for figure in figures):
        points = sorted((figure.size or 0, figure.value) for figure in figures if figure.label == label)
        axes.plot(*zip(*points, strict=True), marker="o", label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("size")
    axes.set_ylabel("s or ms, as named")
    picture.legend(loc="outside lower center", ncols=2, fontsize="small")  # beside the points, never over one
    return _saved(picture, target)


def _saved(picture: plt.Figure, target: Path) -> str:
    picture.savefig(target, metadata={"Date": None})
    plt.close(picture)
    return f"images/{target.name}"
