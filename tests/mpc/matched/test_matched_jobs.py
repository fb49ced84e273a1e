"""Figures over matched rows as jobs of real nodes: from the proposal to evidence that verifies and a replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from city import City
from department import Holding
from engines import each_its_own, needs_engine
from foundedchain import trust_of
from plainengines import PlainEngines

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import examine, verify
from gateway.statistics.auditing import released
from mpc.engine.port import Engines
from mpc.kinds.registry import kind_of
from mpc.kinds.side_by_side import common, figures
from mpc.node.attempts.attempt import Finished
from mpc.opened import record
from mpc.opened.check import check
from mpc.protocols.align.office import Figures
from mpc.protocols.join.layout import Column
from mpc.protocols.matched.descriptor import DESCRIPTOR
from mpc.spec.matched import MatchedSide, MatchedSpec
from mpc.spec.parts import Interval, Source
from mpc.tables.schema import Integer, Schema, Text

pytestmark = pytest.mark.slow

OFFICE, HEALTH, LABOUR, REVENUE = "audit-office", "health", "labour", "revenue"
PAY, CARE = Column("pay", 0, 9999), Column("visits", 0, 99)
VISITS = {f"p{n}": (n * n * 7 % 100, n % 60) for n in range(120)}
PAYS = {f"p{n}": (n * n * 13 % 10_000,) for n in range(20, 150)}
DEBTS = {f"p{n}": (n * 37 % 500,) for n in range(140)}
SCHEMAS = {HEALTH: {"visits": (0, 99), "age": (0, 120)}, LABOUR: {"pay": (0, 9999)}, REVENUE: {"debt": (0, 999)}}


def town(directory: Path, engines: Engines, patience_s: float = 20) -> City:
    tables = {HEALTH: VISITS, LABOUR: PAYS, REVENUE: DEBTS}
    holdings = {}
    for party, rows in tables.items():
        columns = {name: Integer(low, high) for name, (low, high) in SCHEMAS[party].items()}
        schema = Schema({"id": Text("[a-z0-9]{1,8}"), **columns}, unique="id", key="id", rows=200)
        lines = "".join(f"{key},{','.join(map(str, values))}\n" for key, values in rows.items())
        holdings[party] = Holding(f"{party}-2019", schema, f"id,{','.join(columns)}\n{lines}")
    return City(directory, holdings, engines=engines, patience_s=patience_s)


def asked(debt: int = 50, *, counted: bool = False) -> MatchedSpec:
    """Visits and pay of people of twenty years and more who owe so much, which revenue alone knows."""
    sides = (
        MatchedSide(source(HEALTH), "id", () if counted else (CARE,), (Interval("age", 20, None),)),
        MatchedSide(source(LABOUR), "id", () if counted else (PAY,)),
        MatchedSide(source(REVENUE), "id", (), (Interval("debt", debt, None),)),
    )
    return MatchedSpec("market-audit", OFFICE, sides, (HEALTH, LABOUR, REVENUE), 200, 10)


def expected() -> Figures:
    """What the question is about, added up in the open."""
    rows = common([
        {key: (visits,) for key, (visits, age) in VISITS.items() if age >= 20}, PAYS,
        {key: () for key, (debt,) in DEBTS.items() if debt >= 50},
    ])  # fmt: skip
    found = figures(rows, ["health-2019.visits", "labour-2019.pay"])
    assert found.rows >= 60
    return found


def source(party: str) -> Source:
    return Source(party, f"{party}-2019", bytes(32))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with town(tmp_path_factory.mktemp("town"), PlainEngines()) as found:
        yield found


def test_moments_under_a_condition_of_a_third_owner_are_released_verified_and_replayed(city: City) -> None:
    spec = city.authorized(asked())
    job, finished = city.ask(spec)
    assert finished is not None, city[OFFICE].said(job)
    assert finished.release.document == {"cells": [expected().json()], "withheld": []}
    evidence = gather(city, job, finished)
    report = verify(evidence, trust_of(city.node.genesis_hash))
    assert report.failed is None, report
    assert "two of them together can read every key" in report.learned.en
    found = released(examine(evidence, trust_of(city.node.genesis_hash)))
    assert found.statement.leakage == DESCRIPTOR.record()
    for party in found.inputs:
        store = city[party].transcripts
        opened = record.parse(store.read(store.find(job, None)))
        assert check(found, opened).exit_code == 0, party
        place = next(place for place in opened.sent if place[1] == "shares")
        changed = bytes([opened.sent[place][0] ^ 1]) + opened.sent[place][1:]
        lie = check(found, replace(opened, sent={**opened.sent, place: changed}))
        assert lie.deviation is not None
        assert (lie.deviation.party, lie.deviation.step) == (party, "shares")
    other, nothing = city.ask(city.authorized(asked(51)))
    assert nothing is None
    assert city.reason(other) == "disclosure"


def test_rows_below_the_minimum_are_withheld_and_the_evidence_says_so(tmp_path: Path) -> None:
    with town(tmp_path, PlainEngines()) as city:
        job, finished = city.ask(city.authorized(asked(480, counted=True)))
        assert finished is not None, city[OFFICE].said(job)
        assert finished.release.document == {"cells": [], "withheld": ["*"]}
        assert verify(gather(city, job, finished), trust_of(city.node.genesis_hash)).failed is None


def test_an_authorization_without_a_filters_column_does_not_let_it_choose_rows(city: City) -> None:
    spec = asked(counted=True)
    operations = kind_of(spec).operations()
    sources = [
        replace(s, authorization=city.authorize(s.party, OFFICE, spec.purpose, ["id"], operations))
        for s in spec.sources
    ]
    job, nothing = city.ask(spec.supplied(sources))
    assert nothing is None
    assert "column" in city[REVENUE].said(job)


@needs_engine
def test_three_nodes_with_real_engines_release_the_same(tmp_path: Path) -> None:
    with town(tmp_path, each_its_own((HEALTH, LABOUR, REVENUE)), patience_s=120) as city:
        job, finished = city.ask(city.authorized(asked()))
        assert finished is not None, city[OFFICE].said(job)
        assert finished.release.document == {"cells": [expected().json()], "withheld": []}
        assert verify(gather(city, job, finished), trust_of(city.node.genesis_hash)).failed is None


def gather(city: City, job: bytes, finished: Finished) -> bytes:
    release, mandate, office = finished.release, finished.mandate, city[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    return collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure).encode()
