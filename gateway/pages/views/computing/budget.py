"""Privacy budgets: what each asset's pots have spent and reserved, and what is left, from its proven history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.authorizations.terms import identifier
from contracts.budgets.record import Pot
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.markup import Markup, Tone
from gateway.pages.visit import Visit, as_of, card, show
from gateway.statistics.budgets import proven_account
from ledger.proofs.headers import Header


@dataclass(frozen=True, slots=True)
class Line:
    """An asset's pot of one data period."""

    asset: bytes
    period: bytes
    pot: Pot


async def build(visit: Visit) -> None:
    """Show a gauge a pot."""
    found = await visit.told(Scope.BUDGETS, lambda: read(visit))
    if found is None:
        return
    lines, at = found
    words = visit.words
    if not lines:
        show(markup.empty(words("budget.nothing"), testid="budget-empty"))
        show(markup.commands("shuxin budget limit ASSET --micro-rho 1000000 --config node.toml", words("page.copy")))
        return
    with card(testid="budget-card"):
        show(gauges(visit, lines))
        as_of(visit, "budget", at)


def gauges(visit: Visit, lines: Sequence[Line]) -> Markup:
    """Show a gauge a pot."""
    heads = [visit.words(f"budget.{one}") for one in ("asset", "period", "gauge", "used", "limit")]
    return markup.table(heads, [_row(visit, one) for one in lines], testid="budgets", numbers=(3, 4))


def read(visit: Visit, wanted: Collection[bytes] = ()) -> tuple[list[Line], Header]:
    """Read the accounts of assets, or of every asset in the catalogue."""
    observer, _ = visit.house.followed()
    listed, at = visit.house.listed(lambda lists, _: [entry.asset for entry in lists.assets()])
    lines = []
    for asset in wanted or listed:
        account = proven_account(observer.chain, observer.view, at, asset)
        lines += [Line(asset, period, pot) for period, pot in sorted(account.pots.items())]
    return lines, at


def _row(visit: Visit, one: Line) -> tuple[str, str, Markup, str, str]:
    names, pot = visit.house.names, one.pot
    part = pot.used / pot.limit if pot.limit else 0.0
    tone: Tone = "bad" if part >= 0.9 else "warn" if part >= 0.7 else "good"
    period = visit.words("budget.all") if one.period == identifier("all") else names.say(one.period)
    label = visit.words("budget.part", percent=round(part * 100))
    bar = markup.join(markup.bar(part, tone=tone, label=label), markup.tag("div", label, class_="soft small"))
    gauge = bar if pot.limit else markup.tag("span", visit.words("budget.unset"), class_="soft small")
    return names.say(one.asset), period, gauge, f"{pot.used:,}", f"{pot.limit:,}"


PAGE: Final = Page("budget", Scope.BUDGETS, build, "computing")
