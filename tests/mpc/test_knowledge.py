"""Knowing what commitments hold: the proof in both groups, its bytes, and why each part of it is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged
from mpc.groups import knowledge
from mpc.groups.group import Element, Group, Scalar
from mpc.groups.knowledge import Knowledge
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.groups.sm2 import SM2
from mpc.stream import Stream

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "mpc" / "openings_v01.json").read_text())
"""Made by this code: no official ones exist for this proof. They hold the bytes still, on every machine and version."""
CONTEXT, SECRET = b"session, party, cells", b"\7" * 32
OPENINGS = [(-5, Scalar(77)), (0, Scalar(1)), (2**96, Scalar(3**100))]
GROUPS = pytest.mark.parametrize("group", [RISTRETTO255, SM2], ids=lambda group: group.name)


def of(group: Group) -> Knowledge:
    return Knowledge(group, group.hash_to_group(b"second generator", b"TEST-V01"))


def commit(known: Knowledge, value: int, r: Scalar) -> Element:
    group = known.group
    return group.add(group.base(group.scalar(value)), group.multiply(r, known.second))


def made(group: Group) -> tuple[Knowledge, list[Element], bytes]:
    known = of(group)
    points = [commit(known, value, r) for value, r in OPENINGS]
    return known, points, known.prove(points, OPENINGS, CONTEXT, SECRET)


@GROUPS
@pytest.mark.parametrize("cells", [1, 2, 3])
def test_who_knows_what_it_committed_to_can_prove_it(group: Group, cells: int) -> None:
    known, points, _ = made(group)
    proof = known.prove(points[:cells], OPENINGS[:cells], CONTEXT, SECRET)
    assert len(proof) == known.proof_bytes == group.element_bytes + 64
    known.verify(points[:cells], CONTEXT, proof)


@GROUPS
def test_each_changed_byte_is_refused(group: Group) -> None:
    known, points, proof = made(group)
    for place in range(len(proof)):
        with pytest.raises((InvalidRecord, VerificationError)):
            known.verify(points, CONTEXT, proof[:place] + bytes([proof[place] ^ 4]) + proof[place + 1 :])


@GROUPS
def test_a_proof_fits_its_context_and_its_commitments_in_their_order_alone(group: Group) -> None:
    known, points, proof = made(group)
    for other in (points[:2], [points[1], points[0], points[2]], [*points, points[0]], []):
        with pytest.raises(VerificationError, match="does not hold"):
            known.verify(other, CONTEXT, proof)
    with pytest.raises(VerificationError, match="does not hold"):
        known.verify(points, CONTEXT + b"!", proof)
    second = Knowledge(group, group.hash_to_group(b"third generator", b"TEST-V01"))
    with pytest.raises(VerificationError, match="does not hold"):
        second.verify(points, CONTEXT, proof)


@GROUPS
def test_wrong_lengths_the_identity_and_unreduced_responses_are_malformed(group: Group) -> None:
    known, points, proof = made(group)
    end = group.element_bytes
    z = int.from_bytes(proof[end : end + 32], "little")
    lifted = (z + group.order) % 2**256  # SM2's order nearly fills 32 bytes: z + order may not fit
    unreduced = max(lifted, group.order).to_bytes(32, "little")
    bad = [b"", proof[:-1], proof + b"\0", group.identity + proof[end:], proof[:end] + unreduced + proof[end + 32 :]]
    for each in bad:
        with pytest.raises(InvalidRecord):
            known.verify(points, CONTEXT, each)


@GROUPS
def test_another_value_or_randomness_than_committed_to_proves_nothing(group: Group) -> None:
    known, points, _ = made(group)
    for change in [(1, 0), (0, 1)]:
        false = [(x + change[0], Scalar(r + change[1])) for x, r in OPENINGS]
        with pytest.raises(VerificationError):
            known.verify(points, CONTEXT, known.prove(points, false, CONTEXT, SECRET))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["group"])
def test_bytes_are_those_of_the_vectors(vector: dict[str, str]) -> None:
    group = {RISTRETTO255.name: RISTRETTO255, SM2.name: SM2}[vector["group"]]
    known, points, proof = made(group)
    assert vector["second"] == known.second.hex()
    assert (vector["context"], vector["secret"]) == (CONTEXT.hex(), SECRET.hex())
    assert vector["openings"] == [[str(x), str(r)] for x, r in OPENINGS]
    assert vector["points"] == [point.hex() for point in points]
    assert vector["proof"] == proof.hex()


# why each part is there


def test_answers_to_one_more_challenge_than_cells_give_every_opening() -> None:
    """The proof of soundness, carried out: the matrix of powers is inverted."""
    q, (a, b) = RISTRETTO255.order, (123456789, 987654321)
    challenges = [5, 6, 7, 8]
    rows = [[pow(e, i, q) for i in range(4)] for e in challenges]
    secrets = [(a, b), *((x % q, int(r)) for x, r in OPENINGS)]
    answers = [[sum(p * s[side] for p, s in zip(row, secrets, strict=True)) % q for side in (0, 1)] for row in rows]
    assert solved(rows, answers, q) == [list(pair) for pair in secrets]


def solved(rows: list[list[int]], answers: list[list[int]], q: int) -> list[list[int]]:
    """Gauss and Jordan modulo a prime."""
    work = [row + answer for row, answer in zip(rows, answers, strict=True)]
    for place in range(len(work)):
        pivot = pow(work[place][place], -1, q)
        work[place] = [x * pivot % q for x in work[place]]
        for other in range(len(work)):
            if other != place:
                factor = work[other][place]
                work[other] = [(x - factor * y) % q for x, y in zip(work[other], work[place], strict=True)]
    return [row[len(rows) :] for row in work]


def test_with_one_weight_for_all_who_knows_the_sum_alone_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commitments to what nobody knows, their sum to 42: powers of the challenge tell, a constant does not."""
    known = of(RISTRETTO255)
    stranger = RISTRETTO255.random_element(Stream(b"\1" * 32))
    points = [stranger, RISTRETTO255.subtract(commit(known, 42, Scalar(9)), stranger)]
    sum_alone = [(42, Scalar(9)), (0, Scalar(0))]
    with pytest.raises(VerificationError):
        known.verify(points, CONTEXT, known.prove(points, sum_alone, CONTEXT, SECRET))
    monkeypatch.setattr(Knowledge, "_challenge", lambda *_: Scalar(1))
    known.verify(points, CONTEXT, known.prove(points, sum_alone, CONTEXT, SECRET))


