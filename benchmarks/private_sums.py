"""Private sums over real sales: how far released figures lie from the truth, beside what was told before asking.

Five registrars hold the sales of 2019 in one borough of New York each; whole nodes over a real embedded chain run one
private question each. The protected unit is a parcel (bbl). Three truths are compared: of all rows, of the rows and
values that truncation leaves, and the noised figure; the first difference is bias, the second noise.

    python benchmarks/private_sums.py [--max-rows 5] [--high 2000000]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from city import City  # noqa: E402
from department import Holding  # noqa: E402

from mpc.privacy.declaration import Declaration, Family, Neighbours, Nulls, Privacy, UnitsAt  # noqa: E402
from mpc.privacy.mechanism import cells as layout  # noqa: E402
from mpc.privacy.release import estimate, figures  # noqa: E402
from mpc.privacy.truncation import cuts  # noqa: E402
from mpc.spec.job import SumsSpec  # noqa: E402
from mpc.spec.parts import Amount, Interval, Source  # noqa: E402
from mpc.tables.schema import Integer, Schema, Text  # noqa: E402
from mpc.tables.table import Table  # noqa: E402

SALES = ROOT / "data" / "nyc_sales_5boroughs_2019.csv.gz"
OWNERS = tuple(f"registrar-{n}" for n in range(1, 6))
SCHEMA = Schema({"bbl": Text("[0-9]{10}"), "sale_price": Integer(0, 3_000_000_000)}, rows=40_000)
EDGES = (0, 100_000, 316_228, 1_000_000)
LINE = "{:6} {:>16} {:>16} {:>16} {:>14} {:>12} {:>7}"
COST = {Family.COUNT: 5_000, Family.SUM: 40_000, Family.HISTOGRAM: 5_000}


def boroughs() -> dict[str, list[tuple[str, int]]]:
    """Market sales (from 1,000 dollars) of each borough: parcel and price."""
    found: dict[str, list[tuple[str, int]]] = {owner: [] for owner in OWNERS}
    with gzip.open(SALES, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[f"registrar-{row['bbl'][0]}"].append((row["bbl"], int(float(row["sale_price"]))))
    return found


def question(max_rows: int, high: int) -> tuple[SumsSpec, Declaration]:
    declared = Declaration(
        unit="bbl", neighbours=Neighbours.ONE_UNIT, max_rows=max_rows, max_groups=1, bounds={"sale_price": (0, high)},
        groups={}, units_at=UnitsAt.ONE, colluders=2, nulls=Nulls.REFUSED, period="2019", delta_log2=-40,
    )  # fmt: skip
    spec = SumsSpec(
        purpose="market-audit", recipient="audit-office",
        sources=tuple(Source(owner, f"sales-{n}", bytes(32)) for n, owner in enumerate(OWNERS, start=1)),
        filters=(Interval("sale_price", 1000, None),), value=Amount("sale_price", high), rows=40_000, edges=EDGES,
        outputs=("count", "sum", "mean", "histogram"), minimum=10, contributors=3,
        privacy=Privacy(declared.protection("sale_price", 0, None), COST, "everybody"),
    )  # fmt: skip
    return spec, declared


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-rows", type=int, default=5)
    parser.add_argument("--high", type=int, default=2_000_000)
    chosen = parser.parse_args()
    spec, declared = question(chosen.max_rows, chosen.high)
    rows = boroughs()
    texts = {o: "bbl,sale_price\n" + "".join(f"{bbl},{price}\n" for bbl, price in rows[o]) for o in OWNERS}
    holdings = {o: Holding(f"sales-{n}", SCHEMA, texts[o], declared) for n, o in enumerate(OWNERS, start=1)}
    with tempfile.TemporaryDirectory() as scratch, City(Path(scratch), holdings, patience_s=120.0) as city:
        for owner in OWNERS:
            city.allow(owner, 1_000_000, declared.period)
        asked, start = city.authorized(spec), time.monotonic()
        job, finished = city.ask(asked)
        assert finished is not None, city["audit-office"].said(job)
        seconds = time.monotonic() - start
        kept = [value for owner in OWNERS for value in truncated(city, owner, asked)]
    released = {name: int(value) for name, value in finished.release.document["cells"].items()}
    market = [price for owner in OWNERS for _, price in rows[owner] if price >= 1000]
    report(asked, released, market, kept, seconds)
    per_unit = Counter(bbl for owner in OWNERS for bbl, price in rows[owner] if price >= 1000)
    over = sum(count > chosen.max_rows for count in per_unit.values())
    print(f"parcels {len(per_unit)}, with more than {chosen.max_rows} sales {over}, most {max(per_unit.values())}")


def truncated(city: City, owner: str, spec: SumsSpec) -> list[int]:
    """What one owner's truncation left, clipped."""
    assert spec.privacy is not None
    asset = next(iter(city[owner].assets.values()))
    table = Table(asset.file, asset.schema)
    kept = table.kept("sale_price", cuts(spec.privacy, city[owner].journal.row_key()), spec.filters)
    table.close()
    return [min(value, spec.value.bound) for _, value in kept]


def report(spec: SumsSpec, released: dict[str, int], market: list[int], kept: list[int], seconds: float) -> None:
    def cells(values: list[int]) -> dict[str, int]:
        bins = {f"bin{i}": sum(low <= v < high for v in values)
                for i, (low, high) in enumerate(zip(EDGES, (*EDGES[1:], 1 << 62), strict=True))}  # fmt: skip
        return {"count": len(values), "sum": sum(values), **bins}

    truth, cut = cells(market), cells(kept)
    told = estimate(spec, 5)
    grains = {cell.name: cell.grain for cell in layout(spec, spec.privacy)}
    print(f"{told.micro_rho} micro-rho, epsilon {told.epsilon_milli / 1000} at 2^{told.delta_log2}; {seconds:.1f} s")
    print(LINE.format("cell", "all rows", "truncated", "released", "noise", "told sd", "bias"))
    for error in told.expected:
        name = error.name
        value = released[name] / grains[name]
        noise, bias = value - cut[name], 1 - cut[name] / truth[name]
        shown = (f"{value:.1f}", f"{noise:.1f}", f"{error.deviation:.1f}", f"{bias:.2%}")
        print(LINE.format(name, truth[name], cut[name], *shown))
    mean, cut_mean = truth["sum"] / truth["count"], cut["sum"] / cut["count"]
    print(f"mean of all rows {mean:.0f}, truncated {cut_mean:.0f}, released {figures(spec, 5, released)['derived']}")


if __name__ == "__main__":
    main()
