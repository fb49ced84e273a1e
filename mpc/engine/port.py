"""The port between a protocol and the three engines that compute on shares.

An adapter starts one party's engine, tells the other two how it is reached, links up, and runs computations by name on
shares that it was handed; it gives back shares of results and never a value. Trust assumption: semi-honest parties of
which no two collude; that the three run the same computation is each one's word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ledger.errors import NotFound
from mpc.engine.shares import Ring

OFFER_BYTES = 2048
"""An address and a certificate, padded: an offer's length tells nothing."""


class Calculation(Protocol):
    """One party's engine for one attempt. Everything raises BackendError when the engine or its peers are gone."""

    @property
    def offer(self) -> bytes:
        """How the others reach this engine, and by which key they know it: OFFER_BYTES bytes."""

    def meet(self, parties: Sequence[str], offers: Sequence[bytes], ring: Ring, /) -> None:
        """Link up to compute in a ring; by rank, with the own offer among them. Raises InvalidRecord for no offer."""

    def take(self, name: str, share: bytes, /) -> None:
        """Hold this party's share of a column."""

    def run(self, name: str, inputs: Sequence[str], outputs: Sequence[str], numbers: Mapping[str, int], /) -> None:
        """Run a computation together with the other two."""

    def give(self, name: str) -> bytes:
        """Return this party's share of a result."""


class Engines(Protocol):
    """Where a node gets an engine from."""

    def begin(self, party: str, /) -> AbstractContextManager[Calculation]:
        """Start one for an attempt.

        Raises:
            NotFound: this node has none. BackendError: it does not start.
        """


class _NoEngines:
    def begin(self, _: str, /) -> AbstractContextManager[Calculation]:
        raise NotFound("engine: this node has none; [engine] of node.toml names one")


NO_ENGINES: Engines = _NoEngines()
"""A node without an engine: it can own rows, not compute on shares."""
