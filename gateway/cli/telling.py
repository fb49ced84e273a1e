"""How a command says what it has done: the act, its block or that it was done before, and what comes next."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.tongue import Tongue
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from ledger.chain.port import Receipt


def tell(
    code: str,
    done: Text,
    receipt: Receipt | None,
    language: Tongue,
    *,
    as_json: bool = False,
    paper: Path | None = None,
    then: Text | None = None,
) -> None:
    """Say what was done, or that nothing was left to do.

    Args:
        paper: opens the salted digest that went on chain.
        then: who does what next.
    """
    if as_json:
        block = receipt.block_number if receipt else None
        print(json.dumps({"code": code, "done": done.en, "block": block, **({"paper": str(paper)} if paper else {})}))
        return
    if receipt:
        at = receipt.block_number
        line = Text(f"{code}: {done.en}, block {at}", f"{code}：{done.zh}，区块 {at}")
    else:
        line = Text(f"{code}: {done.en} before; nothing to do", f"{code}：此前{done.zh}，无需重复")
    opens = Text(f"  what opens the salted digest on chain: {paper}", f"  打开链上加盐摘要的文书：{paper}")
    for text in (line, *([opens] if paper else ()), *([Text(f"  {then.en}", f"  {then.zh}")] if then else ())):
        print(text.of(language.value))


def clock(time: int | str) -> str:
    """Write a moment as the statute's clock shows it, UTC+8; the end of a day as 24:00; nothing for none.

    Args:
        time: unix seconds, or ISO 8601.
    """
    from gateway.statute.observation.inbox import until

    seconds = int(datetime.fromisoformat(time).timestamp()) if isinstance(time, str) and time else int(time or 0)
    return until(seconds, "en") if seconds else ""


def await_head(code: str, party: str, command: str, language: Tongue, *, as_json: bool = False) -> None:
    """Say that the head of the sharing body agrees first, by which command."""
    if as_json:
        print(json.dumps({"code": code, "done": "drafted", "block": None, "next": command}))
        return
    text = Text(
        f"{code}: drafted; next, the head of the sharing body of {party} runs\n  {command}\nthen repeat this command",
        f"{code}：已拟定；下一步，由 {party} 的共享工作机构负责人执行\n  {command}\n然后重新执行本命令",
    )
    print(text.of(language.value))
