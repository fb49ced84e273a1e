"""What a job asked, read from its specification: parties and roles, operations, cells, and the protocol's terms.

A restatement of ``mpc.spec`` and ``mpc.kinds`` for verifiers, who hold no node: the specification on chain must
lead to exactly these terms in the parties' session. The tests hold both to each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.authorizations.record import Operations
from contracts.evidence import aligned, joins, moments, noised, percentiles
from contracts.evidence.arrangement import count_names, count_parts, moment_name
from contracts.evidence.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

SUMS, NOISED = "masked-sums-v1", "noised-sums-v1"
JOIN, NOISED_JOIN = "private-join-v1", "noised-join-v1"
PERCENTILES, ALIGNED = "percentiles-v1", "aligned-v1"
GROUPED_JOIN, SIFTED_JOIN = "grouped-join-v1", "sifted-join-v1"
MAX_CELLS, MAX_SOURCES, MAX_SUMS = 256, 15, 8
_ID = re.compile(r"0x[0-9a-f]{64}")
_OUTPUTS = {
    "count": Operations.COUNT,
    "sum": Operations.SUM,
    "mean": Operations.MEAN,
    "variance": Operations.VARIANCE,
    "histogram": Operations.HISTOGRAM,
}


@dataclass(frozen=True, slots=True)
class Source:
    """An owner: its role, asset and authorization."""

    party: str
    role: str
    asset: str
    authorization: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked.

    cells: in the order of the specification. follows: of a sum, the count cell that decides about it.
    terms: the protocol's part of the session record, without what a specification leaves open.
    free: the names of those open terms (padding, encryption), which the parties agree on by signing.
    """

    protocol: str
    purpose: str
    recipient: str
    sources: tuple[Source, ...]
    operations: Operations
    minimum: int
    contributors: int
    cells: tuple[str, ...]
    follows: Mapping[str, str]
    terms: Mapping[str, JsonValue]
    free: frozenset[str]

    @property
    def parties(self) -> tuple[str, ...]:
        """All codes, sorted."""
        return tuple(sorted({source.party for source in self.sources} | {self.recipient}))

    def role(self, party: str) -> str:
        return next((source.role for source in self.sources if source.party == party), "recipient")


def read(spec: JsonValue) -> Question:
    """Read a specification.

    Raises:
        InvalidRecord: of no statistic this verifier knows.
    """
    if isinstance(spec, dict) and spec.get("version") == 1:
        match spec.get("statistic"):
            case "masked-sums":
                return _sums(spec)
            case "masked-moments":
                return _moments(spec)
            case "private-join":
                return _join(spec)
            case "percentiles":
                return _percentiles(spec)
            case "aligned":
                return _aligned(spec)
    raise InvalidRecord("specification: of no statistic this verifier knows")


def _sums(spec: Mapping[str, JsonValue]) -> Question:
    match spec:
        case {
            "sources": list(sources),
            "value": {"bound": bound} as value,
            "rows": rows,
            "edges": list(edges),
            "outputs": list(outputs),
            "contributors": int(contributors),
        } if len(sources) <= MAX_SOURCES and len(edges) <= MAX_CELLS and len(outputs) <= len(_OUTPUTS):
            table = _table(spec.get("table"))
            cells = _sums_cells(number(rows), number(bound), outputs, len(edges), table)
        case _:
            raise InvalidRecord("specification: malformed masked sums")
    is_product = isinstance(value, dict) and "by" in value
    operations = Operations.VARIANCE if is_product else Operations(0)
    for output in outputs:
        if not isinstance(output, str) or output not in _OUTPUTS:
            raise InvalidRecord("specification: an output this verifier does not know")
        operations |= _OUTPUTS[output]
    exact = _added_up(spec, sources, operations, contributors, cells)
    return _private(exact, spec) if "privacy" in spec else exact


def _moments(spec: Mapping[str, JsonValue]) -> Question:
    match spec:
        case {"sources": list(sources), "contributors": int(contributors)} if len(sources) <= MAX_SOURCES:
            operations = Operations.COUNT | Operations.SUM | Operations.MEAN | Operations.VARIANCE
            operations |= Operations.HISTOGRAM if moments.has_classes(spec) else Operations(0)
            return _added_up(spec, sources, operations, contributors, moments.cells(spec))
    raise InvalidRecord("specification: malformed masked moments")


