"""The cells of masked moments, restated for verifiers from the specification alone (``mpc.kinds.matrices.cells``).

Of a step: a working weight is at most 1/4 (logistic) or exp(16) (Poisson), in multiples of 2^-32; a residual at most 1,
or the larger of that mean and the response's bound; a deviance at most 61, or as the bound of the response has it.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

MAX_COLUMNS = 20
_UNIT, _MEAN = 1 << 32, 8_886_111


def cells(spec: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Lay out the counts and the totals that follow the first of them; raises InvalidRecord."""
    rows, classes = number(spec.get("rows")), has_classes(spec)
    names = ("count", "bin0", "bin1") if classes else ("count",)
    found: dict[str, JsonValue] = {name: {"name": name, "kind": "count", "bound": str(rows)} for name in names}
    if classes:
        found["count"] = {"name": "count", "kind": "count", "bound": str(rows), "parts": ["bin0", "bin1"]}
    for name, bound in _totals(spec).items():
        found[name] = {"name": name, "kind": "sum", "bound": str(rows * bound), "follows": "count"}
    return found


def has_classes(spec: Mapping[str, JsonValue]) -> bool:
    """Tell whether the response tells two classes of rows apart, which are counted."""
    match spec.get("step"):
        case {"family": "logistic"}:
            return True
    return False


def _totals(spec: Mapping[str, JsonValue]) -> dict[str, int]:
    match spec.get("columns"):
        case list(columns) if 0 < len(columns) <= MAX_COLUMNS:
            bounds = [1, *(_bound(column) for column in columns)]
        case _:
            raise InvalidRecord("specification: malformed masked moments")
    pairs = [(i, j) for i in range(len(bounds)) for j in range(i, len(bounds))]
    match spec.get("step"):
        case None:
            return {f"product-{i}-{j}": bounds[i] * bounds[j] for i, j in pairs[1:]}
        case {"family": "logistic"}:
            weight, residual, deviance = _UNIT // 4, _UNIT, 61 * _UNIT
        case {"family": "poisson", "response": response}:
            most = _bound(response)
            weight, residual = _MEAN * _UNIT, max(most, _MEAN) * _UNIT
            deviance = 2 * (most * (most.bit_length() + 30) + _MEAN) * _UNIT
        case _:
            raise InvalidRecord("specification: a step of a family that this verifier does not know")
    found = {f"weight-{i}-{j}": weight * bounds[i] * bounds[j] for i, j in pairs}
    found |= {f"score-{i}": residual * bound for i, bound in enumerate(bounds)}
    return {**found, "deviance": deviance}


def _bound(amount: JsonValue) -> int:
    match amount:
        case {"column": str(), "bound": bound}:
            return number(bound)
    raise InvalidRecord("specification: a column has a name and a bound")
