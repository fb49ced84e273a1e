"""How the suite's progress and outcome are told to a person, in either language; it judges nothing.

What nodes, chain and relay say is quoted as they said it. Where it gets on stands in a line on standard error that is
written over while something is awaited, so that standard output holds outcomes only.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from gateway.attacks.attack import Attack, Outcome, Try, Verdict
from mpc.protocols.words import Language, Text

BY = Text("by", "由")
LEAVES = Text("leaves behind", "遗留")
STOPPED_BY = Text("stopped by", "阻止于")
SUMMARY = Text("In all", "合计")
CLEAR = "\r\x1b[K"


class Narrator:
    """Tells one run. ``quiet``: progress only, for who prints a document at the end."""

    def __init__(
        self, language: Language, *, quiet: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self._language, self._quiet = language, quiet
        self._out, self._err = out or sys.stdout, err or sys.stderr
        self._place, self._since = "", time.monotonic()

    def begin(self, attack: Attack, place: int, of: int) -> None:
        """Head an attack's tries."""
        self._place, self._since = f"[{place}/{of}] {attack.name}", time.monotonic()
        self.say("...")
        setting = self._in(attack.setting.value)
        self._print(f"{self._place} ({setting}): {self._in(attack.title)}")
        leaves = f"{self._in(LEAVES)}: {self._in(attack.leaves)}"
        self._print(f"  {self._in(BY)}: {self._in(attack.by)}; {leaves}")

    def tell(self, one: Try) -> None:
        """Say what came of a try, the line that ended it, and where that line stands."""
        self._print(f"  {self._in(one.verdict.value)}: {self._in(one.what)}")
        self._print(f"      {one.line}")
        if one.place:
            self._print(f"      {self._in(STOPPED_BY)} {one.place}")
        self.say("...")

    def say(self, text: str) -> None:
        """Say what is being done now: a line that is written over on a screen, one of many in a file."""
        line = f"{self._place}: {text}"
        if self._err.isatty():
            print(f"{CLEAR}{time.monotonic() - self._since:4.0f} s {line}", end="", file=self._err, flush=True)
        elif text != "...":
            print(line, file=self._err, flush=True)

    def conclude(self, outcomes: Sequence[Outcome]) -> None:
        """Sum up, one line an attack, with how many of its tries came to what."""
        self._print("")
        for outcome in outcomes:
            counts = Counter(one.verdict for one in outcome.tries)
            words = ", ".join(f"{counts[v]} {self._in(v.value)}" for v in Verdict if counts[v])
            self._print(f"{outcome.attack.name:22} {words}")
        total = Counter(one.verdict for outcome in outcomes for one in outcome.tries)
        words = ", ".join(f"{total[v]} {self._in(v.value)}" for v in Verdict)
        self._print(f"{self._in(SUMMARY)}: {words}")

    def _print(self, text: str) -> None:
        if self._err.isatty():
            print(CLEAR, end="", file=self._err, flush=True)
        if not self._quiet:
            print(text, file=self._out, flush=True)

    def _in(self, text: Text) -> str:
        return text.of(self._language)
