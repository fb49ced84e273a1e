"""The audit report as a page and as PDF: the same in both, Chinese in print, proofs attached, nothing that runs."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator

import pytest
from gatewaytown import GatewayTown
from reportlab.pdfbase import pdfmetrics

from contracts.evidence.program import judge
from gateway.exports.audit import gathering, html, pdf
from gateway.exports.audit.content import Language, Table, blocks
from gateway.exports.audit.gathering import Findings
from gateway.network.naming import Names
from ledger.errors import InvalidRecord, NotFound

OBJECT = re.compile(rb"<<([^>]*?/Length[^>]*?)>>\s*stream\r?\n(.*?)endstream", re.DOTALL)
HOSTILE = "<script>alert(1)</script>税务\x00"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    made = GatewayTown(tmp_path_factory.mktemp("audit"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def found(town: GatewayTown) -> Findings:
    return gathering.gather(town.explorer, f"authorization:{town.held.hex()}", depth=4, block=None)


def streams(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return what each stream of a PDF is, and its bytes."""
    for about, body in OBJECT.findall(data):
        coded = base64.a85decode(body.strip(), adobe=True) if b"ASCII85" in about else body.strip()
        yield about, zlib.decompress(coded) if b"Flate" in about else coded


def typed(text: str) -> bytes:
    """Return a text as it stands in a page set in the Chinese font."""
    written = pdfmetrics.getFont("STSong-Light").formatForPdf(text)
    return written if isinstance(written, bytes) else written.encode("latin-1")


def test_a_page_in_either_language_lists_reasons_and_escapes_everything(town: GatewayTown, found: Findings) -> None:
    hostile = Names({town.held: HOSTILE})
    for language, title in (("en", "Audit report"), ("zh", "审计报告")):
        text = html.page(found, town.trust, hostile, language).decode()  # type: ignore[arg-type]
        assert title in text
        assert "<script" not in text
        assert "&lt;script&gt;" in text
        assert "AuthorizationGranted" in text
        assert f"/v1/proofs/{found.upstream.edges[0].place.block_number}/" in text


def test_the_pdf_prints_chinese_and_latin_and_is_the_same_again(town: GatewayTown, found: Findings) -> None:
    names = Names({town.held: HOSTILE})
    for language, title in (("en", b"Audit report"), ("zh", None)):
        made = pdf.document(found, town.trust, names, language, {})  # type: ignore[arg-type]
        assert made.startswith(b"%PDF-")
        assert made == pdf.document(found, town.trust, names, language, {})  # type: ignore[arg-type]
        drawn = b"".join(body for about, body in streams(made))
        assert b"AuthorizationGranted" in drawn
        assert (title or typed("审计报告")) in drawn
        assert typed("税务") in drawn
        assert b"&lt;" not in drawn
        assert b"/JavaScript" not in made


def test_every_proof_attached_to_the_pdf_holds_and_is_named_with_its_digest(town: GatewayTown, found: Findings) -> None:
    proofs = gathering.proofs(town.explorer, found)
    assert proofs.keys() == set(found.places)
    made = pdf.document(found, town.trust, Names({}), "en", proofs)
    attached = [body for about, body in streams(made) if b"/EmbeddedFile" in about]
    assert sorted(attached) == sorted(proofs.values())
    for proof in attached:
        assert judge(proof, town.trust).failed is None
    assert judge(attached[0].replace(b'"n":1', b'"n":2'), town.trust).failed is not None
    for place in proofs:
        assert f"({gathering.file_of(place)})".encode() in made
    *_, last = blocks(found, town.trust, Names({}), "en", proofs)
    assert isinstance(last, Table)
    assert len(last.rows) == len(proofs)


def test_more_events_than_proofs_is_said(town: GatewayTown, found: Findings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_PROOFS", 2)
    proofs = gathering.proofs(town.explorer, found)
    assert len(proofs) == 2
    for language in ("en", "zh"):
        said = [str(one) for one in blocks(found, town.trust, Names({}), language, proofs)]  # type: ignore[arg-type]
        assert any(str(len(found.places)) in one and "2" in one and "Text" in one for one in said)


def test_what_nothing_names_has_no_report(town: GatewayTown) -> None:
    for name, fault in (("job:" + "0" * 64, NotFound), ("nobody", NotFound), ("job:1", InvalidRecord)):
        with pytest.raises(fault):
            gathering.gather(town.explorer, name, depth=2, block=None)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_as_of_an_earlier_block_knows_nothing_of_a_later_end(town: GatewayTown, language: Language) -> None:
    name = f"authorization:{town.ended.hex()}"
    now = gathering.gather(town.explorer, name, depth=2, block=None)
    then = gathering.gather(town.explorer, name, depth=2, block=town.granted)
    told = [html.page(one, town.trust, Names({}), language) for one in (now, then)]
    assert [b"AuthorizationRevoked" in one for one in told] == [True, False]
