"""What a job of masked sums or masked moments asked, for verifiers: its cells, and which others decide about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from contracts.authorizations.record import Operations
from contracts.evidence.questions import asked, moments, noised
from contracts.evidence.questions.arrangement import count_names, count_parts, moment_name
from contracts.evidence.questions.asked import Question
from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

MAX_CELLS = 256
_OUTPUTS = {
    "count": Operations.COUNT,
    "sum": Operations.SUM,
    "mean": Operations.MEAN,
    "variance": Operations.VARIANCE,
    "histogram": Operations.HISTOGRAM,
}


def sums(spec: Mapping[str, JsonValue]) -> Question:
    match spec:
        case {
            "sources": list(sources),
            "value": {"bound": bound} as value,
            "rows": rows,
            "edges": list(edges),
            "outputs": list(outputs),
            "contributors": int(contributors),
        } if len(sources) <= asked.MAX_SOURCES and len(edges) <= MAX_CELLS and len(outputs) <= len(_OUTPUTS):
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


def matrix(spec: Mapping[str, JsonValue]) -> Question:
    match spec:
        case {"sources": list(sources), "contributors": int(contributors)} if len(sources) <= asked.MAX_SOURCES:
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
        "minimum": asked.minimum(spec),
        "contributors": contributors,
        "prime_group": asked.prime_group(spec),
    }
    return Question(
        protocol=asked.SUMS,
        purpose=asked.text(spec, "purpose"),
        recipient=asked.text(spec, "recipient"),
        minimum=asked.minimum(spec),
        sources=tuple(asked.source(source, "owner") for source in sources),
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
    return replace(exact, protocol=asked.NOISED, cells=tuple(map(str, names)), follows={}, terms=terms)


def _sums_cells(rows: int, bound: int, outputs: Sequence[JsonValue], bins: int, groups: int) -> dict[str, JsonValue]:
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
