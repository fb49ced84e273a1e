"""Chains and carriers that lie, lose and die, for the fault tests of a node."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from department import Carry, Died, Plaintext

from ledger import rlp
from ledger.chain.port import Chain, Fact, Operation, Proof, Receipt, StateFact
from ledger.proofs.headers import Header, parse_header

if TYPE_CHECKING:
    from ledger.abi import AbiValue
    from ledger.chain.port import Body, Capabilities, Cursor, Event

Act = Callable[[], None]


class Meddled:
    """A chain port around another; what is not overridden passes through."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        return self.chain.submit(operation, timeout_s=timeout_s)

    def read(self, contract: str, method: str, *args: AbiValue) -> tuple[AbiValue, ...]:
        return self.chain.read(contract, method, *args)

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]:
        return self.chain.events(after, limit=limit)

    def head(self) -> Header:
        return self.chain.head()

    def header(self, number: int) -> Header:
        return self.chain.header(number)

    def body(self, number: int) -> Body:
        return self.chain.body(number)

    def prove(self, fact: Fact) -> Proof:
        return self.chain.prove(fact)

    def capabilities(self) -> Capabilities:
        return self.chain.capabilities()

    def close(self) -> None:
        self.chain.close()


class Acting(Meddled):
    """Something happens right before or right after a node's call of a method is carried out."""

    def __init__(
        self, chain: Chain, *, before: Mapping[str, Act] | None = None, after: Mapping[str, Act] | None = None
    ) -> None:
        super().__init__(chain)
        self._before, self._after = before or {}, after or {}

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        self._before.get(operation.method, _nothing)()
        receipt = self.chain.submit(operation, timeout_s=timeout_s)
        self._after.get(operation.method, _nothing)()
        return receipt


class Remembering(Meddled):
    """Shows the head of a moment ago for ever: sealed and real, but old."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain)
        self._head = chain.head()

    def head(self) -> Header:
        return self._head


class OldState(Meddled):
    """Shows the new head, but proves the state of a moment ago."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain)
        self._number = chain.head().number

    def prove(self, fact: Fact) -> Proof:
        assert isinstance(fact, StateFact)
        return self.chain.prove(StateFact(fact.contract, fact.slots, self._number))


class Forked(Meddled):
    """Shows a head whose state is invented, under the seals of the real one."""

    def head(self) -> Header:
        items = list(_items(self.chain.head().raw))
        items[3] = bytes(32)
        return parse_header(rlp.encode(tuple(items)))


class OtherNetwork(Meddled):
    """Answers for a chain that began with another block."""

    def header(self, number: int) -> Header:
        return self.chain.header(number or 1)


def die() -> None:
    raise Died


def dying(step: str) -> Callable[[Plaintext], None]:
    """Let a node end when it is about to send its first message of a step."""

    def on_message(message: Plaintext) -> None:
        if message.step == step:
            raise Died

    return on_message


def on_first(sender: str, mailbox: str, change: Callable[[bytes], list[tuple[str, bytes]]]) -> Carry:
    """Let the carrier change the first envelope between two nodes, whose threads bear their names."""
    done = threading.Event()

    def carry(to: str, envelope: bytes) -> list[tuple[str, bytes]]:
        if (threading.current_thread().name, to) != (sender, mailbox) or done.is_set():
            return [(to, envelope)]
        done.set()
        return change(envelope)

    return carry


def late(sender: str, mailbox: str) -> Carry:
    """Let the carrier deliver the first envelope between two nodes after the second."""
    held: list[bytes] = []

    def carry(to: str, envelope: bytes) -> list[tuple[str, bytes]]:
        if (threading.current_thread().name, to) != (sender, mailbox):
            return [(to, envelope)]
        if not held:
            held.append(envelope)
            return []
        first, held[0] = held[0], b""
        return [(to, envelope), *([(to, first)] if first else [])]

    return carry


def _nothing() -> None:
    return None


def _items(raw: bytes) -> tuple[rlp.Item, ...]:
    items = rlp.decode(raw)
    assert isinstance(items, tuple)
    return items
