"""What a job costs the privacy of each asset it reads: a function of its specification alone, never of data.

Costs are micro-rho of zero-concentrated differential privacy. An exact sum shows nothing before its opening and costs
0: exact figures have no such cost, they are kept few and apart by the disclosure audit; its reservation holds that the
data period is released exactly. An exact join shows the lister a count of matches with (epsilon, delta) noise before
any opening, as often as an attempt is run: epsilon-DP is (epsilon^2 / 2)-zCDP (Bun and Steinke 2016, Proposition 1.4),
and a key stands in one group only, so one count a key pays for all groups. Both assets are charged, since a key more or
less on either side moves that count. The delta by which the noise is cut off is not an amount of rho: over many
attempts it adds up beside it, 2^-40 each in the usual setting.

Noised figures cost what the specification says. A private join shows three counts before them, each as in an exact one
(``mpc.privacy.join_mechanism``), and both assets pay figures and counts.

It does NOT know pots or periods of exact jobs (the owner's own label) and asks no chain: see
``mpc.node.attempts.account``.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.authorizations.terms import identifier
from contracts.budgets.record import EVERYBODY, Mode
from mpc.kinds.registry import kind_of
from mpc.privacy.declaration import EVERYBODY as EVERYBODY_BY_NAME
from mpc.spec.job import JobSpec
from mpc.spec.training import TrainingSpec

DEFAULT_PERIOD = "all"
"""The data period of an asset whose owner declares no other: everything it ever holds."""
DELTA_LOG2 = -40
"""The delta under which epsilon is shown to people; amounts on chain do not depend on it."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one source's asset pays. side: the part shown before any opening. period: None is the owner's own label."""

    party: str
    asset: str
    mode: Mode
    micro_rho: int
    side: int
    period: str | None = None


def charges(spec: JobSpec) -> tuple[Charge, ...]:
    """Return what each source of a job is charged, in the order of the specification."""
    kind = kind_of(spec)
    cost, pairs = kind.cost(), zip(spec.sources, kind.periods(), strict=True)
    return tuple(Charge(s.party, s.asset, cost.mode, cost.micro_rho, cost.side, period) for s, period in pairs)


def mode(spec: JobSpec) -> Mode:
    """Return how a job's figures are released."""
    return kind_of(spec).cost().mode


def recipient_class(spec: JobSpec) -> bytes | None:
    """Return the class of recipients that noised figures are for, as it stands on chain; None for exact ones."""
    terms = spec.quality if isinstance(spec, TrainingSpec) and spec.quality is not None else spec.privacy
    if terms is None:
        return None
    name = terms.recipient_class
    return EVERYBODY if name == EVERYBODY_BY_NAME else identifier(name)
