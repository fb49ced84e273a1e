"""An engine for the replay of an opened audit: it gives the shares that the party had sent, computing nothing.

What an engine computed cannot be repeated by one party; the replay then shows that inputs, shares, decisions and
openings are those that the party's seed gives, and takes its engine's results as they were sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mpc.engine.port import OFFER_BYTES, Calculation
from mpc.engine.shares import Ring


@dataclass(frozen=True, slots=True)
class RecordedEngines:
    """The results of one party's engine, in the order in which the protocol takes them; beyond them zeros."""

    offered: bytes = field(repr=False)
    given: Sequence[bytes] = field(repr=False)
    ring: Ring

    @contextmanager
    def begin(self, _: str) -> Iterator[Calculation]:
        yield _Recorded(self.offered[:OFFER_BYTES].ljust(OFFER_BYTES), iter(self.given), 2 * self.ring.value)


def pieces(body: bytes, start: int, count: int, ring: Ring) -> list[bytes]:
    """Take so many shares out of a recorded message, from a place on; of one that was not sent they are zeros."""
    size = 2 * ring.value
    return [body[at : at + size].ljust(size, b"\0") for at in range(start, start + size * count, size)]


@dataclass(frozen=True, slots=True)
class _Recorded:
    offer: bytes = field(repr=False)
    _given: Iterator[bytes] = field(repr=False)
    _size: int

    def meet(self, _parties: Sequence[str], _offers: Sequence[bytes], _ring: Ring) -> None:
        """Nobody to meet."""

    def take(self, _name: str, _share: bytes) -> None:
        """Nothing is computed on it."""

    def run(self, _name: str, _inputs: Sequence[str], _outputs: Sequence[str], _numbers: Mapping[str, int]) -> None:
        """Nothing is computed."""

    def give(self, _name: str) -> bytes:
        return next(self._given, bytes(self._size))
