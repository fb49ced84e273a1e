"""A private join over real files: how far released figures lie from the truth, beside what was told before asking.

Finance holds the sales of 2019 in New York, tax the list of parcels with rent-stabilised units; whole nodes over a real
embedded chain run one private join per borough. The protected unit is a parcel (bbl). Three truths are compared: of all
rows, of the rows and values that truncation leaves, and the noised figure; the first difference is bias, the second
noise. The exact join of the same files is timed beside it.

    python benchmarks/private_joins.py [--max-rows 5] [--high 2000000] [--exact]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
import tempfile
import time
from dataclasses import replace
from math import sqrt
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from city import City  # noqa: E402
from department import Holding  # noqa: E402

from mpc.privacy.declaration import Declaration, Neighbours, Nulls, UnitsAt  # noqa: E402
from mpc.privacy.join_release import estimate, read  # noqa: E402
from mpc.privacy.joined import JoinCosts, JoinPrivacy, side_of  # noqa: E402
from mpc.privacy.truncation import exact_totals, join_cuts  # noqa: E402
from mpc.spec.job import JoinSpec  # noqa: E402
from mpc.spec.parts import Amount, Grouping, Interval, Source  # noqa: E402
from mpc.tables.schema import Integer, Schema, Text  # noqa: E402
from mpc.tables.table import Table  # noqa: E402

SALES = ROOT / "data" / "nyc_sales_5boroughs_2019.csv.gz"
LIST = ROOT / "data" / "nyc_taxbill_rent_stabilized_units_2007_2021.csv.gz"
BOROUGHS = ("1", "2", "3", "4", "5")
MARKET = Interval("sale_price", 1000, None)
SOLD = Schema({"bbl": Text("[0-9]{10}"), "borough": Text("[1-5]"), "sale_price": Integer(0, 3_000_000_000)},
              key="bbl", groups=("borough",), rows=90_000)  # fmt: skip
LISTED = Schema({"bbl": Text("[0-9]{10}")}, unique="bbl", key="bbl", rows=50_000)
COSTS = JoinCosts(keys=5_000, rows=20_000, sums={"sale_price": 60_000})
LINE = "{:24} {:>15} {:>15} {:>15} {:>13} {:>12} {:>7}"


def table(path: Path, columns: list[str]) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [[row[column] for column in columns] for row in csv.DictReader(file)]


def sales() -> list[tuple[str, int]]:
    """Parcel and price of every sale; the first digit of a parcel is its borough."""
    return [(bbl, int(float(price))) for bbl, price in table(SALES, ["bbl", "sale_price"])]


def question(max_rows: int, high: int) -> tuple[JoinSpec, Declaration, Declaration]:
    held = Declaration(
        unit="bbl", neighbours=Neighbours.ONE_UNIT, max_rows=max_rows, max_groups=1, bounds={"sale_price": (0, high)},
        groups={"borough": BOROUGHS}, units_at=UnitsAt.SEVERAL, colluders=1, nulls=Nulls.REFUSED, period="2019",
        delta_log2=-40,
    )  # fmt: skip
    listed = replace(held, max_rows=1, bounds={}, groups={}, period="2021")
    privacy = JoinPrivacy(side_of(held, {"sale_price": 0}, "borough"), side_of(listed, {}, None), COSTS, "everybody")
    spec = JoinSpec(
        purpose="rent-audit", recipient="audit-office",
        holder=Source("finance", "sales", bytes(32)), holder_key="bbl", holder_most=90_000, filters=(MARKET,),
        grouping=Grouping("borough", BOROUGHS), sums=(Amount("sale_price", high),),
        lister=Source("tax", "stabilised", bytes(32)), lister_key="bbl", lister_most=50_000, lister_filters=(),
        rows=90_000, minimum=10, epsilon_milli=100, delta_log2=-40, privacy=privacy,
    )  # fmt: skip
    return spec, held, listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-rows", type=int, default=5)
    parser.add_argument("--high", type=int, default=2_000_000)
    parser.add_argument("--exact", action="store_true", help="time the exact join of the same files instead")
    chosen = parser.parse_args()
    spec, held, listed = question(chosen.max_rows, chosen.high)
    rows, keys = sales(), [bbl for (bbl,) in table(LIST, ["bbl"])]
    if chosen.exact:
        spec = replace(spec, privacy=None, sums=(Amount("sale_price", 3_000_000_000),))
    sold = "bbl,borough,sale_price\n" + "".join(f"{bbl},{bbl[0]},{price}\n" for bbl, price in rows)
    holdings = {
        "finance": Holding("sales", SOLD, sold, None if chosen.exact else held),
        "tax": Holding("stabilised", LISTED, "bbl\n" + "".join(f"{key}\n" for key in keys),
                       None if chosen.exact else listed),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch, City(Path(scratch), holdings, patience_s=600.0) as city:
        if not chosen.exact:
            city.allow("finance", 1_000_000, held.period)
            city.allow("tax", 1_000_000, listed.period)
        asked, start = city.authorized(spec), time.monotonic()
        job, finished = city.ask(asked)
        assert finished is not None, [city[party].said(job) for party in ("finance", "tax")]
        seconds = time.monotonic() - start
        size = sum(len(envelope) for _, envelope in city.carrier.stored)
        print(f"{seconds:.1f} s, {size / 1e6:.1f} MB through the relay")
        if chosen.exact:
            return
        asset = city["finance"].assets["sales"]
        cut = truncated(asset.file, asked, city["finance"].journal.row_key(), set(keys))
    report(asked, finished.release.document, matched([r for r in rows if r[1] >= 1000], set(keys)), cut)


Figures = dict[str, tuple[int, int, int]]


def matched(rows: list[tuple[str, int]], keys: set[str]) -> Figures:
    """The join in plain, of all rows."""
    found: dict[str, list[tuple[str, int]]] = {borough: [] for borough in BOROUGHS}
    for bbl, price in rows:
        if bbl in keys:
            found[bbl[0]].append((bbl, price))
    return {g: (len({bbl for bbl, _ in hits}), len(hits), sum(p for _, p in hits)) for g, hits in found.items()}


def truncated(file: Path, spec: JoinSpec, key: bytes, keys: set[str]) -> Figures:
    """The same of what the holder's truncation left."""
    assert spec.privacy is not None
    opened = Table(file, SOLD)
    kept = exact_totals(
        spec, spec.privacy, opened.kept_by_unit(["sale_price"], join_cuts(spec.privacy, key), spec.filters)
    )
    opened.close()
    found = {}
    for borough in BOROUGHS:
        hits = [totals for bbl, totals in kept.get(borough, {}).items() if bbl in keys]
        found[borough] = (len(hits), sum(t.rows for t in hits), sum(t.sums[0] for t in hits))
    return found


def report(spec: JoinSpec, release: object, all_rows: Figures, cut: Figures) -> None:
    told = estimate(spec)
    print(f"{told.micro_rho} micro-rho, epsilon {told.epsilon_milli / 1000} at 2^{told.delta_log2}")
    print(LINE.format("figure", "all rows", "truncated", "released", "noise", "told sd", "bias"))
    errors = {error.name: error for error in told.expected}
    scores: list[float] = []
    for group in read(spec, release):  # type: ignore[arg-type]
        released = (group.keys, group.rows, *group.sums)
        for place, name in enumerate(("keys", "rows", "sum of sale_price")):
            error, truth, kept = errors[f"{name}, {group.group}"], all_rows[group.group][place], cut[group.group][place]
            bias = 1 - kept / truth if truth else 0.0
            shown = (truth, kept, released[place], released[place] - kept, f"{error.deviation:.1f}", f"{bias:.1%}")
            print(LINE.format(error.name, *shown))
            scores.append((released[place] - kept) / error.deviation)
    rms = sqrt(sum(score**2 for score in scores) / len(scores))
    print(f"noise in told deviations, root mean square over {len(scores)} figures: {rms:.2f} (1 is expected)")


if __name__ == "__main__":
    main()
