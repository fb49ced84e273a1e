"""Where a digest stands: the acts on chain that name it, found by digest or by a file that never leaves the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nicegui import events, ui

from contracts.oversight.acts import Act
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.markup import Markup
from gateway.pages.visit import Visit, button, show
from gateway.statute.inbox import moment
from ledger.abi import AbiValue
from ledger.chain import Event
from ledger.errors import InvalidRecord

SHOWN: Final = 50
_HASH: Final = """async (e) => {
  const file = e.target.files[0];
  if (!file) return;
  if (!crypto.subtle) { emit('', 'insecure'); return; }
  const found = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  emit(Array.from(new Uint8Array(found)).map((b) => b.toString(16).padStart(2, '0')).join(''), file.name);
}"""


@dataclass(frozen=True, slots=True)
class Found:
    """One event that names a digest. place: the name of the argument."""

    act: Act
    event: Event
    place: str


def build(visit: Visit) -> None:
    """Make the form and the place of its answer."""
    words = visit.words
    show(markup.tag("p", words("verify.digest_lead"), class_="soft small"))
    field = ui.input(words("verify.digest_label")).props('outlined dense data-testid="digest"')
    show(markup.tag("p", words("verify.hash"), class_="small soft"))
    with ui.element("label").classes("plain pick"):
        show(words("verify.pick"))
        picker = ui.element("input").props('type="file" id="hash-file" data-testid="hash-file"')

    async def look() -> None:
        result.clear()
        with result:
            await _answer(visit, field.value or "")

    async def hashed(event: events.GenericEventArguments) -> None:
        digest, _name = event.args
        if not digest:
            result.clear()
            with result:
                show(markup.note(words("verify.insecure"), "warn"))
            return
        field.value = str(digest)[:64]
        await look()

    picker.on("change", hashed, js_handler=_HASH)
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
    hits, block = found
    if not hits:
        show(markup.note(visit.words("verify.nothing", block=block), "quiet", testid="digest-nothing"))
        return
    show(markup.note(visit.words("verify.found", n=len(hits), block=block), "good", testid="digest-found"))
    show(_list(visit, hits[:SHOWN]))


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


def search(visit: Visit, digest: bytes) -> tuple[list[Found], int]:
    """Return the events that name a digest, as of the proven head; what was checked is every block up to it."""
    observer, head = visit.house.followed()
    hits = [
        Found(act, event, name)
        for act in observer.acts(head)
        for event in act.events
        for name, value in event.args.items()
        if _names(value, digest)
    ]
    return hits, head.number


def _names(value: AbiValue, digest: bytes) -> bool:
    return any(_names(one, digest) for one in value) if isinstance(value, tuple | list) else value == digest


def _list(visit: Visit, hits: list[Found]) -> Markup:
    words = visit.words
    heads = [words("verify.when"), words("verify.what"), words("verify.as")]
    rows = [
        (
            markup.join(
                moment(hit.event.timestamp),
                markup.tag("div", words("page.block", n=hit.event.block_number), class_="soft small"),
            ),
            markup.join(hit.event.contract, " · ", hit.event.name),
            markup.code(hit.place),
        )
        for hit in hits
    ]
    return markup.table(heads, rows, testid="digest-hits")
