"""What there is to run, at full and at small size, and how to read figures out of what each program prints.

A figure is a ratio against a peer measured in the same run, or a point of a growth curve. The programs' own output is
kept beside it, so whoever doubts a figure reads on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What a figure says."""

    RATIO = "ratio"
    POINT = "point"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Reading:
    """How to find figures of one kind in a program's output.

    pattern: with a group ``value``; of a growth curve also ``size``. label: a ratio's peer, a curve's or a rate's name.
    more_is_better: of a ratio, whether ours divided by the peer's should be large.
    """

    kind: Kind
    label: str
    pattern: str
    unit: str = ""
    more_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that a program printed. size: of a point of a growth curve, or of a ratio at several sizes."""

    kind: Kind
    label: str
    value: float
    unit: str = ""
    size: float | None = None
    more_is_better: bool = True

    @property
    def name(self) -> str:
        """The label, with the size if there is one."""
        return self.label if self.size is None else f"{self.label}, {self.size:,.0f}"


class Needs(Enum):
    """What a program needs that not every machine has."""

    NOTHING = ""
    DATA = "SHUXIN_DATA, the whole published files"
    ENGINE = ".spu, from scripts/install-spu"
    DEMO = "out, from scripts/demo --no-serve --dir out"


@dataclass(frozen=True, slots=True)
class Program:
    """One program of ``benchmarks/``. quick: its words at small size, None where there is no small size."""

    name: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] | None = ()
    needs: Needs = Needs.NOTHING
    readings: tuple[Reading, ...] = ()

    def figures(self, output: str) -> Iterator[Figure]:
        """Read what the program printed."""
        for reading in self.readings:
            for found in re.finditer(reading.pattern, output, re.MULTILINE):
                size = found.groupdict().get("size")
                yield Figure(
                    reading.kind, reading.label, _number(found["value"]), reading.unit,
                    None if size is None else _number(size), reading.more_is_better,
                )  # fmt: skip


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _ratio(peer: str, pattern: str, more_is_better: bool = True) -> Reading:
    return Reading(Kind.RATIO, peer, pattern, "x", more_is_better)


def _points(label: str, pattern: str, unit: str) -> Reading:
    return Reading(Kind.POINT, label, pattern, unit)


def _rate(label: str, pattern: str, unit: str) -> Reading:
    return Reading(Kind.RATE, label, pattern, unit)


_N = r"(?P<value>[\d,.]+)"
_SIZE = r"(?P<size>[\d,]+)"
_ENGINE = ("--engine", ".spu")

PROGRAMS = (
    Program("chain_throughput", (), ("--turns", "2"), readings=(
        _ratio("eth-tester: calls a second of processor time", rf"^ratio .* wall +{_N} cpu"),
    )),
    Program("chain_clock", ("--minutes", "5"), ("--minutes", "0.15")),
    Program("streams", readings=(
        _ratio("pymerkle: leaves a second", rf"^ratio to pymerkle {_N}"),
        _rate("leaves, durable and anchored", rf"^streams, durable and anchored +{_N}", "a second"),
    )),
    Program("evidence", readings=(_ratio("py-trie: proofs a second", rf"py-trie \d+ us: {_N}x"),)),
    Program("masked_sums", (), ("--rows", "10000", "100000", "--repeat", "2"), readings=(
        _ratio("a plain sum: time, 100,000 rows", rf"^ *100,000 +[\d.]+ +[\d.]+ +{_N}", more_is_better=False),
        _points("masked sums, seconds by rows", rf"^ *{_SIZE} +[\d.]+ +{_N} +[\d.]+ ", "s"),
    )),
    Program("set_intersection", (), ("--keys", "1000", "4000"), readings=(
        _ratio("openmined-psi: time", rf"^{_SIZE} x .* keys(?:.*\n)+?  ours / peer: wall {_N}", more_is_better=False),
        _points("intersection, seconds by keys", rf"^{_SIZE} x [^\n]*\n(?:  [^o\n][^\n]*\n)*  ours   {_N} s", "s"),
    )),
    Program("join", (), ("--keys", "1000", "--list-keys", "1000"), readings=(
        _ratio("the same join in plain: time", rf"^plain join: .* ratio {_N}", more_is_better=False),
        _ratio("openmined-psi, a size only: time", rf"^ours, with sums.*: {_N} x its", more_is_better=False),
    )),
    Program("join_of_lists", quick=None, needs=Needs.DATA),
    Program("gate", (), ("--minima", "10,20", "--groups", "ristretto255", "--repeat", "1"), readings=(
        _points("gate of sums, processor seconds by minimum", rf"^sums, ristretto255, minimum {_SIZE}: {_N} s", "s"),
    )),
    Program("gate_history", (), ("--decisions", "8"), readings=(
        _ratio(
            "comparing regions pair by pair: time", rf"^after +{_SIZE} .*; {_N} x comparing", more_is_better=False
        ),
        _points("disclosure audit, ms by answered questions", rf"^after +{_SIZE} answered .*: median {_N} ms", "ms"),
    )),
    Program("aligned_moments", ("10000", "100000"), ("500", "2000"), readings=(
        _points("aligned rows, processor seconds by rows", rf"pooled [\d.]+\n +{_SIZE} rows: [\d.]+ s; {_N} s of", "s"),
    )),
    Program("aligned_sizes", quick=None, needs=Needs.DATA),
    Program("opened_audit", (), ("--keys", "400", "--listed", "400")),
    Program("suppression", quick=None),
    Program("fuzz_gate", (), ("--towns", "1", "--questions", "40", "--processes", "1", "--rows", "4000")),
    Program("tables", (), ("--rows", "300000", "--kind", "csv"), readings=(
        _points("a table read and checked, seconds by rows", rf"csv: {_SIZE} rows read and checked in {_N} s", "s"),
    )),
    Program("property_import", ("data/nyc_sales_5boroughs_2019.csv.gz",), ("data/nyc_sales_5boroughs_2019.csv.gz",)),
    Program("wuhan_day", (), ("--cases", "40", "--alone", "3"), readings=(
        _rate("wuhan-day cases", rf"^{_N} cases, ", "cases run"),
        _rate("wuhan-day registrations", rf"^ +{_N} registrations a second of processor", "a second of processor"),
    )),
    Program("statute_load", (), ("--scale", "0.002", "--requests", "1000"), readings=(
        _rate("hunan-mesh pairs", rf"^\d+ departments, \d+ systems, {_N} pairs", "pairs"),
        _rate("hunan-mesh requests run", rf"^on the embedded chain: {_N} requests", "requests run"),
        _rate("hunan-mesh transactions", rf"tx/s wall, {_N} tx/s cpu", "a second of processor"),
        _points("list of what waits, ms by requests", rf"^  after +{_SIZE} requests: .* in {_N} ms;", "ms"),
    )),
    Program("gateway_load", (), ("--scale", "0.002", "--seconds", "2")),
    Program("private_sums", quick=None),
    Program("private_joins", quick=None),
    Program("ckks_sums", quick=None),
    Program("federated_rounds", (), ("--departments", "3", "--rounds", "3")),
    Program("horizontal", ("default_credit",), None, Needs.DATA),
    Program("boosting", ("default_credit",), None, Needs.DATA),
    Program("regression", ("default_credit",), None, Needs.DATA),
    Program("horizontal_job", ("out/horizontal-job",), None, Needs.DATA),
    Program("vertical_job", ("out/vertical-job", "breast"), None, Needs.DATA),
    Program("ensemble", quick=None, needs=Needs.DATA),
    Program("noise_quality", ("default_credit",), ("default_credit", "--quick"), Needs.DATA),
    Program("real_files", ("out/real-files",), None),
    Program("job_steps", ("out",), None, Needs.DEMO),
    Program("matched", _ENGINE, (*_ENGINE, "--rows", "1000"), Needs.ENGINE),
    Program("percentiles", _ENGINE, (*_ENGINE, "--rows", "1000"), Needs.ENGINE),
    Program("spu_moments", _ENGINE, (*_ENGINE, "--rows", "10000"), Needs.ENGINE),
    Program("spu_psi", _ENGINE, (*_ENGINE, "--keys", "10000", "--own", "1000"), Needs.ENGINE),
)  # fmt: skip
PARTS = (
    "departments", "fate", "flooding", "founding", "generalised_reference", "installed_engines", "paper", "served_town",
    "synthetic_index",
)  # fmt: skip
"""Modules of ``benchmarks/`` that others use, or that make reference figures."""


def programs(folder: Path) -> list[Program]:
    """List every program there is; one that the table above does not know runs as it stands, and no figure is read."""
    known = {program.name for program in PROGRAMS} | set(PARTS) | {"__init__"}
    further = sorted(file.stem for file in folder.glob("*.py") if file.stem not in known)
    return [*PROGRAMS, *(Program(name, quick=None) for name in further)]
