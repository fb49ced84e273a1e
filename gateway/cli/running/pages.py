"""``shuxin gateway pages``, ``account`` and ``enrol``: the pages' process, accounts, for whom one acts."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.accounts.signin.gate import Gate
    from gateway.api.settings import GatewaySettings

account = typer.Typer(help="Accounts of the gateway: make, lock and list them.", no_args_is_help=True)
Config = Annotated[Path, typer.Option("--config", help="The gateway's TOML file; SHUXIN_GATEWAY_* stands above it.")]
Name = Annotated[str, typer.Argument(help="The account's name.")]
DAY_S = 86_400


def pages(config: Config) -> None:
    """Serve the pages until stopped, with one worker: the toolkit keeps open pages in memory."""
    settings = settings_of(config)
    from gateway.cli.waiting import stop_signal
    from gateway.pages.serving import serve
    from gateway.pages.starting import opened

    stop_signal()  # the server raises the signal again when it has ended; what was opened is closed first
    with opened(settings) as shield:
        print(f"pages: http://{settings.host}:{settings.pages_port}/", flush=True)
        serve(shield, settings.host, settings.pages_port, is_forwarded=settings.is_forwarded).run()


@account.command()
def add(
    name: Name,
    config: Config,
    person: Annotated[str, typer.Option("--person", help="Whose account it is, once you have seen who it is.")] = "",
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="The first password; asked for without one.")
    ] = None,
) -> None:
    """Make a local account; for whom it acts its department's officer says (``enrol``)."""
    if password_file is not None:
        from ledger.files import read_bounded

        password = read_bounded(password_file, 1024).decode("utf-8", "replace").strip()
    else:
        password = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    with _gate(config) as gate:
        gate.add_local(name, person, password)
    print(f"{name}: made 已建立")


@account.command("list")
def list_(
    config: Config, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """List accounts, whether they are locked, and whom they say they act for."""
    from gateway.accounts import enrolment

    with _gate(config) as gate:
        rows = []
        for one in gate.book.accounts():
            document = gate.book.enrolment(one.name)
            party = enrolment.parse(document).enrolment.party if document else None
            rows.append({"name": one.name, "issuer": one.issuer, "locked": one.is_locked, "enrolled": party})
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        print("  ".join(str(value) for value in row.values() if value))


@account.command()
def lock(name: Name, config: Config) -> None:
    """Lock an account: its sessions and tokens end."""
    _lock(name, config, is_locked=True)


@account.command()
def unlock(name: Name, config: Config) -> None:
    """Open a locked account again."""
    _lock(name, config, is_locked=False)


def enrol(
    name: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account at the gateway.")],
    config: Annotated[Path, typer.Option("--config", help="The department's node configuration.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the signed statement goes.")],
    days: Annotated[int, typer.Option(min=1, max=730, help="For so long.")] = 365,
) -> None:
    """Sign, as the department's officer, that an account acts for it; the gateway checks it against the chain."""
    from gateway.accounts.enrolment import AccountName, Enrolment, sign
    from gateway.network.connecting import OFFICER
    from ledger.errors import BackendError
    from mpc.node import config as node_config
    from mpc.node.node import open_keys, read_trust

    read = node_config.load(config)
    stated = Enrolment(
        read_trust(read.trust).genesis_hash, AccountName(name), read.party, int(time.time()) + days * DAY_S
    )
    signed = sign(stated, open_keys(read).load(OFFICER).signer())
    try:
        output.write_bytes(signed.encode())
    except OSError as fault:
        raise BackendError(f"{output}: cannot be written: {fault.strerror}") from fault
    print(f"{name} acts for {read.party}: {output} 已签署", file=sys.stderr)


def register(app: typer.Typer) -> None:
    """Add the commands to ``shuxin gateway``."""
    app.command("pages")(pages)
    app.add_typer(account, name="account")
    app.command("enrol")(enrol)


def _lock(name: str, config: Path, *, is_locked: bool) -> None:
    with _gate(config) as gate:
        gate.book.lock(name, locked=is_locked)
    print(f"{name}: {'locked 已锁定' if is_locked else 'open 已解锁'}")


@contextmanager
def _gate(config: Path) -> Iterator[Gate]:
    """Open the accounts alone, without a chain: nothing here needs to know for whom they act."""
    settings = settings_of(config)
    from gateway.accounts.book import AccountBook
    from gateway.accounts.signin.gate import Gate
    from gateway.api.opening import ACCOUNTS

    book = AccountBook(settings.state / ACCOUNTS)
    try:
        yield Gate(book, None, time.time)
    finally:
        book.close()


def settings_of(config: Path) -> GatewaySettings:
    try:
        from gateway.api.settings import load
    except ModuleNotFoundError as fault:
        raise InvalidRecord(
            f"shuxin gateway needs the extra 'web' (pip install 'shuxin[web]'): no {fault.name}"
        ) from fault
    return load(config)
