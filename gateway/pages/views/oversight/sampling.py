"""An auditor's sample: which things to look at, drawn by the hash of a block so that nobody has chosen them.

The page is a function of its address: kind, count, block. It states the block, the digest of all candidates and a
program of one line that draws the same from the list of them. What it does NOT do: show that the block was fixed
before it was sealed; the auditor announces it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from nicegui import ui

from gateway.accounts.caller import Scope
from gateway.exports import sampling
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.house import House
from gateway.pages.markup import Markup
from gateway.pages.visit import Visit, button, card, show
from gateway.provenance.graph import KINDS, Kind, Node
from gateway.statute.observation.inbox import moment
from ledger.proofs.headers import Header

COUNT: Final = 5
OFFERED: Final = tuple(kind for kind in Kind if kind is not Kind.BLOCK)
FILE: Final = "candidates.txt"
AGAIN: Final = (
    "python3 -c \"from hashlib import sha256; key = lambda name: sha256(b'{label}' + bytes.fromhex('{hash}') + "
    "bytes([{kind}]) + bytes.fromhex(name.split(':')[1]).rjust(32, b'\\0')).digest(); "
    "print(*sorted(open('{file}').read().split(), key=key)[:{count}], sep='\\n')\""
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. block: whose hash is the seed; None where nothing is asked yet."""

    kind: Kind = Kind.ASSET
    count: int = COUNT
    block: int | None = None

    def link(self, language: str) -> str:
        pairs = {"kind": self.kind.code, "count": self.count, "block": self.block}
        return f"/{language}/sampling?{urlencode(pairs)}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The plan, the block it rests on and everything it was drawn from."""

    plan: sampling.Plan
    sealed: Header
    candidates: tuple[Node, ...]


def asked(visit: Visit) -> Asked:
    """Read the address; what cannot be read there counts as not given."""
    query = visit.request.query_params
    kind, count, block = KINDS.get(query.get("kind", "")), query.get("count", ""), query.get("block", "")
    return Asked(
        kind if kind in OFFERED else Kind.ASSET,
        int(count) if count.isdecimal() and len(count) < 6 else COUNT,
        int(block) if block.isdecimal() and len(block) < 12 else None,
    )


def read(house: House, kind: Kind, count: int, block: int) -> Drawn:
    """Draw from all that was named before a block.

    Raises:
        NotFound: the index has no such block. InvalidRecord: nothing to draw from, or a number that is not offered.
    """
    explorer = house.explored()
    sealed = explorer.header(block)
    found = sampling.candidates(explorer.finder, kind, sealed.number - 1)
    return Drawn(sampling.plan(found, count, sealed.number, sealed.block_hash), sealed, tuple(sorted(found)))


def again(plan: sampling.Plan, kind: Kind) -> str:
    """Return the program that draws the same from the list of candidates."""
    label, seed = sampling.LABEL.decode(), plan.block_hash.hex()
    return AGAIN.format(label=label, hash=seed, kind=int(kind), file=FILE, count=len(plan.sample))


async def build(visit: Visit) -> None:
    """Show the form, and the plan that the address asks for."""
    words, wanted = visit.words, asked(visit)
    show(markup.note(words("sampling.announce"), "info", testid="announce"))
    newest = await visit.told(Scope.PROVENANCE, lambda: visit.house.explored().mark().number)
    if newest is None:
        return
    _form(visit, wanted, newest)
    if wanted.block is None:
        show(markup.empty(words("sampling.nothing"), testid="sampling-empty"))
        return
    block = wanted.block
    drawn = await visit.told(Scope.PROVENANCE, lambda: read(visit.house, wanted.kind, wanted.count, block))
    if drawn is None:
        return
    with card(words("sampling.plan", n=len(drawn.plan.sample), size=drawn.plan.size), testid="plan"):
        show(_seed(visit, drawn), _table(visit, drawn.plan))
    with card(words("sampling.again"), testid="again"):
        _recomputed(visit, wanted.kind, drawn)


def _form(visit: Visit, wanted: Asked, newest: int) -> None:
    words = visit.words

    def draw() -> None:
        seed = Asked(Kind(kind.value), int(count.value or COUNT), int(block.value or 0))
        ui.navigate.to(seed.link(visit.language))

    with card(testid="sampling-form"), ui.element("div").classes("line end"):
        kinds = {int(one): words(f"kind.{one.code}") for one in OFFERED}
        with ui.element("div").classes("grow"):
            kind = ui.select(kinds, value=int(wanted.kind), label=words("sampling.kind"))
            kind.props('outlined dense data-testid="kind"')
        with ui.element("div").classes("grow"):
            count = ui.number(words("sampling.count"), value=wanted.count, min=1, max=sampling.MOST, precision=0)
            count.props('outlined dense data-testid="count"')
        with ui.element("div").classes("grow"):
            block = ui.number(words("sampling.block", newest=newest), value=wanted.block or newest, min=1, precision=0)
            block.props('outlined dense data-testid="block"')
        button(words("sampling.draw"), "draw", draw)


def _seed(visit: Visit, drawn: Drawn) -> Markup:
    words, plan = visit.words, drawn.plan
    return markup.facts(
        [
            (words("sampling.seed"), f"{words('page.block', n=plan.block)} ({moment(drawn.sealed.timestamp)})"),
            (words("sampling.hash"), _whole(plan.block_hash, "seed")),
            (words("sampling.size"), str(plan.size)),
            (words("sampling.digest"), _whole(plan.population, "population")),
        ]
    )


def _whole(value: bytes, testid: str) -> Markup:
    return markup.tag("code", value.hex(), style="overflow-wrap:anywhere", data_testid=testid)


def _table(visit: Visit, plan: sampling.Plan) -> Markup:
    words, names = visit.words, visit.house.names
    rows = [
        (
            str(n),
            markup.link(names.say(node.id), f"{visit.to('provenance')}?{urlencode({'node': node.name})}"),
            markup.tag("code", node.name, style="overflow-wrap:anywhere"),
        )
        for n, node in enumerate(plan.sample, 1)
    ]
    heads = [words(f"sampling.{one}") for one in ("rank", "what", "id")]
    return markup.tag("div", markup.table(heads, rows, testid="sample"), style="margin-top:16px")


def _recomputed(visit: Visit, kind: Kind, drawn: Drawn) -> None:
    words = visit.words
    show(markup.tag("p", words("sampling.how", file=FILE)))
    show(
        markup.commands(f"sha256sum {FILE}", words("page.copy"), testid="check-list"),
        markup.commands(again(drawn.plan, kind), words("page.copy"), testid="redraw"),
    )
    listed = sampling.listed(drawn.candidates)
    button(words("sampling.candidates"), "candidates", lambda: ui.download.content(listed, FILE), quiet=True)


PAGE: Final = Page("sampling", Scope.PROVENANCE, build, "oversight")
