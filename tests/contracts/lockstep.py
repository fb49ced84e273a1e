"""Runs contract and rules side by side: same verdict, same reason, same events, same history, or the test fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from evm import Outcome
from network import Network, contract_of

from contracts.artefacts import interfaces
from contracts.history import Change, Journal
from ledger.abi import AbiValue
from ledger.errors import TrustError

S = TypeVar("S")


class Lockstep(Generic[S]):
    """One contract and the state its rules give. ``apply`` takes the state and returns the next one and its changes."""

    def __init__(self, network: Network, contract: str, state: S) -> None:
        self.network = network
        self.contract = contract
        self.state = state
        self.accepted = 0
        self.refused: dict[str, int] = {}
        self.recorded: list[tuple[int, Change]] = []
        """Every change so far, with its time."""

    def step(
        self,
        apply: Callable[[S], tuple[S, Sequence[Change]]],
        send: Callable[[], Outcome],
    ) -> Outcome:
        """Do one call on both sides and compare everything observable."""
        outcome = send()
        state, changes, reason = self._judge(apply)
        assert (outcome.accepted, outcome.reason) == (reason == "", reason), "(contract) == (rules)"
        if reason:
            assert outcome.logs == ()
            self.refused[reason] = self.refused.get(reason, 0) + 1
            return outcome
        self._compare_logs(outcome, changes)
        self.state = state
        self.accepted += 1
        self.recorded += [(self.network.now, change) for change in changes]
        journal: Journal = state.journal  # type: ignore[attr-defined]
        for change in changes:
            expected = (journal.history(change.entity), journal.count(change.entity))
            assert self.network.head(self.contract, change.entity) == expected
        return outcome

    def call(
        self,
        apply: Callable[[S], tuple[S, Sequence[Change]]],
        caller: bytes,
        method: str,
        *args: AbiValue,
    ) -> Outcome:
        return self.step(apply, lambda: self.network.send(caller, self.contract, method, *args))

    def _judge(self, apply: Callable[[S], tuple[S, Sequence[Change]]]) -> tuple[S, Sequence[Change], str]:
        try:
            state, changes = apply(self.state)
        except TrustError as error:
            return self.state, (), str(error)
        return state, changes, ""

    def _compare_logs(self, outcome: Outcome, changes: Sequence[Change]) -> None:
        own = [log for log in outcome.logs if contract_of(log) == self.contract]
        assert [(log.topics, log.data) for log in own] == [(change.topics, change.data) for change in changes]
        for log in own:
            interfaces()[self.contract].decode_event(log)
