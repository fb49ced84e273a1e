"""The request wizard: what article 20 of the Regulation asks for, filled in, becomes the command that asks.

The head agrees first, the officer sends; both sign at the department. What it does NOT do: keep or send the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nicegui import ui

from contracts.authorizations.record import Operations
from gateway.pages import markup
from gateway.pages.signing import for_step
from gateway.pages.visit import Visit, button, card, show
from ledger.errors import InvalidRecord

FIELDS: Final = ("asset", "owner", "purpose", "words", "basis", "columns")


@dataclass(slots=True)
class Wish:
    """What the form holds; every field is needed."""

    asset: str = ""
    owner: str = ""
    purpose: str = ""
    words: str = ""
    basis: str = ""
    columns: str = ""
    operations: tuple[str, ...] = ()
    days: int = 30
    uses: int = 10

    def values(self) -> dict[str, str]:
        """Return what the command names.

        Raises:
            InvalidRecord: something that Article 20 asks for is not said, or a number is out of its range.
        """
        missing = [name for name in FIELDS if not str(getattr(self, name) or "").strip()]
        if missing or not self.operations:
            raise InvalidRecord("request: article 20 asks for basis, scenario, scope, method and term 请填写全部各项")
        if not 1 <= int(self.days or 0) <= 3650 or not 1 <= int(self.uses or 0) <= 1_000_000:
            raise InvalidRecord("request: expected 1 to 3650 days and 1 to 1,000,000 uses 期限或次数超出范围")
        told = {name: str(getattr(self, name)).strip() for name in FIELDS}
        numbers = {"days": str(int(self.days)), "uses": str(int(self.uses))}
        return told | {"operations": ",".join(self.operations)} | numbers


def build(visit: Visit) -> None:
    """Make the form; the commands stand below it."""
    words, wish = visit.words, Wish()

    def told() -> None:
        place.clear()
        with place:
            try:
                values = wish.values()
            except InvalidRecord as fault:
                show(visit.fault(fault))
                return
            for one in for_step("request", visit.house.place, **values):
                said = markup.tag("p", words.of(one.what), style="margin:12px 0 0")
                show(said, markup.commands(one.line, words("page.copy")))

    with card(words("asking.title"), testid="asking-card"):
        show(markup.tag("p", words("asking.lead")))
        with ui.element("div").classes("grid"):
            for name in FIELDS:
                field = ui.input(words(f"asking.{name}")).bind_value(wish, name)
                field.props(f'outlined dense data-testid="wish-{name}"')
            named = (one.name.lower() for one in Operations if one.name)
            options = {name: words(f"asking.operation_{name}") for name in named}
            chosen = ui.select(options, multiple=True, label=words("asking.operations"))
            chosen.props('outlined dense use-chips data-testid="wish-operations"')
            chosen.on_value_change(lambda event: setattr(wish, "operations", tuple(event.value or ())))
            for name in ("days", "uses"):
                number = ui.number(words(f"asking.{name}"), precision=0).bind_value(wish, name)
                number.props(f'outlined dense data-testid="wish-{name}"')
        button(words("asking.show"), "show-request", told)
        place = ui.element("div")
