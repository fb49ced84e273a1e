"""What an audit report says, in Chinese or English, as blocks that a writer of HTML or PDF sets.

Pure: the same findings, the same blocks. Nothing is taken on its word: each line names the block and place of its
event, and the report says how to check them. Texts are plain; whoever writes them escapes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from gateway.exports.audit.gathering import Findings, file_of
from gateway.exports.naming import moment, proof_of
from gateway.network.naming import Names
from gateway.provenance.graph import Edge, Node
from gateway.provenance.proving import Complete
from gateway.provenance.walking import Lineage, Reason
from ledger.chain.port import Cursor
from ledger.proofs.trust import Trust

Language = Literal["en", "zh"]
MOST_ROWS: Final = 500
"""Of one table: a report is for reading; whoever wants all takes them as CSV."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading. level: 1 for the report's own. name: what is set as code behind the words."""

    level: int
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table. widths: of its columns, relative."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]


Block = Heading | Text | Facts | Table

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Audit report", "审计报告"),
    "as_of": ("As of block", "截至区块"),
    "network": ("Network (genesis)", "网络(创世块)"),
    "assurance": ("Assurance", "保证级别"),
    "why": ("Why this may exist", "存在依据"),
    "none": ("No authorization was found that it rests on.", "未发现其所依据的授权。"),
    "rests": ("What it rests on", "来源"),
    "rests_on_it": ("What rests on it", "去向"),
    "nothing": ("Nothing.", "无。"),
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
    "proofs": ("Proofs that come with this report", "随附证明"),
    "come": (
        "Each file is the proof of one event and of the whole history of its entity. Take them out of this document's "
        "attachments, or from beside it, and run shuxin-verify.pyz FILE --trust TRUST.",
        "每个文件证明一个事件及其所属对象的完整历史。可从本文档附件中(或随附目录)取出,"
        "运行 shuxin-verify.pyz FILE --trust TRUST 核验。",
    ),
    "fewer": ("Of {all} events, the first {some} have their proof here.", "共{all}个事件,此处附前{some}个的证明。"),
    "file": ("File", "文件"),
}  # fmt: skip


class Saying:
    """Words in one language."""

    def __init__(self, language: Language) -> None:
        self._place = 1 if language == "zh" else 0

    def __call__(self, word: str) -> str:
        return _WORDS[word][self._place]


def blocks(
    found: Findings, trust: Trust, names: Names, language: Language, proofs: Mapping[Cursor, bytes]
) -> Iterator[Block]:
    """Say everything. proofs: those that come with the report."""
    say = Saying(language)
    yield Heading(1, say("title"), _name(found.node, names))
    yield _facts(found, trust, say)
    yield Text(say("check"))
    yield Heading(2, say("why"))
    for reason in found.reasons:
        yield from _reason(reason, names, say)
    if not found.reasons:
        yield Text(say("none"))
    yield from _lineage("rests", found.upstream, names, say)
    yield from _lineage("rests_on_it", found.downstream, names, say)
    yield Heading(2, say("history"))
    for one in found.histories:
        yield from _history(one, say)
    if not found.histories:
        yield Text(say("nothing"))
    if proofs:
        yield from _proofs(found, proofs, say)


def _facts(found: Findings, trust: Trust, say: Saying) -> Facts:
    return Facts((
        (say("as_of"), f"{found.block} ({found.block_hash.hex()}), {moment(found.time)}"),
        (say("network"), f"{trust.chain_id} ({trust.genesis_hash.hex()})"),
        (say("assurance"), trust.assurance.value),
    ))  # fmt: skip


def _reason(reason: Reason, names: Names, say: Saying) -> Iterator[Block]:
    yield Heading(3, f"({say('ended')})" if reason.ended else "", _name(reason.authorization, names))
    yield from _edges([*reason.path, *reason.grants, *reason.ended], names, say)


def _lineage(heading: str, found: Lineage, names: Names, say: Saying) -> Iterator[Block]:
    yield Heading(2, say(heading))
    yield from _edges(found.edges, names, say)
    if found.is_cut:
        yield Text(say("cut"))


def _edges(edges: Iterable[Edge], names: Names, say: Saying) -> Iterator[Block]:
    rows = [
        (_name(edge.source, names), edge.relation.term, _name(edge.target, names), edge.role,
         str(edge.place.block_number), proof_of(edge.place))
        for edge in edges
    ]  # fmt: skip
    if not rows:
        yield Text(say("nothing"))
        return
    yield from _table(("source", "relation", "target", "role", "block", "proof"), rows, (26, 14, 26, 10, 7, 17), say)


def _history(found: Complete, say: Saying) -> Iterator[Block]:
    rows = [
        (str(n), event.name, moment(event.timestamp), str(event.block_number), proof_of(event.cursor))
        for n, event in enumerate(found.events, start=1)
    ]
    yield Heading(3, found.contract, found.entity.hex())
    yield from _table(("n", "event", "time", "block", "proof"), rows, (8, 34, 26, 10, 22), say)


def _proofs(found: Findings, proofs: Mapping[Cursor, bytes], say: Saying) -> Iterator[Block]:
    yield Heading(2, say("proofs"))
    yield Text(say("come"))
    if len(proofs) < len(found.places):
        yield Text(say("fewer").format(all=len(found.places), some=len(proofs)))
    rows = [(file_of(place), sha256(data).hexdigest()) for place, data in proofs.items()]
    yield Table((say("file"), "SHA-256"), rows, (30, 70))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], say: Saying) -> Iterator[Block]:
    yield Table([say(head) for head in heads], rows[:MOST_ROWS], widths)
    if len(rows) > MOST_ROWS:
        yield Text(say("cut"))


def _name(node: Node, names: Names) -> str:
    """Return a node's name, with the code behind its digest where it is known."""
    known = names.known.get(node.id)
    return f"{node.name} ({known})" if known else node.name
