"""What an attack is and what came of it.

An attack is a series of tries, each with the line that ended it as node, chain, relay or verifier said it. A try is
*stopped* only if one of the defences that it names said no (``gateway.attacks.defence``); or it *succeeded as stated*:
then it is a stated limit (``docs/threat-model.md``), shown so that the limit is honest. One that succeeded although it
must not is *failed*. Whatever else ended it, a timeout, a missing table, a refusal on another ground, proves nothing:
*not tried*, or *inconclusive*.

``twins`` are tests in which the same attack succeeds because its defence is missing. No attack proves that there is no
other one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gateway.attacks.defence import Defence
from ledger.canonical import JsonValue
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from gateway.attacks.scene import Scene


NOTHING = Text("nothing", "无")
"""What most rehearsals leave behind."""


class Verdict(Enum):
    """What came of a try; the order is that of gravity."""

    STOPPED = Text("stopped", "已阻止")
    STATED = Text("succeeded as stated", "如所声明地成功")
    SKIPPED = Text("not tried", "未尝试")
    INCONCLUSIVE = Text("inconclusive", "无定论")
    FAILED = Text("FAILED", "防线失守")


class Setting(Enum):
    """Against what an attack runs."""

    LIVE = Text("live", "实网")
    REHEARSAL = Text("rehearsal", "演练")


@dataclass(frozen=True, slots=True)
class Try:
    """One try: what was done, what came of it, the line that says so, and where that line stands in the code."""

    what: Text
    verdict: Verdict
    line: str
    place: str = ""

    def json(self) -> JsonValue:
        return {
            "tried": self.what.record(),
            "verdict": self.verdict.value.en,
            "line": self.line,
            "stopped_by": self.place,
        }


Run = Callable[["Scene"], Iterator[Try]]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack of the suite.

    by: who could do it, and so which keys it uses. leaves: what it changes in a live network. twins: tests, as
    "file::test" below ``tests/``, in which it succeeds without the defence.
    """

    name: str
    title: Text
    by: Text
    setting: Setting
    leaves: Text
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
            "title": self.attack.title.record(),
            "by": self.attack.by.record(),
            "setting": self.attack.setting.value.en,
            "leaves": self.attack.leaves.record(),
            "verdict": self.verdict.value.en,
            "tries": [one.json() for one in self.tries],
            "succeeds_without_defence": list(self.attack.twins),
        }


def stopped(what: Text, line: str, by: Defence) -> Try:
    """Say that a defence ended the try, where no refusal had to be read for it."""
    return Try(what, Verdict.STOPPED, line, by.place)


def refused(what: Text, line: str, *expected: Defence) -> Try:
    """Judge a refusal: it counts only if a defence said it that is there to stop this try."""
    said = next((defence for defence in expected if defence.words in line), None)
    if said is not None:
        return stopped(what, line, said)
    awaited = " / ".join(f"{defence.words!r} ({defence.file})" for defence in expected)
    return inconclusive(what, f"{line} -- expected: {awaited}")


def failed(what: Text, line: str) -> Try:
    return Try(what, Verdict.FAILED, line)


def as_stated(what: Text, line: str) -> Try:
    return Try(what, Verdict.STATED, line)


def skipped(what: Text, line: str) -> Try:
    return Try(what, Verdict.SKIPPED, line)


def inconclusive(what: Text, line: str) -> Try:
    return Try(what, Verdict.INCONCLUSIVE, line)
