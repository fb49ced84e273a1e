"""An asset's privacy account, read by proof, and what officers do about its limits.

What is shown comes from the asset's whole history on chain: its events, verified against the two proven words of that
history. Periods and classes stand on chain as digests; labels are known to who declared them, so others are shown as
digests. Raising takes two officers with two keys; lowering one. A command that was interrupted may be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contracts.addresses import BUDGETS
from contracts.artefacts import interfaces
from contracts.authorizations.terms import identifier
from contracts.budgets import client
from contracts.budgets.calls import Confirm, Limiting, Lower, Propose
from contracts.budgets.history import Account, LimitChange, account
from contracts.budgets.record import EVERYBODY, Mode, Pot, Proposal, Rate, Window
from contracts.evidence.collect import find_events
from contracts.jobs.record import JobState
from contracts.proven import history_fact, verify_events
from gateway.network.connecting import MAX_AGAIN, OFFICER, officer_chain, submit_anew
from gateway.statistics import earlier
from ledger.chain.port import Chain, Operation, Receipt
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenView
from mpc.kinds.registry import kind_of
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, read_trust
from mpc.node.registry import ProvenFacts
from mpc.privacy import budget
from mpc.privacy.accounting import epsilon_milli
from mpc.privacy.budget import DEFAULT_PERIOD, DELTA_LOG2, Charge
from mpc.privacy.declaration import UnitsAt
from mpc.privacy.release import Expected
from mpc.spec.job import JobSpec
from mpc.spec.training import TrainingSpec

NO_CLASS = "everybody"


@dataclass(frozen=True, slots=True)
class PotLine:
    """A lifetime pot of one data period, and what a second officer may still confirm for it."""

    period: str
    pot: Pot
    proposed: int | None

    @property
    def epsilon_milli(self) -> int:
        """What is used, as epsilon in thousandths at the usual delta; 0 for nothing."""
        return epsilon_milli(self.pot.used, DELTA_LOG2) if self.pot.used else 0


@dataclass(frozen=True, slots=True)
class RateLine:
    """A rate for one class of recipients and what its present window has used."""

    recipient_class: str
    rate: Rate
    window: Window


@dataclass(frozen=True, slots=True)
class Statement:
    """An asset's account as of one block. units_at: where its units are, None unless the own node declares it."""

    asset: str
    block: int
    pots: tuple[PotLine, ...]
    rates: tuple[RateLine, ...]
    units_at: UnitsAt | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job would take out of one asset's pot, and the pot as it is now."""

    charge: Charge
    period: str
    pot: Pot

    @property
    def left(self) -> int:
        """What would be left; below zero the job would be refused."""
        return self.pot.left - self.charge.micro_rho

    @property
    def fits(self) -> bool:
        """Whether the pot would pay now: it has enough, and its figures are of the same kind."""
        return self.left >= 0 and self.pot.mode in (Mode.UNSET, self.charge.mode)


@dataclass(frozen=True, slots=True)
class Limit:
    """Which limit is meant: a data period's, or with a length the rate of a class per window of so many seconds."""

    asset: str
    pot: str
    micro_rho: int
    length_s: int = 0

    def call(self, kind: type[Propose] | type[Confirm] | type[Lower]) -> Limiting:
        is_everybody = self.length_s and self.pot == NO_CLASS
        pot = EVERYBODY if is_everybody else identifier(self.pot)
        return kind(identifier(self.asset), pot, self.length_s, self.micro_rho)


def expected_errors(spec: JobSpec) -> tuple[Expected, ...]:
    """Say how wrong figures with noise would be if every source contributes; nothing for exact ones."""
    is_measured = isinstance(spec, TrainingSpec) and spec.quality is not None
    return kind_of(spec).estimate().expected if is_measured or spec.privacy is not None else ()


def proven_account(chain: Chain, view: ProvenView, at: Header, asset: bytes) -> Account:
    """Read an asset's account as of a block, from all of its events.

    Raises:
        VerificationError: the chain's events are not its whole history.
    """
    events = find_events(chain, {(BUDGETS, asset)}, at)[BUDGETS, asset]
    values = view.state(BUDGETS, history_fact(BUDGETS, asset).slots, at).values
    verify_events(BUDGETS, asset, events, values)
    return account(events)


