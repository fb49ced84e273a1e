"""A network in a directory on free ports of this machine, as ``shuxin chain init`` founds one, but for four parties."""

from __future__ import annotations

import socket
from pathlib import Path

from townspecs import OFFICE, REGISTRARS, registrar_rows, sales_csv

from contracts.world import PartyRole
from gateway.network.founding import Plan, Ports, authorities, found, utc_now, write_configurations
from ledger.proofs.trust import Trust

ASSETS = """
[[assets]]
code = "sales-{n}"
file = "data/sales.csv"
rows = 1000
[assets.columns.bbl]
type = "text"
pattern = "[0-9A-Z]{{10,24}}"
[assets.columns.borough]
type = "text"
pattern = "[1-3]"
[assets.columns.price]
type = "integer"
minimum = 0
maximum = 1000000000
"""


def free_ports() -> Ports:
    """Two ports nobody listens on now."""
    with socket.socket() as first, socket.socket() as second:
        for listener in (first, second):
            listener.bind(("127.0.0.1", 0))
        return Ports(first.getsockname()[1], second.getsockname()[1])


def found_registrars(directory: Path) -> Trust:
    """Three registrars with their tables and an office; the builder alone seals."""
    return found_offices(directory, OFFICE)


def found_offices(
    directory: Path, *offices: str, validators: tuple[str, ...] = (), has_authorities: bool = False
) -> Trust:
    """The same with several offices, with parties that seal blocks beside the builder, and with authorities above."""
    ports, roles = free_ports(), PartyRole.OWNER | PartyRole.REQUESTER
    codes = (*REGISTRARS, *offices)
    plans = [Plan(code, roles, governor=code == OFFICE, validator=code in validators) for code in codes]
    plans = authorities(*plans) if has_authorities else plans
    trust = found(directory, plans, ports, chain_id=20261, now=utc_now(), is_trial=True)
    tables = {code: ASSETS.format(n=n) for n, code in enumerate(REGISTRARS, start=1)}
    write_configurations(directory, plans, ports, tables)
    for n, code in enumerate(REGISTRARS, start=1):
        (directory / "parties" / code / "data" / "sales.csv").write_text(sales_csv(registrar_rows(n)))
    return trust
