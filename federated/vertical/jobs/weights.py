"""An owner's part of a regression as its node keeps it: how its columns become numbers, and their weights.

The label owner's part has the constant. Nothing of it leaves; its digest, under the salt that lies beside it, stands
in the evidence of the run. Parts put together score rows; apart, a department's own weights say how its columns go with
the label beside the other's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from federated.columns import Floats
from federated.vertical.components import Components
from federated.vertical.jobs.part import FILE, LIMIT, hexadecimal
from federated.vertical.logistic.terms import SPAN
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from ledger.files import read_bounded
from ledger.hashing import tagged
from mpc.fields import Fields
from mpc.node.whole import write_whole
from mpc.spec.vertical import MAX_COLUMNS
from mpc.vertical.regression import MAX_BLOCK

FORMAT = "shuxin-regression-part-v1"


@dataclass(frozen=True, slots=True, eq=False)
class RegressionPart:
    """columns: their names; weights: one a component; constant: the label owner's alone, else 0. salt: 32 bytes."""

    job: bytes
    party: str
    purpose: str
    columns: tuple[str, ...]
    components: Components = field(repr=False)
    weights: Floats = field(repr=False)
    constant: float = field(repr=False)
    salt: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """What the owner signs: all of it, under the salt."""
        return tagged("SHUXIN-REGRESSION-SHARE-V1", self.salt, canonical.encode(self.json()))

    def scores(self, rows: Floats) -> Floats:
        """Return this part of the scores of (columns, rows)."""
        found: Floats = self.constant + self.weights @ np.clip(self.components.of(rows), -SPAN, SPAN)
        return found

    def json(self) -> JsonValue:
        return {
            "format": FORMAT,
            "job": self.job.hex(),
            "party": self.party,
            "purpose": self.purpose,
            "columns": list(self.columns),
            "means": _texts(self.components.means),
            "deviations": _texts(self.components.deviations),
            "directions": [_texts(row) for row in self.components.directions],
            "weights": _texts(self.weights),
            "constant": self.constant.hex(),
            "salt": self.salt.hex(),
        }

    def write(self, home: Path) -> None:
        """Keep it in the job's directory."""
        write_whole(home / FILE, canonical.encode(self.json()))


def read(home: Path) -> RegressionPart:
    """Read an owner's part of a regression.

    Raises:
        NotFound: this node keeps none of this job. InvalidRecord: the file is none.
    """
    if not (home / FILE).is_file():
        raise NotFound(f"{home.name}: this node keeps no part of a model of this job")
    value = canonical.decode(read_bounded(home / FILE, LIMIT))
    fields = Fields(value, "part")
    if fields.text("format") != FORMAT:
        raise InvalidRecord("part: another format")
    names = tuple(fields.texts("columns", MAX_COLUMNS))
    means, deviations = (_floats(fields.texts(name, MAX_COLUMNS)) for name in ("means", "deviations"))
    weights, directions = _floats(fields.texts("weights", MAX_BLOCK)), _matrix(value)
    if not len(names) == len(means) == len(deviations) or directions.shape != (len(weights), len(names)):
        raise InvalidRecord("part: weights and columns do not fit each other")
    return RegressionPart(
        job=fields.digest("job"),
        party=fields.text("party"),
        purpose=fields.text("purpose"),
        columns=names,
        components=Components(means, deviations, directions),
        weights=weights,
        constant=hexadecimal(fields.text("constant")),
        salt=fields.digest("salt"),
    )


def _matrix(value: JsonValue) -> Floats:
    match value:
        case {"directions": list(rows)} if 1 <= len(rows) <= MAX_BLOCK:
            read = [_floats([text for text in row if isinstance(text, str)]) for row in rows if isinstance(row, list)]
            if len({len(row) for row in read}) == 1:
                return np.stack(read)
    raise InvalidRecord("part: directions of equal length expected")


def _floats(texts: list[str]) -> Floats:
    return np.array([hexadecimal(text) for text in texts], dtype=np.float64)


def _texts(values: Floats) -> list[JsonValue]:
    return [float(value).hex() for value in values]
