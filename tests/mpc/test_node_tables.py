"""Declared tables through real nodes, on invented sales and on the recorded sales of five New York boroughs."""

import csv
import gzip
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from city import City
from department import Holding
from townspecs import EDGES, OFFICE, REGISTRARS, SALES, registrar_rows, sales_csv, sums

from contracts.jobs.record import JobState
from mpc.disclosure.places import places
from mpc.disclosure.tables.sensitivity import Dominance, Percent, Sensitivity
from mpc.node.guarding import opening as opening_module
from mpc.spec.job import SumsSpec
from mpc.spec.parts import Amount, Grouping, Interval, OneOf, Part, Source
from mpc.tables.schema import Integer, Schema, Text

pytestmark = pytest.mark.slow
DATA = Path(__file__).parents[2] / "data" / "nyc_sales_5boroughs_2019.csv.gz"
TABLE = replace(sums(), outputs=("count", "sum", "histogram"), table=Grouping("borough", ("1", "2", "3")))


def town(directory, rows_of, schema=SALES):
    holdings = {
        code: Holding(f"sales-{n}", schema, sales_csv(rows_of(n))) for n, code in enumerate(REGISTRARS, start=1)
    }
    return City(directory, holdings)


def rows(n):
    """Three districts: in the third only registrar 1 has sales from 100,000 up, and five of them."""
    everywhere = [
        (f"{key[:-1]}{borough}", borough, price + 7) for borough in "12" for key, _, price in registrar_rows(n)
    ]
    everywhere = [row for row in everywhere if row[2] < 100_000]
    dear = [(f"{n}3{borough}00{i:05d}", borough, 200_000 + i) for borough in "12" for i in range(12)]
    third = [(f"{n}44400{i:05d}", "3", 50 + 900 * (i % 2) + 50 * i) for i in range(30)]
    rare = [(f"{n}55500{i:05d}", "3", 300_000 + i) for i in range(5 if n == 1 else 0)]
    return everywhere + dear + third + rare


def alone(borough):
    """One district's count and sum: the very rows of a margin of the table, asked in other words."""
    return replace(sums(edges=()), filters=(Interval("price", 0, None), OneOf("borough", (borough,))))


def cells(finished):
    return {name: int(value) for name, value in finished.release.document["cells"].items()}


def test_a_table_opens_its_cells_and_shows_the_withheld_as_null(tmp_path):
    with town(tmp_path, rows) as city:
        finished = city.ask(city.authorized(TABLE))[1]
        opened = cells(finished)
        assert "group2-bin2" not in opened  # five sales of one registrar
        assert {"group2", "bin2", "count"}.isdisjoint(opened)
        table = finished.release.document["table"]
        assert (table["column"], table["edges"]) == ("borough", [str(edge) for edge in EDGES])
        assert [row["group"] for row in table["rows"]] == ["1", "2", "3", None]
        assert table["rows"][2]["bins"][2] is None
        first = table["rows"][0]["bins"][0]
        assert first == {"count": str(opened["group0-bin0"]), "sum": str(opened["group0-bin0-sum"])}
        everything = [row for n in (1, 2, 3) for row in rows(n)]
        for group in range(3):
            for bin, (low, high) in enumerate(zip(EDGES, [*EDGES[1:], 10**12], strict=True)):
                chosen = [price for _, b, price in everything if b == str(group + 1) and low <= price < high]
                if f"group{group}-bin{bin}" in opened:
                    assert opened[f"group{group}-bin{bin}"] == len(chosen)
                    assert opened[f"group{group}-bin{bin}-sum"] == sum(chosen)


def test_a_margin_asked_later_that_would_give_the_withheld_cell_away_is_refused(tmp_path):
    with town(tmp_path, rows) as city:
        assert city.ask(city.authorized(TABLE))[1] is not None
        job, finished = city.ask(city.authorized(alone("3")))
        assert finished is None
        assert (city.job(job).state, city.reason(job)) == (JobState.REFUSED, "disclosure")


def test_a_column_that_an_owner_does_not_declare_as_a_group_is_refused(tmp_path):
    with town(tmp_path, rows, replace(SALES, groups=())) as city:
        job, finished = city.ask(city.authorized(TABLE))
        assert finished is None
        assert city.reason(job) == "job: bounds"


