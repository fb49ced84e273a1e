"""Where messages that a courier carries wait for the run that they belong to, at one node.

A department's run takes the model of a wave from its line and puts its reply there; the office's run offers a wave and
takes the replies. Couriers come and go, repeat themselves and lose things; a line answers the same message with the
same bytes, refuses what is out of order, and ends with the run's own reason. Every wait is bounded.

It does NOT verify signatures: a department's run says what it accepts (``DepartmentLine.accept``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from federated.courier.client import Refusal
from federated.courier.message import ROUND, Message, Replies, Wave
from ledger.errors import Conflict, TrustError
from ledger.hashing import sha256
from mpc.node.guarding.guard import Refused, read_code
from mpc.node.workplace import Superseded
from mpc.sessions.channel import ChannelTimeout
from mpc.spec.training import TrainingSpec

REMEMBERED = 64  # runs that have ended, whose end is still told
GRACE_S = 30.0
"""How much longer than a round an office waits for its courier: replies lie with it when the round's time is over."""


class _Line:
    """What lines of both sides have in common: a run, its allow-list, and how it ended."""

    def __init__(self, spec: TrainingSpec, job: bytes, attempt: int) -> None:
        self.spec, self.job, self.attempt = spec, job, attempt
        self._changed = threading.Condition()
        self._ended: Refusal | None = None

    def end(self, ground: str, reason: str) -> None:
        """Answer whoever waits, and whoever still comes, with the run's end; the first end stays."""
        with self._changed:
            self._ended = self._ended or Refusal(ground, reason)
            self._changed.notify_all()

    def _wait(self, reached: Callable[[], bool], until: float) -> bool:
        """Wait for something or the run's end, under the lock; say whether it was reached."""
        while not reached():
            if self._ended is not None or (left := until - time.monotonic()) <= 0:
                return False
            self._changed.wait(left)
        return True

    def _require_alive(self) -> None:
        if self._ended is not None:
            raise Refusal(self._ended.ground, str(self._ended))


class DepartmentLine(_Line):
    """A department's end: one model a wave in, one reply out."""

    def __init__(self, spec: TrainingSpec, job: bytes, attempt: int, accept: Callable[[int, bytes], None]) -> None:
        """Args: accept: raises Refusal for the body of a wave that the coordinator did not sign."""
        super().__init__(spec, job, attempt)
        self.accept = accept
        self._given: dict[int, bytes] = {}
        self._replies: dict[int, bytes] = {}

    def deliver(self, number: int, body: bytes, wait_s: float) -> bytes:
        """Hand in a wave's model and wait for the reply; a repetition gets the same one.

        Raises:
            Refusal: out of order, another body than before, not the coordinator's, or the run has ended.
        """
        with self._changed:
            if number not in self._given:
                self._require_alive()
                self._require_next(number)
                self.accept(number, body)
                self._given[number] = body
                self._changed.notify_all()
            elif sha256(self._given[number]) != sha256(body):
                raise Refusal("run: replayed", f"run: wave {number} was begun with another model")
            if not self._wait(lambda: number in self._replies, time.monotonic() + wait_s):
                self._require_alive()
                raise Refusal("run: slow", f"run: wave {number} is not computed yet; ask again")
            return self._replies[number]

    def take(self, number: int, sender: str) -> bytes:
        """Return a wave's model once a courier has brought it; raises ChannelTimeout."""
        with self._changed:
            until = time.monotonic() + 3 * self.spec.round_s + GRACE_S
            if not self._wait(lambda: number in self._given, until):
                raise ChannelTimeout(sender, f"model/{number}")
            return self._given[number]

    def put(self, number: int, reply: bytes) -> None:
        """Give a wave's reply to whoever waits for it."""
        with self._changed:
            self._replies = {number: reply}  # an older one is asked for by nobody who is in the run
            self._changed.notify_all()

    def _require_next(self, number: int) -> None:
        expected = max(self._given, default=0) + 1
        if number != expected:
            text = f"run: wave {number} where wave {expected} is the next"
            raise Refusal("run: order" if number > expected else "run: replayed", text)


class OfficeLine(_Line):
    """The coordinator's end: one wave out, its replies in."""

    def __init__(self, spec: TrainingSpec, job: bytes, attempt: int) -> None:
        super().__init__(spec, job, attempt)
        self._wave: Wave | None = None
        self._replies: Replies | None = None

    def offer(self, number: int, bodies: Mapping[str, bytes]) -> None:
        """Have a wave carried."""
        messages = {
            party: Message(self.job, self.attempt, number, ROUND, body).encode() for party, body in bodies.items()
        }
        with self._changed:
            self._wave = Wave(self.job, self.attempt, number, self.spec.round_s, messages)
            self._replies = None
            self._changed.notify_all()

    def collected(self, number: int) -> Replies:
        """Wait for the replies to a wave; raises Conflict if no courier brings them in time."""
        until = time.monotonic() + self.spec.round_s + GRACE_S
        with self._changed:
            if not self._wait(lambda: self._replies is not None and self._replies.number == number, until):
                raise Conflict(f"run: no courier brought the replies to wave {number}")
            assert self._replies is not None
            return self._replies

    def next(self, after: int, wait_s: float) -> Wave:
        """Return the wave that waits for replies, later than a given one; or how the run ended."""
        with self._changed:
            reached = lambda: self._wave is not None and self._wave.number > after  # noqa: E731
            if not self._wait(reached, time.monotonic() + wait_s) and self._ended is None:
                raise Refusal("run: slow", "run: the next wave is not ready yet; ask again")
            if self._ended is not None:
                return Wave(self.job, self.attempt, after + 1, 0, {}, f"{self._ended.ground}: {self._ended}"[:500])
            assert self._wave is not None
            return self._wave

    def collect(self, replies: Replies) -> None:
        """Take what a courier brings; what belongs to another wave than the present one changes nothing."""
        with self._changed:
            is_current = self._wave is not None and replies.number == self._wave.number and self._replies is None
            if is_current and replies.attempt == self.attempt:
                self._replies = replies
                self._changed.notify_all()


Line = DepartmentLine | OfficeLine


@dataclass(slots=True)
class Board:
    """The lines of one node's runs, by job."""

    _lines: dict[bytes, Line] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def hung(self, line: Line) -> Iterator[None]:
        """Have a line found while a run goes on; however it ends, its couriers are told."""
        with self._changed:
            self._lines.pop(line.job, None)  # an earlier attempt's
            self._lines[line.job] = line
            while len(self._lines) > REMEMBERED:
                self._lines.pop(next(iter(self._lines)))
            self._changed.notify_all()
        try:
            yield
        except Refused as fault:
            line.end(read_code(fault.code), str(fault))
            raise
        except Superseded as fault:
            line.end("run: ended", str(fault))
            raise
        except TrustError as fault:
            line.end(f"fault: {type(fault).__name__}", str(fault))
            raise
        else:
            line.end("run: over", "the model is complete")
        finally:
            line.end("run: fault", "the run ended by a fault of the node")

    def find(self, job: bytes, wait_s: float) -> Line:
        """Return a run's line, or wait a moment for one that is about to begin; raises Refusal."""
        until = time.monotonic() + wait_s
        with self._changed:
            while job not in self._lines:
                if (left := until - time.monotonic()) <= 0:
                    raise Refusal("run: unknown", "run: this node takes part in no such run now")
                self._changed.wait(left)
            return self._lines[job]
