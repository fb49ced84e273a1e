"""Boosted trees as one owner takes part in them: grown with the labels, or added up and held against every record.

Trust: see the protocol's descriptor (``mpc.vertical.boosted``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from federated.boosting import bins
from federated.boosting.bins import Binned
from federated.boosting.feature import FeatureOwner
from federated.boosting.growing import Rules
from federated.boosting.label import LabelOwner
from federated.boosting.loss import Floats, Logistic, Loss, Softmax, Squared
from federated.boosting.model import Node
from federated.boosting.terms import Terms
from federated.vertical.jobs import leaves
from federated.vertical.jobs.bearing import bearing
from federated.vertical.jobs.mail import RunMail
from federated.vertical.jobs.part import BoostedPart
from federated.vertical.jobs.record import Grown, Trained
from ledger import canonical
from ledger.hashing import tagged
from mpc.spec.training import MILLION
from mpc.spec.vertical import VerticalSpec
from mpc.training.port import VerticalRun
from mpc.vertical import algorithms
from mpc.vertical.algorithms import Trees
from mpc.vertical.boosted import GRADIENTS, NODES, SUMS

GUARDED = (GRADIENTS, NODES, SUMS)


def train(run: VerticalRun, mail: RunMail, own: Mapping[str, Floats], labels: Floats | None) -> Trained:
    """Take part until the own part is whole. own: columns over the common rows; labels: the label owner's alone.

    Raises:
        Withheld: the own rows do not bear it. Misbehaviour, ChannelTimeout: another party.
    """
    rows = len(next(iter(own.values()))) if labels is None else len(labels)
    terms, binned = terms_of(run.spec, rows), _binned(run, own)
    if labels is not None:
        return _Labelling(run, terms, mail).run(labels, binned)
    return _Featured(run, terms, mail).run(binned)


def terms_of(spec: VerticalSpec, rows: int) -> Terms:
    """Lay out the protocol's terms over so many common rows."""
    asked = spec.algorithm
    assert isinstance(asked, Trees)
    return Terms(
        label=spec.label.party,
        features={party: len(spec.side(party).columns) for party in spec.features},
        rows=rows,
        trees=asked.trees,
        bins=asked.bins,
        rules=Rules(asked.depth, asked.least, asked.ridge / MILLION, asked.rate / MILLION),
        loss=_loss(spec),
        scheme=spec.scheme,
        alone=asked.alone,
        exposure=asked.exposure / MILLION,
    )


@dataclass(slots=True)
class _Labelling:
    """The label owner's run: grows trees, tells everybody's record of each."""

    run_: VerticalRun
    terms: Terms
    mail: RunMail
    grown: list[Grown] = field(default_factory=list)

    def run(self, labels: Floats, own: Binned | None) -> Trained:
        run, session = self.run_, self.mail.session
        with bearing(run):
            owner = LabelOwner(self.mail, self.terms, labels, own, session.randomness(), self._note)
            model = owner.run(_silent)
        salt = session.randomness().stream("part salt").read(32)
        part = BoostedPart(run.job, run.party, run.spec.purpose, owner.splits, salt, model, owner.curve)
        return Trained(part, self.grown, owner.curve[-1].loss)

    def _note(self, done: int, tree: Node, is_shared: bool) -> None:
        session, number = self.mail.session, done + 1
        salt = session.randomness().stream(f"tree salt|{number}").read(32)
        digest = tagged("SHUXIN-BOOSTED-TREE-V1", salt, canonical.encode(tree.json()))
        self.grown.append(leaves.tell(self.mail, self.terms.features, number, digest, is_shared=is_shared))
        self.run_.say(f"tree {number} of {self.terms.grown}: {'shared' if is_shared else 'alone'}")


@dataclass(slots=True)
class _Featured:
    """A feature owner's run: adds up, and holds every record of a tree against what it exchanged itself."""

    run_: VerticalRun
    terms: Terms
    mail: RunMail
    grown: list[Grown] = field(default_factory=list)

    def run(self, own: Binned | None) -> Trained:
        run, session = self.run_, self.mail.session
        assert own is not None  # a specification gives every side but the label's a column
        splits = FeatureOwner(self.mail, run.party, self.terms, own, session.randomness()).run(self._progress)
        salt = session.randomness().stream("part salt").read(32)
        return Trained(BoostedPart(run.job, run.party, run.spec.purpose, splits, salt), self.grown)

    def _progress(self, done: int, _total: int) -> None:
        if not done:
            return
        found = leaves.hold(self.mail, self.terms.features, done, self.terms.label)
        self.grown.append(found)
        self.run_.say(f"tree {done} of {self.terms.grown}: {'shared' if found.is_shared else 'alone'}")


def _binned(run: VerticalRun, columns: Mapping[str, Floats]) -> Binned | None:
    if not columns:
        return None
    assert isinstance(run.spec.algorithm, Trees)
    with bearing(run):
        return bins.fit(columns, run.spec.algorithm.bins)


def _loss(spec: VerticalSpec) -> Loss:
    assert isinstance(spec.algorithm, Trees)
    match spec.algorithm.loss:
        case algorithms.Loss.LOGISTIC:
            return Logistic()
        case algorithms.Loss.SOFTMAX:
            return Softmax(spec.label.values)
        case algorithms.Loss.SQUARED:
            return Squared(float(spec.label.values - 1))


def _silent(_done: int, _total: int) -> None:
    """Tell no progress: every tree's record does."""
