"""Boosting over columns of several departments, tried out in one process: the real parties on memory channels.

    found = rehearse("bank", labels, {"bank": {"limit": ...}, "tax": {"bills": ...}}, trees=10)
    found.scores({"limit": ..., "bills": ...})

Rows are aligned already. The key is small unless another is given: it protects nothing, and whoever calls it sees all
columns anyway. It does NOT judge whether departments would take part, nor bound what a job bounds (``Terms``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from federated.boosting import bins, model
from federated.boosting.feature import FeatureOwner
from federated.boosting.growing import Rules
from federated.boosting.growth import Round
from federated.boosting.label import LabelOwner
from federated.boosting.loss import Floats, Logistic, Loss
from federated.boosting.model import Boundary, Model
from federated.boosting.terms import Terms
from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.additive.scheme import Parameters
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network
from mpc.stream import Randomness

RULES = Rules(depth=3, least=50, ridge=1.0, rate=0.3)
Columns = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Grown:
    """What came out: the model of the label owner, each owner's own boundaries, and the loss round by round."""

    model: Model
    boundaries: Mapping[str, Mapping[int, Boundary]]
    curve: tuple[Round, ...]

    def scores(self, columns: Columns) -> Floats:
        """Score rows by all owners' columns; of several outputs one line each."""
        answers = {party: model.sides(own, columns) for party, own in self.boundaries.items()}
        found = model.scores(self.model, answers, len(next(iter(columns.values()))))
        return found if len(found) > 1 else found[0]


def rehearse(
    label: str,
    labels: Floats,
    columns: Mapping[str, Columns],
    *,
    trees: int,
    most_bins: int = 16,
    rules: Rules = RULES,
    loss: Loss | None = None,
    scheme: Parameters | None = None,
) -> Grown:
    """Grow trees with every party as a thread.

    Args:
        label: the party with the labels; it may have columns too. columns: of each party, all of as many rows.

    Raises:
        InvalidRecord: nobody but the label owner has columns. Others as the parties' own.
    """
    held = {party: bins.fit(own, most_bins) for party, own in columns.items() if own}
    others = {party: len(columns[party]) for party in held if party != label}
    if not others:
        raise InvalidRecord("boosting: columns of a party beside the label owner expected")
    terms = Terms(label, others, len(labels), trees, most_bins, rules, loss or Logistic(), scheme or _small())
    boundaries = dict[str, Mapping[int, Boundary]]()
    curve = list[Round]()

    def owner(channel: Channel) -> Model:
        run = LabelOwner(channel, terms, labels, held.get(label), Randomness(bytes(32)))
        grown = run.run(_silent)
        boundaries[label] = run.splits
        curve.extend(run.curve)
        return grown

    def feature(party: str) -> Callable[[Channel], object]:
        def program(channel: Channel) -> None:
            seed = Randomness(party.encode().ljust(32))
            boundaries[party] = FeatureOwner(channel, party, terms, held[party], seed).run(_silent)

        return program

    programs: dict[str, Callable[[Channel], object]] = {party: feature(party) for party in others}
    outcomes = Network(sorted([*others, label])).run({**programs, label: owner})
    if isinstance(fault := next((o for o in outcomes.values() if isinstance(o, Exception)), None), Exception):
        raise fault
    grown = outcomes[label]
    assert isinstance(grown, Model)
    return Grown(grown, boundaries, tuple(curve))


def _small() -> Parameters:
    """A key that protects nothing: whoever rehearses holds all columns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return InsecureOkamotoUchiyama(bits=768, randomiser_bits=64)


def _silent(_done: int, _total: int) -> None:
    """Report no progress."""
