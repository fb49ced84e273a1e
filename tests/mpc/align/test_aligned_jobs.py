"""Moments over aligned rows as jobs of real nodes: from the proposal to evidence that verifies and a replay."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from city import City
from department import Holding
from foundedchain import trust_of

from contracts.authorizations.record import Operations
from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import examine, verify
from gateway.statistics.auditing import released
from mpc.kinds.registry import kind_of
from mpc.node.attempts.attempt import Finished
from mpc.opened import record
from mpc.opened.check import check
from mpc.protocols.align.descriptor import DESCRIPTOR
from mpc.protocols.join.layout import Column
from mpc.spec.aligned import AlignedSpec, Side
from mpc.spec.parts import Source
from mpc.tables.schema import Integer, Schema, Text

pytestmark = pytest.mark.slow

OFFICE, HEALTH, LABOUR = "audit-office", "health", "labour"
PAY, CARE = Column("pay", 0, 9999), Column("visits", 0, 99)


def schema(column: Column, unique: str | None = "id") -> Schema:
    columns = {"id": Text("[a-z0-9]{1,8}"), column.name: Integer(column.least, column.most)}
    return Schema(columns, unique=unique, key="id", rows=200)


def rows(first: int, count: int, factor: int, most: int) -> dict[str, int]:
    return {f"p{number}": number * number * factor % most for number in range(first, first + count)}


VISITS, PAYS = rows(0, 120, 7, 100), rows(30, 120, 13, 10_000)


def town(directory: Path, **tables: Mapping[str, int]) -> City:
    visits, pays = tables.get("visits", VISITS), tables.get("pays", PAYS)
    holdings = {
        HEALTH: Holding("visits-2019", schema(CARE), table("visits", visits)),
        LABOUR: Holding("pay-2019", schema(PAY), table("pay", pays)),
    }
    return City(directory, holdings)


def table(column: str, values: Mapping[str, int]) -> str:
    return f"id,{column}\n" + "".join(f"{key},{value}\n" for key, value in values.items())


def asked(*, counted: bool = False, told: tuple[str, ...] = (HEALTH, LABOUR)) -> AlignedSpec:
    sides = (
        Side(Source(HEALTH, "visits-2019", bytes(32)), "id", 200, () if counted else (CARE,)),
        Side(Source(LABOUR, "pay-2019", bytes(32)), "id", 200, () if counted else (PAY,)),
    )
    return AlignedSpec("market-audit", OFFICE, sides, told, 10)


def test_moments_of_two_departments_are_released_verified_and_replayed(tmp_path: Path) -> None:
    with town(tmp_path) as city:
        job, finished = city.ask(city.authorized(asked()))
        assert finished is not None, city[OFFICE].said(job)
        pairs = [(VISITS[key], PAYS[key]) for key in sorted(set(VISITS) & set(PAYS))]
        sums = {"visits-2019.visits": total(x for x, _ in pairs), "pay-2019.pay": total(y for _, y in pairs)}
        products = {
            "visits-2019.visits * visits-2019.visits": total(x * x for x, _ in pairs),
            "visits-2019.visits * pay-2019.pay": total(x * y for x, y in pairs),
            "pay-2019.pay * pay-2019.pay": total(y * y for _, y in pairs),
        }
        cell = {"group": "*", "rows": "90", "sums": sums, "products": products}
        assert finished.release.document == {"cells": [cell], "withheld": []}
        evidence = gather(city, job, finished)
        report = verify(evidence, trust_of(city.node.genesis_hash))
        assert report.failed is None, report
        found = released(examine(evidence, trust_of(city.node.genesis_hash)))
        assert found.statement.leakage == DESCRIPTOR.record()
        for party in found.inputs:
            store = city[party].transcripts
            opened = record.parse(store.read(store.find(job, None)))
            assert check(found, opened).exit_code == 0, party
            place = next(place for place in opened.sent if place[1] == "align-set/1")
            changed = bytes([opened.sent[place][0] ^ 1]) + opened.sent[place][1:]
            lie = check(found, replace(opened, sent={**opened.sent, place: changed}))
            assert lie.deviation is not None
            assert lie.deviation.party == party


def test_a_count_is_released_where_one_owner_is_told_the_keys(tmp_path: Path) -> None:
    with town(tmp_path) as city:
        job, finished = city.ask(city.authorized(asked(counted=True, told=(LABOUR,))))
        assert finished is not None, city[OFFICE].said(job)
        cell = {"group": "*", "rows": "90", "sums": {}, "products": {}}
        assert finished.release.document == {"cells": [cell], "withheld": []}
        assert verify(gather(city, job, finished), trust_of(city.node.genesis_hash)).failed is None


def test_fewer_common_keys_than_the_minimum_are_withheld(tmp_path: Path) -> None:
    nine = dict(list(PAYS.items())[-39:])
    assert len(set(nine) & set(VISITS)) == 9
    with town(tmp_path, pays=nine) as city:
        job, finished = city.ask(city.authorized(asked(counted=True)))
        assert finished is not None, city[OFFICE].said(job)
        assert finished.release.document == {"cells": [], "withheld": ["*"]}
        assert verify(gather(city, job, finished), trust_of(city.node.genesis_hash)).failed is None


def test_an_authorization_without_align_does_not_let_keys_be_told(tmp_path: Path) -> None:
    with town(tmp_path) as city:
        spec = asked(counted=True)
        operations = kind_of(spec).operations() & ~Operations.ALIGN
        sources = [
            replace(s, authorization=city.authorize(s.party, OFFICE, spec.purpose, ["id"], operations))
            for s in spec.sources
        ]
        with pytest.raises(Exception, match="operation"):
            city.propose(spec.supplied(sources))


def total(values: Iterable[int]) -> str:
    return str(sum(values))


def gather(city: City, job: bytes, finished: Finished) -> bytes:
    release, mandate, office = finished.release, finished.mandate, city[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    return collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure).encode()
