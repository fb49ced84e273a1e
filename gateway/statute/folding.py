"""Folds over all acts of the chain that go on where they stopped: a look costs what is new, not what ever was.

Kept in memory, beside the chronicle that has the acts: after a start the first look reads them all once. A look as of
an earlier block is folded for itself, one at a time, while looks at the newest go on. What it does NOT do: say what
follows from acts (its takers do).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from contracts.addresses import PARTIES
from contracts.oversight.acts import Act, Reader
from contracts.oversight.counting.tally import Tally
from contracts.oversight.watching.alerts import Watch
from gateway.statute.observation.chronicle import Chronicle
from gateway.statute.observation.standing import parties_of
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenView


class Taker(Protocol):
    """What follows acts in their order."""

    def take(self, act: Act, at: Header) -> None:
        """Follow one act. Args: at: a proven header at or behind it."""


T = TypeVar("T", bound=Taker)
K = TypeVar("K")
R = TypeVar("R")


class Outdated(Exception):
    """What was taken before would be taken otherwise now; the fold begins anew."""


class Folding(Generic[T, K]):
    """One fold; threads may share it."""

    def __init__(self, begin: Callable[[K], T]) -> None:
        """Args: begin: makes a taker that has taken nothing, from what is the same for all acts; if that changes, the
        fold begins anew."""
        self._begin, self._lock, self._earlier = begin, threading.Lock(), threading.Lock()
        self._kept: _Kept[T, K] | None = None

    def read(self, chronicle: Chronicle, at: Header, key: K, tell: Callable[[T], R]) -> R:
        """Bring the fold up to a block and tell of it; nobody else changes it meanwhile."""
        with self._lock:
            kept = self._kept
            if kept is None or kept.last <= at.number:
                if kept is None or kept.key != key:
                    kept = _Kept(self._begin(key), key)
                self._kept = None  # what was interrupted half way is not gone on with
                self._kept = kept = self._brought(kept, chronicle, at)
                return tell(kept.taker)
        with self._earlier:
            return tell(self._brought(_Kept(self._begin(key), key), chronicle, at).taker)

    def _brought(self, kept: _Kept[T, K], chronicle: Chronicle, at: Header) -> _Kept[T, K]:
        try:
            return kept.brought(chronicle, at)
        except Outdated:
            return _Kept(self._begin(kept.key), kept.key).brought(chronicle, at)


class _Kept(Generic[T, K]):
    """A taker, and how far it has come."""

    def __init__(self, taker: T, key: K) -> None:
        self.taker, self.key, self.last, self._reader = taker, key, 0, Reader()

    def brought(self, chronicle: Chronicle, at: Header) -> _Kept[T, K]:
        for act in chronicle.acts(at.number, after=self.last, reader=self._reader):
            self.taker.take(act, at)
        self.last = at.number
        return self


class Senders:
    """Which party the sender of a refused call belongs to, looked up by proof once: it never changes once set."""

    def __init__(self, view: ProvenView) -> None:
        self._view, self._asked, self._unknown = view, set[bytes](), set[bytes]()

    def met(self, act: Act, at: Header) -> dict[bytes, bytes]:
        """Return what must be known before an act is taken; raises Outdated if an earlier one lacked it."""
        if act.accepted:
            enrolled = {one.topics[1][12:] for one in act.events if (one.contract, one.name) == _ENROLLED}
            if enrolled & self._unknown:
                raise Outdated
            return {}
        if act.sender in self._asked:
            return {}
        found = parties_of(self._view, at, [act.sender])
        self._asked.add(act.sender)
        if not found:
            self._unknown.add(act.sender)
        return found


_ENROLLED: Final = (PARTIES, "Enrolled")


class Watching:
    """Alerts, brought on act by act."""

    def __init__(self, view: ProvenView) -> None:
        self.watch, self._senders = Watch({}), Senders(view)

    def take(self, act: Act, at: Header) -> None:
        self.watch.know(self._senders.met(act, at))
        self.watch.take(act)


class Counting:
    """The tally since the founding, brought on act by act, and whoever appears in it."""

    def __init__(self, view: ProvenView, tally: Tally) -> None:
        self.tally, self.seen, self._senders = tally, set[bytes](), Senders(view)

    def take(self, act: Act, at: Header) -> None:
        self.tally.know(self._senders.met(act, at))
        self.tally.take(act)
        self.seen |= parties_named(act)


def parties_named(act: Act) -> set[bytes]:
    """Return the parties that the events of an act name as parties."""
    named = (event.args.get(name) for event in act.events for name in ("party", "owner", "grantee", "recipient"))
    return {one for one in named if isinstance(one, bytes) and len(one) == 32}
