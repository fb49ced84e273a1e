"""The job specification: what is asked, of whom, for what purpose and under which release rules.

One canonical JSON document; its digest is what goes on chain, the document itself travels sealed between the parties.
Two statistics exist: ``masked-sums`` (the same columns held by several owners) and ``private-join`` (one owner holds
values per key, the other a list of keys). All numbers are integers written as decimal strings: canonical JSON
(RFC 8785) cannot carry integers above 2**53. Both may be asked with differential privacy; then their member ``privacy``
says how (``mpc.privacy.declaration``, ``mpc.privacy.joined``).

Documents are read by ``mpc.spec_reader``. Neither says whether the job is allowed: that is the guard's and the
disclosure audit's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.codes import is_code
from mpc.dummies import MatchNoise
from mpc.groups import suites
from mpc.privacy.declaration import Family, Privacy
from mpc.privacy.joined import JoinPrivacy
from mpc.spec_parts import MAX_CELLS, Amount, Grouping, Predicate, Source

OUTPUTS = ("count", "sum", "mean", "variance", "histogram")
MAX_SOURCES = 15
MIN_CONTRIBUTORS = 3
"""With two contributors each could subtract its own part and read the other's."""
"""The recipient is the sixteenth party of a job."""
MAX_TABLE = 160
"""Cells of a declared table with its margins; each may carry a count, a sum and a sum of squares."""
MAX_MINIMUM = 100
"""A gate has one ciphertext for each smaller count. A minimum of 1 hides empty cells alone; no node asks for it."""
MAX_DUMMIES = 1 << 17
"""Dummy keys of a join over all groups: some twelve seconds of one core a side, whatever the tables."""


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
        _check_common(self.purpose, self.recipient, self.sources, self.minimum)
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
        return "masked-sums"

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(sorted({source.party for source in self.sources} | {self.recipient}))

    def json(self) -> JsonValue:
        exact: dict[str, JsonValue] = {
            "version": 1,
            "statistic": self.statistic,
            "purpose": self.purpose,
            "recipient": self.recipient,
            "sources": [source.json() for source in self.sources],
            "filters": [predicate.json() for predicate in self.filters],
            "value": self.value.json(),
            "rows": str(self.rows),
            "edges": [str(edge) for edge in self.edges],
            "outputs": list(self.outputs),
            "minimum": self.minimum,
            "contributors": self.contributors,
            **({"table": self.table.json()} if self.table else {}),
            **_unless_default(self.prime_group),
        }
        return exact if self.privacy is None else {**exact, "privacy": self.privacy.json()}


