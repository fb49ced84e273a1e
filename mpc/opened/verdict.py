"""What the check of an opened audit says: one step after the other and, if one does not hold, party, step, difference.

Texts for people in English and Chinese and for programs as JSON; no judgement here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from contracts.evidence.report import Language, Words
from ledger.canonical import JsonValue
from ledger.errors import TrustError
from mpc.sessions.channel import Misbehaviour

HOLDS, DEVIATES = 0, 1
"""Exit codes; 2 is a file that cannot be read, or is none of ours."""

TITLES = {
    "seed": Words("the seed is the one committed to on chain", "种子与链上承诺一致"),
    "input": Words("the input is the one committed to on chain", "输入与链上承诺一致"),
    "messages": Words("every message is signed by its sender", "每条消息均由其发送方签名"),
    "replay": Words("the protocol run again gives every byte that was sent", "重新运行协议,得到所发送的每一个字节"),
    "outcome": Words("it ends in what all parties signed", "结果与各方签署的声明一致"),
    "recipient": Words("the recipient holds the same messages", "结果接收方持有相同的消息"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step and its outcome."""

    name: str
    ok: bool
    detail: Words

    def line(self, language: Language) -> str:
        mark = ("ok  " if self.ok else "FAIL") if language == "en" else ("通过" if self.ok else "失败")
        detail = self.detail.of(language)
        return f"{mark} {self.name}: {TITLES[self.name].of(language)}{f' ({detail})' if detail else ''}"


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where a party left the protocol: the step of its attempt, and what differs."""

    party: str
    step: str
    difference: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All steps up to the first that does not hold, and the deviation that it found."""

    party: str
    job: bytes
    attempt: int
    steps: tuple[Step, ...]
    deviation: Deviation | None

    @property
    def exit_code(self) -> int:
        return HOLDS if self.deviation is None else DEVIATES

    def lines(self, language: Language) -> tuple[str, ...]:
        """Say it to people."""
        if self.deviation is None:
            last = Words(f"{self.party} reproduces every byte", f"{self.party}:每一个字节均可重现")
        else:
            at = self.deviation
            last = Words(
                f"{at.party} deviates at step {at.step}: {at.difference}",
                f"{at.party} 在步骤 {at.step} 偏离协议:{at.difference}",
            )
        return (*(step.line(language) for step in self.steps), last.of(language))

    def json(self, language: Language) -> JsonValue:
        """Say it to programs."""
        at = self.deviation
        return {
            "verdict": "reproduces" if at is None else "deviates",
            "party": self.party,
            "job": self.job.hex(),
            "attempt": self.attempt,
            "deviation": None if at is None else {"party": at.party, "step": at.step, "difference": at.difference},
            "steps": [{"name": s.name, "ok": s.ok, "detail": s.detail.of(language)} for s in self.steps],
        }


@dataclass(slots=True)
class Trail:
    """The steps taken so far at one party's audit."""

    party: str
    steps: list[Step] = field(default_factory=list)
    deviation: Deviation | None = None

    def take(self, name: str, check: Callable[[], Words]) -> bool:
        """Carry out a step unless one before it failed; say whether all is well."""
        if self.deviation is not None:
            return False
        try:
            words = check()
        except Misbehaviour as fault:
            self._deviates(name, fault.step, fault.reason)
        except TrustError as fault:
            self._deviates(name, name, str(fault))
        else:
            self.steps.append(Step(name, True, words))
        return self.deviation is None

    def _deviates(self, name: str, step: str, difference: str) -> None:
        self.steps.append(Step(name, False, Words(difference, difference)))
        self.deviation = Deviation(self.party, step, difference)
