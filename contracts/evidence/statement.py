"""What all parties of a job sign: an in-toto Statement about one release.

The subject is the salted commitment to the released figures: owners sign without seeing them. Everything else in it is
public to the parties or a digest. Every party builds the statement by itself from proven chain facts and the protocol's
public outcome; the same facts give the same bytes, so a digest on chain is enough to agree on it.

Source: in-toto Attestation Framework, Statement v1. It claims nothing about the truth of inputs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import sha256, tagged

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:shuxin:evidence:joint-statistic:v1"
MODEL_TYPE = "urn:shuxin:evidence:joint-model:v1"
"""Of a model: its transcript is the root of the run's stream, which the coordinator has anchored."""
SALT_BYTES = 32
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Member:
    """One party of the job: its role in the protocol and, for an owner, its asset and the authorization for it."""

    party: str
    role: str
    asset: str | None = None
    authorization: bytes | None = None

    def json(self) -> JsonValue:
        value: dict[str, JsonValue] = {"party": self.party, "role": self.role}
        if self.asset is not None and self.authorization is not None:
            value |= {"asset": self.asset, "authorization": self.authorization.hex()}
        return value


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement of one release.

    session: the job record of the attempt (chain, job, attempt, statement keys, input commitments, terms), whose
    digest enters every message of the protocol. spec, leakage: JSON as their own modules write them.
    """

    session: JsonValue
    spec: JsonValue
    members: tuple[Member, ...]
    opened: tuple[str, ...]
    withheld: tuple[str, ...]
    transcript: bytes
    leakage: JsonValue
    result: bytes

    def encode(self) -> bytes:
        """Write the canonical bytes that are signed."""
        predicate: dict[str, JsonValue] = {
            "session": self.session,
            "spec": self.spec,
            "members": [member.json() for member in self.members],
            "release": {"opened": list(self.opened), "withheld": list(self.withheld)},
            "transcript": self.transcript.hex(),
            "leakage": self.leakage,
        }
        return canonical.encode(
            {
                "_type": TYPE,
                "subject": [{"name": "release", "digest": {"sha256": self.result.hex()}}],
                "predicateType": self.predicate_type,
                "predicate": predicate,
            }
        )

    @property
    def predicate_type(self) -> str:
        """What kind of release it is of, as its specification says."""
        is_model = isinstance(self.spec, dict) and self.spec.get("statistic") in ("training", "vertical-training")
        return MODEL_TYPE if is_model else PREDICATE_TYPE

    @property
    def is_model(self) -> bool:
        return self.predicate_type == MODEL_TYPE

    @property
    def digest(self) -> bytes:
        """The 32 bytes every party records on chain when it signs."""
        return sha256(self.encode())


def commit(session: bytes, salt: bytes, release: JsonValue) -> bytes:
    """Commit to released figures under a salt of 32 bytes, without which few cells could be guessed.

    Args:
        session: digest of the job record, so that a commitment fits one attempt of one job.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"the salt has {SALT_BYTES} bytes")
    return tagged("SHUXIN-RELEASE-V1", session, salt, canonical.encode(release))


def parse(data: bytes) -> Statement:
    """Read a statement.

    Raises:
        InvalidRecord: not canonical, another type, or a field that is missing, unknown or malformed.
    """
    value = canonical.decode(data)
    match value:
        case {
            "_type": kind,
            "predicateType": predicate_type,
            "subject": [{"name": "release", "digest": {"sha256": str(result)}}],
            "predicate": {
                "session": session,
                "spec": spec,
                "members": list(members),
                "release": {"opened": list(opened), "withheld": list(withheld)},
                "transcript": str(transcript),
                "leakage": leakage,
            },
        }:
            if kind != TYPE or predicate_type not in (PREDICATE_TYPE, MODEL_TYPE):
                raise InvalidRecord(f"statement: expected {PREDICATE_TYPE}, got {str(predicate_type)[:80]!r}")
        case _:
            raise InvalidRecord("statement: of no joint statistic and no joint model")
    statement = Statement(
        session=session,
        spec=spec,
        members=tuple(_member(member) for member in members),
        opened=_names(opened),
        withheld=_names(withheld),
        transcript=_digest(transcript),
        leakage=leakage,
        result=_digest(result),
    )
    if statement.encode() != data:
        raise InvalidRecord("statement: unknown fields")
    return statement


def _member(value: JsonValue) -> Member:
    match value:
        case {"party": str(party), "role": str(role), "asset": str(asset), "authorization": str(authorization)}:
            return Member(party, role, asset, _digest(authorization))
        case {"party": str(party), "role": str(role)}:
            return Member(party, role)
    raise InvalidRecord("statement: a member has party and role, an owner also asset and authorization")


def _names(values: Sequence[JsonValue]) -> tuple[str, ...]:
    names = tuple(value for value in values if isinstance(value, str))
    if len(names) != len(values) or len(set(names)) != len(names):
        raise InvalidRecord("statement: cells are distinct names")
    return names


def _digest(text: str) -> bytes:
    if not _HEX.fullmatch(text):
        raise InvalidRecord("statement: expected 64 lower-case hex digits")
    return bytes.fromhex(text)