class Books:
    """One department's view of privacy accounts, with the key of one of its officers."""

    def __init__(self, config: NodeConfig, officer: str = OFFICER, *, clock: Callable[[], float] = time.time) -> None:
        self.party = config.party
        self._config = config
        self._address = open_keys(config).load(officer).address
        self._chain: Chain = officer_chain(config, officer)
        belief: Path = config.state / f"{officer}-belief.sqlite"
        self._view = ProvenView(self._chain, read_trust(config.trust), belief, interfaces(), clock=clock)

    @property
    def assets(self) -> tuple[str, ...]:
        """The codes of this department's own assets."""
        return tuple(self._config.assets)

    def close(self) -> None:
        self._view.close()
        self._chain.close()

    def propose(self, limit: Limit) -> Receipt | None:
        """Propose to raise a limit; None if it stands or this officer has proposed it already."""
        call = limit.call(Propose)
        found = self._proposal(call)
        mine = Proposal(call.length, call.limit, self._address)
        return None if found == mine or self._stands(call) else self._change(call)

    def confirm(self, limit: Limit) -> Receipt | None:
        """Confirm what the other officer proposed; None if the limit stands already."""
        call = limit.call(Confirm)
        return None if self._stands(call) else self._change(call)

    def lower(self, limit: Limit) -> Receipt | None:
        """Lower a limit, or withdraw what is proposed; None if the limit stands and nothing is proposed."""
        call = limit.call(Lower)
        is_done = self._stands(call) and self._proposal(call) == Proposal()
        return None if is_done else self._change(call)

    def statement(self, asset: str) -> Statement:
        """Read an asset's account, empty if nobody ever set a limit or reserved anything for it.

        Raises:
            VerificationError: the chain's events are not its whole history.
        """
        head, id = self._view.head(), identifier(asset)
        found = proven_account(self._chain, self._view, head, id)
        limits = [change for change in found.changes if isinstance(change, LimitChange)]
        periods = {*found.pots, *(change.pot for change in limits if not change.length)}
        classes = {change.pot for change in limits if change.length and change.is_in_force}
        return Statement(
            asset,
            head.number,
            tuple(self._pot_line(asset, period, found.pots.get(period, Pot()), head) for period in sorted(periods)),
            tuple(self._rate_line(id, recipient_class, head) for recipient_class in sorted(classes)),
            self._units_at(asset),
        )

    def estimate(self, spec: JobSpec, period: str = DEFAULT_PERIOD) -> tuple[Estimate, ...]:
        """Say what a job would charge; ``period`` is that of exact jobs, whose owners' labels the document lacks."""
        facts = self._facts(self._view.head())
        lines = []
        for charge in budget.charges(spec):
            label = charge.period or period
            lines.append(Estimate(charge, label, facts.pot(identifier(charge.asset), identifier(label))))
        return tuple(lines)

    def has_answer(self, spec: JobSpec) -> bool:
        """Tell whether this department was answered the question before, on the versions of now."""
        facts = self._facts(self._view.head())

        def is_released(job: bytes) -> bool:
            return facts.job(job).state is JobState.RELEASED

        questions = earlier.Questions(self._config.state)
        return questions.find(earlier.identify(spec, facts), is_released) is not None

    def _pot_line(self, asset: str, period: bytes, pot: Pot, head: Header) -> PotLine:
        call = Propose(identifier(asset), period, 0, 0)
        proposed = self._proposal(call, head)
        return PotLine(self._label(asset, period), pot, proposed.limit if any(proposed.officer) else None)

    def _rate_line(self, asset: bytes, recipient_class: bytes, head: Header) -> RateLine:
        facts = self._facts(head)
        rate = facts.rate(asset, recipient_class)
        label = NO_CLASS if recipient_class == EVERYBODY else recipient_class.hex()
        return RateLine(label, rate, facts.window(asset, recipient_class, rate))

    def _units_at(self, asset: str) -> UnitsAt | None:
        """Return where the own node declares the asset's units; others' declarations stand in their nodes."""
        held = self._config.assets.get(asset)
        return held.privacy.units_at if held is not None and held.privacy is not None else None

    def _label(self, asset: str, period: bytes) -> str:
        declared = self._config.assets.get(asset)
        known = {DEFAULT_PERIOD, declared.period if declared else DEFAULT_PERIOD}
        return next((label for label in known if identifier(label) == period), period.hex())

    def _proposal(self, call: Limiting, head: Header | None = None) -> Proposal:
        fact = client.proposal_fact(call.asset, call.pot, call.length != 0)
        values = self._view.state(BUDGETS, fact.slots, head).values
        return client.decode_proposal(call.asset, call.pot, call.length != 0, values)

    def _stands(self, call: Limiting) -> bool:
        facts = self._facts(self._view.head())
        if call.length:
            return facts.rate(call.asset, call.pot) == Rate(call.limit, call.length)
        return facts.pot(call.asset, call.pot).limit == call.limit

    def _change(self, call: Limiting) -> Receipt:
        """Number the call by the account's changes so far and the refusals since."""
        seen, fact = self._view.head().number, history_fact(BUDGETS, call.asset)
        count = int.from_bytes(self._view.value(BUDGETS, fact.slots)[fact.slots[1]], "big")

        def numbered(again: int) -> Operation:
            n, method = count * MAX_AGAIN + again, type(call).__name__.lower()
            return client.limit(call, op_id=client.limit_operation_id(call.asset, method, self._address, n))

        return submit_anew(self._chain, numbered, seen)

    def _facts(self, head: Header) -> ProvenFacts:
        return ProvenFacts(self._view, head)
