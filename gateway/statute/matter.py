"""A matter of one of the templates, worked on by one department's officer: its papers, its proven events, its calls.

A matter is known by the digest of its first paper. A call that the proven history ends with already, in the same words,
is not made again, so that an interrupted command may be repeated. Nothing here decides; every rule is the contracts'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from contracts.artefacts import interfaces
from gateway.statute.officers import Officer
from gateway.statute.papers import Paper, Papers, read
from ledger.abi import AbiValue
from ledger.chain.port import Operation, Receipt
from ledger.errors import InvalidRecord

DIRECTORY = "papers"


@dataclass(frozen=True, slots=True)
class Happened:
    """One proven event: what, with which arguments, in which block and at what time of it."""

    name: str
    args: Mapping[str, AbiValue]
    block: int
    timestamp: int

    def digest(self, name: str) -> bytes:
        """Return an argument of 32 bytes."""
        return cast(bytes, self.args[name])


class Matter:
    """One entity of one contract."""

    def __init__(self, officer: Officer, contract: str, id: bytes) -> None:
        self.id, self.contract, self.officer = id, contract, officer
        self.papers = Papers(officer.config.state / DIRECTORY)

    def paper(self, words: str) -> Paper:
        """Write words about this matter, or find them as they were written before."""
        return self.papers.of(self.id, words)

    def events(self) -> list[Happened]:
        """Return all that happened to it, proven to be complete and in order, with the times of the blocks."""
        return [
            Happened(*interfaces()[self.contract].decode_event(found.log), found.header.number, found.header.timestamp)
            for found in self.officer.history(self.contract, self.id)
        ]

    def change(self, call: Callable[[bytes], Operation], event: str, **said: AbiValue) -> Receipt | None:
        """Make a call, unless the last event is this one and says the same."""
        events = self.events()
        if events and events[-1].name == event:
            args = events[-1].args
            if all(args[name] == value for name, value in said.items()):
                return None
        return self.officer.change(self.contract, self.id, event, call)


def matter_id(text: str) -> bytes:
    """Read which matter is meant: 64 hexadecimal digits, or a file of papers whose first one names it.

    Raises:
        NotFound, InvalidRecord: it is neither.
    """
    digits = text.removeprefix("0x")
    try:
        if len(digits) == 64:
            return bytes.fromhex(digits)
    except ValueError as fault:
        raise InvalidRecord(f"{text}: neither 64 hexadecimal digits nor a file of papers") from fault
    return read(Path(text))[0].digest
