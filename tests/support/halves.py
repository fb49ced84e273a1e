"""FATE's example sets as two departments hold them: columns and keys of each, labels at the first."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass

import numpy as np
from extracts import DATA

from federated.columns import Floats


@dataclass(frozen=True)
class Halves:
    """guest, host: columns by name, in the order of their own keys; labels: of the guest's rows."""

    guest: dict[str, Floats]
    host: dict[str, Floats]
    labels: Floats
    guest_keys: list[str]
    host_keys: list[str]


def halves(name: str, *, guest_least: int = 0, host_least: int = 0, seed: int = 1) -> Halves:
    """Read a set and let each side lack some rows, in an order of its own; names of columns differ."""
    drawn = np.random.default_rng(seed)
    guest_keys, guest = _table(f"fate_{name}_hetero_guest", drawn, guest_least)
    host_keys, host = _table(f"fate_{name}_hetero_host", drawn, host_least)
    labels = guest.pop("y")
    return Halves(_named("guest", guest), _named("host", host), labels, guest_keys, host_keys)


def _table(file: str, drawn: np.random.Generator, drop: int) -> tuple[list[str], dict[str, Floats]]:
    text = gzip.decompress((DATA / f"{file}.csv.gz").read_bytes()).decode()
    names, *rows = csv.reader(io.StringIO(text))
    order = drawn.permutation(len(rows))[drop:]
    values = np.array([rows[row] for row in order], dtype=float).T
    return [rows[row][0] for row in order], dict(zip(names[1:], values[1:], strict=True))


def _named(side: str, columns: dict[str, Floats]) -> dict[str, Floats]:
    return {f"{side} {name}": values for name, values in columns.items()}
