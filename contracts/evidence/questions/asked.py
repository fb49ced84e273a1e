"""What a question is for a verifier, whatever its kind, and the members that specifications of all kinds have.

``contracts.evidence.questions.question`` reads a whole specification.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.authorizations.record import Operations
from contracts.jobs.record import MAX_PARTIES
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

SUMS, NOISED = "masked-sums-v1", "noised-sums-v1"
JOIN, NOISED_JOIN = "private-join-v1", "noised-join-v1"
PERCENTILES, ALIGNED, CKKS = "percentiles-v1", "aligned-v1", "ckks-sums-v1"
TRAINING, NOISED_TRAINING, MEASURED_TRAINING = "training-v1", "noised-training-v1", "measured-training-v1"
BOOSTED, REGRESSION, SCORES = "boosted-v1", "regression-v1", "scores-v1"
MATCHED = "matched-v1"
GROUPED_JOIN, SIFTED_JOIN = "grouped-join-v1", "sifted-join-v1"
MAX_SOURCES = MAX_PARTIES - 1
_ID = re.compile(r"0x[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Source:
    """An owner: its role, asset and authorization."""

    party: str
    role: str
    asset: str
    authorization: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked.

    cells: in the order of the specification. follows: of a sum, the count cell that decides about it.
    terms: the protocol's part of the session record, without what a specification leaves open.
    free: the names of those open terms (padding, encryption), which the parties agree on by signing.
    """

    protocol: str
    purpose: str
    recipient: str
    sources: tuple[Source, ...]
    operations: Operations
    minimum: int
    contributors: int
    cells: tuple[str, ...]
    follows: Mapping[str, str]
    terms: Mapping[str, JsonValue]
    free: frozenset[str]

    @property
    def parties(self) -> tuple[str, ...]:
        """All codes, sorted."""
        return tuple(sorted({source.party for source in self.sources} | {self.recipient}))

    def role(self, party: str) -> str:
        return next((source.role for source in self.sources if source.party == party), "recipient")


def prime_group(spec: Mapping[str, JsonValue]) -> str:
    """The group that the gate computed in; a specification names it only where it is not the usual one."""
    group = spec.get("prime_group", "ristretto255")
    if group not in ("ristretto255", "sm2"):
        raise InvalidRecord("specification: a group of prime order that this verifier does not know")
    assert isinstance(group, str)
    return group


def source(value: JsonValue, role: str) -> Source:
    match value:
        case {"party": str(party), "asset": str(asset), "authorization": str(authorization)}:
            if _ID.fullmatch(authorization):
                return Source(party, role, asset, bytes.fromhex(authorization[2:]))
    raise InvalidRecord("specification: a source has party, asset and authorization")


def text(spec: Mapping[str, JsonValue], name: str) -> str:
    found = spec.get(name)
    if not isinstance(found, str):
        raise InvalidRecord(f"specification: {name} must be a text")
    return found


def minimum(spec: Mapping[str, JsonValue]) -> int:
    found = spec.get("minimum")
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise InvalidRecord("specification: the minimum must be a positive number")
    return found
