"""The audit report as one HTML page with everything in it, for a browser or a printer; every value is escaped."""

from __future__ import annotations

from html import escape
from typing import Final

from gateway.exports.audit.content import Block, Facts, Heading, Language, Saying, Table, Text, blocks
from gateway.exports.audit.gathering import Findings
from gateway.network.naming import Names
from ledger.proofs.trust import Trust

_STYLE: Final = """
body{font:14px/1.5 "Noto Sans CJK SC","Source Han Sans SC",system-ui,sans-serif;margin:2em auto;max-width:60em;
padding:0 1em;color:#111}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em;border-bottom:1px solid #999}
table{border-collapse:collapse;width:100%;font-size:.85em}th,td{border:1px solid #bbb;padding:.25em .5em;
text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eee}code{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1em}dd{margin:0;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none}thead{display:table-header-group}tr{break-inside:avoid}
@page{size:A4;margin:18mm}}
"""


def page(found: Findings, trust: Trust, names: Names, language: Language) -> bytes:
    """Write the report; proofs are fetched by the paths that its lines name."""
    title = f"{Saying(language)('title')} {found.node.name}"
    body = "".join(map(_written, blocks(found, trust, names, language, {})))
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="{language}"><head>{head}</head><body>{body}</body></html>'.encode()


def _written(block: Block) -> str:
    match block:
        case Heading(level, text, name):
            code = f" <code>{escape(name)}</code>" if name else ""
            return f"<h{level}>{escape(text)}{code}</h{level}>"
        case Text(text):
            return f"<p>{escape(text)}</p>"
        case Facts(rows):
            return (
                "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows) + "</dl>"
            )
        case Table(heads, lines):
            head = "".join(f"<th>{escape(name)}</th>" for name in heads)
            body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in lines)
            return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