@dataclass(frozen=True, slots=True)
class JoinSpec:
    """Distinct keys, rows and sums of the holder's rows whose key stands in the lister's list, per declared group.

    holder_most, lister_most: the most distinct keys a side may bring; rows: the most rows of one group (declared, so
    that message sizes and slots do not depend on data). epsilon_milli, delta_log2: the noise on the match counts that
    the lister sees (epsilon in thousandths, delta = 2**delta_log2). prime_group: where keys are blinded and the gate
    computes. privacy: None for exact figures behind the minimum; else every figure is noised and opened, sizes carry
    noise instead of padding, and the minimum protects nothing.
    """

    purpose: str
    recipient: str
    holder: Source
    holder_key: str
    holder_most: int
    filters: tuple[Predicate, ...]
    grouping: Grouping | None
    sums: tuple[Amount, ...]
    lister: Source
    lister_key: str
    lister_most: int
    lister_filters: tuple[Predicate, ...]
    rows: int
    minimum: int
    epsilon_milli: int
    delta_log2: int
    privacy: JoinPrivacy | None = None
    prime_group: str = suites.DEFAULT.name

    def __post_init__(self) -> None:
        _check_common(self.purpose, self.recipient, (self.holder, self.lister), self.minimum)
        suites.named(self.prime_group)
        if self.holder.party == self.lister.party:
            raise InvalidRecord("spec: a private join needs two different owners")
        most = (self.holder_most, self.lister_most)
        if not all(0 < keys <= 1 << 24 for keys in most) or not 0 < self.rows <= 1 << 32:
            raise InvalidRecord("spec: the most keys must be in 1..2^24 and rows in 1..2^32")
        if any(amount.by is not None for amount in self.sums):
            raise InvalidRecord("spec: a private join adds up columns, not products")
        if len(self.sums) > 8:
            raise InvalidRecord(f"spec: at most 8 summed columns, got {len(self.sums)}")
        if not 1 <= self.epsilon_milli <= 10_000 or not -128 <= self.delta_log2 <= -20:
            raise InvalidRecord("spec: epsilon must be 0.001..10 and delta 2^-128..2^-20")
        groups = len(self.grouping.values) if self.grouping else 1
        if groups * MatchNoise(self.epsilon_milli, self.delta_log2).universe > MAX_DUMMIES:
            raise InvalidRecord(f"spec: groups times dummy keys exceed {MAX_DUMMIES}: fewer groups or a larger epsilon")
        if self.privacy is not None:
            _check_joined(self, self.privacy)

    @property
    def statistic(self) -> str:
        return "private-join"

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.holder, self.lister)

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(sorted({self.holder.party, self.lister.party, self.recipient}))

    def json(self) -> JsonValue:
        exact: dict[str, JsonValue] = {
            "version": 1,
            "statistic": self.statistic,
            "purpose": self.purpose,
            "recipient": self.recipient,
            "holder": {
                **_fields(self.holder.json()),
                "key": self.holder_key,
                "most": str(self.holder_most),
                "filters": [predicate.json() for predicate in self.filters],
                "grouping": self.grouping.json() if self.grouping else None,
                "sums": [amount.json() for amount in self.sums],
            },
            "lister": {
                **_fields(self.lister.json()),
                "key": self.lister_key,
                "most": str(self.lister_most),
                "filters": [predicate.json() for predicate in self.lister_filters],
            },
            "rows": str(self.rows),
            "minimum": self.minimum,
            "epsilon_milli": self.epsilon_milli,
            "delta_log2": self.delta_log2,
            **_unless_default(self.prime_group),
        }
        return exact if self.privacy is None else {**exact, "privacy": self.privacy.json()}


JobSpec: TypeAlias = SumsSpec | JoinSpec


def digest(spec: JobSpec) -> bytes:
    """Return the 32 bytes that stand on chain for this specification."""
    return canonical.digest(spec.json())


def _unless_default(prime_group: str) -> Mapping[str, JsonValue]:
    """Name the group only where it is another than the usual one, so that a specification has one canonical form."""
    return {} if prime_group == suites.DEFAULT.name else {"prime_group": prime_group}


def _check_common(purpose: str, recipient: str, sources: tuple[Source, ...], minimum: int) -> None:
    if not is_code(purpose) or not is_code(recipient):
        raise InvalidRecord("spec: purpose and recipient must be codes (a-z, 0-9 and '-')")
    parties = [source.party for source in sources]
    if len(set(parties)) != len(parties) or recipient in parties:
        raise InvalidRecord("spec: every source must be another party, and the recipient none of them")
    if not 1 <= minimum <= MAX_MINIMUM:
        raise InvalidRecord(f"spec: minimum must be in 1..{MAX_MINIMUM}, got {minimum}")


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


def _check_joined(spec: JoinSpec, privacy: JoinPrivacy) -> None:
    held, listed = privacy.sides
    if (held.unit, listed.unit) != (spec.holder_key, spec.lister_key):
        raise InvalidRecord("spec: the unit of a private join is its key, at both owners")
    if {amount.column: amount.bound for amount in spec.sums} != {name: clip.high for name, clip in held.bounds.items()}:
        raise InvalidRecord("spec: each summed column has bounds, and its bound is the largest clipped value")
    asked = None if spec.grouping is None else (spec.grouping.column, spec.grouping.values)
    if asked != (None if held.groups is None else (held.groups.column, held.groups.values)):
        raise InvalidRecord("spec: a private join is grouped by the public keys that it declares")


def _fields(value: JsonValue) -> Mapping[str, JsonValue]:
    assert isinstance(value, dict)
    return value
