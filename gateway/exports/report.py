"""The printable audit report: one HTML page with everything in it, in Chinese or English, for paper or PDF.

A reader prints it, or saves it as PDF, from the browser: no library that writes PDF with Chinese type comes with the
gateway. Nothing on it is taken on its word: each line names the block and place of its event, and the page says how to
check them. What it does NOT do: fetch anything; every value is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from gateway.exports.naming import moment, proof_of
from gateway.network.naming import Names
from gateway.provenance.graph import Edge, Node
from gateway.provenance.proving import Complete
from gateway.provenance.walking import Lineage, Reason
from ledger.trust import Trust

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the report is of. histories: proven to be complete as of the block."""

    node: Node
    block: int
    block_hash: bytes
    time: int
    upstream: Lineage
    downstream: Lineage
    reasons: Sequence[Reason]
    histories: Sequence[Complete]


_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Audit report", "审计报告"),
    "as_of": ("As of block", "截至区块"),
    "network": ("Network (genesis)", "网络(创世块)"),
    "assurance": ("Assurance", "保证级别"),
    "why": ("Why this may exist", "存在依据"),
    "none": ("No authorization was found that it rests on.", "未发现其所依据的授权。"),
    "rests": ("What it rests on", "来源"),
    "rests_on_it": ("What rests on it", "去向"),
    "history": ("Complete history, proven by the contracts' accumulators", "完整历史(由合约累加值证明)"),
    "source": ("From", "起"), "relation": ("Relation", "关系"), "target": ("To", "止"), "role": ("Role", "角色"),
    "block": ("Block", "区块"), "proof": ("Proof", "证明"), "time": ("Time (UTC)", "时间(UTC)"),
    "event": ("Event", "事件"), "contract": ("Contract", "合约"), "n": ("No.", "序号"),
    "cut": ("There is more than is shown here.", "此处未列出全部。"),
    "check": (
        "Check each line without trusting this page: fetch its proof, and run shuxin-verify.pyz PROOF --trust TRUST "
        "with a trust file obtained out of band.",
        "不必信任本页:取得每行的证明,并以另行取得的信任根文件运行 shuxin-verify.pyz PROOF --trust TRUST 核验。",
    ),
    "ended": ("ended", "已终止"),
}  # fmt: skip

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
    """Write the report."""
    say = _saying(language)
    parts = [
        f"<h1>{say('title')}: <code>{_name(found.node, names)}</code></h1>",
        _facts(found, trust, say),
        f"<p>{say('check')}</p>",
        f"<h2>{say('why')}</h2>",
        *(_reason(one, names, say) for one in found.reasons),
        *([] if found.reasons else [f"<p>{say('none')}</p>"]),
        *_lineage("rests", found.upstream, names, say),
        *_lineage("rests_on_it", found.downstream, names, say),
        f"<h2>{say('history')}</h2>",
        *(_history(one, say) for one in found.histories),
    ]
    title = f"{say('title')} {escape(found.node.name)}"
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="{language}"><head>{head}</head><body>{"".join(parts)}</body></html>'.encode()


class _Saying:
    """Words in one language, escaped."""

    def __init__(self, place: int) -> None:
        self._place = place

    def __call__(self, word: str) -> str:
        return escape(_WORDS[word][self._place])


def _saying(language: Language) -> _Saying:
    return _Saying(1 if language == "zh" else 0)


def _facts(found: Findings, trust: Trust, say: _Saying) -> str:
    rows = (
        (say("as_of"), f"{found.block} ({found.block_hash.hex()}), {moment(found.time)}"),
        (say("network"), f"{trust.chain_id} ({trust.genesis_hash.hex()})"),
        (say("assurance"), trust.assurance.value),
    )
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows) + "</dl>"


def _reason(reason: Reason, names: Names, say: _Saying) -> str:
    ended = f" ({say('ended')})" if reason.ended else ""
    heading = f"<h3><code>{_name(reason.authorization, names)}</code>{ended}</h3>"
    return heading + _edges([*reason.path, *reason.grants, *reason.ended], names, say)


def _lineage(heading: str, found: Lineage, names: Names, say: _Saying) -> Iterable[str]:
    yield f"<h2>{say(heading)}</h2>"
    yield _edges(found.edges, names, say)
    if found.is_cut:
        yield f"<p>{say('cut')}</p>"


def _edges(edges: Iterable[Edge], names: Names, say: _Saying) -> str:
    rows = (
        (_name(edge.source, names), edge.relation.term, _name(edge.target, names), escape(edge.role),
         str(edge.place.block_number), proof_of(edge.place))
        for edge in edges
    )  # fmt: skip
    return _table([say(word) for word in ("source", "relation", "target", "role", "block", "proof")], rows)


def _history(found: Complete, say: _Saying) -> str:
    rows = (
        (str(n), escape(event.name), moment(event.timestamp), str(event.block_number), proof_of(event.cursor))
        for n, event in enumerate(found.events, start=1)
    )
    heading = f"<h3>{escape(found.contract)} <code>{found.entity.hex()}</code></h3>"
    return heading + _table([say(word) for word in ("n", "event", "time", "block", "proof")], rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _name(node: Node, names: Names) -> str:
    """Return a node's name, with the code behind its digest where it is known."""
    known = names.known.get(node.id)
    return escape(f"{node.name} ({known})" if known else node.name)
