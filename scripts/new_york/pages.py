"""The demo's gateway: interface and pages, the verifier to take away, and an account for everybody who may walk them.

That an account acts for a party its officer signs, as ``shuxin gateway enrol`` does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.accounts.book import AccountBook
from gateway.accounts.enrolment import AccountName, Enrolment, sign
from gateway.accounts.signin.drawing import drawn
from gateway.accounts.signin.gate import Gate
from gateway.api.opening import ACCOUNTS
from gateway.api.settings import load
from gateway.network.connecting import OFFICER
from gateway.network.supervising import Program
from mpc.node import config as node_config
from mpc.node.node import open_keys, read_trust
from new_york import cast, register

ENROLLED = {
    "analyst": cast.OFFICE, "auditor": cast.INSPECTORATE, "officer": cast.FINANCE,
    "clerk": cast.registrar(register.BOROUGH), "citizen": "",
}  # fmt: skip
"""Accounts, and the party each acts for; a citizen acts for none."""
PERSONS = {"citizen": register.OWNER}
VERIFIER = "shuxin-verify.pyz"
PASSWORD = "gateway-password"  # noqa: S105 - the name of a file
A_YEAR_S = 365 * 86_400


def programs(out: Path, ports: Sequence[int]) -> list[Program]:
    """Describe the gateway's two processes; makes configuration and accounts on the first call."""
    config = out / "gateway.toml"
    if not config.exists():
        _found(out, config, ports)
    logs = out / "logs"
    return [
        Program("gateway", ["gateway", "serve", "--config", str(config)], logs / "gateway.log", "gateway: http"),
        Program("pages", ["gateway", "pages", "--config", str(config)], logs / "pages.log", "pages: http"),
    ]


def said(out: Path) -> str:
    """Return where the pages are and how to sign in."""
    settings = load(out / "gateway.toml")
    password = (out / PASSWORD).read_text(encoding="utf-8").strip()
    return f"""Pages 页面: http://127.0.0.1:{settings.pages_port}/  interface 接口: http://127.0.0.1:{settings.port}/v1/openapi.json
sign in as {", ".join(ENROLLED)}: password {password}
the analyst asks joint statistics 分析员提出联合统计, the auditor reads everything 审计员查阅全部, the officer decides
on what finance is asked for 经办人处理申请, the citizen sees what is open 公民查阅公开内容,
the clerk keeps a register of property 登记人员管理不动产登记簿
rights query 权利查询: unit {register.UNIT} 不动产单元, as the citizen, a holder 以公民身份登录"""


def _found(out: Path, config: Path, ports: Sequence[int]) -> None:
    if not (out / PASSWORD).exists():
        with os.fdopen(os.open(out / PASSWORD, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(drawn() + "\n")
    lines = (
        f'node = "parties/{cast.OFFICE}/node.toml"', 'evidence = "evidence"', f"port = {ports[0]}",
        f"pages_port = {ports[1]}", f'verifier = "{VERIFIER}"',
        f'register_directory = "{register.REGISTER}"',
        f'registrar = "{cast.registrar(register.BOROUGH)}"',
    )  # fmt: skip
    build = Path(__file__).resolve().parents[1] / "build-verifier"
    subprocess.run([sys.executable, str(build), str(out / VERIFIER)], check=True, stdout=subprocess.DEVNULL)
    draft = config.with_suffix(".draft")
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    state = load(draft).state
    state.mkdir(parents=True, exist_ok=True)
    book = AccountBook(state / ACCOUNTS)
    try:
        for name, party in ENROLLED.items():
            _enrol(book, out, name, party)
    finally:
        book.close()
    draft.replace(config)


def _enrol(book: AccountBook, out: Path, name: str, party: str) -> None:
    if name not in [one.name for one in book.accounts()]:
        password = (out / PASSWORD).read_text(encoding="utf-8").strip()
        Gate(book, None, time.time).add_local(name, PERSONS.get(name, ""), password)
    if not party:
        return
    read = node_config.load(out / "parties" / party / "node.toml")
    genesis, until = read_trust(read.trust).genesis_hash, int(time.time()) + A_YEAR_S
    signed = sign(Enrolment(genesis, AccountName(name), party, until), open_keys(read).load(OFFICER).signer())
    book.enrol(name, signed.encode())
