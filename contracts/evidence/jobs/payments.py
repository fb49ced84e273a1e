"""What the specification costs the privacy of each asset, against what Budgets holds for the released attempt.

    exact sums      0: the reservation holds that the data period is released exactly
    exact join      ceil(epsilon^2 / 2) of each asset, all of it for the count of matches, shown before any opening
    measured runs   what their counts cost, of a data period that is released exactly
    noised figures  what the specification says; in a join the three counts shown before are added

Amounts are micro-rho. The words proven are those of each asset's reservation after the newest block. Reserved counts as
spent: Budgets gives back only what Jobs shows to have ended unopened, and the job's own history shows it opened.
Restates ``mpc.privacy.budget`` for verifiers; the tests hold both to each other. It does NOT show what a pot still
holds, nor that an owner named the right data period for its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.addresses import BUDGETS
from contracts.budgets.client import decode_reservation, reservation_fact
from contracts.budgets.record import NOTHING, Mode, Reservation, ReservationState
from contracts.evidence.jobs.release import Released
from contracts.evidence.questions.asked import Question, Source
from contracts.evidence.questions.noised import number
from contracts.evidence.report import Words
from contracts.evidence.states import Proven
from contracts.parties.client import party_id
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError

PAID = (ReservationState.RESERVED, ReservationState.CONSUMED, ReservationState.SETTLED)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one asset pays. side: the part shown before any opening. period: None is the owner's own label."""

    mode: Mode
    micro_rho: int
    side: int
    period: str | None = None


def payment_slots(job: bytes, attempt: int, assets: Sequence[str]) -> tuple[bytes, ...]:
    """List the words of the reservations of an attempt, in the order of the assets."""
    return tuple(slot for asset in assets for slot in reservation_fact(job, attempt, party_id(asset)).slots)


def require_payments(
    proven: Proven, released: Released, question: Question, spec: JsonValue, owners: Sequence[str]
) -> tuple[None, Words]:
    """Verify that every asset of the attempt reserved what the specification costs, and that it counts as spent.

    Args:
        owners: the contributing members of the released attempt, by code.

    Raises:
        VerificationError: another amount, kind or period, or a reservation that is missing or was given back.
        InvalidRecord: a specification without what it costs.
    """
    job, attempt = released.id, released.entry.attempt
    sources = [source for source in sorted(question.sources, key=lambda s: s.asset) if source.party in owners]
    proven.require_slots(BUDGETS, payment_slots(job, attempt, [source.asset for source in sources]))
    costs = {source.asset: cost(question, spec, source) for source in sources}
    for source in sources:
        held = decode_reservation(job, attempt, party_id(source.asset), proven.values[BUDGETS])
        _require_paid(source, costs[source.asset], held)
    amounts = ", ".join(sorted({str(found.micro_rho) for found in costs.values()}))
    count = len(sources)
    return None, Words(
        f"{count} assets paid {amounts} micro-rho each, counted as spent",
        f"{count} 项数据资源各付 {amounts} micro-rho,均计为已消耗",
    )


def cost(question: Question, spec: JsonValue, source: Source) -> Cost:
    """Return what a source's asset pays; raises InvalidRecord."""
    match question.protocol, question.terms, spec:
        case (
            "noised-sums-v1" | "ckks-sums-v1" | "noised-training-v1",
            {"guarantee": {"micro_rho": amount}},
            {"privacy": {"period": str(period)}},
        ):
            return Cost(Mode.PRIVATE, number(amount), 0, period)
        case "measured-training-v1", {"guarantee": {"micro_rho": amount}}, {"quality": {"period": str(period)}}:
            return Cost(Mode.EXACT, number(amount), 0, period)
        case "noised-join-v1", {"guarantee": {"micro_rho": amount, "side": side}}, {"privacy": dict(privacy)}:
            return Cost(Mode.PRIVATE, number(amount), number(side), _period(privacy, source.role))
        case "private-join-v1" | "grouped-join-v1" | "sifted-join-v1", {"epsilon_milli": int(epsilon)}, _:
            shown = -(-(epsilon**2) // 2)
            return Cost(Mode.EXACT, shown, shown)
        case "masked-sums-v1" | "percentiles-v1" | "aligned-v1" | "training-v1" | "matched-v1", _, _:
            return Cost(Mode.EXACT, 0, 0)
        case "boosted-v1" | "regression-v1" | "scores-v1", _, _:
            return Cost(Mode.EXACT, 0, 0)
    raise InvalidRecord("specification: without what it costs")


def _period(privacy: Mapping[str, JsonValue], role: str) -> str:
    match privacy.get(role):
        case {"period": str(period)}:
            return period
    raise InvalidRecord("specification: a private join names the data period of each side")


def _require_paid(source: Source, expected: Cost, held: Reservation) -> None:
    if held.state not in PAID:
        raise VerificationError(f"budget: the reservation of {source.asset} is {held.state.name.lower()}, not spent")
    if (held.mode, held.amount, held.side) != (expected.mode, expected.micro_rho, expected.side):
        raise VerificationError(
            f"budget: {source.asset} reserved {held.amount} micro-rho, {held.side} of them for what is shown before, "
            f"as {held.mode.name.lower()}; expected {expected.micro_rho}, {expected.side}, {expected.mode.name.lower()}"
        )
    named = held.period != NOTHING if expected.period is None else held.period == party_id(expected.period)
    if not named:
        raise VerificationError(f"budget: {source.asset} paid out of another data period")
