"""Time, bytes and figures of a join of three tables on the real New York files, beside the plain join of the same rows.

All parties run as threads of one process (no relay, no TLS, no chain); the time is what they compute together, so on
cores of their own they need less. The files are those of the folder ``property`` of the real files; their three-way
figure is 3,016 parcels:

    SHUXIN_DATA=DIR nice python benchmarks/join_of_lists.py
    SHUXIN_DATA=DIR nice python benchmarks/join_of_lists.py --every 20    # one parcel in twenty
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from mpc.dummies import MatchNoise
from mpc.protocols.join.layout import Column
from mpc.protocols.join.messages import SHARE
from mpc.protocols.join.office import Released, run_recipient
from mpc.protocols.join.run import SIFTED
from mpc.protocols.join.table import KeyTotals
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sifted.holder import run_holder
from mpc.protocols.sifted.lister import run_lister
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network
from mpc.sessions.rehearsal import MemoryJournal, sessions

FILES = {
    "finance": "nyc_sales_5boroughs_2019.csv.gz",
    "housing": "nyc_housing_rent_stabilized_buildings_2013.csv.gz",
    "tax": "nyc_taxbill_rent_stabilized_units_2007_2021.csv.gz",
}
OFFICE = "office"


def rows(path: Path) -> Iterator[Mapping[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        yield from csv.DictReader(file)


def is_chosen(bbl: str, every: int) -> bool:
    return bool(bbl) and int(bbl) % every == 0


def sales(path: Path, every: int) -> dict[str, dict[str, KeyTotals]]:
    """Sales by borough and parcel, all prices."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(path):
        if is_chosen(row["bbl"], every):
            found[row["bbl"][0]][row["bbl"]].append(int(row["sale_price"]))
    return {g: {bbl: KeyTotals(len(p), (sum(p),)) for bbl, p in keys.items()} for g, keys in found.items()}


def plain(table: Mapping[str, Mapping[str, KeyTotals]], lists: Sequence[set[str]]) -> dict[str, tuple[int, int, int]]:
    chosen = set.intersection(*lists)
    found = {}
    for group, keys in table.items():
        hits = [totals for key, totals in keys.items() if key in chosen]
        found[group] = (len(hits), sum(t.rows for t in hits), sum(t.sums[0] for t in hits))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    asked = parser.parse_args()
    folder = Path(os.environ["SHUXIN_DATA"]) / "property"
    table = sales(folder / FILES["finance"], asked.every)
    lists = {
        party: {row["bbl"] for row in rows(folder / FILES[party]) if is_chosen(row["bbl"], asked.every)}
        for party in ("housing", "tax")
    }
    terms = JoinTerms(
        holder="finance",
        lister="tax",
        sifters=("housing",),
        groups=tuple(sorted(table)),
        columns=(Column("sale_price", 0, 1 << 32),),
        holder_keys=sum(map(len, table.values())),
        lister_keys=max(map(len, lists.values())),
        rows=1 << 17,
        minimum=10,
        noise=MatchNoise(epsilon_milli=100, delta_log2=-40),
    )
    released, sent, seconds = run(terms, table, lists)
    expected = plain(table, list(lists.values()))
    figures = {group: (cell.keys, cell.rows, *cell.sums) for group, cell in released.cells.items()}
    assert figures == {group: found for group, found in expected.items() if found[0] >= terms.minimum}
    print(f"parcels {terms.holder_keys:,}; lists " + ", ".join(f"{len(keys):,}" for keys in lists.values()))
    print(f"on all three: {sum(found[0] for found in expected.values()):,}; opened {figures}")
    megabytes = ", ".join(f"{party} {size / 1e6:.1f}" for party, size in sorted(sent.items()))
    print(f"withheld {released.withheld}; {seconds:.1f} s of processors in all; megabytes sent: {megabytes}")


def run(
    terms: JoinTerms, table: dict[str, dict[str, KeyTotals]], lists: Mapping[str, set[str]]
) -> tuple[Released, Counter[str], float]:
    common = sessions(terms.owners, OFFICE, SIFTED, terms.record())
    network = Network((*terms.owners, OFFICE), timeout_s=3600.0)

    def decide(bits: Mapping[str, bool]) -> frozenset[str]:
        return frozenset(group for group, passed in bits.items() if passed)

    def owner(party: str) -> Callable[[Channel], object]:
        if party == terms.holder:
            return lambda channel: run_holder(common[party], channel, table, decide, MemoryJournal(SHARE), terms=terms)
        return lambda channel: run_lister(
            common[party], channel, lists[party], decide, MemoryJournal(SHARE), terms=terms
        )

    programs = {party: owner(party) for party in terms.owners}
    programs[OFFICE] = lambda channel: run_recipient(common[OFFICE], channel, terms=terms)
    began = time.process_time()
    outcomes = network.run(programs)
    seconds = time.process_time() - began
    for outcome in outcomes.values():
        if isinstance(outcome, Exception):
            raise outcome
    released = outcomes[OFFICE]
    assert isinstance(released, Released)
    sent: Counter[str] = Counter()
    for message in network.sent:
        sent[message.sender] += len(message.body)
    return released, sent, seconds


if __name__ == "__main__":
    main()
