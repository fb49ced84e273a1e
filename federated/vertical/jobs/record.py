"""What is said of a finished tree, and at the end: bodies of fixed length, the leaves of the run's stream, the release.

The label owner makes the record of a tree: digests of what it exchanged with every feature owner, and of the tree under
a salt of its own. Each feature owner holds its digest against the own one; all leaves are made by every party. At the
end every owner signs for the recipient the root of the stream, the salted digest of its part of the model, and the
number of rows.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from federated.runs import record as rounds
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.spec.vertical import VerticalSpec
from mpc.vertical.regression import Regression

DIGEST = 32
SHARE_BYTES = 2 * DIGEST + 16
ASSURANCE = "node"
"""Whose code saw the rows: the department's own node's, and no app's."""


@dataclass(frozen=True, slots=True)
class Grown:
    """One tree, or one round. exchanged: by feature owner; model: salted digest; is_shared: whether others took
    part."""

    is_shared: bool
    exchanged: Mapping[str, bytes] = field(repr=False)
    model: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Write the body of a message; parties in order."""
        digests = [self.exchanged[party] for party in sorted(self.exchanged)]
        return bytes([self.is_shared]) + b"".join(digests) + self.model

    def leaf(self, number: int) -> bytes:
        """Write the leaf of the run's stream."""
        exchanged: JsonValue = {party: digest.hex() for party, digest in self.exchanged.items()}
        document: JsonValue = {
            "round": number,
            "shared": self.is_shared,
            "exchanged": exchanged,
            "model": self.model.hex(),
        }
        return canonical.encode(document)


def grown_bytes(features: int) -> int:
    """Return the length of ``Grown.encode``."""
    return 1 + DIGEST * (features + 1)


def read_grown(body: bytes, features: Sequence[str]) -> Grown:
    """Read what ``Grown.encode`` wrote; raises InvalidRecord."""
    if len(body) != grown_bytes(len(features)) or body[0] > 1:
        raise InvalidRecord("tree: a record of another form")
    parts = [body[at : at + DIGEST] for at in range(1, len(body), DIGEST)]
    return Grown(bool(body[0]), dict(zip(sorted(features), parts, strict=False)), parts[-1])


@dataclass(frozen=True, slots=True)
class Share:
    """What an owner signs at the end. figure: of the label owner (``Trained``); 0 from the others."""

    root: bytes
    part: bytes
    rows: int
    figure: float = 0.0

    def encode(self) -> bytes:
        return self.root + self.part + struct.pack(">Qd", self.rows, self.figure)


class KeptPart(Protocol):
    """An owner's part of a model."""

    @property
    def digest(self) -> bytes: ...
    def write(self, home: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Trained:
    """What an owner has when training is over. figure: the loss of trees, the slope of a regression, from the label
    owner."""

    part: KeptPart
    grown: Sequence[Grown]
    figure: float = 0.0


def read_share(body: bytes) -> Share:
    """Read what ``Share.encode`` wrote; raises InvalidRecord."""
    if len(body) != SHARE_BYTES:
        raise InvalidRecord(f"share: {SHARE_BYTES} bytes expected, got {len(body)}")
    rows, figure = struct.unpack(">Qd", body[2 * DIGEST :])
    if not (math.isfinite(figure) and figure >= 0):
        raise InvalidRecord("share: a loss or slope that is no number")
    return Share(body[:DIGEST], body[DIGEST : 2 * DIGEST], rows, figure)


def root_of(session: bytes, grown: Sequence[Grown]) -> bytes:
    """Return the root of a run's stream."""
    return rounds.root_of(session, [found.leaf(number) for number, found in enumerate(grown, start=1)])


def figure_of(spec: VerticalSpec) -> str:
    """Name what the release says of the model: how large its loss is, or how far its last step still moved it."""
    return "slope" if isinstance(spec.algorithm, Regression) else "loss"


def document(spec: VerticalSpec, shares: Mapping[str, Share]) -> JsonValue:
    """Write the release: whose model of what, how many rows, how well it fits, and the digests of its parts."""
    label = shares[spec.label.party]
    return {
        "model": spec.algorithm.model,
        "label": spec.label.json(),
        "rounds": spec.rounds,
        "rows": str(label.rows),
        figure_of(spec): repr(label.figure),
        "parts": {party: share.part.hex() for party, share in shares.items()},
        "assurance": ASSURANCE,
    }


def counted(spec: VerticalSpec, shares: Mapping[str, Share]) -> JsonValue:
    """Write the release of a question for scores: by which model, how many persons, with which parts."""
    asked = spec.algorithm.json()
    assert isinstance(asked, dict)
    return {
        **asked,
        "rows": str(shares[spec.label.party].rows),
        "parts": {party: share.part.hex() for party, share in shares.items()},
        "assurance": ASSURANCE,
    }