def _added_up(
    spec: Mapping[str, JsonValue],
    sources: Sequence[JsonValue],
    operations: Operations,
    contributors: int,
    cells: Mapping[str, JsonValue],
) -> Question:
    """Say what is asked of masked sums with these cells."""
    terms: dict[str, JsonValue] = {
        "cells": list(cells.values()),
        "modulus": "2^128",
        "minimum": _minimum(spec),
        "contributors": contributors,
        "prime_group": _prime_group(spec),
    }
    return Question(
        protocol=SUMS,
        purpose=_text(spec, "purpose"),
        recipient=_text(spec, "recipient"),
        minimum=_minimum(spec),
        sources=tuple(_source(source, "owner") for source in sources),
        operations=operations,
        contributors=contributors,
        cells=tuple(cells),
        follows={name: count for name, cell in cells.items() if (count := _followed(cell))},
        terms=terms,
        free=frozenset(),
    )


def _private(exact: Question, spec: Mapping[str, JsonValue]) -> Question:
    """Put the noised cells in the place of the exact ones: all are opened, and none follows another."""
    group = exact.terms["prime_group"]
    terms = {**noised.terms(spec, len(exact.sources), exact.contributors), "prime_group": group}
    cells = terms["cells"]
    assert isinstance(cells, list)
    names = tuple(cell["name"] for cell in cells if isinstance(cell, dict))
    return replace(exact, protocol=NOISED, cells=tuple(map(str, names)), follows={}, terms=terms)


def _sums_cells(
    rows: int, bound: int, outputs: Sequence[JsonValue], bins: int, groups: int
) -> dict[str, JsonValue]:
    """Lay out the counts, each followed by its sums: of all in a declared table, otherwise of the total alone."""
    most: dict[str, int] = {}
    if any(output in ("sum", "mean", "variance") for output in outputs):
        most["sum"] = bound
    if "variance" in outputs:
        most["squares"] = bound**2
    cells: dict[str, JsonValue] = {}
    parts = count_parts(groups, bins)
    for name in count_names(groups, bins):
        cell: dict[str, JsonValue] = {"name": name, "kind": "count", "bound": str(rows)}
        cells[name] = {**cell, "parts": [*parts[name]]} if name in parts else cell
        for moment in most if groups or name == "count" else ():
            total = moment_name(name, moment)
            bounded = str(rows * most[moment])
            cells[total] = {"name": total, "kind": "sum", "bound": bounded, "follows": name}
    return cells


def _followed(cell: JsonValue) -> str | None:
    match cell:
        case {"follows": str(name)}:
            return name
    return None


def _table(table: JsonValue) -> int:
    """Return the number of groups of a declared table, 0 if there is none; raises InvalidRecord."""
    match table:
        case None:
            return 0
        case {"values": list(values)} if 0 < len(values) <= MAX_CELLS:
            return len(values)
    raise InvalidRecord("specification: a table has values")


def _join(spec: Mapping[str, JsonValue]) -> Question:
    match spec:
        case {
            "holder": {"most": holder_keys, "sums": list(sums), "grouping": grouping} as holder,
            "lister": {"most": lister_keys} as lister,
            "rows": str(rows),
            "epsilon_milli": epsilon,
            "delta_log2": delta,
        } if len(sums) <= MAX_SUMS:
            further = joins.further(spec.get("further", []))
            listers = [lister, *further]
            sources = (_source(holder, "holder"), *(_source(found, "lister") for found in listers))
            groups, own = joins.groups(grouping), joins.lister_groups(lister)
        case _:
            raise InvalidRecord("specification: malformed private join")
    protocol = SIFTED_JOIN if further else GROUPED_JOIN if own else JOIN
    sifters: list[JsonValue] = [source.party for source in sources[1:-1]]
    terms: dict[str, JsonValue] = {
        "format": "shuxin-private-join-v1",
        "holder": sources[0].party,
        "lister": sources[-1].party,
        "groups": list(groups),
        **({"lister_groups": [*own]} if own else {}),
        **({"sifters": sifters} if sifters else {}),
        "columns": [joins.column(amount) for amount in sums],
        "holder_keys": holder_keys,
        "lister_keys": joins.most_keys(listers) if further else lister_keys,
        "rows": rows,
        "minimum": _minimum(spec),
        "epsilon_milli": epsilon,
        "delta_log2": delta,
        "prime_group": _prime_group(spec),
    }
    exact = Question(
        protocol=protocol,
        purpose=_text(spec, "purpose"),
        recipient=_text(spec, "recipient"),
        minimum=_minimum(spec),
        sources=sources,
        operations=Operations.COUNT | Operations.SUM | Operations.JOIN | Operations.DISTINCT,
        contributors=len(sources),
        cells=joins.cell_names(groups, own),
        follows={},
        terms=terms,
        free=frozenset({"list_unit", "group_unit", "encryption"}),
    )
    return _private_join(exact, spec) if "privacy" in spec else exact


