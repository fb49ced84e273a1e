"""``shuxin authorization``: ask for the use of an asset, grant it, stop it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.errors import InvalidRecord, NotFound

if TYPE_CHECKING:
    from contracts.authorizations.rules import Operations
    from gateway.officers import Officer
    from ledger.chain import Receipt

app = typer.Typer(help="Ask for the use of assets, grant it, stop it.", no_args_is_help=True)
Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Code = Annotated[str, typer.Argument(help="The authorization's code, by default <grantee>/<purpose>/<asset>.")]
NewCode = Annotated[str, typer.Option("--code", help="Another code than <grantee>/<purpose>/<asset>.")]
Reason = Annotated[str, typer.Option("--reason", help="In words; a digest goes on chain.")]


@app.command()
def request(
    asset: Annotated[str, typer.Argument(help="The asset's code.")],
    config: Config,
    owner: Annotated[str, typer.Option(help="The party that holds it.")],
    purpose: Annotated[str, typer.Option(help="The purpose's code.")],
    words: Annotated[str, typer.Option(help="The purpose in words.")],
    operations: Annotated[str, typer.Option(help="Comma-separated: count,sum,mean,variance,histogram,join,distinct.")],
    columns: Annotated[str, typer.Option(help="Comma-separated columns the jobs may read.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The terms document to hand to the owner.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="From now on.")] = 30,
    uses: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many jobs.")] = 10,
    code: NewCode = "",
) -> None:
    """Ask an owner for the use of an asset; hand the terms document to the owner's officer."""
    from gateway.officers import Period, code_of
    from ledger import canonical

    wanted, names = _operations(operations), tuple(name.strip() for name in columns.split(","))
    if not output.parent.is_dir():
        raise NotFound(f"{output.parent}: no such directory")
    with _officer(config) as officer:
        terms = officer.draft(asset, purpose, words, wanted, names, code)
        receipt = officer.request(terms, owner, Period(days, uses), code)
        output.write_bytes(canonical.encode(terms.json()))
        _tell(code or code_of(terms), "requested", receipt)
    print(f"hand {output} to {owner}")


@app.command()
def grant(
    terms: Annotated[Path, typer.Argument(help="The terms document the requester handed over.")],
    config: Config,
    code: NewCode = "",
) -> None:
    """Say yes to a request with exactly these terms."""
    from gateway.officers import code_of, read_terms

    found = read_terms(terms)
    names = ", ".join(str(operation.name).lower() for operation in found.operations)
    print(f"{found.grantee} may use {found.asset} for {found.purpose} ({found.purpose_text}):")
    print(f"  operations {names}; columns {', '.join(found.columns)}")
    with _officer(config) as officer:
        _tell(code or code_of(found), "granted", officer.grant(found, code))


@app.command()
def refuse(code: Code, config: Config, reason: Reason) -> None:
    """Say no to a request, for good."""
    with _officer(config) as officer:
        _tell(code, "refused", officer.refuse(code, reason))


@app.command()
def suspend(code: Code, config: Config, reason: Reason) -> None:
    """Stop every use until resumed; running jobs stop at their next step."""
    with _officer(config) as officer:
        _tell(code, "suspended", officer.suspend(code, reason))


@app.command()
def resume(code: Code, config: Config) -> None:
    """Lift a suspension."""
    with _officer(config) as officer:
        _tell(code, "in force again", officer.resume(code))


@app.command()
def revoke(code: Code, config: Config, reason: Reason) -> None:
    """End an authorization for good."""
    with _officer(config) as officer:
        _tell(code, "revoked", officer.revoke(code, reason))


@app.command()
def show(code: Code, config: Config) -> None:
    """Read an authorization from the chain, by proof."""
    from contracts.authorizations.terms import identifier

    with _officer(config) as officer:
        record = officer.authorization(code)
    print(f"{code}: {record.state.name.lower()}, id 0x{identifier(code).hex()}")
    if record.valid_until:
        start, end = (datetime.fromtimestamp(t, UTC).isoformat() for t in (record.valid_from, record.valid_until))
        print(f"  from {start} until {end}; {record.uses} of {record.max_uses} uses; terms {record.terms.hex()}")


def _tell(code: str, done: str, receipt: Receipt | None) -> None:
    print(f"{code}: {done}, block {receipt.block_number}" if receipt else f"{code}: {done} before; nothing to do")


def _officer(config: Path) -> closing[Officer]:
    from gateway.officers import Officer
    from mpc.node import config as node_config

    return closing(Officer(node_config.load(config)))


def _operations(text: str) -> Operations:
    from contracts.authorizations.rules import Operations

    known = {str(operation.name).lower(): operation for operation in Operations}
    found = Operations(0)
    for name in (part.strip() for part in text.split(",")):
        if name not in known:
            raise InvalidRecord(f"operations: expected some of {', '.join(known)}, got {name!r}")
        found |= known[name]
    return found
