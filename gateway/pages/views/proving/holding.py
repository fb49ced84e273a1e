"""Where a digest stands: the acts on chain that name it, found by digest or by a file that never leaves the browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from gateway.accounts.caller import Scope
from gateway.index.finding import Mention
from gateway.pages import markup
from gateway.pages.hashing import hashed
from gateway.pages.markup import Markup
from gateway.pages.visit import Visit, button, show
from gateway.provenance.explorer import Found
from gateway.statute.observation.inbox import moment
from ledger.errors import InvalidRecord

SHOWN: Final = 50


def build(visit: Visit) -> None:
    """Make the form and the place of its answer."""
    words = visit.words
    show(markup.tag("p", words("verify.digest_lead"), class_="soft small"))
    field = ui.input(words("verify.digest_label")).props('outlined dense data-testid="digest"')
    show(markup.tag("p", words("verify.hash"), class_="small soft"))

    async def look() -> None:
        result.clear()
        with result:
            await _answer(visit, field.value or "")

    async def given(digest: str) -> None:
        field.value = digest
        await look()

    hashed(visit, words("verify.pick"), "hash-file", given)
    button(words("verify.look"), "look", look)
    field.on("keydown.enter", look)
    result = ui.element("div").style("margin-top:14px")


async def _answer(visit: Visit, text: str) -> None:
    try:
        digest = read(text)
    except InvalidRecord as fault:
        show(visit.fault(fault))
        return
    found = await visit.told(Scope.VERIFY, lambda: search(visit, digest))
    if found is None:
        return
    if not found.is_known:
        show(markup.note(visit.words("verify.nothing", block=found.last), "quiet", testid="digest-nothing"))
        return
    key = "verify.found" if len(found.mentions) < SHOWN else "verify.found_first"
    show(markup.note(visit.words(key, n=len(found.mentions), block=found.last), "good", testid="digest-found"))
    show(_list(visit, found.mentions))


def read(text: str) -> bytes:
    """Read a digest as people write one; raises InvalidRecord.

    >>> read(" 0x" + "AB" * 32 + "\\n").hex()[:4]
    'abab'
    """
    plain = text.strip().lower().removeprefix("sha256:").removeprefix("0x")
    try:
        found = bytes.fromhex(plain)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise InvalidRecord("digest: expected 64 hexadecimal digits, with or without 0x 请输入64位十六进制摘要")
    return found


def search(visit: Visit, digest: bytes) -> Found:
    """Return the first events that name a digest, as of the proven head; every block up to it is in the index."""
    return visit.house.explored().search(digest.hex(), limit=SHOWN)


def _list(visit: Visit, hits: Sequence[Mention]) -> Markup:
    words = visit.words
    heads = [words("verify.when"), words("verify.what"), words("verify.as")]
    rows = [
        (
            markup.join(
                moment(hit.event.timestamp),
                markup.tag("div", words("page.block", n=hit.event.block_number), class_="soft small"),
            ),
            markup.join(hit.event.contract, " · ", hit.event.name),
            markup.code(hit.name),
        )
        for hit in hits
    ]
    return markup.table(heads, rows, testid="digest-hits")
