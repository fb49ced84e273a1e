"""Channels between threads of one process, for tests, benchmarks and dry runs.

The in-memory twin of the node's relay: it records every plaintext body that a party hands over, and lets an
interceptor stand where a hostile courier or a crash would: change, drop, repeat, re-address, or kill the
sender. Waiting needs no clock in the ordinary faults: when the awaited party has ended, or when everybody
waits, the wait is over at once. It does NOT seal anything and must not connect parties that distrust each
other.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from ledger.errors import BackendError
from mpc.sessions.channel import Channel, ChannelTimeout, Misbehaviour

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """One body on its way."""

    sender: str
    to: str
    step: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """One body as it passed a party's own door: "sent" or "received", the other party, the step, the body."""

    direction: Literal["sent", "received"]
    other: str
    step: str
    body: bytes


Intercept = Callable[[Message], Sequence[Message]]


class Killed(BackendError):
    """The party was stopped in the middle of a step."""


def deliver(message: Message) -> Sequence[Message]:
    """Pass a message on unchanged."""
    return (message,)


def drop(sender: str, step: str) -> Intercept:
    """Lose what ``sender`` sends at ``step``."""
    return lambda m: () if (m.sender, m.step) == (sender, step) else (m,)


def kill(sender: str, step: str, *, after: int = 0) -> Intercept:
    """Stop ``sender`` at ``step`` once ``after`` of that step's messages have left."""
    left = [after]

    def intercept(message: Message) -> Sequence[Message]:
        if (message.sender, message.step) == (sender, step):
            if left[0] == 0:
                raise Killed(f"{sender} was stopped at step {step}")
            left[0] -= 1
        return (message,)

    return intercept


def tamper(sender: str, step: str, change: Callable[[bytes], bytes], *, to: str | None = None) -> Intercept:
    """Replace what ``sender`` sends at ``step`` (to everybody, or to one party)."""

    def intercept(message: Message) -> Sequence[Message]:
        if (message.sender, message.step) == (sender, step) and to in (None, message.to):
            return (Message(message.sender, message.to, message.step, change(message.body)),)
        return (message,)

    return intercept


class Network:
    """Mailboxes of all parties, and the record of what was sent."""

    def __init__(self, parties: Sequence[str], *, timeout_s: float = 60.0, intercept: Intercept = deliver) -> None:
        self.parties = tuple(parties)
        self.sent: list[Message] = []
        self.views: dict[str, list[Seen]] = {party: [] for party in parties}
        self._intercept = intercept
        self._timeout_s = timeout_s
        self._boxes: dict[tuple[str, str, str], bytes] = {}
        self._waiting: dict[str, tuple[str, str, str]] = {}
        self._running = set(parties)
        self._stalled = False
        self._changed = threading.Condition()

    def channel(self, me: str) -> Channel:
        """Give ``me`` its end."""
        if me not in self.parties:
            raise ValueError(f"{me} is not on this network")
        return _MemoryChannel(self, me)

    def run(self, programs: Mapping[str, Callable[[Channel], T]]) -> dict[str, T | Exception]:
        """Run one program a party in threads; answer each one's result or the exception that ended it."""
        outcomes: dict[str, T | Exception] = {}

        def body(party: str, program: Callable[[Channel], T]) -> None:
            try:
                outcomes[party] = program(self.channel(party))
            except Exception as error:  # the thread's edge: the exception is the answer, nothing is swallowed
                outcomes[party] = error
            finally:
                self.leave(party)

        with self._changed:
            self._running = set(programs)
        threads = [threading.Thread(target=body, args=item, daemon=True) for item in programs.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def leave(self, party: str) -> None:
        """Note that a party will send nothing more."""
        with self._changed:
            self._running.discard(party)
            self._note_stall()
            self._changed.notify_all()

    def put(self, message: Message) -> None:
        """Let the interceptor act, record what the sender handed over, file what is left (first body
        stays)."""
        delivered = self._intercept(message)  # outside the lock: it may raise in the sender's thread
        with self._changed:
            self.sent.append(message)
            for m in delivered:
                self._boxes.setdefault((m.to, m.sender, m.step), m.body)
            self._changed.notify_all()

    def take(self, me: str, sender: str, step: str) -> bytes:
        """Wait for one mailbox and empty it."""
        box = (me, sender, step)
        deadline = time.monotonic() + self._timeout_s
        with self._changed:
            self._waiting[me] = box
            self._note_stall()
            try:
                while box not in self._boxes:
                    remaining = deadline - time.monotonic()
                    if sender not in self._running or self._stalled or remaining <= 0:
                        raise ChannelTimeout(sender, step)
                    self._changed.wait(remaining)
                return self._boxes.pop(box)
            finally:
                del self._waiting[me]

    def _note_stall(self) -> None:
        waits = [self._waiting[p] for p in self._running if p in self._waiting]
        can_go_on = any(box in self._boxes or box[1] not in self._running for box in waits)
        if len(waits) == len(self._running) and not can_go_on:
            self._stalled = True
            self._changed.notify_all()


class _MemoryChannel:
    def __init__(self, network: Network, me: str) -> None:
        self._network = network
        self._me = me

    def send(self, to: str, step: str, body: bytes) -> None:
        self._network.put(Message(self._me, to, step, bytes(body)))
        self._network.views[self._me].append(Seen("sent", to, step, bytes(body)))

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        for to, body in bodies.items():
            self.send(to, step, body)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        body = self._network.take(self._me, sender, step)
        self._network.views[self._me].append(Seen("received", sender, step, body))
        if len(body) > limit:
            raise Misbehaviour(sender, step, f"{len(body)} bytes, at most {limit} expected")
        return body
