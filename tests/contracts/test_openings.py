"""Units of the past are opened from the registrar's stream of extracts, by a proof that the contract checks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from burdening import ANN, BOB, NOTHING, PLAN
from land import CLERK, OTHER_CLERK, Land
from network import digest

from contracts.notary.rules import Anchor
from contracts.titles.calls import OpenRecord
from contracts.titles.holding import extract
from contracts.titles.record import RightKind
from ledger import merkle
from ledger.log.record import leaf_of


def historical(land: Land, units: int = 5) -> tuple[list[bytes], list[bytes], bytes]:
    """Anchor a stream of extracts; return its leaves, salts and id."""
    stream = digest("extracts")
    salts = [digest(f"salt {n}")[:16] for n in range(units)]
    ids, held = [digest(f"unit {n}") for n in range(units)], ANN.digest()
    records = [extract(id, PLAN, RightKind.BUILDING, held, digest("last")) for id in ids]
    leaves = [leaf_of(salt, record) for salt, record in zip(salts, records, strict=True)]
    land.must(CLERK, Anchor(stream, 0, units, merkle.root(leaves)))
    return leaves, salts, stream


def opening(leaves: list[bytes], salts: list[bytes], stream: bytes, index: int) -> OpenRecord:
    path = merkle.inclusion_path(leaves, index)
    return OpenRecord(
        digest(f"unit {index}"), PLAN, RightKind.BUILDING, ANN, digest("last"), stream, len(leaves), index,
        salts[index], path,
    )  # fmt: skip


@pytest.mark.parametrize("units", [1, 2, 5, 8])
def test_a_unit_is_opened_from_its_historical_record_by_a_proof_that_the_contract_checks(units: int) -> None:
    land = Land()
    made = historical(land, units)
    for index in range(units):
        land.must(CLERK, opening(*made, index))
        assert land.register.state.unit(digest(f"unit {index}")).holdings == ANN.digest()
    assert land.do(CLERK, opening(*made, 0)).reason == "title: registered already"


def test_no_unit_is_opened_from_a_record_that_the_stream_does_not_hold() -> None:
    land = Land()
    made = historical(land)
    call = opening(*made, 2)
    wrong = [
        replace(call, held=BOB), replace(call, spatial=digest("another")), replace(call, last=digest("another")),
        replace(call, unit=digest("another")), replace(call, right=RightKind.FOREST), replace(call, index=1),
        replace(call, index=5), replace(call, salt=bytes(16)), replace(call, path=call.path[:-1]),
        replace(call, path=(*call.path, NOTHING)), replace(call, path=call.path[::-1]),
    ]  # fmt: skip
    assert {land.do(CLERK, one).reason for one in wrong} == {"title: not in the stream"}
    assert land.do(CLERK, replace(call, size=4)).reason == "title: no such anchor"
    assert land.do(OTHER_CLERK, call).reason == "title: stream of another registrar"
    land.must(CLERK, call)
