"""A matrix of moments as departments run it: one job of real nodes, and beside it the jobs that it stands for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from city import City
from department import Holding
from townspecs import OFFICE, REGISTRARS

from mpc.spec.job import JobSpec
from mpc.spec.moments import MomentsSpec
from mpc.spec.parts import Amount, Interval, Source
from mpc.spec.sums import SumsSpec
from mpc.tables.schema import Integer, Schema

pytestmark = pytest.mark.slow
SCHEMA = Schema({"area": Integer(0, 999), "fee": Integer(-500, 500)}, rows=200)
ROWS = 60
"""An owner; two columns draw five figures."""
SOURCES = tuple(Source(code, f"sales-{n}", bytes(32)) for n, code in enumerate(REGISTRARS, 1))
AREA, FEE = Amount("area", 999), Amount("fee", 500)
MATRIX = MomentsSpec("market-audit", OFFICE, SOURCES, (), (AREA, FEE), 200, 10, 3)
PRODUCT = SumsSpec(
    "market-audit", OFFICE, SOURCES, (), Amount("area", 999 * 500, "fee"), 200, (), ("sum",), 10, 3
)  # fmt: skip


def rows_of(number: int) -> list[tuple[int, int]]:
    chance = random.Random(number)
    return [(chance.randrange(1000), chance.randrange(-500, 501)) for _ in range(ROWS)]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    written = ["area,fee\n" + "".join(f"{a},{f}\n" for a, f in rows_of(n)) for n in (1, 2, 3)]
    holdings = {code: Holding(f"sales-{n}", SCHEMA, written[n - 1], None) for n, code in enumerate(REGISTRARS, 1)}
    with City(Path(tmp_path_factory.mktemp("city")), holdings) as found:
        yield found


def opened(city: City, spec: JobSpec) -> dict[str, int]:
    release = city.ask(city.authorized(spec))[1].release  # type: ignore[union-attr]
    return {name: int(value) for name, value in release.document["cells"].items()}


def test_the_one_job_opens_what_the_others_do_and_afterwards_no_part_of_its_rows_is_asked(city: City) -> None:
    matrix = opened(city, MATRIX)
    pooled = [row for n in (1, 2, 3) for row in rows_of(n)]
    assert matrix["count"] == len(pooled)
    assert matrix["product-1-2"] == sum(area * fee for area, fee in pooled)
    assert opened(city, PRODUCT) == {"count": matrix["count"], "sum": matrix["product-1-2"]}
    area = opened(city, replace(PRODUCT, value=AREA, outputs=("count", "variance")))
    assert area == {"count": matrix["count"], "sum": matrix["product-0-1"], "squares": matrix["product-1-1"]}
    part = city.authorized(replace(PRODUCT, filters=(Interval("area", 40, None),)))
    owner, job = city[REGISTRARS[0]], city.propose(part)
    owner.hand_in(part)
    assert owner.run(job) is None
    assert "isolate rows" in owner.journal.refusals()[-1].reason
