"""Sizes of intersections of published property files, counted by the protocol of aligned rows: known ones, exactly.

    SHUXIN_DATA=DIR python benchmarks/aligned_sizes.py

Parcels sold in 2019 at a finance department, on its tax bills, and on a housing agency's list (``data/README.md``).
Each owner brings every different parcel number of its file, all owners are told, in one process on in-memory channels.
A count other than the known one ends the run. What a relay and a chain add is ``benchmarks/job_steps.py``.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mpc.protocols.align.rehearsal import rehearse
from mpc.protocols.align.terms import AlignedTerms, Member

FILES = {
    "sales": "nyc_sales_5boroughs_2019",
    "tax-bill": "nyc_taxbill_rent_stabilized_units_2007_2021",
    "housing": "nyc_housing_rent_stabilized_buildings_2013",
}
KNOWN = {
    ("sales", "tax-bill"): 3_454,
    ("housing", "sales"): 3_172,
    ("housing", "sales", "tax-bill"): 3_016,
    ("housing", "tax-bill"): 38_066,
}
WAIT_S = 3600.0


def parcels(folder: Path, name: str) -> frozenset[str]:
    """Read the different parcel numbers of a file; rows without one are left out."""
    with gzip.open(folder / f"{FILES[name]}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return frozenset(row["bbl"] for row in csv.DictReader(file) if row["bbl"])


def main() -> None:
    folder = Path(os.environ.get("SHUXIN_DATA", "shared-data")) / "property"
    if not folder.is_dir():
        raise SystemExit("SHUXIN_DATA names no directory with property/")
    keys = {name: parcels(folder, name) for name in FILES}
    print("keys:", ", ".join(f"{name} {len(found):,}" for name, found in keys.items()), flush=True)
    for owners, known in KNOWN.items():
        terms = AlignedTerms(tuple(Member(owner, len(keys[owner]), True) for owner in owners), 10)
        begun = time.perf_counter()
        found = rehearse(terms, {owner: dict.fromkeys(keys[owner], ()) for owner in owners}, timeout_s=WAIT_S)
        figures = found.released.figures
        if figures is None or figures.rows != known:
            raise SystemExit(f"{' x '.join(owners)}: {figures and figures.rows} common parcels, {known} are known")
        print(f"{' x '.join(owners)}: {figures.rows:,} common parcels, {time.perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
