"""The command ``shuxin``.

Exit codes: 0 done, 1 refused or failed (the reason is one line on stderr), 2 wrong usage or an unreadable file.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated

import typer
from typer.core import TyperGroup

from gateway.cli import keys
from gateway.cli.catalogue import asset, authorization, level
from gateway.cli.computing import budget, job, query, study, table
from gateway.cli.modelling import federated
from gateway.cli.oversight import governance
from gateway.cli.oversight import inbox as oversight
from gateway.cli.present import Clock
from gateway.cli.property import registers as property
from gateway.cli.proving import audit, notary, verify
from gateway.cli.regulation import (
    breach,
    calendar,
    dispute,
    objection,
    region,
    returning,
    revision,
    rules,
    supply,
    termination,
    use,
)
from gateway.cli.running import attack, chain, gateway, membership, network, node, relay
from gateway.cli.templates import custody, incident, listing, material, quorum, voucher
from gateway.cli.tongue import chosen
from ledger.errors import InvalidRecord, NotFound, TrustError

PANELS: tuple[tuple[str, dict[str, typer.Typer | Callable[..., None]]], ...] = (
    (
        "Ask and compute 联合统计",
        {"query": query.run, "study": study.app, "job": job.app, "table": table.app, "budget": budget.app},
    ),
    (
        "Joint models 联合建模",
        {"federated": federated.app},
    ),
    (
        "Verify and prove 验证与存证",
        {"verify": verify.run, "audit": audit.app, "notary": notary.app},
    ),
    (
        "Catalogue and authorizations 目录与授权",
        {"asset": asset.app, "authorization": authorization.app, "level": level.app, "stop-all": oversight.stop_all},
    ),
    (
        "Sharing by the Regulation 政务数据共享",
        {
            "supply": supply.app,
            "use": use.app,
            "objection": objection.app,
            "revision": revision.app,
            "return": returning.app,
            "termination": termination.app,
            "dispute": dispute.app,
            "breach": breach.app,
            "region": region.app,
            "rules": rules.app,
            "calendar": calendar.app,
        },
    ),
    (
        "What waits, what is amiss, figures 待办、预警与报表",
        {
            "inbox": oversight.inbox,
            "alerts": oversight.alerts,
            "report": governance.report,
            "governance": governance.governance,
            "self-check": governance.self_check,
        },
    ),
    (
        "Property 不动产登记",
        {"property": property.app},
    ),
    (
        "Templates 事项模板",
        {
            "voucher": voucher.app,
            "listing": listing.app,
            "material": material.app,
            "custody": custody.app,
            "quorum": quorum.app,
            "incident": incident.app,
        },
    ),
    (
        "Run a network 运行网络",
        {
            "chain": chain.app,
            "up": network.up,
            "node": node.run,
            "cosign": node.cosign,
            "relay": relay.app,
            "party": membership.party,
            "validator": membership.validator,
            "keys": keys.app,
            "gateway": gateway.app,
            "attack": attack.run,
        },
    ),
)
"""What ``shuxin --help`` lists, under which heading, in this order."""


class Listed(TyperGroup):
    """The commands in the order of their panels."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 - as in the base class
        """Names as PANELS has them."""
        return [name for _, commands in PANELS for name in commands]


app = typer.Typer(
    cls=Listed,
    help="Shuxin 数信: government departments compute over each other's data without seeing it; authorizations and "
    "registers on chain; evidence of everything that verifies offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for title, commands in PANELS:
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=title)
        else:
            app.command(name, rich_help_panel=title)(command)


@app.callback()
def options(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens to stderr.")] = False,
) -> None:
    """Options of every command."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)


def main(clock: Clock = time.time, arguments: Sequence[str] | None = None) -> None:
    """Run the command line; outside faults end in one line, bugs in a traceback.

    Args:
        clock: the present for commands of officers, members and observers.
        arguments: what follows ``shuxin``; this process's own if None.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        _tree()(given, prog_name="shuxin", obj=clock)
    except TrustError as fault:
        from gateway.cli.faults import said

        print(f"shuxin: {said(str(fault), chosen(given, os.environ))}", file=sys.stderr)
        sys.exit(2 if isinstance(fault, InvalidRecord | NotFound) else 1)
    except KeyboardInterrupt:
        sys.exit(130)


@cache
def _tree() -> Callable[..., object]:
    """Build all commands, once a process."""
    return typer.main.get_command(app)


if __name__ == "__main__":
    main()
