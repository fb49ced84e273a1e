"""Percentiles as jobs of real nodes: from the proposal to evidence that verifies, and what the next job may ask."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from city import NOISE, City
from foundedchain import trust_of
from plainengines import PlainEngines
from townspecs import OFFICE, REGISTRARS, SALES, registrar_rows, registrars, sums

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import examine, verify
from gateway.statistics.auditing import released
from mpc.kinds.registry import kind_of
from mpc.node.attempts.attempt import Finished
from mpc.opened import record
from mpc.opened.check import check
from mpc.spec.job import PercentilesSpec

pytestmark = pytest.mark.slow


def asked(percentiles: tuple[int, ...] = (250, 500, 750)) -> PercentilesSpec:
    like = sums(low=None, edges=())
    return PercentilesSpec(
        like.purpose, like.recipient, like.sources, REGISTRARS, (), like.value, 400, percentiles, 10, 3
    )


def test_quartiles_are_released_verified_and_replayed_and_stand_alone(tmp_path: Path) -> None:
    with registrars(tmp_path, engines=PlainEngines()) as city:
        spec = city.authorized(asked())
        job, finished = city.ask(spec)
        assert finished is not None, city[OFFICE].said(job)
        prices = np.sort([price for n in (1, 2, 3) for _, _, price in registrar_rows(n)])
        cells = {name: int(value) for name, value in finished.release.document["cells"].items()}
        for percentile in spec.percentiles:
            block = spec.terms.block(percentile, len(prices))
            assert cells[f"p{percentile}"] == int(prices[block.first : block.last + 1].sum())
        assert cells["count"] == len(prices)
        evidence = gather(city, job, finished)
        report = verify(evidence, trust_of(city.node.genesis_hash))
        assert report.failed is None, report
        assert "engines no two collude" in report.learned.en
        _replayed(city, job, evidence)
        for second in (asked((500,)), sums(edges=()), sums(low=1000, edges=())):
            other, nothing = city.ask(city.authorized(second))
            assert nothing is None
            assert city.reason(other) == "disclosure"
        again, repeated = city.ask(city.authorized(asked()))
        assert repeated is not None, city[OFFICE].said(again)
        assert repeated.release.document == finished.release.document


def test_a_node_that_has_no_engine_ends_the_job_and_says_so(tmp_path: Path) -> None:
    with registrars(tmp_path, patience_s=5) as city:
        job, finished = city.ask(city.authorized(asked()))
        assert finished is None
        assert city.reason(job).startswith(("fault: NotFound", "timeout"))
        told = [city[code].said(job) for code in REGISTRARS]  # whoever looks first ends it for all
        assert any("[engine] of node.toml" in text for text in told)


def test_bounds_below_the_declared_ones_and_columns_of_few_values_are_refused() -> None:
    spec = asked()
    assert not list(kind_of(spec).faults(REGISTRARS[0], SALES, None, NOISE))
    few = replace(SALES, columns={**SALES.columns, "price": replace(SALES.columns["price"], high=14)})
    for wrong, columns in (
        (replace(spec, rows=399), SALES),
        (replace(spec, value=replace(spec.value, bound=10**9 - 1)), SALES),
        (replace(spec, value=replace(spec.value, column="borough")), SALES),
        (spec, few),
    ):
        assert list(kind_of(wrong).faults(REGISTRARS[0], columns, None, NOISE))


def _replayed(city: City, job: bytes, evidence: bytes) -> None:
    """An opened audit repeats every byte that an owner sent; what its engine computed it takes as sent."""
    found = released(examine(evidence, trust_of(city.node.genesis_hash)))
    for party in found.inputs:
        store = city[party].transcripts
        opened = record.parse(store.read(store.find(job, None)))
        assert check(found, opened).exit_code == 0, party
        place = next(place for place in opened.sent if place[1] == "shares")
        changed = bytes([opened.sent[place][0] ^ 1]) + opened.sent[place][1:]
        lie = check(found, replace(opened, sent={**opened.sent, place: changed}))
        assert lie.deviation is not None
        assert (lie.deviation.party, lie.deviation.step) == (party, "shares")


def gather(city: City, job: bytes, finished: Finished) -> bytes:
    release, mandate, office = finished.release, finished.mandate, city[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    return collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure).encode()
