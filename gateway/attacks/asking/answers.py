"""What came of a question, and how it is judged: a refusal counts only on the grounds that an attack expects."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.attacks.attack import Try, failed, inconclusive, refused, skipped, stopped
from gateway.attacks.defence import ISOLATES, Defence
from mpc.node.config import NodeConfig
from mpc.protocols.words import Text

OWNERS_WAIT_S = 5.0
POLL_S = 0.2
NOBODY = " [nobody but the attacker's own node refused]"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: the figures, or the line that refused it."""

    job: bytes
    line: str
    release: Mapping[str, object] | None = None

    @property
    def opened(self) -> Mapping[str, str]:
        """The opened cells of sums."""
        cells = self.release.get("cells") if self.release else None
        return cells if isinstance(cells, dict) else {}

    @property
    def withheld(self) -> tuple[str, ...]:
        """The cells of sums, or the groups of a join, that stayed closed."""
        names = self.release.get("withheld") if self.release else None
        return tuple(names) if isinstance(names, list) else ()


def closed(what: Text, answer: Answer, *cells: str, gate: Defence | None = None) -> Try:
    """Judge a question about cells: the attack succeeds if one is opened.

    Args:
        gate: what would withhold them if the question is answered; None if it must be refused.
    """
    if any(cell in answer.opened for cell in cells):
        return failed(what, answer.line)
    if answer.release is None:
        return refused(what, answer.line, ISOLATES)
    if gate is not None and set(cells) <= set(answer.withheld):
        return stopped(what, answer.line, gate)
    return inconclusive(what, answer.line)


def unanswered(what: Text, answer: Answer, *expected: Defence) -> Try:
    """Judge a question that must be refused, whatever it opens."""
    return refused(what, answer.line, *expected) if answer.release is None else failed(what, answer.line)


def without_base(answer: Answer) -> Try:
    """Say that the attack was not carried out: it needs an ordinary answer first, and did not get it."""
    what = Text("the ordinary question that the attack begins with", "攻击所需的前置普通提问")
    return skipped(what, answer.line)


def grounds(nodes: Mapping[str, NodeConfig], office: str, job: bytes, refusal: str) -> str:
    """Quote what a refusing node wrote into its own log; the ground on chain is all that others see.

    Of several the one that the chain names. The attacker's own node, which is honest here, stops nobody who would run
    another one: where it was the first to refuse, only an owner's word counts, if one came to refuse as well.
    """
    end = time.monotonic() + OWNERS_WAIT_S
    while True:
        said = {code: line for code, node in nodes.items() if code != office and (line := _refused(node, job))}
        owners = [code for code in said if f"by {code}:" in refusal] or list(said)
        if owners:
            return f" [own log of {owners[0]}: {said[owners[0]]}]"
        if f"by {office}:" not in refusal:
            return ""
        if time.monotonic() > end:
            return NOBODY
        time.sleep(POLL_S)


def _refused(node: NodeConfig, job: bytes) -> str:
    path = node.state / "jobs" / job.hex() / "progress.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return next((line["reason"] for line in map(json.loads, lines) if line["step"] == "refused"), "")