def _private_join(exact: Question, spec: Mapping[str, JsonValue]) -> Question:
    """Put noised figures in the place of exact ones: nothing is tested, and no size is padded to a unit."""
    columns = exact.terms["columns"]
    assert isinstance(columns, list)
    bounds = [(_text(c, "name"), number(c["most"])) for c in columns if isinstance(c, dict)]
    terms = {name: value for name, value in exact.terms.items() if name != "minimum"}
    terms |= {"format": "shuxin-noised-join-v1", "guarantee": noised.joined(spec, bounds)}
    return replace(exact, protocol=NOISED_JOIN, terms=terms, free=frozenset({"encryption"}))


def _percentiles(spec: Mapping[str, JsonValue]) -> Question:
    terms, sources = percentiles.terms(spec), spec.get("sources")
    if not isinstance(sources, list) or len(sources) > MAX_SOURCES:
        raise InvalidRecord("specification: malformed percentiles")
    cells, computing = percentiles.names(terms), percentiles.engines(terms)
    owners = [_source(source, "provider") for source in sources]
    return Question(
        protocol=PERCENTILES,
        purpose=_text(spec, "purpose"),
        recipient=_text(spec, "recipient"),
        minimum=_minimum(spec),
        sources=tuple(replace(owner, role="engine") if owner.party in computing else owner for owner in owners),
        operations=Operations.COUNT | Operations.SUM | Operations.HISTOGRAM,
        contributors=number(str(terms["contributors"])),
        cells=cells,
        follows=dict.fromkeys(cells[1:], cells[0]),
        terms=terms,
        free=frozenset(),
    )


def _aligned(spec: Mapping[str, JsonValue]) -> Question:
    terms, sides = aligned.terms(spec), spec["sides"]
    assert isinstance(sides, list)
    owners = [_source(side, "unnamed") for side in sides]
    told, first = aligned.told(terms), aligned.matcher(terms)
    roles = {owner.party: "named" if owner.party in told else "unnamed" for owner in owners} | {first: "matcher"}
    summed = Operations.SUM | Operations.MEAN | Operations.VARIANCE if aligned.columns(terms) else Operations(0)
    return Question(
        protocol=ALIGNED,
        purpose=_text(spec, "purpose"),
        recipient=_text(spec, "recipient"),
        minimum=_minimum(spec),
        sources=tuple(replace(owner, role=roles[owner.party]) for owner in owners),
        operations=Operations.COUNT | Operations.JOIN | Operations.DISTINCT | Operations.ALIGN | summed,
        contributors=len(owners),
        cells=(joins.WHOLE,),
        follows={},
        terms={**terms, "minimum": _minimum(spec), "prime_group": _prime_group(spec)},
        free=frozenset({"set_unit", "encryption"}),
    )


def _prime_group(spec: Mapping[str, JsonValue]) -> str:
    """The group that the gate computed in; a specification names it only where it is not the usual one."""
    group = spec.get("prime_group", "ristretto255")
    if group not in ("ristretto255", "sm2"):
        raise InvalidRecord("specification: a group of prime order that this verifier does not know")
    assert isinstance(group, str)
    return group


def _source(value: JsonValue, role: str) -> Source:
    match value:
        case {"party": str(party), "asset": str(asset), "authorization": str(authorization)}:
            if _ID.fullmatch(authorization):
                return Source(party, role, asset, bytes.fromhex(authorization[2:]))
    raise InvalidRecord("specification: a source has party, asset and authorization")


def _text(spec: Mapping[str, JsonValue], name: str) -> str:
    found = spec.get(name)
    if not isinstance(found, str):
        raise InvalidRecord(f"specification: {name} must be a text")
    return found


def _minimum(spec: Mapping[str, JsonValue]) -> int:
    found = spec.get("minimum")
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise InvalidRecord("specification: the minimum must be a positive number")
    return found
