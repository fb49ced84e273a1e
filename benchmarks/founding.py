"""A network of departments and an office, founded on this machine for a job between processes; for ``*_job.py``.

One program plays all officers, as in ``gateway.network.trial``; every department is validator and governor beside the
office. It starts no process.
"""

from __future__ import annotations

import csv
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from contracts.world import PartyRole
from gateway.network.founding import OPERATOR, Plan, Ports, authorities, found, utc_now, write_configurations
from gateway.network.trial import Grounds, Holding
from gateway.statute.sharing.requesting import Period

OFFICE = "audit-office"
CHAIN_ID = 20262
PURPOSE = "model-comparison"
GROUNDS = Grounds("Audit Law, article 31", "For this comparison alone", "Published example data", Period(30, 10))


def founded(home: Path, holdings: Sequence[Holding]) -> None:
    """Found a network of the holdings' departments and the office in a directory that is not there yet."""
    home.mkdir(parents=True)
    departments = list(dict.fromkeys(holding.party for holding in holdings))
    requester, owner = PartyRole.REQUESTER | PartyRole.AUDITOR, PartyRole.OWNER
    plans = [
        *authorities(
            *(Plan(party, owner, validator=True, governor=True) for party in departments),
            Plan(OFFICE, requester, validator=True, governor=True),
        ),
        Plan(OPERATOR, PartyRole.OPERATOR),
    ]
    ports = Ports(_free_port(), _free_port())
    found(home, plans, ports, chain_id=CHAIN_ID, now=utc_now(), is_trial=True)
    assets = {party: "\n".join(holding.toml for holding in holdings if holding.party == party) for party in departments}
    write_configurations(home, plans, ports, assets)


def write_table(home: Path, party: str, asset: str, columns: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a department's table where its node reads it."""
    path = home / "parties" / party / "data" / f"{asset}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([tuple(columns), *rows])


def verified(evidence: Path, trust: Path) -> int:
    """Have a process that sees evidence and trust file alone verify them; returns its exit code."""
    command = [sys.executable, "-m", "gateway", "verify", str(evidence), "--trust", str(trust)]
    return subprocess.run(command, check=False).returncode


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
