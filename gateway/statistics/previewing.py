"""What would leave this node for a job, before anybody accepts it: read from the specification and the declarations.

It opens no table, asks no chain and sends nothing, so it may be run on a specification that anybody sent. What it says
is what the protocol declares, which the tests hold every real message against; what a department has already answered,
and whether its guard and audit would let this job through, it does NOT say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.evidence import leakage
from contracts.jobs.exposure import JOB_CALLS, OWNERS, RECIPIENT, Exposure
from ledger import canonical
from mpc.kinds.registry import kind_of
from mpc.node.attempts.frame import SPECIFICATION, framed
from mpc.protocols.formula import names
from mpc.protocols.step import Step
from mpc.protocols.words import Language
from mpc.spec.job import JobSpec


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message this party would send. size: bytes, or the formula over numbers that are not public."""

    step: str
    to: tuple[str, ...]
    content: str
    size: int | str
    times: str

    def line(self, language: Language) -> str:
        size = f"{self.size} {'字节' if language == 'zh' else 'bytes'}"
        times = f" x {self.times}" if self.times else ""
        return f"{self.step} -> {', '.join(self.to)}: {self.content}, {size}{times}"


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything one party's node would let out for a job, and who learns what."""

    party: str
    role: str
    columns: tuple[str, ...]
    chain: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    messages: tuple[Message, ...]
    learned: tuple[str, ...]

    def lines(self, language: Language) -> list[str]:
        """Say it to people."""
        is_zh = language == "zh"
        heads = (
            ("读取的字段", "上链内容(* 为加盐摘要)", "经中继发给各方的密封消息", "各方得知什么,以及假设")
            if is_zh
            else ("columns it reads", "words it puts on the chain (* a salted digest)",
                  "sealed messages it sends through the relay", "who learns what, and under which assumptions")
        )  # fmt: skip
        told = [f"{self.party}: {self.role}"]
        told += [f"{heads[0]}: {', '.join(self.columns) or '-'}", f"{heads[1]}:"]
        for call, public, salted in self.chain:
            told.append(f"  {call}({', '.join([*public, *(f'{word}*' for word in salted)])})")
        told += [f"{heads[2]}:", *(f"  {message.line(language)}" for message in self.messages)]
        return [*told, f"{heads[3]}:", *(f"  - {line}" for line in self.learned)]

    def json(self) -> dict[str, object]:
        calls = [{"call": call, "public": list(public), "salted": list(salted)} for call, public, salted in self.chain]
        sent = [
            {"step": m.step, "to": list(m.to), "content": m.content, "size": m.size, "times": m.times or None}
            for m in self.messages
        ]
        return {
            "party": self.party, "role": self.role, "columns": list(self.columns), "chain": calls, "messages": sent,
            "learned": list(self.learned),
        }  # fmt: skip


def preview(spec: JobSpec, party: str, language: Language) -> Preview:
    """Say what a party's node would let out for a job.

    Raises:
        NotFound: the party takes no part in it.
    """
    kind = kind_of(spec)
    role = kind.role(party)
    whole, numbers = framed(kind.described()), public_numbers(spec)
    titles = {found.name: found.title.of(language) for found in whole.roles}
    kinds = {role, *(found.kind for found in whole.roles if found.name == role and found.kind)}
    messages = tuple(_message(step, titles, numbers, language) for step in whole.steps if step.sender in kinds)
    is_owner = role != "recipient"
    own = OWNERS if is_owner else RECIPIENT
    calls = tuple(
        (
            f"{call.contract}.{call.method}",
            tuple(word for word, exposure in call.words.items() if exposure is Exposure.PUBLIC),
            tuple(word for word, exposure in call.words.items() if exposure is Exposure.SALTED),
        )
        for call in JOB_CALLS
        if own in call.by
    )
    columns = tuple(sorted(kind.columns(party))) if is_owner else ()
    return Preview(party, titles[role], columns, calls, messages, leakage.sentences(whole.record(), language))


def _message(step: Step, titles: Mapping[str, str], numbers: Mapping[str, int], language: Language) -> Message:
    size: int | str = step.bytes(numbers) if names(step.size) <= numbers.keys() else step.size
    receivers = tuple(titles[role] for role in step.receivers)
    return Message(step.name, receivers, step.content.of(language), size, step.times or "")


def public_numbers(spec: JobSpec) -> dict[str, int]:
    """Give the numbers that follow from the specification alone."""
    return {**kind_of(spec).public_numbers(), SPECIFICATION: len(canonical.encode(spec.json()))}
