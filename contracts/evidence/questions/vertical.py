"""A training over columns of several departments restated for verifiers: what was asked, and what every owner signed.

    leaf     a tree or step: whether others took part, digests of what was exchanged with each, salted digest of it
    root     of all leaves: the statement's transcript, anchored by the office's stream, signed by every owner
    part     salted digest of an owner's part of the model, which stays with it
    scores   the same share and part, whose digest is that of the training; no leaves
    release  the number of rows, the same from every owner; from the owner of the labels the mean loss of trees, or how
             far the last step of a regression still moved it

It shows who trained what with whom, on how many rows, and that no part of the model can be another later. It does NOT
show that trees or weights follow from rows: nobody but their owners sees either. Restates
``mpc.kinds.models.vertical`` and ``federated.vertical.jobs``; the tests hold both to each other.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence

from contracts.evidence.questions.asked import BOOSTED, REGRESSION, SCORES
from contracts.evidence.questions.noised import has_truth, number
from contracts.evidence.report import Words
from contracts.evidence.statement import Statement
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged
from ledger.log.record import SALT_BYTES, leaf_of
from ledger.merkle import root

MAX_SIDES, MAX_TREES, MAX_STEPS, MAX_CLASSES, DIGEST = 15, 500, 20, 64, 32
ROWS_A_NUMBER, MAX_COMPONENTS = 40, 24
_NAMED = ("sides", "label", "algorithm", "minimum", "least_rows", "key_bits")

Require = Callable[[str, str, JsonValue], bytes]
"""Returns the body of a step that a party signed for this session; raises for one that it did not sign."""


def terms(spec: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return what of a specification the parties' session holds; raises InvalidRecord."""
    if any(name not in spec for name in _NAMED) or has_truth(dict(spec)):
        raise InvalidRecord("specification: malformed training over columns")
    match spec:
        case {"statistic": statistic, "algorithm": {"model": model}} if (statistic == "vertical-prediction") != (
            model == "scores"
        ):
            raise InvalidRecord("specification: a model of another statistic")
    _require_least(spec)
    found = {name: spec[name] for name in _NAMED}
    return {**found, "form": spec.get("form", "exact"), "waves": waves(spec)}


def protocol(spec: Mapping[str, JsonValue]) -> str:
    """Name the protocol that a specification is run by."""
    match spec:
        case {"statistic": "vertical-prediction"}:
            return SCORES
        case {"algorithm": {"model": "logistic"}}:
            return REGRESSION
    return BOOSTED


def waves(spec: Mapping[str, JsonValue]) -> int:
    """Return how many leaves the run's stream has; raises InvalidRecord."""
    match spec:
        case {"algorithm": {"model": "scores"}}:
            return 0
        case {"algorithm": {"model": "boosted", "loss": str(loss), "trees": int(trees)}, "label": {"most": most}}:
            outputs = number(most) + 1 if loss == "softmax" else 1
            if 0 < trees <= MAX_TREES and 0 < outputs <= MAX_CLASSES:
                return trees * outputs
        case {"algorithm": {"model": "logistic", "steps": int(steps)}} if 0 < steps <= MAX_STEPS:
            return steps
    raise InvalidRecord("specification: malformed training over columns")


def owners(spec: Mapping[str, JsonValue]) -> tuple[str, tuple[str, ...]]:
    """Name the owner of the labels, and the others, sorted; raises InvalidRecord."""
    match spec:
        case {"label": {"party": str(label)}, "sides": list(sides)} if 1 < len(sides) <= MAX_SIDES:
            parties = [_party(side) for side in sides]
            if label in parties:
                return label, tuple(sorted(party for party in parties if party != label))
    raise InvalidRecord("specification: malformed training over columns")


def least_rows(found: Mapping[str, JsonValue]) -> int:
    """Rows below which nothing is trained."""
    return number(found["least_rows"])


def _require_least(spec: Mapping[str, JsonValue]) -> None:
    """Refuse what may be opened of fewer rows than owners agree to: sums by bin, or gradients of a regression."""
    match spec:
        case {"algorithm": {"model": "logistic"}} if number(spec["least_rows"]) < ROWS_A_NUMBER * _opened(spec):
            raise InvalidRecord("specification: more numbers of gradients are opened than its rows bear")
        case {"algorithm": {"model": "boosted", "least": least}, "minimum": int(minimum)} if number(least) < minimum:
            raise InvalidRecord("specification: sums by bin of fewer rows than its minimum")


def _opened(spec: Mapping[str, JsonValue]) -> int:
    """Count the numbers that a regression opens to the owner with most columns."""
    match spec:
        case {"algorithm": {"steps": int(steps), "components": int(components)}, "sides": list(sides)} if (
            0 <= components <= MAX_COMPONENTS
        ):
            columns = [side["columns"] for side in sides if isinstance(side, dict) and "columns" in side]
            found = [len(own) for own in columns if isinstance(own, list)]
            if len(found) == len(sides) == 2:
                return steps * (1 + (components or max(found)))
    raise InvalidRecord("specification: malformed training over columns")


