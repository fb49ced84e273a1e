"""The receipt of an entry holds offline for ever, and nothing else passes for one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from certifiedtown import DESCRIPTION, REGISTRAR, LandTown, holder

from contracts.certificates import compact
from contracts.certificates.compact import Kind
from contracts.evidence.program import judge
from contracts.evidence.register import receipt
from contracts.evidence.register.receipt import Receipt, verify_entry
from gateway.property.certificates.printing import receipt_page
from gateway.property.certificates.receipting import receipt_of
from gateway.property.entering import entry
from ledger.errors import Conflict, InvalidRecord, NotFound, VerificationError
from ledger.proofs.headers import parse_header
from ledger.proofs.trust import Trust


@dataclass(frozen=True)
class Receipts:
    """Of a first registration, and of the mortgage after it."""

    trust: Trust
    first: Receipt
    loan: Receipt


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receipts]:
    town = LandTown(tmp_path_factory.mktemp("town"))

    def of(code: str) -> Receipt:
        return receipt_of(code, REGISTRAR, town.book(REGISTRAR), town.chain, town.view)

    try:
        town.enter("1", "first", holder("Ann"), DESCRIPTION)
        town.enter("2", "mortgage", '[restriction]\nholder = "Bank"\nclaim = "a loan"\nrank = 1')
        with pytest.raises(NotFound):
            of("3")
        town.desk.accept(entry.load(town.file("3", "transfer", holder("Bob"))))
        with pytest.raises(Conflict, match="not entered yet"):
            of("3")
        yield Receipts(town.trust, of("1"), of("2"))
    finally:
        town.close()


def test_every_entry_with_an_application_has_a_receipt_that_names_nobody(receipts: Receipts) -> None:
    for found, number in ((receipts.first, "1"), (receipts.loan, "2")):
        encoded = found.encode()
        verdict = verify_entry(encoded, receipts.trust)
        assert [step.name for step in verdict.steps] == ["form", "network", "contracts", "application", "entry"]
        assert verdict.failed is None
        said = "\n".join(verdict.lines("en"))
        assert f"application: {number}" in said
        assert "in time: yes" in said
        assert not any(name.encode() in encoded for name in ("Ann", "Bank", "中山路"))


def test_another_number_register_registrar_or_papers_is_refused(receipts: Receipts) -> None:
    for change in ({"application": "9"}, {"register": "county"}, {"party": "county"}, {"papers": bytes(32)}):
        changed = replace(receipts.first, **change).encode()
        assert verify_entry(changed, receipts.trust).failed == "application"


def test_the_entry_of_another_application_does_not_serve(receipts: Receipts) -> None:
    own, other = receipts.first.chain, receipts.loan.chain
    headers = {parse_header(raw).number: raw for raw in (own.headers[0], own.headers[-1], other.headers[1])}
    raws = tuple(raw for _, raw in sorted(headers.items()))
    mixed = replace(receipts.first, chain=replace(own, headers=raws, moments=other.moments))
    assert "shows another event" in verify_entry(mixed.encode(), receipts.trust).steps[-1].detail.en
    sealed = replace(own, headers=(own.headers[0], own.headers[-1]), moments=())
    assert (
        "expected one receipt"
        in verify_entry(replace(receipts.first, chain=sealed).encode(), receipts.trust).steps[-1].detail.en
    )


def test_another_network_is_refused(receipts: Receipts) -> None:
    elsewhere = replace(receipts.trust, genesis_hash=bytes(32))
    assert verify_entry(receipts.first.encode(), elsewhere).failed == "network"


def test_no_byte_can_be_changed(receipts: Receipts) -> None:
    encoded, drawn = receipts.first.encode(), random.Random(4)
    for _ in range(60):
        changed = bytearray(encoded)
        changed[drawn.randrange(len(changed))] ^= drawn.randrange(1, 256)
        assert verify_entry(bytes(changed), receipts.trust).failed is not None


def test_the_codes_of_the_printed_receipt_are_accepted(receipts: Receipts) -> None:
    codes = compact.write(Kind.ENTRY, receipts.first.encode(), 1800)
    assert judge("\n".join(reversed(codes)).encode(), receipts.trust).failed is None
    assert judge(receipts.first.encode(), receipts.trust).failed is None
    with pytest.raises(InvalidRecord):
        judge(receipts.first.encode(), receipts.trust, proof=b"{}")
    assert receipt_page(receipts.first.encode(), receipts.trust).count("<svg") == len(codes)
    with pytest.raises(VerificationError):
        receipt_page(replace(receipts.first, application="9").encode(), receipts.trust)


def test_a_receipt_has_one_form(receipts: Receipts) -> None:
    encoded = receipts.first.encode()
    assert receipt.parse(encoded) == receipts.first
    assert receipt.is_receipt(encoded)
    for wrong in (encoded + b"\n", b"{}", b"", encoded.replace(b'"entry":{', b'"entry":{"more":1,')):
        with pytest.raises(InvalidRecord):
            receipt.parse(wrong)
