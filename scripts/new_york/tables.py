"""What the departments tell the audit office of their tables, so that it can ask in SQL."""

from __future__ import annotations

from pathlib import Path

from mpc.node import config as node_config
from mpc.sql import tables
from new_york import cast

MARKET = "market"
EXAMPLE = "SELECT count(*), avg(sale_price) FROM market WHERE sale_price >= 1000"


def hand_over(parties: Path) -> None:
    """Describe every table and put the descriptions, and the name of the joint table, into the office's ``tables``."""
    folder = parties / cast.OFFICE / "tables"
    folder.mkdir()
    for holding in cast.holdings():
        asset = node_config.load(parties / holding.party / "node.toml").assets[holding.asset]
        described = tables.describe(holding.party, holding.asset, asset.schema, {}, asset.privacy)
        (folder / f"{holding.asset}{tables.SUFFIX}").write_text(described, encoding="utf-8")
    parts = ", ".join(f'"sales_2019_{name.replace("-", "_")}"' for name in cast.BOROUGHS.values())
    (folder / tables.JOINT).write_text(f"version = 1\n[joint]\n{MARKET} = [{parts}]\n", encoding="utf-8")
