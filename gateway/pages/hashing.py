"""A file's digest without the file: chosen or given by keyboard, hashed in the browser, and never sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from nicegui import events, ui

from gateway.pages import markup
from gateway.pages.visit import Visit, show

_HASH: Final = """async (e) => {
  const file = e.target.files[0];
  if (!file) return;
  if (!crypto.subtle) { emit(''); return; }
  const found = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  emit(Array.from(new Uint8Array(found)).map((b) => b.toString(16).padStart(2, '0')).join(''));
}"""


def hashed(visit: Visit, words: str, testid: str, take: Callable[[str], Awaitable[None]]) -> None:
    """Make the control. take: is given the SHA-256 in 64 hexadecimal digits."""
    with ui.element("label").classes("plain pick"):
        show(words)
        picker = ui.element("input").props(f'type="file" data-testid="{testid}"')
    refused = ui.element("div")

    async def arrived(event: events.GenericEventArguments) -> None:
        refused.clear()
        digest = str(event.args)[:64]
        if digest:
            await take(digest)
            return
        with refused:
            show(markup.note(visit.words("verify.insecure"), "warn"))

    picker.on("change", arrived, js_handler=_HASH)
