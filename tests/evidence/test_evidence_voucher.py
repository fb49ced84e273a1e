"""A voucher's proof says whether it was in force and who held it, and nothing else passes for one."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from contracts import slip
from contracts.evidence.program import judge
from contracts.evidence.records import vouched
from contracts.evidence.records.vouched import VoucherProof, verify_voucher
from contracts.vouchers.document import Document, Holding
from ledger import canonical
from ledger.errors import InvalidRecord, NotFound
from ledger.proofs.trust import Trust


@pytest.fixture(scope="module")
def data(vectors: Path) -> bytes:
    return (vectors / "voucher.json").read_bytes()


@pytest.fixture(scope="module")
def proof(data: bytes) -> VoucherProof:
    return vouched.parse(data)


def test_a_voucher_in_force_and_its_holder_are_proven(data: bytes, trust: Trust) -> None:
    verdict = judge(data, trust, None)
    assert [step.name for step in verdict.steps] == ["form", "network", "contracts", "voucher", "holder"]
    assert verdict.failed is None
    assert "held by finance" in verdict.lines("en")[-2]
    assert "持有人 finance" in verdict.lines("zh")[-2]


def test_the_holder_need_not_be_shown(proof: VoucherProof, trust: Trust) -> None:
    verdict = verify_voucher(replace(proof, holding=None).encode(), trust)
    assert verdict.failed is None
    assert "finance" not in "".join(verdict.lines("en"))


def test_who_handed_it_on_holds_it_no_more(vectors: Path, trust: Trust) -> None:
    assert verify_voucher((vectors / "voucher.handed-on.json").read_bytes(), trust).failed == "holder"


def test_somebody_else_does_not_hold_it(proof: VoucherProof, trust: Trust) -> None:
    assert proof.holding is not None
    for other in (replace(proof.holding, party="tax"), replace(proof.holding, salt=bytes(32))):
        assert verify_voucher(replace(proof, holding=other).encode(), trust).failed == "holder"


def test_a_revoked_voucher_fails_with_its_ground(vectors: Path, trust: Trust) -> None:
    verdict = verify_voucher((vectors / "voucher.revoked.json").read_bytes(), trust)
    assert verdict.failed == "voucher"
    assert "obtained by false statements" in verdict.steps[-1].detail.en


@pytest.mark.parametrize(
    "change",
    [
        {"number": "2026-8"}, {"issuer": "registrar-2"}, {"title": "Water"}, {"content": bytes(32)},
        {"valid_until": 1 << 39}, {"salt": bytes(32)},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_another_document_is_not_the_voucher_on_chain(
    change: dict[str, object], proof: VoucherProof, trust: Trust
) -> None:
    changed = replace(proof, document=replace(proof.document, **change))
    assert verify_voucher(changed.encode(), trust).failed == "voucher"


def test_a_proof_of_before_its_revocation_shows_only_the_time_before(proof: VoucherProof, trust: Trust) -> None:
    verdict = verify_voucher(proof.encode(), trust)
    assert (
        "in force at" in verdict.steps[3].detail.en
    )  # the newest header's time: who decides asks for a proof of today


def test_evidence_of_another_kind_is_no_voucher_proof(vectors: Path) -> None:
    for name in ("sums.json", "stream.json", "trust.json", "record.txt"):
        found = (vectors / name).read_bytes()
        assert not vouched.is_voucher_proof(found)
        with pytest.raises(InvalidRecord):
            vouched.parse(found)


def test_a_record_beside_a_voucher_proof_is_refused(data: bytes, trust: Trust) -> None:
    with pytest.raises(InvalidRecord):
        judge(data, trust, b"record")


def test_a_changed_byte_is_rejected(data: bytes, trust: Trust) -> None:
    drawn = random.Random(7)
    for _ in range(200):
        changed = bytearray(data)
        changed[drawn.randrange(len(data))] ^= drawn.randrange(1, 256)
        assert verify_voucher(bytes(changed), trust).failed is not None


def test_a_slip_is_read_back_and_no_other_form_passes_for_it(proof: VoucherProof, tmp_path: Path) -> None:
    document, file = proof.document, tmp_path / "voucher.json"
    file.write_bytes(slip.encode(document))
    assert slip.load(Document, file) == document
    told = slip.json_of(document)
    for value in (
        None, [], {}, {**told, "note": 1}, {**told, "version": 2}, {**told, "format": Holding.FORM},
        {**told, "valid_from": True}, {**told, "salt": "00"}, {**told, "salt": told["salt"].upper()},  # type: ignore[union-attr]
        {**told, "issuer": "A b"}, {**told, "title": " "}, {**told, "title": "x" * 501}, {**told, "valid_until": 0},
    ):  # fmt: skip
        with pytest.raises(InvalidRecord):
            slip.read(Document, value)  # type: ignore[arg-type]
    file.write_bytes(b" " + canonical.encode(told))
    with pytest.raises(InvalidRecord, match=r"voucher\.json"):
        slip.load(Document, file)
    with pytest.raises(NotFound):
        slip.load(Document, tmp_path / "none.json")
