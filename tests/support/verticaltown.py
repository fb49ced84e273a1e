"""A town whose departments hold different columns of partly the same persons, and train trees over them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from department import Holding

from mpc.protocols.join.layout import Column
from mpc.spec.aligned import Side
from mpc.spec.parts import Source
from mpc.spec.training import MILLION
from mpc.spec.vertical import Label, VerticalSpec
from mpc.tables.schema import Integer, Schema, Text
from mpc.vertical.algorithms import Loss, Scores, Trees
from mpc.vertical.regression import Regression

OFFICE, BANK, CIVIL, TAX = "audit-office", "bank", "civil", "tax"
PERSONS, MOST = 300, 320
KEYS = {BANK: "client", CIVIL: "person", TAX: "payer"}
"""Every department calls the same persons' key otherwise."""
COLUMNS = {BANK: ("age",), CIVIL: ("visits",), TAX: ("debt", "income")}
HELD = {BANK: (0, 270), CIVIL: (20, 300), TAX: (0, 280)}
"""Which persons each department knows: 250 are known to all."""
LATE = Column("late", 0, 1)
TREES = Trees(Loss.LOGISTIC, trees=3, depth=2, bins=8, least=50, ridge=MILLION, rate=3 * MILLION // 10)
STEPS = Regression(steps=2, components=0, ridge=MILLION, reach=3 * MILLION)


def persons(seed: int = 2) -> Mapping[str, np.ndarray]:
    """Whole numbers by column, a row a person; who owes much and visits seldom pays late."""
    drawn = np.random.default_rng(seed)
    found = {name: drawn.integers(-100, 101, PERSONS) for names in COLUMNS.values() for name in names}
    odds = found["debt"] / 25 + found["age"] / 50 - found["visits"] / 40
    return {**found, "late": (drawn.random(PERSONS) < 1 / (1 + np.exp(-odds))).astype(int)}


def brought(party: str) -> tuple[str, ...]:
    """Columns of a department's table beside its key."""
    return (*COLUMNS[party], "late") if party == BANK else COLUMNS[party]


def schema(party: str) -> Schema:
    columns = {name: Integer(*((0, 1) if name == "late" else (-100, 100))) for name in brought(party)}
    key = KEYS[party]
    return Schema({key: Text("p[0-9]{4}"), **columns}, unique=key, key=key, rows=MOST)


def table(party: str, found: Mapping[str, np.ndarray]) -> str:
    """A department's table as text, in an order of its own."""
    names, (first, last) = brought(party), HELD[party]
    rows = list(range(first, last))
    np.random.default_rng(len(party)).shuffle(rows)
    lines = [",".join([f"p{row:04}", *(str(found[name][row]) for name in names)]) for row in rows]
    return "\n".join([",".join([KEYS[party], *names]), *lines, ""])


def holdings(parties: tuple[str, ...] = (BANK, CIVIL, TAX), **tables: str) -> Mapping[str, Holding]:
    """Tables of departments; ``tables`` replaces those of single ones."""
    found = persons()
    return {
        party: Holding(f"{party}-people", schema(party), tables.get(party) or table(party, found)) for party in parties
    }


def asked(parties: tuple[str, ...] = (BANK, CIVIL, TAX), **changes: object) -> VerticalSpec:
    spec = VerticalSpec(
        purpose="credit-scoring",
        recipient=OFFICE,
        sides=tuple(
            Side(
                Source(party, f"{party}-people", bytes(32)),
                KEYS[party],
                MOST,
                tuple(Column(name, -100, 100) for name in COLUMNS[party]),
            )
            for party in parties
        ),
        label=Label(BANK, LATE),
        algorithm=TREES,
        minimum=10,
        least_rows=200,
        round_s=20,
        key_bits=2048,
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


def scores(of: bytes) -> VerticalSpec:
    """A question for scores of all common persons, under a purpose of its own."""
    return asked(label=Label(BANK), algorithm=Scores(of), purpose="lending", least_rows=10)


def regression(**changes: object) -> VerticalSpec:
    """A logistic regression of the bank and the tax office."""
    return replace(asked((BANK, TAX), algorithm=STEPS, least_rows=240), **changes)  # type: ignore[arg-type]