@pytest.mark.parametrize("rule", [Percent(20), Dominance(1, 60)])
def test_an_owner_withholds_a_cell_in_which_one_of_its_respondents_dominates(tmp_path, rule):
    """Registrar 1 declares a rule for its own asset; one key has nearly all of its sum in district 1 above 100,000."""

    def with_giant(n):
        return [*rows(n), *([("1999999999", "1", 900_000_000)] if n == 1 else [])]

    own = replace(SALES, sensitivity=Sensitivity("bbl", (rule,)))
    with town(tmp_path, with_giant) as city:
        first = city[REGISTRARS[0]]
        first.assets["sales-1"] = replace(first.assets["sales-1"], schema=own)
        finished = city.ask(city.authorized(TABLE))[1]
        opened = cells(finished)
        assert {"group0-bin2", "group0-bin2-sum"}.isdisjoint(opened)
        assert {"group1-bin2", "group0-bin0"} <= set(opened)
        assert {"group0", "bin2", "count"}.isdisjoint(opened)  # each would show the giant's sum
        # what was withheld counts as too small from now on: the district alone is refused
        job, again = city.ask(city.authorized(alone("1")))
        assert again is None
        assert city.reason(job) == "disclosure"


@pytest.mark.parametrize("is_looking", [True, False])
def test_a_plain_sum_that_one_respondent_dominates_is_released_only_without_its_owners_look(
    tmp_path, monkeypatch, is_looking
):
    if not is_looking:
        monkeypatch.setattr(opening_module, "dominated", lambda own: frozenset())

    def with_giant(n):
        return [*registrar_rows(n), *([("1999999999", "1", 900_000_000)] if n == 1 else [])]

    with town(tmp_path, with_giant, replace(SALES, sensitivity=Sensitivity("bbl", (Percent(20),)))) as city:
        opened = cells(city.ask(city.authorized(replace(sums(edges=()), outputs=("count", "sum"))))[1])
        assert ("sum" in opened) is not is_looking


BOROUGHS = {"1": "manhattan", "2": "bronx", "3": "brooklyn", "4": "queens", "5": "staten-island"}
CLASSES = ("07", "14", "21", "22", "29")
PRICES = (1000, 500_000, 1_000_000, 3_000_000, 10_000_000)
REAL = Schema(
    {"bbl": Text("[0-9]{10}"), "class": Text("[0-9]{2}"), "price": Integer(0, 1 << 32)},
    groups=("class",),
    rows=1 << 15,
    sensitivity=Sensitivity("bbl", (Percent(10),)),
)


def new_york():
    found = defaultdict(list)
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            group = row["building_class_category"][:2]
            if group in CLASSES:
                found[row["borough"]].append((row["bbl"], group, int(row["sale_price"])))
    return found


def market():
    return SumsSpec(
        purpose="market-audit",
        recipient=OFFICE,
        sources=tuple(Source(f"registrar-{code}", f"sales-{code}", bytes(32)) for code in sorted(BOROUGHS)),
        filters=(Interval("price", 1000, None),),
        value=Amount("price", 1 << 32),
        rows=1 << 15,
        edges=PRICES,
        outputs=("count", "sum", "mean", "histogram"),
        minimum=10,
        contributors=3,
        table=Grouping("class", CLASSES),
    )


def test_five_registrars_publish_building_classes_by_price_without_dominated_deeds(tmp_path):
    """Real sales: every opened figure is the pooled one; what one deed of one borough dominates stays closed."""
    sales = new_york()
    spec = market()
    truth, own = defaultdict(lambda: [0, 0]), defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for borough, recorded in sales.items():
        for bbl, group, price in recorded:
            if price < 1000:
                continue
            for place in places(spec):
                is_here = place.group is None or group in place.group.values
                if is_here and (place.bin is None or place.bin.at_least <= price < (place.bin.below or 1 << 40)):
                    truth[place.name][0] += 1
                    truth[place.name][1] += price
                    own[place.name][borough][bbl] += price
    dominated = {
        name
        for name, parts in own.items()
        if any(Percent(10).slack(list(part.values())) < 0 for part in parts.values())
    }
    holdings = {
        f"registrar-{code}": Holding(
            f"sales-{code}",
            REAL,
            "bbl,class,price\n" + "".join(f"{bbl},{group},{price}\n" for bbl, group, price in recorded),
        )
        for code, recorded in sorted(sales.items())
    }
    with City(tmp_path, holdings) as city:
        opened = cells(city.ask(city.authorized(spec))[1])
    assert "group4-bin3" in dominated  # 21 office or similar: one deed has nearly all of a borough's sum
    assert dominated.isdisjoint(opened)
    counts = [place.name for place in places(spec) if place.name in opened]
    assert sum(place.part is Part.INNER for place in places(spec) if place.name in opened) >= 10
    for name in counts:
        count, total = truth[name]
        assert (opened[name], opened[f"{name}-sum" if name != "count" else "sum"]) == (count, total)
        assert count >= 10
