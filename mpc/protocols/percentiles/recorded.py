"""An engine for the replay of an opened audit: it gives the shares that the party had sent, computing nothing.

What an engine computed cannot be repeated by one party; the replay then shows that inputs, shares, decisions and
openings are those that the party's seed gives, and takes its engine's results as they were sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mpc.engine.port import OFFER_BYTES, Calculation
from mpc.protocols.percentiles.run import BLOCKS, COUNTED, LINK, OPEN, PIECE
from mpc.protocols.percentiles.terms import COUNT, Terms
from mpc.protocols.sums.upload import TRANSCRIPT_BYTES


@dataclass(frozen=True, slots=True)
class RecordedEngines:
    """The results of one party's engine, taken from the bodies that it sent, by step."""

    terms: Terms
    sent: Mapping[str, bytes] = field(repr=False)

    @contextmanager
    def begin(self, _: str) -> Iterator[Calculation]:
        yield _Recorded(self.terms, self.sent)


@dataclass(slots=True)
class _Recorded:
    terms: Terms
    sent: Mapping[str, bytes] = field(repr=False)
    blocks: int = 0

    @property
    def offer(self) -> bytes:
        return self.sent.get(LINK, b"")[:OFFER_BYTES].ljust(OFFER_BYTES)

    def meet(self, _parties: Sequence[str], _offers: Sequence[bytes]) -> None:
        """Nobody to meet."""

    def take(self, _name: str, _share: bytes) -> None:
        """Nothing is computed on it."""

    def run(self, name: str, _inputs: Sequence[str], _outputs: Sequence[str], _numbers: Mapping[str, int]) -> None:
        self.blocks += name == "block"

    def give(self, name: str) -> bytes:
        if name == COUNT:
            return self._piece(COUNTED, 0)
        if name == "rows":
            return self._piece(BLOCKS, PIECE * (self.blocks - 1))
        return self._piece(OPEN, TRANSCRIPT_BYTES + len(self.terms.names) + PIECE * self.blocks)

    def _piece(self, step: str, start: int) -> bytes:
        return self.sent.get(step, b"")[start : start + PIECE].ljust(PIECE, b"\0")
