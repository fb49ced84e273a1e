"""The specification of masked sums: the same columns held by several owners, added up.

Document and bounds of ``masked-sums`` (``mpc.spec.job`` says what all kinds have in common). With differential privacy
its member ``privacy`` says how (``mpc.privacy.declaration``).
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.groups import suites
from mpc.privacy import declaration
from mpc.privacy.declaration import Family, Privacy
from mpc.spec import reading
from mpc.spec.parts import (
    MAX_CELLS,
    MIN_CONTRIBUTORS,
    Amount,
    Grouping,
    Predicate,
    Source,
    check_common,
    heading,
    parties_of,
    unless_default,
)

STATISTIC = "masked-sums"
OUTPUTS = ("count", "sum", "mean", "variance", "histogram")
MAX_TABLE = 160
"""Cells of a declared table with its margins; each may carry a count, a sum and a sum of squares."""


@dataclass(frozen=True, slots=True)
class SumsSpec:
    """Count, sum, mean, population variance and histogram of one column over the union of the sources.

    edges: ascending integers; bin i is [edges[i], edges[i+1]), the last bin is [edges[-1], infinity). Every bin is a
    declared cell. rows: the most rows one source may contribute. minimum: rows below which a cell stays closed.
    contributors: owners with at least one row below which a cell stays closed. prime_group: where the gate computes.
    privacy: None for exact figures behind the minimum; else every figure is noised and opened, per group if there are
    any, whatever its size: then the minimum is what the chain's record of the job says and protects nothing.
    table: groups, if an exact declared table is asked: every crossing of group and bin, and all margins, with the same
    statistics in each.
    """

    purpose: str
    recipient: str
    sources: tuple[Source, ...]
    filters: tuple[Predicate, ...]
    value: Amount
    rows: int
    edges: tuple[int, ...]
    outputs: tuple[str, ...]
    minimum: int
    contributors: int
    privacy: Privacy | None = None
    table: Grouping | None = None
    prime_group: str = suites.DEFAULT.name

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        suites.named(self.prime_group)
        least = max(MIN_CONTRIBUTORS, self.contributors)
        if len(self.sources) < least:
            raise InvalidRecord(f"spec: masked sums need at least {least} sources")
        if self.contributors < MIN_CONTRIBUTORS:
            raise InvalidRecord(f"spec: at least {MIN_CONTRIBUTORS} contributors per cell, got {self.contributors}")
        if list(self.edges) != sorted(set(self.edges)) or len(self.edges) > MAX_CELLS:
            raise InvalidRecord("spec: histogram edges must ascend and number at most 256")
        if any(not -(1 << 63) <= edge < 1 << 63 for edge in self.edges):
            raise InvalidRecord("spec: histogram edges are integers of 64 bits")
        if not self.outputs or any(output not in OUTPUTS for output in self.outputs):
            raise InvalidRecord(f"spec: outputs must be among {', '.join(OUTPUTS)}")
        if ("histogram" in self.outputs) != bool(self.edges):
            raise InvalidRecord("spec: a histogram needs edges, and edges need the histogram output")
        if not 0 < self.rows <= 1 << 40:
            raise InvalidRecord("spec: rows per source must be in 1..2^40")
        power = 2 if self.value.by is None else 1
        if len(self.sources) * self.rows * self.value.bound**power >= 1 << 127:
            raise InvalidRecord(f"spec: sources * rows * bound^{power} reaches 2^127: sums could overflow")
        _check_kinds(self)
        if self.value.by is not None:
            _check_product(self)

    @property
    def families(self) -> tuple[Family, ...]:
        """The families of figures that the outputs are computed from."""
        needs = {
            Family.COUNT: {"count", "mean", "variance"},
            Family.SUM: {"sum", "mean", "variance"},
            Family.SQUARES: {"variance"},
            Family.HISTOGRAM: {"histogram"},
        }
        return tuple(family for family, outputs in needs.items() if outputs & set(self.outputs))

    @property
    def statistic(self) -> str:
        return STATISTIC

    @property
    def parties(self) -> tuple[str, ...]:
        return parties_of(self.sources, self.recipient)

    def json(self) -> JsonValue:
        exact: dict[str, JsonValue] = {
            **heading(self),
            "sources": [source.json() for source in self.sources],
            "filters": [predicate.json() for predicate in self.filters],
            "value": self.value.json(),
            "rows": str(self.rows),
            "edges": [str(edge) for edge in self.edges],
            "outputs": list(self.outputs),
            "minimum": self.minimum,
            "contributors": self.contributors,
            **({"table": self.table.json()} if self.table else {}),
            **unless_default(self.prime_group),
        }
        return exact if self.privacy is None else {**exact, "privacy": self.privacy.json()}


def read(fields: Fields) -> SumsSpec:
    """Read the members of a specification; raises InvalidRecord."""
    table = fields.object("table") if fields.has("table") else None
    spec = SumsSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sources=reading.sources(fields),
        filters=reading.filters(fields),
        value=reading.amount(fields.object("value")),
        rows=fields.decimal("rows"),
        edges=tuple(fields.decimals("edges", MAX_CELLS)),
        outputs=tuple(fields.texts("outputs", len(OUTPUTS))),
        minimum=fields.integer("minimum"),
        contributors=fields.integer("contributors"),
        privacy=declaration.read(fields.object("privacy")) if fields.has("privacy") else None,
        table=reading.grouping(table) if table else None,
        prime_group=reading.prime_group(fields),
    )
    fields.done()
    return spec


def _check_kinds(spec: SumsSpec) -> None:
    if spec.privacy is not None:
        _check_privacy(spec, spec.privacy)
    if spec.table is not None:
        _check_table(spec.table, spec.value.columns, len(spec.edges))
    if spec.privacy is not None and spec.table is not None:
        raise InvalidRecord("spec: a table is exact; groups of private figures stand in the privacy member")


def _check_product(spec: SumsSpec) -> None:
    """A product is summed and no more: its own squares and bins are nobody's question."""
    if spec.value.bound >= 1 << 63:
        raise InvalidRecord("spec: the bound of a product must stay below 2^63")
    if not {"sum", "mean"} & set(spec.outputs) or set(spec.outputs) - {"count", "sum", "mean"}:
        raise InvalidRecord("spec: of a product there are count, sum and mean")
    if spec.privacy is not None:
        raise InvalidRecord("spec: a private question is of one column, whose bounds its owner declares")


def _check_table(table: Grouping, summed: tuple[str, ...], bins: int) -> None:
    if (len(table.values) + 1) * (bins + 1) > MAX_TABLE:
        raise InvalidRecord(f"spec: (groups + 1) * (bins + 1) must not exceed {MAX_TABLE}")
    if table.column in summed:
        raise InvalidRecord("spec: a table is grouped by another column than the one that is summed")


def _check_privacy(spec: SumsSpec, privacy: Privacy) -> None:
    asked = privacy.protection
    if set(privacy.micro_rho) != set(spec.families):
        raise InvalidRecord(f"spec: micro_rho must name exactly {', '.join(spec.families)}: one cost each")
    if spec.value.bound != asked.largest:
        raise InvalidRecord(f"spec: the value's bound must be {asked.largest}, the largest clipped value")
    if asked.groups is not None and spec.edges:
        raise InvalidRecord("spec: private figures come per group or as a histogram, not both in one question")
    if spec.edges and spec.edges[0] > asked.low:
        raise InvalidRecord("spec: the lowest edge lies above the least clipped value")
    if asked.colluders >= spec.contributors:
        raise InvalidRecord("spec: fewer colluders than contributors, or nobody's noise would be left")
