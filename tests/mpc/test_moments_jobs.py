"""A step of a fit as departments run it: proofs on chain, gate, opening, and what an owner withholds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from city import City
from department import Holding
from townspecs import OFFICE, REGISTRARS

from mpc.kinds.registry import kind_of
from mpc.spec.moments import Family, MomentsSpec, Step
from mpc.spec.parts import Amount, Interval, Source
from mpc.tables.schema import Integer, Schema
from mpc.working import totals

pytestmark = pytest.mark.slow
SCHEMA = Schema({"area": Integer(0, 999), "granted": Integer(0, 1)}, rows=400)
STEP = Step(Family.LOGISTIC, Amount("granted", 1), ("-0.25", "0.001"))
ROWS = 120
"""An owner; a step over one column draws six figures, so two steps are borne and three are not."""


def rows_of(number: int) -> list[tuple[int, int]]:
    chance = random.Random(number)
    return [(area := chance.randrange(1000), int(chance.random() * 1200 < area)) for _ in range(ROWS)]


def step(coefficients: tuple[str, ...], low: int = 0) -> MomentsSpec:
    sources = tuple(Source(code, f"sales-{n}", bytes(32)) for n, code in enumerate(REGISTRARS, 1))
    filters = (Interval("area", low, None),) if low else ()
    asked = replace(STEP, coefficients=coefficients)
    return MomentsSpec("market-audit", OFFICE, sources, filters, (Amount("area", 999),), 400, 10, 3, asked)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    written = ["area,granted\n" + "".join(f"{a},{g}\n" for a, g in rows_of(n)) for n in (1, 2, 3)]
    holdings = {code: Holding(f"sales-{n}", SCHEMA, written[n - 1], None) for n, code in enumerate(REGISTRARS, 1)}
    with City(Path(tmp_path_factory.mktemp("city")), holdings) as found:
        yield found


def test_steps_are_opened_exactly_until_an_owners_rows_bear_no_more_figures(city: City) -> None:
    """Attack 32 over the whole way of a job: the third step of a fit stays closed, the first may be asked again."""
    owned = [np.array(rows_of(n), dtype=np.int64).T for n in (1, 2, 3)]
    granted = np.concatenate([column for _, column in owned])
    for coefficients in (STEP.coefficients, ("0.5", "-0.001")):
        spec = step(coefficients)
        release = city.ask(city.authorized(spec))[1].release  # type: ignore[union-attr]
        expected = {"count": len(granted), "bin0": int((granted == 0).sum()), "bin1": int(granted.sum())}
        parts = [totals(spec.step, [own], response) for own, response in owned]  # each owner's sums are rounded
        expected |= {name: sum(part[name] for part in parts) for name in parts[0]}
        assert release.document["cells"] == {name: str(total) for name, total in expected.items()}
    third = city.ask(city.authorized(step(("1", "0"))))[1].release  # type: ignore[union-attr]
    assert set(third.document["cells"]) == {"bin0", "bin1"}
    assert "score-0" in third.document["withheld"]


def test_a_step_over_part_of_the_rows_of_another_is_refused_before_a_row_is_read(city: City) -> None:
    spec = city.authorized(step(STEP.coefficients, low=40))
    job = city.propose(spec)
    owner = city[REGISTRARS[0]]
    owner.hand_in(spec)
    assert owner.run(job) is None
    assert "isolate rows" in owner.journal.refusals()[-1].reason
    assert kind_of(spec).title.of("zh")
