"""Certificates and receipts for the committed vectors: scanned codes with their proof, on a network of their own."""

from __future__ import annotations

from pathlib import Path

from certifiedtown import DESCRIPTION, REGISTRAR, UNIT, LandTown, holder

from contracts.certificates import compact, issuing, sdjwt
from contracts.certificates.compact import Kind
from gateway.property.certificates.receipting import receipt_of

TRUST = "land.trust.json"
# Of each file, the step that must fail.
VERDICTS = {
    "certificate.txt": None,
    "certificate.part.txt": None,
    "certificate.revoked.txt": "status",
    "certificate.superseded.txt": "title",
    "certificate.foreign-member.txt": "form",
    "certificate.forged.txt": "certificate",
    "receipt.json": None,
    "receipt.txt": None,
}


def certificate_files(directory: Path) -> dict[str, bytes]:
    """Enter, certify, revoke and transfer, and write what a scanner would read each time."""
    town = LandTown(directory)
    try:
        town.enter("2026-1", "first", holder("张三", "1/3"), holder("Bob", "2/3"), DESCRIPTION)
        kept, _ = town.registrar.issue(UNIT)
        lost, _ = town.registrar.issue(UNIT, another=True)
        whole, status = sdjwt.parse(kept.text), town.status(kept.text).encode()
        town.registrar.revoke(lost, "lost")
        revoked = town.status(lost.text).encode()
        receipt = receipt_of("2026-1", REGISTRAR, town.book(REGISTRAR), town.chain, town.view).encode()
        town.enter("2026-2", "transfer", holder("Cat"))
        moved = town.status(kept.text).encode()
        trust = town.trust.encode()
    finally:
        town.close()
    part = issuing.showing(whole, ["code", "spatialUnit.address"])
    foreign = whole.showing([*whole.disclosures, sdjwt.disclosure(bytes(16), "elsewhere", "code")])
    forged = sdjwt.SdJwt(whole.header, whole.payload, bytes(64), whole.disclosures)
    return {
        TRUST: trust,
        "certificate.txt": _codes(whole, status),
        "certificate.part.txt": _codes(part, status),
        "certificate.revoked.txt": _codes(sdjwt.parse(lost.text), revoked),
        "certificate.superseded.txt": _codes(whole, moved),
        "certificate.foreign-member.txt": _codes(foreign, status),
        "certificate.forged.txt": _codes(forged, status),
        "receipt.json": receipt,
        "receipt.txt": _lines(compact.write(Kind.ENTRY, receipt, 1800)),
    }


def _codes(shown: sdjwt.SdJwt, status: bytes) -> bytes:
    packed = compact.pack_certificate(shown)
    return _lines((*compact.write(Kind.CERTIFICATE, packed, 4296), *compact.write(Kind.STATUS, status, 1800)))


def _lines(texts: tuple[str, ...]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()
