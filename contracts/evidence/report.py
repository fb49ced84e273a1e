"""What a verification says: one step after the other, each with its outcome in words, and the verdict.

No judgement here: ``verify`` and ``anchored`` fill it in. A verdict repeats the trust file's assurance, because no step
can be better than who holds the validators' keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar
from unicodedata import category

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import TrustError, VerificationError
from ledger.proofs.trust import Assurance

T = TypeVar("T")
Language = Literal["en", "zh"]

HOLDS, FAILS, UNREADABLE = 0, 1, 2
"""Exit codes."""

FORM = "form"

_STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of characters that are not shown: they move the cursor, turn the direction or break the line."""


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


TITLES = {
    FORM: Words("the file has its one canonical form", "文件为唯一规范格式"),
    "network": Words("sealed by the validators of this network", "区块头由本网络验证者签封"),
    "contracts": Words("the contracts are the registered ones", "合约为目录登记的合约"),
    "job": Words("the job's history is complete and ends in a release", "任务历史完整且以发布结束"),
    "moments": Words("first opening and last signature stand in sealed blocks", "首次开启与末次签署在签封区块内"),
    "statement": Words("the statement is the one on chain and fits the job", "声明与链上记录及任务一致"),
    "signatures": Words("every party signed it with its registered key", "各方均以登记密钥签名"),
    "authorizations": Words("every authorization permitted this use", "每项授权均许可本次使用"),
    "budget": Words("every asset paid what the question costs its privacy", "每项数据资源均已支付该问题的隐私预算"),
    "rules": Words("the release keeps its rules", "发布符合规则"),
    "figures": Words("the figures follow from the owners' signed openings", "结果可由各方签名的开启重算得出"),
    "commitments": Words("the figures are what the owners committed to", "结果与各方上链承诺的输入一致"),
    "leakage": Words("the leakage ledger is the protocol's own", "泄露清单与协议一致"),
    "anchor": Words("the stream's root is recorded on chain", "存证流的根已上链"),
    "throughout": Words("every authorization stood while the model was trained", "训练期间各项授权始终有效"),
    "derived": Words("the model may do what all its inputs may", "模型的许可为其全部输入许可的交集"),
    "inclusion": Words("the record is in the stream", "记录在存证流中"),
    "register": Words("the histories of the unit are complete", "该单元的登记历史完整"),
    "entries": Words("every entry stands in its sealed block", "每条登记均在签封区块内"),
    "past": Words("the past is the one its registrar closed", "历史登记与登记摘要一致"),
    "restrictions": Words("what stands follows from the complete history", "现存限制由完整历史推出"),
    "names": Words("every opened name is behind a commitment on chain", "所披露名称均与链上承诺一致"),
    "voucher": Words("the voucher is in force", "数据资产凭证有效"),
    "holder": Words("the one shown holds it", "出示者为持有人"),
    "certificate": Words("the chain records this very certificate", "链上登记的正是本证照"),
    "issuer": Words("signed by its issuer with a registered key", "由签发机构以登记密钥签名"),
    "status": Words("not revoked", "未被撤销"),
    "title": Words("the title is still as the certificate states it", "权利状态与证照记载一致"),
    "period": Words("within its period", "在有效期内"),
    "application": Words("the application is recorded as entered", "该申请已登记为办结登簿"),
    "history": Words("the history of the entity is complete", "该对象的历史完整"),
    "event": Words("the event stands in a sealed block", "该事件在签封区块内"),
    "entry": Words("its entry stands in a sealed block", "登簿记载在签封区块内"),
}

