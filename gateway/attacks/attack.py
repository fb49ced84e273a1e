"""What an attack is and what came of it.

An attack is a series of tries, each with the line that ended it as node, chain, relay or verifier said it. A try is
*stopped*, or it *succeeded as stated*: then it is a stated limit (``docs/threat-model.md``), shown so that the limit is
honest. One that succeeded although it must not is *failed*, and the whole command fails.

``twins`` are tests in which the same attack succeeds because its defence is missing. No attack proves that there is no
other one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ledger.canonical import JsonValue

if TYPE_CHECKING:
    from gateway.attacks.scene import Scene


class Verdict(StrEnum):
    """What came of a try; the order is that of gravity."""

    SKIPPED = "not tried"
    STOPPED = "stopped"
    STATED = "succeeded as stated"
    FAILED = "FAILED"


class Setting(StrEnum):
    """Against what an attack runs."""

    LIVE = "live"
    REHEARSAL = "rehearsal"


@dataclass(frozen=True, slots=True)
class Try:
    """One try: what was done, what came of it, and the line that says so."""

    what: str
    verdict: Verdict
    line: str

    def json(self) -> JsonValue:
        return {"tried": self.what, "verdict": self.verdict.value, "line": self.line}


Run = Callable[["Scene"], Iterator[Try]]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack of the suite.

    by: who could do it, and so which keys it uses. leaves: what it changes in a live network. twins: tests, as
    "file::test" below ``tests/``, in which it succeeds without the defence.
    """

    name: str
    title: str
    by: str
    setting: Setting
    leaves: str
    twins: tuple[str, ...]
    run: Run


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attack and its tries."""

    attack: Attack
    tries: tuple[Try, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest of its tries."""
        order = list(Verdict)
        return max((one.verdict for one in self.tries), key=order.index, default=Verdict.SKIPPED)

    def json(self) -> JsonValue:
        return {
            "attack": self.attack.name,
            "title": self.attack.title,
            "by": self.attack.by,
            "setting": self.attack.setting.value,
            "leaves": self.attack.leaves,
            "verdict": self.verdict.value,
            "tries": [one.json() for one in self.tries],
            "succeeds_without_defence": list(self.attack.twins),
        }


def stopped(what: str, line: str) -> Try:
    return Try(what, Verdict.STOPPED, line)


def failed(what: str, line: str) -> Try:
    return Try(what, Verdict.FAILED, line)


def as_stated(what: str, line: str) -> Try:
    return Try(what, Verdict.STATED, line)


def skipped(what: str, line: str) -> Try:
    return Try(what, Verdict.SKIPPED, line)
