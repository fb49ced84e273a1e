"""What becomes of a question, as events with stable names: for programs that follow it beside the words for people.

One line a time, each a JSON object with ``event``, ``at`` (seconds since 1970) and the fields of that event;
``docs/query.md`` lists them. Steps, parties, ids and times only: no figure, no data, no key.
"""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import Protocol, TextIO

from ledger.canonical import JsonValue


class Event(StrEnum):
    """Names of events; what one means does not change, new ones may come."""

    STARTED = "query.started"
    PLANNED = "job.started"
    PROPOSED = "job.proposed"
    FOLLOWED = "job.followed"
    RETRIED = "job.retried"
    KNOWN = "job.answered-before"
    STATE = "job.state"
    STEP = "job.step"
    RELEASED = "job.released"
    CANCELLED = "job.cancelled"
    INTERRUPTED = "query.interrupted"
    ANSWERED = "query.answered"


class Emit(Protocol):
    """Takes an event."""

    def __call__(self, event: Event, **fields: JsonValue) -> None: ...


def silent(event: Event, **fields: JsonValue) -> None:
    """Let an event pass."""


class Lines:
    """Writes events to a stream, one line each, at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event, **fields: JsonValue) -> None:
        line = {"event": event.value, "at": round(time.time(), 3), **fields}
        print(json.dumps(line, ensure_ascii=False), file=self._stream, flush=True)
