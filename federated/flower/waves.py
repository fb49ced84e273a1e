"""One wave over a Flower grid: a body to each department that is asked, and back what they reply within a deadline.

Whom to ask comes from the office's node, hence from the job; who else is connected plays no part. In place of Flower's
``send_and_receive``, which looks every 3 seconds and waits without end, and of strategies, which ask whoever is there:
every wait is bounded, a department that is missing is named with the reason, and replies are in order of party code.
A department whose node is not there yet, or still computes, says so (``LATER``) and is asked again until the deadline.

It does NOT read bodies. Trust: the link, which may drop, delay and misdirect bodies; nodes check what they get.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from federated.flower.library import ConfigRecord, Grid, Message, Metadata, RecordDict, make_message
from ledger.errors import InvalidRecord

ABSENT_S = 10.0
"""How long a wave waits for a department that is not connected when it begins; a SuperNode reconnects in less."""
PAUSE_S, LONGEST_PAUSE_S, AGAIN_S = 0.05, 1.0, 2.0
LATE = 0.05
"""Between two looks for replies passes this part of the time that the wave has taken."""
LATER = 1001
"""The code of an error by which a department says that it can answer the same message later."""
_RECORD, _BODY = "courier", "body"
_KIND = "query"
_SERVER = 1
"""The number of a SuperLink among the nodes."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that a wave waits by; both in seconds."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


CLOCK = Clock()


def parcel(body: bytes) -> RecordDict:
    """Wrap a body for Flower."""
    return RecordDict({_RECORD: ConfigRecord({_BODY: body})})


def unwrap(message: Message) -> bytes:
    """Return the body of a message; raises InvalidRecord."""
    record = message.content.config_records.get(_RECORD) if message.has_content() else None
    body = record.get(_BODY) if record is not None else None
    if not isinstance(body, bytes):
        raise InvalidRecord("courier: a message without a body of bytes")
    return body


def carry(
    grid: Grid, roster: Mapping[str, int], bodies: Mapping[str, bytes], deadline_s: float, clock: Clock = CLOCK
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Send each department its body; return replies and, for every other department, why there is none.

    Args:
        roster: the Flower node of each department.
        bodies: by party code; nobody else is sent anything.
    """
    wave = _Wave(grid, roster, bodies, deadline_s)
    start = clock.now()
    while wave.is_open():
        passed = clock.now() - start
        wave.send(clock.now(), is_last=passed >= min(ABSENT_S, deadline_s))
        wave.receive(clock.now())
        if wave.is_open() and passed >= deadline_s:
            wave.close()
        elif wave.is_open():
            clock.pause(min(LONGEST_PAUSE_S, max(PAUSE_S, LATE * passed)))
    return wave.sorted()


class _Wave:
    def __init__(self, grid: Grid, roster: Mapping[str, int], bodies: Mapping[str, bytes], deadline_s: float) -> None:
        self._grid, self._roster, self._bodies, self._deadline_s = grid, roster, bodies, deadline_s
        self._missing = {party: "no Flower node is registered for it" for party in set(bodies) - set(roster)}
        self._unsent = set(bodies) & set(roster)
        self._again = dict[str, tuple[float, str]]()  # from when on a party is asked again, and what it said
        self._waiting = dict[str, str]()
        self._replies = dict[str, bytes]()

    def is_open(self) -> bool:
        return bool(self._unsent or self._again or self._waiting)

    def send(self, now: float, *, is_last: bool) -> None:
        """Send what can be sent to nodes that are connected."""
        due = self._unsent | {party for party, (begin, _) in self._again.items() if begin <= now}
        if not due:
            return
        connected = set(self._grid.get_node_ids())
        ready = sorted(party for party in due if self._roster[party] in connected)
        messages = [
            _addressed(self._grid, self._roster[party], self._bodies[party], self._deadline_s) for party in ready
        ]
        self._unsent -= set(ready)
        for party in ready:
            self._again.pop(party, None)
        found = list(self._grid.push_messages(messages)) if messages else []
        for number, party in enumerate(ready):
            if number < len(found) and found[number]:
                self._waiting[found[number]] = party
            else:
                self._missing[party] = "the link did not take the message"
        if is_last:
            self._missing.update(dict.fromkeys(self._unsent, "its Flower node is not connected"))
            self._unsent.clear()

    def receive(self, now: float) -> None:
        """Take the replies that are there."""
        if not self._waiting:
            return
        for reply in self._grid.pull_messages(list(self._waiting)):
            party = self._waiting.pop(reply.metadata.reply_to_message_id, None)
            if party is not None:
                self._take(party, reply, now)

    def _take(self, party: str, reply: Message, now: float) -> None:
        if reply.has_error() and reply.error.code == LATER:
            self._again[party] = (now + AGAIN_S, reply.error.reason or "")
        elif reply.has_error():
            self._missing[party] = reply.error.reason or f"error {reply.error.code}"
        elif reply.metadata.src_node_id != self._roster[party]:
            self._missing[party] = "the reply is another node's"
        else:
            try:
                self._replies[party] = unwrap(reply)
            except InvalidRecord as fault:
                self._missing[party] = str(fault)

    def close(self) -> None:
        """Give the others up."""
        reason = f"no reply within {self._deadline_s:.0f} s"
        self._missing.update(dict.fromkeys((*self._waiting.values(), *self._unsent), reason))
        self._missing.update({party: f"{reason}: {said}" for party, (_, said) in self._again.items()})
        self._waiting.clear()
        self._unsent.clear()
        self._again.clear()

    def sorted(self) -> tuple[dict[str, bytes], dict[str, str]]:
        return dict(sorted(self._replies.items())), dict(sorted(self._missing.items()))


def _addressed(grid: Grid, node: int, body: bytes, ttl_s: float) -> Message:
    """Make a message of the grid's run; Flower's own way takes the run from a global of the process."""
    place = Metadata(
        run_id=grid.run.run_id,
        message_id="",
        src_node_id=_SERVER,
        dst_node_id=node,
        reply_to_message_id="",
        group_id="",
        created_at=time.time(),
        ttl=ttl_s,
        message_type=_KIND,
    )
    return make_message(place, parcel(body))
