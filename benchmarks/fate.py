"""FATE's example sets for benchmarks: two halves of one table, or the rows of several departments and a test set.

They lie in ``SHUXIN_DATA/fate``; sources and terms stand in the README there.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from federated.boosting.exposure import auc
from federated.boosting.loss import Logistic, Loss, Softmax, Squared
from federated.columns import Floats

Columns = Mapping[str, Floats]


@dataclass(frozen=True)
class Halves:
    """A set: both parties' columns, labels, how they are learned, and the rows that are kept and held out."""

    guest: Columns
    host: Columns
    labels: Floats
    loss: Loss
    kept: np.ndarray
    held: np.ndarray

    @property
    def pooled(self) -> Columns:
        parts = (("guest", self.guest), ("host", self.host))
        return {f"{party} {name}": values for party, columns in parts for name, values in columns.items()}

    def quality(self, predicted: Floats) -> str:
        """Say how good predictions of the held rows are."""
        labels = self.labels[self.held]
        if isinstance(self.loss, Logistic):
            return f"AUC {auc(labels, predicted):.4f}"
        if isinstance(self.loss, Softmax):
            return f"accuracy {(predicted.argmax(axis=0) == labels).mean():.4f}"
        return f"RMSE {np.sqrt(((predicted - labels) ** 2).mean()):.4f}"


def read(folder: Path, name: str) -> Halves:
    """Read both halves, bring their rows into one order, and divide them."""
    guest, host = table(folder, f"{name}_hetero_guest"), table(folder, f"{name}_hetero_host")
    key = next(iter(guest))
    assert (guest.pop(key) == host.pop(key)).all()
    labels = guest.pop("motor_speed" if name == "motor" else "y")
    loss: Loss = Squared(bound=float(np.ceil(np.abs(labels).max() * 2 + 1)))
    if name in ("breast", "default_credit"):
        loss = Logistic()
    elif name == "vehicle_scale":
        loss = Softmax(classes=int(labels.max()) + 1)
    classes = None if isinstance(loss, Squared) else labels
    kept, held = train_test_split(np.arange(len(labels)), test_size=0.2, random_state=42, stratify=classes)
    return Halves(guest, host, labels, loss, kept, held)


def table(folder: Path, name: str) -> dict[str, Floats]:
    """Read a table of numbers by column."""
    plain = folder / f"{name}.csv"
    packed = folder / f"{name}.csv.gz"
    text = plain.read_text() if plain.exists() else gzip.decompress(packed.read_bytes()).decode()
    rows = list(csv.reader(io.StringIO(text)))
    return dict(zip(rows[0], np.array(rows[1:], dtype=float).T, strict=True))
