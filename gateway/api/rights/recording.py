"""Recording of rights queries, many in one write: durable in the registrar's book before an answer, the stream after.

One thread writes whatever waits with one wait for the disk; another takes the book's new rows into the stream every
second (``gateway.property.titles.asking``). While the stream cannot follow, because another clerk holds it or the disk
refuses, nothing is answered. What it does NOT do: answer (``desk`` does).
Trust assumption: the disk keeps what it acknowledged.
"""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from gateway.property.titles.asking import Asking, QueryBook
from ledger.errors import BackendError, TrustError

MOST: Final = 256
"""Queries in one write."""
FOLLOW_S: Final = 1.0
"""How long a query may be in the book alone before it is taken into the stream."""
_log = logging.getLogger(__name__)
_Waiting: TypeAlias = tuple[Asking, "Future[int]"]


@dataclass(slots=True)
class Recorder:
    """The two threads of one book of queries."""

    book: QueryBook
    _queue: queue.SimpleQueue[_Waiting | None] = field(default_factory=queue.SimpleQueue)
    _kept: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _taking: threading.Lock = field(default_factory=threading.Lock)
    _follows: bool = False
    """Whether the stream has everything, or was seen to take it in a moment ago."""
    _threads: tuple[threading.Thread, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._threads = tuple(
            threading.Thread(target=run, name=f"rights queries, {what}", daemon=True)
            for what, run in (("book", self._run), ("stream", self._follow))
        )
        for thread in self._threads:
            thread.start()

    def record(self, asking: Asking) -> Future[int]:
        """Hand over a query; the future has its place in the stream once it is durable, or why it is not."""
        done: Future[int] = Future()
        self._queue.put((asking, done))
        return done

    def close(self) -> None:
        """Write what waits, take it into the stream, and end."""
        self._queue.put(None)
        self._threads[0].join()
        self._stop.set()
        self._kept.set()
        self._threads[1].join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            waiting, is_over = [first], False
            while len(waiting) < MOST and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    is_over = True
                    break
                waiting.append(following)
            self._write(waiting)
            if is_over:
                return

    def _write(self, waiting: list[_Waiting]) -> None:
        waiting = [one for one in waiting if one[1].set_running_or_notify_cancel()]  # nobody waits for the others
        try:
            if not self._follows:
                self._take_in()
                self._follows = True
            places = self.book.keep_all([asking for asking, _ in waiting])
        except TrustError as fault:
            for _, done in waiting:
                done.set_exception(fault)
            return
        except Exception as fault:  # a bug must not leave callers waiting, these or those who come after
            _log.exception("rights: not recorded")
            for _, done in waiting:
                done.set_exception(BackendError(f"rights: not recorded: {type(fault).__name__}"))
            return
        self._kept.set()
        for (_, done), place in zip(waiting, places, strict=True):
            done.set_result(place)

    def _follow(self) -> None:
        is_over = False
        while not is_over:
            self._kept.wait()
            self._kept.clear()
            is_over = self._stop.is_set()
            try:
                self._take_in()
            except Exception as fault:  # whatever it is: until the stream follows, nothing more is answered
                self._follows = False
                _log.warning("rights: queries are not taken into the stream: %s: %s", type(fault).__name__, fault)
            self._stop.wait(FOLLOW_S)

    def _take_in(self) -> None:
        with self._taking:  # the two threads do not take the stream from each other
            self.book.follow()
