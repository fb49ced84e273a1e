"""Which model a specification names; one that exists as a library alone is refused by name, with the reason.

It does NOT say how a model is fitted: ``mpc.vertical.algorithms`` does. Models over rows that have no exact run are
refused in ``mpc.training.shapes``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ledger.errors import InvalidRecord
from mpc.fields import Fields

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