def release(statement: Statement, openings: Mapping[str, JsonValue], require: Require) -> JsonValue:
    """Return the release document that follows from what the owners signed.

    Raises:
        InvalidRecord, VerificationError: a message is malformed, not signed, or contradicts another or the statement.
    """
    spec = statement.spec
    assert isinstance(spec, dict)
    label, features = owners(spec)
    count, shares = waves(spec), dict[str, tuple[bytes, int, float]]()
    for party, messages in openings.items():
        match messages:
            case {"share": share, **rest} if set(rest) == ({"leaves"} if party == label else set()):
                shares[party] = _share(require("share", party, share), statement.transcript)
            case _:
                raise InvalidRecord("openings: an owner has a share, the owner of the labels also leaves")
    told = openings[label]
    assert isinstance(told, dict)
    leaves = told["leaves"]
    if not isinstance(leaves, list) or len(leaves) != count:
        raise InvalidRecord(f"openings: {count} leaves expected")
    bodies = [require(f"leaf/{at}", label, leaf) for at, leaf in enumerate(leaves, start=1)]
    if _root(canonical.digest(statement.session), bodies, features) != statement.transcript:
        raise VerificationError("openings: the leaves are not those that all parties signed")
    if len({rows for _, rows, _ in shares.values()}) != 1:
        raise VerificationError("openings: the owners say different numbers of rows")
    if any(loss for party, (_, _, loss) in shares.items() if party != label):
        raise VerificationError("openings: a loss or slope from an owner without labels")
    parts: JsonValue = {party: part.hex() for party, (part, _, _) in shares.items()}
    return _document(spec, count, shares[label], parts)


def counted(statement: Statement, openings: Mapping[str, JsonValue], require: Require) -> JsonValue:
    """Return the release document of a question for scores: how many persons, by which parts of which model.

    Raises:
        InvalidRecord, VerificationError: as ``release``.
    """
    spec = statement.spec
    assert isinstance(spec, dict)
    shares = dict[str, tuple[bytes, int, float]]()
    for party, messages in openings.items():
        match messages:
            case {"share": share, **rest} if not rest:
                shares[party] = _share(require("share", party, share), statement.transcript)
            case _:
                raise InvalidRecord("openings: an owner has a share")
    if len({rows for _, rows, _ in shares.values()}) != 1:
        raise VerificationError("openings: the owners say different numbers of rows")
    algorithm, (rows, *_) = spec["algorithm"], [rows for _, rows, _ in shares.values()]
    assert isinstance(algorithm, dict)
    parts: JsonValue = {party: part.hex() for party, (part, _, _) in shares.items()}
    return {**algorithm, "rows": str(rows), "parts": parts, "assurance": "node"}


def told(protocol: str, owners: int) -> Words:
    """Say what the openings show, and what they do not."""
    if protocol == SCORES:
        return Words(
            f"as {owners} owners signed them; scores lie with the one that asked",
            f"与 {owners} 个提供方所签一致;评分留存于请求方",
        )
    what = Words("weights", "各权重") if protocol == REGRESSION else Words("the trees", "各树")
    return Words(
        f"as {owners} owners signed them; that {what.en} follow from their rows nobody else could see",
        f"与 {owners} 个提供方所签一致;{what.zh}是否由其数据得出,他人无从得知",
    )


def _document(spec: Mapping[str, JsonValue], count: int, own: tuple[bytes, int, float], parts: JsonValue) -> JsonValue:
    algorithm, (_, rows, figure) = spec["algorithm"], own
    assert isinstance(algorithm, dict)
    named = "slope" if protocol(spec) == REGRESSION else "loss"
    return {
        "model": algorithm["model"],
        "label": spec["label"],
        "rounds": count,
        "rows": str(rows),
        named: repr(figure),
        "parts": parts,
        "assurance": "node",
    }


def _share(body: bytes, transcript: bytes) -> tuple[bytes, int, float]:
    if len(body) != 2 * DIGEST + 16:
        raise InvalidRecord("openings: a share of another length")
    if body[:DIGEST] != transcript:
        raise VerificationError("openings: an owner holds another record of the run than the statement")
    rows, loss = struct.unpack(">Qd", body[2 * DIGEST :])
    if not math.isfinite(loss) or loss < 0:
        raise InvalidRecord("openings: a loss or slope that is no number")
    return body[DIGEST : 2 * DIGEST], rows, loss


def _root(session: bytes, bodies: Sequence[bytes], features: Sequence[str]) -> bytes:
    leaves = [_leaf(at, body, features) for at, body in enumerate(bodies, start=1)]
    return root([leaf_of(_salt(session, place), leaf) for place, leaf in enumerate(leaves)])


def _leaf(at: int, body: bytes, features: Sequence[str]) -> bytes:
    if len(body) != 1 + DIGEST * (len(features) + 1) or body[0] > 1:
        raise InvalidRecord("openings: a leaf of another form")
    digests = [body[start : start + DIGEST].hex() for start in range(1, len(body), DIGEST)]
    exchanged: JsonValue = dict(zip(features, digests, strict=False))
    document: JsonValue = {"round": at, "shared": bool(body[0]), "exchanged": exchanged, "model": digests[-1]}
    return canonical.encode(document)


def _salt(session: bytes, index: int) -> bytes:
    return tagged("SHUXIN-TRAIN-V1 leaf", session, index.to_bytes(8, "big"))[:SALT_BYTES]


def _party(side: JsonValue) -> str:
    match side:
        case {"party": str(party)}:
            return party
    raise InvalidRecord("specification: a side has a party")
