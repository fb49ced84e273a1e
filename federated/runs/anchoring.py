"""The run's stream at the office: one leaf a wave, its root anchored on chain beside the rounds.

Anchoring takes blocks and rounds do not wait for it: a thread of its own anchors the newest root, several waves at once
where they are quick. At the end the whole stream is on chain, or the run fails. A run that is stopped leaves a last
leaf which says in which wave and why.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from federated.runs import record
from ledger.chain.port import Chain
from ledger.errors import BackendError, TrustError
from ledger.log.anchor import anchor
from ledger.log.record import SALT_BYTES
from ledger.log.stream import Stream, StreamWriter
from mpc.node.guarding.guard import Refused, read_code
from mpc.node.workplace import Superseded
from mpc.training.port import RunOf

LAST_S = 60.0
Spec = TypeVar("Spec")


class RunStream:
    """The stream of one attempt; a context. One thread appends."""

    def __init__(self, directory: Path, job: bytes, attempt: int, session: bytes, chain: Chain) -> None:
        self._directory, self._chain = directory, chain
        self._session, self._size = session, 0
        self._writer = StreamWriter(directory, record.stream_name(job, attempt), draw_salts=self._salts)
        self._changed = threading.Condition()
        self._anchored, self._is_over = 0, False
        self._fault: TrustError | None = None
        self._thread = threading.Thread(target=self._main, name="anchoring", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._thread.join(LAST_S)
        self._writer.close()

    @property
    def root(self) -> bytes:
        """The root as it is now."""
        return self._writer.checkpoint.root

    def append(self, leaf: bytes) -> None:
        """Append a leaf, durably; it is anchored soon."""
        self._writer.append([leaf])
        with self._changed:
            self._size = self._writer.checkpoint.size
            self._changed.notify_all()

    def require_anchored(self, wait_s: float) -> None:
        """Wait until all leaves are on chain; raises the fault that keeps them from it, or BackendError."""
        with self._changed:
            self._changed.wait_for(lambda: self._anchored == self._size or self._fault is not None, wait_s)
            if self._fault is not None:
                raise self._fault
            if self._anchored != self._size:
                raise BackendError(f"run: {self._anchored} of {self._size} waves are on chain after {wait_s:.0f} s")

    def _main(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._size > self._anchored or self._is_over)
                if self._size == self._anchored:
                    return
                size = self._size
            try:
                stream = Stream(self._directory)
                anchor(stream, self._chain)
            except TrustError as fault:
                with self._changed:
                    self._fault = fault
                    self._changed.notify_all()
                return
            with self._changed:
                self._anchored = max(size, stream.checkpoint.size)
                self._changed.notify_all()

    def _salts(self, count: int) -> bytes:
        leaves = count // SALT_BYTES
        return b"".join(record.salt_of(self._session, self._size + place) for place in range(leaves))


@contextmanager
def recorded_end(stream: RunStream, run: RunOf[Spec], wave: Callable[[], int]) -> Iterator[None]:
    """Give a run that is stopped its last leaf: in which wave, and on what ground; the chain's own goes first.

    Raises:
        Superseded: the chain shows that the attempt ended. Otherwise what stopped it.
    """
    try:
        yield
    except TrustError as fault:
        ended = run.ended()
        ground = ended or (read_code(fault.code) if isinstance(fault, Refused) else type(fault).__name__)
        stream.append(record.stopped(wave(), ground))
        if ended:
            raise Superseded(f"in wave {wave()}: {ended}") from fault
        raise
