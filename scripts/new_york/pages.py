"""The demo's pages: a gateway of the audit office, with one account that the office's officer signed for."""

from __future__ import annotations

import os
import time
from pathlib import Path

from gateway.accounts.book import AccountBook
from gateway.accounts.drawing import drawn
from gateway.accounts.enrolment import AccountName, Enrolment, sign
from gateway.accounts.gate import Gate
from gateway.api.settings import load
from gateway.network.connecting import OFFICER
from gateway.network.supervising import Program
from gateway.pages.starting import ACCOUNTS
from mpc.node import config as node_config
from mpc.node.node import open_keys, read_trust
from new_york import cast

ACCOUNT = "auditor"
PASSWORD = "gateway-password"  # noqa: S105 - the name of a file
A_YEAR_S = 365 * 86_400


def program(out: Path, port: int) -> Program:
    """Describe the pages' process; makes configuration and account on the first call."""
    config = out / "gateway.toml"
    if not config.exists():
        _account(out, config, port)
    arguments = ["gateway", "pages", "--config", str(config)]
    return Program("pages", arguments, out / "logs" / "pages.log", "pages: http")


def said(out: Path) -> str:
    """Return where the pages are and how to sign in."""
    password = (out / PASSWORD).read_text(encoding="utf-8").strip()
    return f"http://127.0.0.1:{load(out / 'gateway.toml').pages_port}/  sign in as {ACCOUNT}, password {password}"


def _account(out: Path, config: Path, port: int) -> None:
    if not (out / PASSWORD).exists():
        with os.fdopen(os.open(out / PASSWORD, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(drawn() + "\n")
    password = (out / PASSWORD).read_text(encoding="utf-8").strip()
    node = out / "parties" / cast.OFFICE / "node.toml"
    draft = config.with_suffix(".draft")
    settings = f'node = "{node.relative_to(out)}"\nevidence = "evidence"\npages_port = {port}\n'
    draft.write_text(settings, encoding="utf-8")
    state, read = load(draft).state, node_config.load(node)
    state.mkdir(parents=True, exist_ok=True)
    stated = Enrolment(
        read_trust(read.trust).genesis_hash, AccountName(ACCOUNT), read.party, int(time.time()) + A_YEAR_S
    )
    book = AccountBook(state / ACCOUNTS)
    try:
        if ACCOUNT not in [one.name for one in book.accounts()]:
            Gate(book, None, time.time).add_local(ACCOUNT, "", password)
        book.enrol(ACCOUNT, sign(stated, open_keys(read).load(OFFICER).signer()).encode())
    finally:
        book.close()
    draft.replace(config)
