"""Which model a specification names; one that exists as a library alone is refused by name, with the reason.

It does NOT say how a model is fitted: ``mpc.training.terms`` and ``mpc.vertical.algorithms`` do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ledger.errors import InvalidRecord
from mpc.fields import Fields

OVER_ROWS: Mapping[str, str] = {
    "softmax": "its gradients are sums by class, which no rule judges beside other figures of the same rows yet",
    "hidden": "a layer's gradients are products of columns, of which no count of figures holds",
    "ensemble": "trees over rows need noise in every level, which no run charges yet",
}
OVER_COLUMNS: Mapping[str, str] = {
    "logistic": "gradients are opened to their owners round by round, and no node counts them over several runs yet",
}


def read_model(fields: Fields, known: Collection[str], absent: Mapping[str, str]) -> str:
    """Read the name of a model.

    Args:
        absent: models of libraries (``docs/federated.md``), each with the reason why no job has it.

    Raises:
        InvalidRecord: none of those that are known; of an absent one it says why.
    """
    name = fields.text("model")
    if name in absent:
        raise InvalidRecord(f"spec: {name} is a library and no job yet: {absent[name]}")
    if name not in known:
        raise InvalidRecord(f"spec: model must be one of {', '.join(known)}, got {name[:40]!r}")
    return name
