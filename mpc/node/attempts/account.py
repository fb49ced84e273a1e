"""One attempt's payments at one node: its own asset reserved before it commits, all assets' reservations proven before
anything leaves, its own settled however the attempt ends.

The amounts follow from the specification (``mpc.privacy.budget``), so every node knows what every owner must have
reserved and sends nothing otherwise. What is reserved counts as spent until Jobs shows that the attempt opened nothing;
a node that dies in between finds it in its journal and settles it when it is back (``settle_left_over``). It does NOT
decide what a pot may hold: officers do (``contracts.budgets``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from contracts.authorizations.terms import identifier
from contracts.budgets import client
from contracts.budgets.attempts import fate
from contracts.budgets.calls import Consume, Ending, Refund, Reserve, Settle
from contracts.budgets.holds import require_room
from contracts.budgets.record import Fate, Mode, Pot, Reservation, ReservationState
from contracts.jobs import client as jobs
from contracts.jobs.calls import Abort
from contracts.jobs.record import Job, JobState
from ledger.errors import Conflict, NotAuthorized, TrustError
from mpc.node.attempts.desk import Desk
from mpc.node.guarding.guard import Mandate, Refused, code
from mpc.node.registry import Facts
from mpc.node.workplace import Workplace
from mpc.privacy import budget
from mpc.privacy.budget import Charge

MISSING, PERIOD, CLASS = "budget: not reserved", "budget: data period", "budget: recipient class"
ANEW_S = 60
"""A refused call is made again in the next of these spans of the chain's time."""
MOST_CALLS = 8
"""Calls at a time for one reservation: an abort, what is due after it, and a few more in a race with others."""
_STANDING = (ReservationState.RESERVED, ReservationState.CONSUMED)


@dataclass(frozen=True, slots=True)
class Account:
    """The payments of one attempt."""

    desk: Desk

    def require_room(self, facts: Facts, mandate: Mandate) -> None:
        """Refuse a job that the own asset cannot pay now, before anything is promised; nothing to do without one.

        What earlier attempts of the job reserved is settled first: it may be what is missing, and once this attempt
        opens, Jobs can no more tell whether they had opened too, and they would count as if.

        Raises:
            Refused: names the pot and what is left of it.
        """
        if (charge := self._own(mandate)) is None:
            return
        if self.settle():
            facts = self.desk.facts()
        asset, period = identifier(charge.asset), self._period(charge)
        found_class = facts.recipient_class(mandate.job.recipient)
        if budget.recipient_class(mandate.spec) not in (None, found_class):
            raise Refused(code(CLASS), f"budget: {mandate.spec.recipient} is in another class of recipients")
        pot, rate = facts.pot(asset, identifier(period)), facts.rate(asset, found_class)
        window = facts.window(asset, found_class, rate)
        try:
            require_room(pot, rate, window, charge.mode, charge.micro_rho)
        except (NotAuthorized, Conflict) as fault:
            raise Refused(code(str(fault)), f"{fault} of {_account(charge, period, pot)}") from fault

    def reserve(self, mandate: Mandate) -> None:
        """Promise what the own asset pays and see it accepted; the journal knows before the chain does.

        Raises:
            Refused: the contract refuses, for somebody else was first. Superseded: the attempt is over.
        """
        if (charge := self._own(mandate)) is None:
            return
        desk, asset = self.desk, identifier(charge.asset)
        call = Reserve(
            desk.job, desk.attempt, asset, identifier(self._period(charge)), charge.mode, charge.micro_rho, charge.side
        )
        desk.place.journal.record_reservation(desk.job, desk.attempt, asset)
        desk.submit(client.reserve(call, party=desk.me))

    def require_reserved(self, facts: Facts, mandate: Mandate) -> None:
        """Refuse to go on unless the chain proves that every asset of the attempt has reserved what it must.

        Raises:
            Refused: names an asset whose reservation is missing or another one.
        """
        members = [charge for charge in budget.charges(mandate.spec) if charge.party in mandate.parties]
        assets = [identifier(charge.asset) for charge in members]
        held = facts.reservations(self.desk.job, self.desk.attempt, assets)
        for charge, asset in zip(members, assets, strict=True):
            if not _pays(held[asset], charge):
                text = f"budget: {charge.party} has not reserved {charge.micro_rho} micro-rho of {charge.asset}"
                raise Refused(code(MISSING), text)

    def settle(self) -> bool:
        """Do for the job's own reservations what the chain shows is due; a fault is reported and left for later.

        Returns: whether there were any.
        """
        desk = self.desk
        own = [found for found in desk.place.journal.reservations() if found[0] == desk.job]
        for job, attempt, asset in own:
            try:
                _settle(desk.place, job, attempt, asset)
            except TrustError as fault:
                desk.report.say("budget not settled yet", reason=str(fault)[:200])
        return bool(own)

    def _own(self, mandate: Mandate) -> Charge | None:
        charged = budget.charges(mandate.spec)
        return next((charge for charge in charged if charge.party == self.desk.place.party), None)

    def _period(self, charge: Charge) -> str:
        """Return the data period that pays. One asset has one: otherwise exact and private figures could meet."""
        declared = self.desk.place.assets[charge.asset].period
        if charge.period not in (None, declared):
            raise Refused(code(PERIOD), f"budget: {charge.asset} holds the data period {declared!r}")
        return declared


