"""What a protocol sends and what each role learns, as data.

One descriptor feeds three readers: the leakage ledger in the evidence (canonical JSON), the plain words a
data officer reads before accepting (English and Chinese), and the transcript tests, which hold every real
message against the declared sizes. It states leakage; it does NOT enforce it, and it covers semi-honest
parties only unless an assumption says more.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ledger.canonical import JsonValue

Language = Literal["en", "zh"]


class Basis(StrEnum):
    """How exactly a role learns something."""

    EXACT = "exact"
    PADDED = "padded"
    NOISED = "noised"


_BASIS_WORDS: Mapping[Basis, tuple[str, str]] = {
    Basis.EXACT: ("exactly", "精确"),
    Basis.PADDED: ("only a padded size", "仅知补齐后的规模"),
    Basis.NOISED: ("only with noise", "仅知加噪后的值"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    en: str
    zh: str

    def __post_init__(self) -> None:
        if not self.en or not self.zh:
            raise ValueError("a text needs both languages")

    def of(self, language: Language) -> str:
        """Choose the language."""
        return self.en if language == "en" else self.zh

    def record(self) -> JsonValue:
        """Render for evidence."""
        return {"en": self.en, "zh": self.zh}


@dataclass(frozen=True, slots=True)
class Role:
    """A part somebody plays in the protocol."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of message. ``size`` is a formula in bytes over named counts: "16*cells + 64"."""

    name: str
    sender: str
    receivers: tuple[str, ...]
    content: Text
    size: str

    def bytes(self, counts: Mapping[str, int]) -> int:
        """Evaluate the size formula."""
        return evaluate(self.size, counts)


@dataclass(frozen=True, slots=True)
class Leakage:
    """Something a role learns beyond its own input and the result addressed to it."""

    role: str
    learns: Text
    basis: Basis
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A protocol's messages, leakage and assumptions."""

    name: str
    version: str
    roles: tuple[Role, ...]
    steps: tuple[Step, ...]
    leakage: tuple[Leakage, ...]
    assumptions: tuple[Text, ...]

    def __post_init__(self) -> None:
        names = {role.name for role in self.roles}
        used = {leak.role for leak in self.leakage} | {step.sender for step in self.steps}
        used |= {receiver for step in self.steps for receiver in step.receivers}
        if used - names or len(names) != len(self.roles):
            raise ValueError(f"{self.name}: undeclared or repeated roles {sorted(used - names)}")
        if len({step.name for step in self.steps}) != len(self.steps):
            raise ValueError(f"{self.name}: a step is declared twice")

    def step(self, name: str) -> Step:
        """Find a step; "decide/2" is a repetition of "decide"."""
        for step in self.steps:
            if step.name == name.partition("/")[0]:
                return step
        raise KeyError(f"{self.name} declares no step {name}")

    def record(self) -> JsonValue:
        """Render for the evidence's leakage ledger."""
        return {
            "protocol": self.name,
            "version": self.version,
            "roles": [{"role": r.name, "title": r.title.record()} for r in self.roles],
            "steps": [
                {
                    "step": s.name,
                    "from": s.sender,
                    "to": list(s.receivers),
                    "size": s.size,
                    "content": s.content.record(),
                }
                for s in self.steps
            ],
            "leakage": [
                {"role": k.role, "learns": k.learns.record(), "basis": k.basis.value, "parameters": dict(k.parameters)}
                for k in self.leakage
            ],
            "assumptions": [text.record() for text in self.assumptions],
        }

    def sentences(self, language: Language) -> tuple[str, ...]:
        """Say in plain words who learns what, one sentence a leakage, then the assumptions."""
        titles = {role.name: role.title.of(language) for role in self.roles}
        lines = [_sentence(titles[leak.role], leak, language) for leak in self.leakage]
        return (*lines, *(text.of(language) for text in self.assumptions))


def _sentence(title: str, leak: Leakage, language: Language) -> str:
    word = _BASIS_WORDS[leak.basis][0 if language == "en" else 1]
    pairs = ", ".join(f"{name} = {value}" for name, value in leak.parameters)
    if language == "en":
        return f"{title} learns {leak.learns.en} ({word}{'; ' + pairs if pairs else ''})."
    return f"{title}得知{leak.learns.zh}({word}{';' + pairs if pairs else ''})。"


_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


def evaluate(formula: str, counts: Mapping[str, int]) -> int:
    """Evaluate an integer formula of names, numbers, + - * // and parentheses."""
    return _value(ast.parse(formula, mode="eval").body, counts)


def _value(node: ast.expr, counts: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name):
            return counts[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, counts), _value(right, counts))
        case _:
            raise ValueError("a size formula holds names, numbers, + - * // and parentheses only")