ASSURANCE = {
    Assurance.CO_SIGNED: Words("assurance: co-signed", "保证级别:多方共同签封"),
    Assurance.SINGLE_OPERATOR: Words("assurance: single operator", "保证级别:单一运营方"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step. For one that does not hold, detail says what was expected and what came."""

    name: str
    ok: bool
    detail: Words

    def line(self, language: Language) -> str:
        mark = ("ok  " if self.ok else "FAIL") if language == "en" else ("通过" if self.ok else "失败")
        detail = self.detail.of(language)
        return f"{mark} {self.name}: {TITLES[self.name].of(language)}{f' ({detail})' if detail else ''}"


class Failed(VerificationError):
    """A step does not hold; ``step`` names it."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step


@dataclass(frozen=True, slots=True)
class Verdict:
    """All steps up to the first that does not hold.

    figures: the released ones, if the evidence discloses them; of a title or certificate what it says. learned: who
    learned what, one sentence a line, as the parties signed it. shown: what a title or certificate says, line by line.
    """

    steps: tuple[Step, ...]
    assurance: Assurance
    figures: JsonValue = field(default=None, repr=False)
    learned: Words | None = field(default=None, repr=False)
    shown: Words | None = field(default=None, repr=False)

    @property
    def failed(self) -> str | None:
        """The step that does not hold, if one does not."""
        return None if self.steps[-1].ok else self.steps[-1].name

    @property
    def exit_code(self) -> int:
        return HOLDS if self.failed is None else UNREADABLE if self.failed == FORM else FAILS

    def require(self) -> None:
        """Raise Failed unless every step holds."""
        if self.failed is not None:
            raise Failed(self.failed, self.steps[-1].detail.en)

    def text(self, language: Language, *, as_json: bool) -> str:
        """Say it as lines, or as one line of JSON; neither can steer the terminal it is printed on."""
        return plain_json(self.json(language)) if as_json else "\n".join(self.lines(language))

    def lines(self, language: Language) -> tuple[str, ...]:
        """Say it to people, one line a step."""
        verdicts = {
            HOLDS: Words("the evidence holds", "证据成立"),
            FAILS: Words(f"the evidence does NOT hold: {self.failed}", f"证据不成立:{self.failed}"),
            UNREADABLE: Words("this is no evidence file", "无法读取证据包"),
        }
        steps = (step.line(language) for step in self.steps)
        last = f"{verdicts[self.exit_code].of(language)}; {ASSURANCE[self.assurance].of(language)}"
        shown = self.shown.of(language).splitlines() if self.shown else []
        return tuple(map(plain, (*steps, *(f"  {line}" for line in shown), *self._ledger(language), last)))

    def json(self, language: Language) -> JsonValue:
        """Say it to programs."""
        return {
            "verdict": ("holds", "fails", "unreadable")[self.exit_code],
            "failed": self.failed,
            "assurance": self.assurance.value,
            "figures": self.figures,
            "learned": list(self.learned.of(language).splitlines()) if self.learned else [],
            "steps": [{"name": s.name, "ok": s.ok, "detail": s.detail.of(language)} for s in self.steps],
        }

    def _ledger(self, language: Language) -> tuple[str, ...]:
        if self.learned is None:
            return ()
        head = Words("who learned what, and under which assumptions:", "各方得知的内容及假设:").of(language)
        return (head, *(f"  - {line}" for line in self.learned.of(language).splitlines()))


def plain(line: str) -> str:
    """Write out what would steer a terminal instead of being shown, so that no file can paint a verdict of its own.

    >>> plain("FAIL\\x1b[2K\\u202e")
    'FAIL\\\\x1b[2K\\\\u202e'
    """
    return "".join(ascii(one)[1:-1] if category(one) in _STEERING else one for one in line)


def plain_json(value: JsonValue) -> str:
    """Write one line of JSON, the same characters as JSON's own escapes: who reads the JSON has the text as it is.

    Canonical (RFC 8785) unless such a character is in it.

    >>> plain_json("Ann\\u202e")
    '"Ann\\\\u202e"'
    """
    text = canonical.encode(value).decode()
    return "".join(json.dumps(one)[1:-1] if category(one) in _STEERING else one for one in text)


@dataclass(frozen=True, slots=True)
class Record:
    """The steps so far."""

    steps: list[Step] = field(default_factory=list)

    def take(self, name: str, check: Callable[[], tuple[T, Words]]) -> T:
        """Carry out a step and note its outcome.

        Raises:
            Failed: it does not hold.
        """
        try:
            value, words = check()
        except TrustError as fault:
            reason = str(fault)
            self.steps.append(Step(name, False, Words(reason, reason)))
            raise Failed(name, reason) from fault
        self.steps.append(Step(name, True, words))
        return value