def settle_left_over(place: Workplace, running: Collection[tuple[bytes, int]]) -> None:
    """Settle what attempts left behind that are not running here, e.g. since this node died in them.

    An attempt past its deadline that nobody ended is ended first.
    """
    for job, attempt, asset in place.journal.reservations():
        if (job, attempt) not in running:
            _settle(place, job, attempt, asset)


def due(job: bytes, entry: Job, attempt: int, asset: bytes, held: Reservation) -> Ending | None:
    """Say which call a reservation needs now, by what Jobs shows."""
    is_released = entry.state is JobState.RELEASED and entry.attempt == attempt
    match held.state:
        case ReservationState.RESERVED | ReservationState.CONSUMED if is_released:
            return Settle(job, attempt, asset)
        case ReservationState.RESERVED if fate(entry, attempt) is Fate.OPENED:
            return Consume(job, attempt, asset)
        case ReservationState.RESERVED if fate(entry, attempt) is Fate.ENDED:
            return Refund(job, attempt, asset)
        case _:
            return None


def is_closed(job: Job, attempt: int, held: Reservation, now: int) -> bool:
    """Say whether nothing will ever be due any more for a reservation for which nothing is due now."""
    is_over = job.attempt != attempt or job.state >= JobState.RELEASED or job.is_over(now)
    return is_over and held.state is not ReservationState.RESERVED


def _settle(place: Workplace, job: bytes, attempt: int, asset: bytes) -> None:
    """Carry out what is due, one call after the other; one that is refused is made anew a minute later, and so on.

    What was refused once stays refused under its number, and a pause of Budgets refuses for as long as it lasts: so the
    number is the minute, and never runs out.
    """
    me = identifier(place.party)
    for _ in range(MOST_CALLS):
        facts = place.registry.now()
        again = facts.time // ANEW_S
        entry, held = facts.job(job), facts.reservations(job, attempt, [asset])[asset]
        if (call := due(job, entry, attempt, asset, held)) is not None:
            operation = client.end(call, party=me, again=again)
        elif is_closed(entry, attempt, held, facts.time):
            place.journal.forget_reservation(job, attempt, asset)
            return
        elif held.state is ReservationState.RESERVED and facts.time >= entry.deadline:
            operation = jobs.abort(Abort(job, attempt, code("job: deadline")), party=me, again=again)
        else:
            return
        if not place.chain.submit(operation, timeout_s=place.step_timeout_s).accepted:
            return


def _pays(held: Reservation, charge: Charge) -> bool:
    wanted = (charge.mode, charge.micro_rho, charge.side)
    is_right_period = charge.period is None or held.period == identifier(charge.period)
    return held.state in _STANDING and (held.mode, held.amount, held.side) == wanted and is_right_period


def _account(charge: Charge, period: str, pot: Pot) -> str:
    text = f"{charge.asset}, data period {period}: {charge.micro_rho} micro-rho asked, {pot.left} of {pot.limit} left"
    return text if pot.mode in (Mode.UNSET, charge.mode) else f"{text}; its figures are {pot.mode.name.lower()}"
