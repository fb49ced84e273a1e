"""The demo's property register: the recorded sales of one neighbourhood, and what its registrar enters after them.

One house goes on in the living register: it is sold to two people who share it, mortgaged, and the seller's second sale
of it, accepted before the first was entered, is refused. The sales are real; who holds the house is not in them, so the
names and the mortgage are the demo's own.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.network.connecting import officer_chain
from gateway.property.book import Book
from gateway.property.entering import entry
from gateway.property.entering.desk import Desk
from gateway.property.imports import importing
from gateway.property.imports.profile import load
from gateway.statute.officers import Officer
from ledger.errors import Conflict
from ledger.log.anchor import anchor
from ledger.log.stream import Stream
from mpc.node import config as node_config
from mpc.node.config import NodeConfig
from new_york import cast

BOROUGH: Final = "staten-island"
NEIGHBORHOOD: Final = "MARINERS HARBOR"
UNIT: Final = "5/5012120094"
"""86 Erastina Place, sold three times in 2019."""
OWNER: Final = "Ann Li"
REGISTER: Final = Path("parties") / cast.registrar(BOROUGH) / "register"
SALE, SECOND, MORTGAGE = "2026-0001", "2026-0002", "2026-0003"
TAKEN: Final = 2
"""Article 22 of the Interim Regulation, item 2: the right is in dispute, or is another's by now."""
WHY: Final = f"the unit was entered for others by application {SALE} before"
_PAPERS: Final = {
    SALE: ("transfer", f'[[holder]]\nname = "{OWNER}"\nshare = "2/3"\n[[holder]]\nname = "Bob"\nshare = "1/3"'),
    SECOND: ("transfer", '[[holder]]\nname = "Carl"\nshare = "1"'),
    MORTGAGE: ("mortgage", '[restriction]\nholder = "First Bank"\nclaim = "350000"\nrank = 1'),
}


def found(out: Path) -> None:
    """Import the sales, anchor them and make the entries; what a run that was broken off has done is not done again."""
    home = out / "parties" / cast.registrar(BOROUGH)
    config = node_config.load(home / "node.toml")
    sales = _sales(home)
    importing.run(sales, load("nyc"), out / REGISTER, config.party, datetime.now(UTC).date())
    _anchor(config, out / REGISTER, (importing.REGISTRATIONS, importing.EXTRACTS))
    papers = home / "applications"
    papers.mkdir(exist_ok=True)
    with closing(Book(out / REGISTER)) as book, closing(Officer(config)) as officer:
        desk = Desk(book, officer)
        desk.open_unit(UNIT)
        for code in (SALE, SECOND):
            desk.accept(entry.load(_application(papers, code)))
        desk.enter(SALE)
        _refuse_second(desk)
        desk.accept(entry.load(_application(papers, MORTGAGE)))
        desk.enter(MORTGAGE)


def _refuse_second(desk: Desk) -> None:
    """Try the second sale, which the desk stops before the chain is asked, and refuse it."""
    try:
        desk.enter(SECOND)
    except Conflict:
        desk.refuse(SECOND, TAKEN, WHY)
        return
    raise AssertionError("a unit that was sold before was entered for somebody else")


def _sales(home: Path) -> Path:
    """Write the neighbourhood's rows of the registrar's own file."""
    whole, part = home / "data" / f"sales-2019-{BOROUGH}.csv", home / "data" / "register.csv"
    with whole.open(encoding="utf-8", newline="") as file, part.open("w", encoding="utf-8", newline="") as written:
        rows = csv.DictReader(file)
        table = csv.DictWriter(written, rows.fieldnames or ())
        table.writeheader()
        table.writerows(row for row in rows if row["neighborhood"] == NEIGHBORHOOD)
    return part


def _anchor(config: NodeConfig, register: Path, streams: Sequence[str]) -> None:
    with closing(officer_chain(config)) as chain:
        for name in streams:
            anchor(Stream(register / name), chain)


def _application(folder: Path, code: str) -> Path:
    """Write an application as the registrar's clerk does, with its paper beside it."""
    kind, asked = _PAPERS[code]
    (folder / f"{code}.txt").write_text(f"Signed papers of application {code}\n", encoding="utf-8")
    file = folder / f"{code}.toml"
    head = f'code = "{code}"\ntype = "{kind}"\nunit = "{UNIT}"\npapers = ["{code}.txt"]\n'
    file.write_text(head + asked + "\n", encoding="utf-8")
    return file
