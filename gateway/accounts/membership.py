"""What Parties holds now, read by proof for the gate: agents and parties under a sealed head, at most seconds old."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from contracts.parties.record import Agent, Party
from gateway.accounts.enrolment import Register
from gateway.statute.observation.standing import agents_of, registered
from ledger.errors import TrustError
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenView

KEEP_S: Final = 10.0


class Membership:
    """A register read through a view; what was read, or why it could not be, is kept for a few seconds."""

    def __init__(self, view: ProvenView, network: bytes, clock: Callable[[], float]) -> None:
        self._view, self._network, self._clock = view, network, clock
        self._lock = threading.Lock()
        self._read: tuple[float, Register | TrustError] | None = None

    def __call__(self) -> Register:
        """Return the register as of now; raises BackendError or VerificationError if no fresh head is proven."""
        with self._lock:
            if self._read is None or self._clock() - self._read[0] >= KEEP_S:
                self._read = (self._clock(), self._now())
            found = self._read[1]
        if isinstance(found, TrustError):
            raise found
        return found

    def _now(self) -> Register | TrustError:
        try:
            return self._register(self._view.head())
        except TrustError as fault:
            return fault  # kept, so that a chain out of reach is not waited for with every request

    def _register(self, head: Header) -> Register:
        agents: dict[bytes, Agent] = {}
        parties: dict[bytes, Party] = {}

        def agent(address: bytes) -> Agent:
            if address not in agents:
                agents[address] = agents_of(self._view, head, [address]).get(address, Agent())
            return agents[address]

        def party(id: bytes) -> Party:
            if id not in parties:
                parties[id] = registered(self._view, head, [id]).get(id, Party())
            return parties[id]

        return Register(self._network, head.timestamp, agent, party)
