"""A certificate or receipt as one page for printing: nothing is loaded from elsewhere, nothing runs.

What counts are the codes: the words beside them are the same content for people, and ``shuxin verify`` reads what a
scanner makes of the codes. It does NOT verify.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import segno

from contracts.evidence.report import Words

CODE_ROOM: Final = 1800
"""Characters a code: what a phone reads from paper at five centimetres and more."""

_STYLE: Final = """
@page { size: A4; margin: 15mm }
body { font: 12pt/1.5 "Noto Serif CJK SC", "Songti SC", SimSun, Georgia, serif; color: #111; max-width: 180mm;
  margin: 0 auto; padding: 8mm }
header { border-bottom: 3px double #8a1f11; margin-bottom: 6mm; text-align: center }
h1 { font-size: 22pt; letter-spacing: .2em; margin: 0; color: #8a1f11 }
h2 { font-size: 13pt; margin: 8mm 0 2mm }
header p, td small { color: #555 }
table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid #999; padding: 2mm 3mm; text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { width: 34%; font-weight: normal; background: #f6f3ee }
.codes { display: flex; flex-wrap: wrap; gap: 5mm; margin-top: 5mm }
figure { margin: 0; break-inside: avoid }
figure svg { display: block; width: 56mm; height: 56mm }
figure.main svg { width: 70mm; height: 70mm }
figcaption { font-size: 9pt; color: #555; text-align: center }
footer { font-size: 9.5pt; color: #333; margin-top: 6mm }
.proof { break-before: page }
"""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a page has; content: line by line in both languages, proof: more codes, on a page of their own."""

    title: Words
    content: Words
    notes: Sequence[Words]
    codes: Sequence[str]
    proof: Sequence[str] = ()


def write(paper: Paper) -> str:
    """Write the page as one self-contained HTML file."""
    rows = "\n".join(f"<tr><th>{label}</th><td>{escape(value)}</td></tr>" for label, value in _rows(paper.content))
    notes = "\n".join(f"<p>{escape(note.zh)}<br>{escape(note.en)}</p>" for note in paper.notes)
    body = f"""<header><h1>{escape(paper.title.zh)}</h1><p>{escape(paper.title.en)}</p></header>
<table>
{rows}
</table>
{_codes(paper.codes, "main" if len(paper.codes) == 1 else "")}
<footer>{notes}</footer>"""
    if paper.proof:
        body += f"""
<section class="proof"><h2>打印时的链上证明 <small>Proof from the chain as of printing</small></h2>
{_codes(paper.proof, "")}</section>"""
    return f"""<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>{escape(paper.title.zh)} {escape(paper.title.en)}</title>
<style>{_STYLE}</style></head>
<body>
{body}
</body></html>
"""


def _rows(content: Words) -> list[tuple[str, str]]:
    """Join the lines of both languages: the label as HTML, and the value."""
    rows = []
    for en, zh in zip(content.en.splitlines(), content.zh.splitlines(), strict=True):
        label, _, value = en.partition(": ")
        chinese, _, said = zh.partition(":")
        other = "" if label == chinese else f" <small>{escape(label)}</small>"
        rows.append((f"{escape(chinese)}{other}", said if said == value else f"{said} {value}"))
    return rows


def _codes(texts: Sequence[str], kind: str) -> str:
    figures = "\n".join(
        f'<figure class="{kind}">{_svg(text)}<figcaption>{number}/{len(texts)}</figcaption></figure>'
        for number, text in enumerate(texts, start=1)
    )
    return f'<div class="codes">\n{figures}\n</div>'


def _svg(text: str) -> str:
    code = segno.make_qr(text, error="l", mode="alphanumeric")
    return str(code.svg_inline(omitsize=True, border=4))
