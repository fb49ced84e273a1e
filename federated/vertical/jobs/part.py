"""An owner's part of a boosted model as its node keeps it: whole or not at all, for this account alone.

The label owner has trees and leaves' weights, every owner the columns and boundaries behind its own splits; nothing of
it ever leaves. Its digest, under the salt that lies beside it, stands in the evidence of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from federated.boosting.growth import Round
from federated.boosting.model import Boundary, Model, part_digest
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.hashing import tagged
from mpc.node.whole import write_whole

FILE, FORMAT = "part.json", "shuxin-boosted-part-v1"


@dataclass(frozen=True, slots=True)
class BoostedPart:
    """splits: the own ones' meanings; model, curve: the label owner's alone. salt: 32 bytes."""

    job: bytes
    party: str
    purpose: str
    splits: Mapping[int, Boundary] = field(repr=False)
    salt: bytes = field(repr=False)
    model: Model | None = field(default=None, repr=False)
    curve: Sequence[Round] = ()

    @property
    def digest(self) -> bytes:
        """What the owner signs: its splits, and the label owner's trees, under the salt."""
        trees = b"" if self.model is None else self.model.digest
        return tagged("SHUXIN-BOOSTED-SHARE-V1", self.salt, part_digest(self.splits, self.salt), trees)

    def json(self) -> JsonValue:
        curve: list[JsonValue] = [
            {"loss": done.loss.hex(), "exposure": done.exposure.hex(), "shared": done.is_shared} for done in self.curve
        ]
        return {
            "format": FORMAT,
            "job": self.job.hex(),
            "party": self.party,
            "purpose": self.purpose,
            "splits": {str(number): found.json() for number, found in self.splits.items()},
            "salt": self.salt.hex(),
            "model": None if self.model is None else self.model.json(),
            "curve": curve,
        }

    def write(self, home: Path) -> None:
        """Keep it in the job's directory."""
        write_whole(home / FILE, canonical.encode(self.json()))
