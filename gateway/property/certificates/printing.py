"""What stands on printed certificates and receipts, taken from the very content of their codes.

A certificate's page is written from its text, a receipt's from its verified content. The proof as of printing is
printed only where it holds.
"""

from __future__ import annotations

from typing import Final

from contracts.certificates import compact, content, credential, sdjwt
from contracts.certificates.compact import Kind
from contracts.certificates.telling import sentences
from contracts.evidence.register.certificate import verify_certificate
from contracts.evidence.register.receipt import verify_entry
from contracts.evidence.report import Words
from gateway.property.certificates import page
from gateway.property.certificates.page import CODE_ROOM, Paper
from ledger.proofs.trust import Trust

_CERTIFICATE: Final = Words("Real estate title certificate", "不动产权属电子证照")
_RECEIPT: Final = Words("Receipt of an entry in the register", "不动产登簿回执")
_EQUAL: Final = Words(
    "An electronic certificate has the same force as one on paper (Provisions on Online Government Services, art. 10).",
    "电子证照与纸质证照具有同等法律效力(《国务院关于在线政务服务的若干规定》第十条)。",
)
_CHECK: Final = Words(
    "The code counts, not this paper: scan it into a file and run `shuxin verify FILE --status STATUS --trust TRUST`. "
    "Any department's node makes the status, without the issuer; this paper alone does not show a later revocation.",
    "以二维码内容为准:扫描存为文件后运行 shuxin verify 核验。状态证明可由任一部门节点出具,无需签发机构在线;"
    "仅凭本纸件无法得知打印后的撤销或变更。",
)
_BURDENS: Final = Words(
    "Mortgages, seizures and other restrictions are not on this certificate; ask the register.",
    "本证照不记载抵押、查封等限制情况,请另行查询登记簿。",
)
_SCAN: Final = Words(
    "Scan all codes into one file, a line each in any order, and run `shuxin verify FILE --trust TRUST`: no connection "
    "is needed, and the receipt does not grow old.",
    "将全部二维码扫描存入同一文件(每行一个,顺序不限),运行 shuxin verify 即可离线核验;本回执长期有效。",
)
_ENTRY: Final = Words(
    "It says that this was entered, and not how the title stands since.",
    "本回执仅证明该事项已登簿,不反映其后的权利状况。",
)


def certificate_page(text: str, status: bytes | None, trust: Trust | None) -> str:
    """Write the page of a certificate, whole or in part.

    Args:
        status, trust: both, to print the proof as of now beside it; or neither.
    Raises:
        InvalidRecord: no certificate. VerificationError: it does not hold with this status.
    """
    parsed = sdjwt.parse(text)
    shown = credential.read(parsed)
    en, zh = sentences(shown, content.read(shown))
    notes = [_CHECK, _BURDENS, _EQUAL]
    proof: tuple[str, ...] = ()
    if status is not None and trust is not None:
        verdict = verify_certificate(text, status, trust)
        verdict.require()
        as_of = next(step.detail for step in verdict.steps if step.name == "status")
        notes.insert(0, Words(f"Not revoked and still the title, {as_of.en}.", f"未被撤销且权利状态未变,{as_of.zh}。"))
        proof = compact.write(Kind.STATUS, status, CODE_ROOM)
    codes = compact.write(Kind.CERTIFICATE, compact.pack_certificate(parsed), compact.PART_LIMIT)
    return page.write(Paper(_CERTIFICATE, Words(en, zh), notes, codes, proof))


def receipt_page(receipt: bytes, trust: Trust) -> str:
    """Write the page of a receipt of either kind.

    Raises:
        VerificationError: it does not hold.
    """
    verdict = verify_entry(receipt, trust)
    verdict.require()
    assert verdict.shown is not None
    codes = compact.write(Kind.ENTRY, receipt, CODE_ROOM)
    return page.write(Paper(_RECEIPT, verdict.shown, (_SCAN, _ENTRY), codes))
