"""The command ``shuxin``.

Exit codes: 0 done, 1 refused or failed (the reason is one line on stderr), 2 wrong usage or an unreadable file.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from gateway.cli import (
    asset,
    attack,
    audit,
    authorization,
    breach,
    budget,
    calendar,
    chain,
    custody,
    dispute,
    governance,
    incident,
    job,
    level,
    listing,
    material,
    network,
    node,
    notary,
    objection,
    oversight,
    property,
    query,
    quorum,
    region,
    relay,
    returning,
    revision,
    rules,
    study,
    supply,
    table,
    termination,
    use,
    verify,
    voucher,
)
from gateway.cli.tongue import chosen
from ledger.errors import InvalidRecord, NotFound, TrustError

app = typer.Typer(
    help="Shuxin 数信: joint statistics under on-chain authorizations, with evidence that verifies offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(chain.app, name="chain")
app.add_typer(relay.app, name="relay")
app.add_typer(asset.app, name="asset")
app.add_typer(authorization.app, name="authorization")
app.add_typer(supply.app, name="supply")
app.add_typer(use.app, name="use")
app.add_typer(objection.app, name="objection")
app.add_typer(termination.app, name="termination")
app.add_typer(dispute.app, name="dispute")
app.add_typer(returning.app, name="return")
app.add_typer(revision.app, name="revision")
app.add_typer(breach.app, name="breach")
app.add_typer(region.app, name="region")
app.add_typer(custody.app, name="custody")
app.add_typer(quorum.app, name="quorum")
app.add_typer(incident.app, name="incident")
app.add_typer(voucher.app, name="voucher")
app.add_typer(governance.report, name="report")
app.add_typer(governance.governance, name="governance")
app.add_typer(listing.app, name="listing")
app.add_typer(material.app, name="material")
app.add_typer(budget.app, name="budget")
app.add_typer(job.app, name="job")
app.add_typer(notary.app, name="notary")
app.add_typer(rules.app, name="rules")
app.add_typer(calendar.app, name="calendar")
app.add_typer(level.app, name="level")
app.add_typer(audit.app, name="audit")
app.add_typer(table.app, name="table")
app.add_typer(study.app, name="study")
app.add_typer(property.app, name="property")
app.command("node")(node.run)
app.command("cosign")(node.cosign)
app.command("up")(network.up)
app.command("verify")(verify.run)
app.command("query")(query.run)
app.command("attack")(attack.run)
app.command("inbox")(oversight.inbox)
app.command("alerts")(oversight.alerts)
app.command("stop-all")(oversight.stop_all)
app.command("self-check")(governance.self_check)


@app.callback()
def options(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens to stderr.")] = False,
) -> None:
    """Options of every command."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)


def main() -> None:
    """Run the command line; outside faults end in one line, bugs in a traceback."""
    try:
        app()
    except TrustError as fault:
        from gateway.cli.faults import said

        print(f"shuxin: {said(str(fault), chosen(sys.argv, os.environ))}", file=sys.stderr)
        sys.exit(2 if isinstance(fault, InvalidRecord | NotFound) else 1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
