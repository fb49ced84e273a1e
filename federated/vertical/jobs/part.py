"""An owner's part of a boosted model as its node keeps it: whole or not at all, for this account alone.

The label owner has trees and leaves' weights, every owner the columns and boundaries behind its own splits; nothing of
it ever leaves. Its digest, under the salt that lies beside it, stands in the evidence of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from federated.boosting.growth import Round
from federated.boosting.model import Boundary, Leaf, Model, Node, Split, part_digest
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from ledger.files import read_bounded
from ledger.hashing import tagged
from mpc.fields import Fields
from mpc.node.whole import write_whole
from mpc.vertical.algorithms import MAX_CLASSES, MAX_DEPTH, MAX_TREES

FILE, FORMAT = "part.json", "shuxin-boosted-part-v1"
LIMIT = 64 << 20
"""Bytes of a file: as many trees as may be, of the largest depth, stay below."""
MAX_SPLITS = 1 << 17


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


def read(home: Path) -> BoostedPart:
    """Read an owner's part of a model.

    Raises:
        NotFound: this node keeps none of this job. InvalidRecord: the file is none.
    """
    if not (home / FILE).is_file():
        raise NotFound(f"{home.name}: this node keeps no part of a model of this job")
    fields = Fields(canonical.decode(read_bounded(home / FILE, LIMIT)), "part")
    if (other := fields.text("format")) != FORMAT:
        raise InvalidRecord(
            f"part: {FORMAT} expected, got {other[:40]!r}; a regression answers no joint scores, for a score less the "
            "own part of it is what the other's columns weigh"
        )
    splits, trees = fields.object("splits"), fields.optional_object("model")
    found = BoostedPart(
        job=fields.digest("job"),
        party=fields.text("party"),
        purpose=fields.text("purpose"),
        splits={_whole(name): _boundary(splits.object(name)) for name in splits.names(MAX_SPLITS)},
        salt=fields.digest("salt"),
        model=None if trees is None else _model(trees),
        curve=[_round(one) for one in fields.objects("curve", MAX_TREES)],
    )
    fields.done()
    return found


def hexadecimal(text: str) -> float:
    """Read a number as a part writes it, exactly; raises InvalidRecord."""
    try:
        return float.fromhex(text)
    except (ValueError, OverflowError) as exc:
        raise InvalidRecord("part: a number in hexadecimal expected") from exc


def _model(fields: Fields) -> Model:
    start = tuple(hexadecimal(text) for text in fields.texts("start", MAX_CLASSES))
    trees = fields.objects("trees", MAX_TREES * MAX_CLASSES)
    found = Model(fields.text("loss"), start, tuple(_node(tree, MAX_DEPTH) for tree in trees))
    fields.done()
    return found


def _node(fields: Fields, levels: int) -> Node:
    if fields.has("weight"):
        found: Node = Leaf(hexadecimal(fields.text("weight")))
    elif levels:
        sides = [_node(fields.object(side), levels - 1) for side in ("left", "right")]
        found = Split(fields.text("owner"), _whole(fields.text("split")), *sides)
    else:
        raise InvalidRecord(f"part: a tree of more than {MAX_DEPTH} levels")
    fields.done()
    return found


def _round(fields: Fields) -> Round:
    found = Round(hexadecimal(fields.text("loss")), hexadecimal(fields.text("exposure")), fields.boolean("shared"))
    fields.done()
    return found


def _boundary(fields: Fields) -> Boundary:
    found = Boundary(fields.text("column"), hexadecimal(fields.text("below")))
    fields.done()
    return found


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRecord("part: a split is named by a number")
    return int(text)
