"""The audit report as PDF on A4, its proofs attached to it, so that one file is all that an auditor keeps.

Chinese type is Adobe's predefined character collection GB1 (font STSong-Light), which readers of PDF bring along or
replace by a font of theirs: the file has no font in it, and none comes with the gateway. What it does NOT do: PDF/A,
which asks for embedded fonts; a signature: the proofs need none, and who made the page is nobody the reader trusts.
The same findings give the same bytes. Source: ISO 32000-1, sections 7.11.4 (embedded files) and 9.7.5 (CJK fonts).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, Final

from gateway.exports.audit.content import Block, Facts, Heading, Language, Saying, Table, Text, blocks
from gateway.exports.audit.gathering import Findings, file_of
from gateway.network.naming import Names
from ledger.chain.port import Cursor
from ledger.errors import InvalidRecord
from ledger.proofs.trust import Trust

MEDIA: Final = "application/pdf"
_CHINESE: Final = "STSong-Light"
_LATIN: Final = "Helvetica"
_MARGIN: Final = 48.0
_ROOM: Final = 110.0
"""A heading stands at the foot of a page only with so much room below it."""
_FOREIGN: Final = re.compile(r"[^\x20-\x7e]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BEYOND: Final = re.compile("[\U00010000-\U0010ffff]")


def document(found: Findings, trust: Trust, names: Names, language: Language, proofs: Mapping[Cursor, bytes]) -> bytes:
    """Write the report with the proofs that come with it.

    Raises:
        InvalidRecord: the library that writes PDF (extra ``web``) is not installed.
    """
    try:
        from reportlab.lib.pagesizes import A4
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.platypus import SimpleDocTemplate
    except ImportError as fault:
        raise InvalidRecord("report: PDF needs the extra 'web' (pip install 'shuxin[web]')") from fault
    if _CHINESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    title = f"{Saying(language)('title')} {found.node.name}"
    written = io.BytesIO()
    made = SimpleDocTemplate(
        written, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=title, author="Shuxin 数信", lang="zh-CN" if language == "zh" else "en", invariant=1,
    )  # fmt: skip
    setter = _Setter(A4[0] - 2 * _MARGIN - 12)
    flowing = [piece for block in blocks(found, trust, names, language, proofs) for piece in setter.set(block)]
    foot = _foot(f"{title} · {found.block}")

    def first(canvas: Any, template: Any) -> None:
        _attach(canvas, proofs)
        foot(canvas, template)

    made.build(flowing, onFirstPage=first, onLaterPages=foot)
    return written.getvalue()


class _Setter:
    """Sets blocks in type."""

    def __init__(self, width: float) -> None:
        from reportlab.lib.styles import ParagraphStyle

        def style(name: str, size: float, **more: object) -> ParagraphStyle:
            return ParagraphStyle(name, fontName=_LATIN, fontSize=size, leading=size * 1.4, wordWrap="CJK", **more)

        self._width = width
        self._text, self._cell = style("text", 9.5, spaceAfter=6), style("cell", 7.5)
        self._heads = (
            style("one", 16, spaceAfter=10), style("two", 12.5, spaceBefore=14, spaceAfter=6),
            style("three", 9.5, spaceBefore=6, spaceAfter=4),
        )  # fmt: skip

    def set(self, block: Block) -> list[Any]:
        from reportlab.platypus import CondPageBreak, Paragraph

        match block:
            case Heading(level, text, name):
                code = f' <font size="{8 if level > 1 else 10}">{_marked(name)}</font>' if name else ""
                return [CondPageBreak(_ROOM), Paragraph(_marked(text) + code, self._heads[level - 1])]
            case Text(text):
                return [Paragraph(_marked(text), self._text)]
            case Facts(rows):
                return [Paragraph(f"{_marked(name)}: {_marked(value)}", self._text) for name, value in rows]
            case Table():
                return self._table(block)

    def _table(self, table: Table) -> list[Any]:
        from reportlab.lib import colors
        from reportlab.platypus import LongTable, Paragraph, Spacer, TableStyle

        rows = [[Paragraph(_marked(cell), self._cell) for cell in row] for row in (table.heads, *table.rows)]
        whole = sum(table.widths)
        made = LongTable(rows, colWidths=[self._width * part / whole for part in table.widths], repeatRows=1)
        made.setStyle(TableStyle([
            ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#bbbbbb")), ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eeeeee")),
            ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]))  # fmt: skip
        return [made, Spacer(1, 8)]


def _marked(text: str) -> str:
    """Escape a text for a paragraph and set what is not Latin in the Chinese font."""
    plain = _BEYOND.sub("\ufffd", _CONTROL.sub("\ufffd", text))  # GB1 is reached by UCS-2 alone

    def foreign(found: re.Match[str]) -> str:
        return f'<font name="{_CHINESE}">{found[0]}</font>'

    return _FOREIGN.sub(foreign, escape(plain))


def _foot(text: str) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, template: Any) -> None:
        canvas.saveState()
        canvas.setFont(_CHINESE, 7)
        canvas.drawString(_MARGIN, 26, text[:120])
        canvas.drawRightString(template.pagesize[0] - _MARGIN, 26, str(canvas.getPageNumber()))
        canvas.restoreState()

    return draw


def _attach(canvas: Any, proofs: Mapping[Cursor, bytes]) -> None:
    """Put the proofs into the document as attachments."""
    from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString

    if not proofs:
        return
    written, listed = canvas._doc, list[Any]()
    for name, data in sorted((file_of(place), data) for place, data in proofs.items()):  # a name tree is sorted
        stream = PDFStream(content=data.decode("latin-1"))
        stream.dictionary["Type"], stream.dictionary["Subtype"] = PDFName("EmbeddedFile"), PDFName("application/json")
        held = PDFDictionary({"F": written.Reference(stream)})
        file = {"Type": PDFName("Filespec"), "F": PDFString(name), "UF": PDFString(name), "EF": held}
        listed += [PDFString(name), written.Reference(PDFDictionary(file))]
    written.Catalog.Names = PDFDictionary({"EmbeddedFiles": PDFDictionary({"Names": PDFArray(listed)})})
