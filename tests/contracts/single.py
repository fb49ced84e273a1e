"""One contract beside its rules: every call is made on both, its operation built by the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from evm import Outcome
from lockstep import Lockstep
from network import Network, digest

from contracts.history import Change
from ledger.chain.port import Operation

S = TypeVar("S")
C = TypeVar("C")
Apply = Callable[[S, C, bytes, int, object], tuple[S, Sequence[Change]]]


class Single(Generic[S, C]):
    """A contract of a network, in lockstep with its rules."""

    def __init__(
        self,
        network: Network,
        contract: str,
        state: S,
        apply: Apply[S, C],
        builders: Mapping[type, Callable[..., Operation]],
    ) -> None:
        self.network = network
        self.lockstep = Lockstep(network, contract, state)
        self.world: object = network.states
        self._apply, self._builders = apply, builders

    @property
    def state(self) -> S:
        return self.lockstep.state

    def do(self, caller: bytes, call: C) -> Outcome:
        """Make one call on both sides."""
        operation = self._builders[type(call)](call, op_id=digest("op"))
        return self.lockstep.step(
            lambda state: self._apply(state, call, caller, self.network.now, self.world),
            lambda: self.network.send(caller, operation.contract, operation.method, *operation.args),
        )

    def take(self, caller: bytes, call: C) -> Outcome:
        outcome = self.do(caller, call)
        assert outcome.accepted, outcome.reason
        return outcome

    def refuse(self, caller: bytes, call: C, reason: str) -> None:
        assert self.do(caller, call).reason == reason