def test_without_the_commitments_in_the_hash_they_could_be_fitted_to_a_challenge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Choose A, z and w first; whatever e comes out, C = (z*G + w*H - A)/e fits, and nobody knows what it holds."""
    known, group = of(RISTRETTO255), RISTRETTO255
    nonces = group.random_element(Stream(b"\2" * 32))
    proof = nonces + (5).to_bytes(32, "little") + (6).to_bytes(32, "little")
    e = known._challenge([], CONTEXT, nonces)
    fitted = group.multiply(Scalar(pow(e, -1, group.order)), group.subtract(commit(known, 5, Scalar(6)), nonces))
    with pytest.raises(VerificationError):
        known.verify([fitted], CONTEXT, proof)
    monkeypatch.setattr(Knowledge, "_challenge", lambda *_: e)
    known.verify([fitted], CONTEXT, proof)


def test_any_challenge_has_answers_that_need_no_opening_so_a_proof_shows_none() -> None:
    """The simulator: uniform z and w, and the one A that fits; a real proof has the same distribution."""
    known, points, _ = made(RISTRETTO255)
    e, z, w = Scalar(11**70 % RISTRETTO255.order), Scalar(13), Scalar(17)
    total = RISTRETTO255.identity
    for point in reversed(points):
        total = RISTRETTO255.multiply(e, RISTRETTO255.add(total, point))
    simulated = RISTRETTO255.subtract(commit(known, z, w), total)
    assert RISTRETTO255.add(simulated, total) == commit(known, z, w)


def test_one_statement_has_one_proof_and_another_statement_other_nonces() -> None:
    known, points, proof = made(RISTRETTO255)
    assert known.prove(points, OPENINGS, CONTEXT, SECRET) == proof
    others = [
        known.prove(points, OPENINGS, b"another attempt", SECRET),
        known.prove(points[:2], OPENINGS[:2], CONTEXT, SECRET),
        known.prove(points, OPENINGS, CONTEXT, b"\1" * 32),
    ]
    assert len({each[:32] for each in (proof, *others)}) == 4


def test_with_nonces_that_forget_the_statement_two_proofs_give_the_value_away(monkeypatch: pytest.MonkeyPatch) -> None:
    known, points, _ = made(RISTRETTO255)

    def searched() -> int:
        first, second = (known.prove(points[:1], OPENINGS[:1], context, SECRET) for context in (b"one", b"two"))
        e, f = (known._challenge(points[:1], c, p[:32]) for c, p in ((b"one", first), (b"two", second)))
        z, y = (int.from_bytes(p[32:64], "little") for p in (first, second))
        return (z - y) * pow(e - f, -1, RISTRETTO255.order) % RISTRETTO255.order

    value = OPENINGS[0][0] % RISTRETTO255.order
    assert searched() != value
    genuine = knowledge.derive
    monkeypatch.setattr(knowledge, "derive", lambda secret, _, label: genuine(secret, tagged("nothing"), label))
    assert searched() == value
