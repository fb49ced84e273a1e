"""Files that people hand to a page: one control, a bound, and the bytes; nothing is kept on disk beyond the visit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from nicegui import events, ui

from gateway.pages import markup
from gateway.pages.visit import Visit, show

MIB: Final = 1 << 20
Taken = Callable[[str, bytes], Awaitable[None]]


def dropped(visit: Visit, label: str, testid: str, limit: int, take: Taken) -> ui.upload:
    """Make a place to drop one file at a time; what is longer than the limit is refused, here and by the server."""
    refused = ui.element("div")

    def too_large() -> None:
        refused.clear()
        with refused:
            show(markup.note(visit.words("page.large", limit=limit // MIB), "bad", testid=f"{testid}-refused"))

    async def arrived(event: events.UploadEventArguments) -> None:
        refused.clear()
        if event.file.size() > limit:
            too_large()
        else:
            await take(event.file.name, await event.file.read())
        control.reset()

    control = ui.upload(label=label, auto_upload=True, max_file_size=limit, on_upload=arrived, on_rejected=too_large)
    control.props(f'flat data-testid="{testid}" aria-label="{label}"')
    return control
