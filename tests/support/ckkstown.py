"""CKKS sums in the small town (``jobtown``): four owners, one of them the key holder. It needs TenSEAL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from jobtown import Finished, Town, received, secret_of
from jobtowngenesis import HOLDER, OFFICE, REGISTRARS
from jobtownspecs import PURPOSE, offered

from mpc.inputs import WeighedSums
from mpc.kinds.kind import Part
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Verdict
from mpc.privacy.declaration import Family, Neighbours, Nulls, Privacy, Protection, UnitsAt
from mpc.protocols.join.run import silent
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network
from mpc.sessions.rehearsal import MemoryJournal
from mpc.sessions.session import Session
from mpc.spec.job import CkksSpec
from mpc.spec.parts import Amount

PERIOD = "2017"
SUMS: Mapping[str, int] = {HOLDER: 812_345, "registrar-1": 401_023, "registrar-2": 310_456, "registrar-3": 270_789}
"""Each owner's sum with its noise in it."""


def ckks_spec() -> CkksSpec:
    asked = Protection(
        unit="bbl", neighbours=Neighbours.ONE_UNIT, max_rows=5, max_groups=1, low=0, high=2000, scale=0, groups=None,
        units_at=UnitsAt.ONE, colluders=1, nulls=Nulls.REFUSED, period=PERIOD, delta_log2=-40,
    )  # fmt: skip
    return CkksSpec(
        purpose=PURPOSE,
        recipient=OFFICE,
        sources=tuple(offered(party) for party in SUMS),
        weights=(3, 1, 2, -1),
        holder="registrar-3",
        evaluator=REGISTRARS[0],
        filters=(),
        value=Amount("sale_price", 2000),
        rows=4000,
        minimum=10,
        privacy=Privacy(asked, {Family.SUM: 50_000}, "everybody"),
    )


def run_ckks(town: Town) -> Finished:
    """Run CKKS sums to the release."""
    asked = ckks_spec()
    for party in SUMS:
        town.allow(party, PERIOD)
    data = {party: WeighedSums({"sum": total}, (3,) if party == asked.holder else ()) for party, total in SUMS.items()}
    mandate, inputs = town.begin(asked, data)
    sessions = {party: town.session(mandate, inputs, party) for party in asked.parties}
    programs: dict[str, Callable[[Any], Any]] = {
        party: partial(_contribute, asked, sessions[party], own) for party, own in data.items()
    }
    programs[OFFICE] = lambda channel: kind_of(asked).receive(sessions[OFFICE], channel, silent)
    return town.finish(mandate, sessions, received(Network((*programs,)).run(programs)))


def _contribute(asked: CkksSpec, session: Session, own: WeighedSums, channel: Channel) -> Verdict:
    part = Part(session, channel, own, secret_of(session.me, own), MemoryJournal(), frozenset)
    return kind_of(asked).contribute(part)
