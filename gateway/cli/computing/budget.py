"""``shuxin budget``: what releases of an asset have cost in privacy, what they may cost, and what a job would."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Language, Tongue
from ledger.errors import NotFound

if TYPE_CHECKING:
    from gateway.statistics.budgets import Books, Limit
    from ledger.chain.port import Receipt

app = typer.Typer(help="Privacy budgets: show them, set them by two officers, estimate a job.", no_args_is_help=True)


Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Asset = Annotated[str, typer.Argument(help="The asset's code.")]
MicroRho = Annotated[int, typer.Option("--micro-rho", min=0, help="The limit; 1,000,000 is rho = 1.")]
Period = Annotated[str, typer.Option("--period", help="Data period of a lifetime pot, as in node.toml.")]
Class = Annotated[
    str, typer.Option("--recipients", help="A rate instead, for this class of recipients ('everybody' is the usual).")
]
Window = Annotated[int, typer.Option("--window", min=0, help="Of a rate: seconds of a window.")]
Key = Annotated[str, typer.Option("--officer", help="Whose key signs: its name in the key store.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def show(
    config: Config,
    asset: Annotated[str, typer.Argument(help="The asset's code (default: all of this department).")] = "",
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Show limits, what is spent and reserved, and what is left, by proof."""
    from gateway.statistics import budget_tables

    with _books(config) as books:
        found = [books.statement(code) for code in ([asset] if asset else books.assets)]
    if asset and not found[0].pots and not found[0].rates:
        raise NotFound(f"asset {asset}: the chain has no budget for it")
    budget_tables.show_statements(found, as_json=as_json, language=language.value)


def _setting(usual: str, done: str, call: Callable[[Books, Limit], Receipt | None]) -> Callable[..., None]:
    """Build a command about one limit; those three differ in whose key usually signs and in what is called."""

    def command(
        asset: Asset,
        config: Config,
        micro_rho: MicroRho,
        period: Period = "all",
        recipients: Class = "",
        window: Window = 0,
        officer: Key = usual,
    ) -> None:
        meant = _limit(asset, micro_rho, period, recipients, window)
        with _books(config, officer) as books:
            receipt = call(books, meant)
        about = f"{meant.asset}, {meant.pot}: {meant.micro_rho} micro-rho"
        print(f"{about} {done}, block {receipt.block_number}" if receipt else f"{about} before; nothing to do")

    return command


app.command("limit", help="Propose to raise a limit; another officer of the same department confirms it.")(
    _setting("officer", "proposed; another officer confirms it", lambda books, meant: books.propose(meant))
)
app.command("confirm", help="Confirm a limit that another officer proposed, naming the same amount.")(
    _setting("deputy", "in force", lambda books, meant: books.confirm(meant))
)
app.command("lower", help="Lower a limit at once, not below what is used, and withdraw what is proposed for it.")(
    _setting("officer", "in force", lambda books, meant: books.lower(meant))
)


@app.command()
def estimate(
    spec: Annotated[Path, typer.Argument(help="The job specification (JSON).")],
    config: Config,
    period: Annotated[str, typer.Option("--period", help="Data period of exact jobs' assets.")] = "all",
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Say what a job would charge each asset and how wrong noised figures would be; exit 1 if a pot has too little."""
    from gateway.statistics import budget_tables
    from gateway.statistics.asking import read_specification
    from gateway.statistics.budgets import expected_errors

    asked = read_specification(spec)
    with _books(config) as books:
        found = books.estimate(asked, period)
    budget_tables.show_estimates(found, expected_errors(asked), as_json=as_json, language=language.value)
    if any(not line.fits for line in found):
        raise typer.Exit(1)


def _limit(asset: str, micro_rho: int, period: str, recipients: str, window: int) -> Limit:
    from gateway.statistics.budgets import Limit

    if bool(recipients) != bool(window):
        raise typer.BadParameter("a rate needs both --recipients and --window")
    return Limit(asset, recipients or period, micro_rho, window)


def _books(config: Path, officer: str = "officer") -> closing[Books]:
    from gateway.statistics.budgets import Books
    from mpc.node import config as node_config

    return closing(Books(node_config.load(config), officer))
