"""How the notebooks draw: labels in English, and in Chinese too where a font of this machine has the characters."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib import font_manager

from gateway.provenance.graph import Kind, Node
from gateway.provenance.walking import Lineage

FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB", "Noto Sans CJK JP",
)  # fmt: skip
GREEN, GREY, RED, BLUE = "#2a7f62", "#8a8f98", "#b3392f", "#2b5c8a"


def _chinese() -> str | None:
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in known), None)


CHINESE = _chinese()


def both(english: str, chinese: str) -> str:
    """Label in both languages, or in English alone where no font here has Chinese."""
    return f"{english}  {chinese}" if CHINESE else english


def graph(found: Lineage, names: Mapping[bytes, str]) -> None:
    """Draw what something rests on from left to right, by steps from it; what only names a block is left out."""
    columns: dict[int, list[Node]] = {}
    for node, step in found.nodes.items():
        if node.kind is not Kind.BLOCK:
            columns.setdefault(step, []).append(node)
    place = {node: (step, (n + 0.5) / len(nodes)) for step, nodes in columns.items() for n, node in enumerate(nodes)}
    _, axes = plt.subplots(figsize=(9, 5))
    for edge in found.edges:
        if edge.source in place and edge.target in place:
            line = {"arrowstyle": "->", "color": GREY, "alpha": 0.5, "shrinkB": 12}
            axes.annotate("", place[edge.target], place[edge.source], arrowprops=line)
    for node, (x, y) in place.items():
        said = names.get(node.id, node.id.hex()[:8] + "...")
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": GREEN}
        axes.text(x, y, f"{node.kind.code}\n{said}", ha="center", va="center", fontsize=7, bbox=box)
    axes.set(xlim=(-0.4, max(columns) + 0.5), ylim=(0, 1))
    axes.set_axis_off()


def use() -> None:
    """Set fonts, colours and how tables show figures, for all of a notebook."""
    pd.options.display.float_format = "{:,.2f}".format
    plt.rcParams["font.sans-serif"] = [*filter(None, [CHINESE]), "DejaVu Sans"]
    plt.rcParams |= {
        "axes.unicode_minus": False,
        "figure.figsize": (8.0, 3.6),
        "figure.dpi": 80,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=[GREEN, BLUE, RED, GREY]),
    }
