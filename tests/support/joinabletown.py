"""A founded network in which everything of the attack suite can be tried: a second table at one registrar and a list of
its keys at another, so that they can be joined. The first group has many matches, the second one few.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from mounting import enter
from smallnetwork import found_offices
from townspecs import OFFICE, REGISTRARS, parcels_csv, sales_csv

from gateway.statistics.budgets import Books, Limit
from mpc.node import config as node_config
from mpc.privacy.budget import DEFAULT_PERIOD

SECOND_OFFICE = "second-office"
KEYED = """
[[assets]]
code = "{code}"
file = "data/{code}.csv"
rows = 200
key = "bbl"
{more}
[assets.columns.bbl]
type = "text"
pattern = "[0-9]{{10}}"
"""
PRICED = """
[assets.columns.borough]
type = "text"
pattern = "[1-3]"
[assets.columns.price]
type = "integer"
minimum = 0
maximum = 1000000
"""
MANY, FEW = 20, 3
DEPUTY = "deputy"


def found_joinable(directory: Path) -> None:
    found_offices(directory, OFFICE, SECOND_OFFICE, validators=(OFFICE, SECOND_OFFICE, REGISTRARS[0]))
    sold = [(f"{group}00000{n:04d}", group, 900 + n) for group, count in (("1", 40), ("2", 30)) for n in range(count)]
    listed = [bbl for bbl, group, price in sold if price < 900 + {"1": MANY, "2": FEW}[group]]
    deeds = KEYED.format(code="deeds", more='groups = ["borough"]') + PRICED
    _add(directory / "parties" / REGISTRARS[0], "deeds", deeds, sales_csv(sold))
    keys = KEYED.format(code="listed", more='unique = "bbl"')
    _add(directory / "parties" / REGISTRARS[1], "listed", keys, parcels_csv(listed))


def allow_a_join(directory: Path) -> None:
    """Let two officers of each owner allow what a few noised match counts cost; the network must be up."""
    for party, asset in ((REGISTRARS[0], "deeds"), (REGISTRARS[1], "listed")):
        config = node_config.load(directory / "parties" / party / "node.toml")
        limit = Limit(asset, DEFAULT_PERIOD, 50_000)
        enter(config, asset)
        with closing(Books(config)) as books:
            books.propose(limit)
        with closing(Books(config, DEPUTY)) as books:
            books.confirm(limit)


def _add(party: Path, code: str, toml: str, rows: str) -> None:
    with (party / "node.toml").open("a", encoding="utf-8") as file:
        file.write(toml)
    (party / "data" / f"{code}.csv").write_text(rows)
