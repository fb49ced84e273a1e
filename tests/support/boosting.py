"""A small boosting run between a bank with labels and departments with columns, over in-memory channels."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from federated.boosting import bins, model
from federated.boosting.feature import FeatureOwner
from federated.boosting.growing import Rules
from federated.boosting.label import LabelOwner, Round
from federated.boosting.loss import Floats, Logistic, Loss
from federated.boosting.model import Boundary, Model
from federated.boosting.terms import Terms
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Intercept, Network, deliver
from mpc.stream import Randomness

BANK = "bank"
ROWS, TREES = 600, 3
RULES = Rules(depth=3, least=50, ridge=1.0, rate=0.3)
Columns = Mapping[str, Floats]


def people(seed: int = 1) -> tuple[Columns, Floats]:
    """Columns of three departments and a label that depends on all of them."""
    drawn = np.random.default_rng(seed)
    columns = {name: drawn.normal(size=ROWS).round(2) for name in ("age", "debt", "income", "visits")}
    odds = columns["age"] + 2 * columns["debt"] * (columns["income"] > 0) - columns["visits"]
    return columns, (drawn.random(ROWS) < 1 / (1 + np.exp(-odds))).astype(float)


@dataclass(frozen=True, slots=True)
class Trained:
    """How a run ended. outcomes: by party, the model at the bank, an owner's splits, or the error that ended it."""

    outcomes: Mapping[str, object]
    meanings: Mapping[str, Mapping[int, Boundary]]
    network: Network
    curve: Sequence[Round]

    @property
    def model(self) -> Model:
        found = self.outcomes[BANK]
        assert isinstance(found, Model), self.outcomes
        return found

    def scores(self, columns: Columns) -> Floats:
        """Return scores by output, or of the only output."""
        answers = {party: model.sides(own, columns) for party, own in self.meanings.items()}
        found = model.scores(self.model, answers, len(next(iter(columns.values()))))
        return found if len(found) > 1 else found[0]


def train(
    columns: Columns,
    labels: Floats,
    owners: Mapping[str, tuple[str, ...]],
    *,
    loss: Loss | None = None,
    intercept: Intercept = deliver,
    owner: type[FeatureOwner] = FeatureOwner,
    edges: Mapping[str, Sequence[float]] | None = None,
    **changed: float,
) -> Trained:
    """Run the bank and the feature owners in threads. owners: the columns of each; the bank's may be none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheme = InsecureOkamotoUchiyama(bits=768, randomiser_bits=64)
    held = {party: {name: columns[name] for name in names} for party, names in owners.items() if names}
    binned = {
        party: bins.place(own, tuple(np.array(edges[name]) for name in own)) if edges else bins.fit(own, 8)
        for party, own in held.items()
    }
    counts = {party: len(names) for party, names in owners.items() if party != BANK}
    terms = Terms(BANK, counts, len(labels), TREES, 8, RULES, loss or Logistic(), scheme, **changed)  # type: ignore[arg-type]
    curve: list[Round] = []
    meanings: dict[str, dict[int, Boundary]] = {}

    def bank(channel: Channel) -> Model:
        run = LabelOwner(channel, terms, labels, binned.get(BANK), Randomness(bytes(32)))
        found = run.run(silent)
        meanings[BANK] = run.splits
        curve.extend(run.curve)
        return found

    def features(party: str) -> Callable[[Channel], object]:
        def program(channel: Channel) -> None:
            seed = Randomness(party.encode().ljust(32))
            meanings[party] = owner(channel, party, terms, binned[party], seed).run(silent)

        return program

    network = Network(sorted(owners), intercept=intercept)
    programs: dict[str, Callable[[Channel], object]] = {party: features(party) for party in counts}
    return Trained(network.run({**programs, BANK: bank}), meanings, network, curve)


def silent(_done: int, _total: int) -> None:
    """Report no progress."""
