"""A logistic regression as one owner takes part in it: own columns made ready, steps taken, every record told or held.

Rows must bear it: as many common ones as the numbers that are opened ask for, of both labels, in columns of which no
weighing singles a row out (``federated.vertical.logistic``). Who asks the chain: the label owner before controls, the
other before sums and before it hands residuals back.

Trust: see the protocol's descriptor (``mpc.vertical.regressed``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from federated.columns import Floats
from federated.vertical.components import Components, principal, standardised
from federated.vertical.jobs import leaves
from federated.vertical.jobs.bearing import bearing
from federated.vertical.jobs.mail import RunMail
from federated.vertical.jobs.record import Grown, Trained
from federated.vertical.jobs.weights import RegressionPart
from federated.vertical.logistic.feature import FeatureSide
from federated.vertical.logistic.label import LabelSide
from federated.vertical.logistic.terms import LogisticTerms
from ledger.hashing import tagged
from mpc.spec.training import MILLION
from mpc.spec.vertical import VerticalSpec
from mpc.training.port import VerticalRun
from mpc.vertical.regressed import CONTROLS, KEY, PADDED, SUMS
from mpc.vertical.regression import Regression

GUARDED = (KEY, CONTROLS, SUMS, PADDED)


def train(run: VerticalRun, mail: RunMail, own: Mapping[str, Floats], labels: Floats | None) -> Trained:
    """Take part until the own part is whole. own: columns over the common rows; labels: the label owner's alone.

    Raises:
        Withheld: the own rows do not bear it. Misbehaviour, ChannelTimeout: another party.
    """
    asked, values = run.spec.algorithm, np.stack(list(own.values()))
    assert isinstance(asked, Regression)
    with bearing(run):
        made = principal(values, asked.components) if asked.components else standardised(values)
        terms = terms_of(run.spec, values.shape[1])
    return _Stepping(run, mail, terms, tuple(own), made).train(made.of(values), labels)


def terms_of(spec: VerticalSpec, rows: int) -> LogisticTerms:
    """Lay out the protocol's terms over so many common rows; raises InvalidRecord for too few."""
    asked, label, (feature,) = spec.algorithm, spec.label.party, spec.features
    assert isinstance(asked, Regression)
    columns = [asked.block(len(spec.side(party).columns)) for party in (label, feature)]
    return LogisticTerms(
        label=label,
        feature=feature,
        columns=(columns[0], columns[1]),
        rows=rows,
        rounds=asked.steps,
        ridge=asked.ridge / MILLION,
        reach=asked.reach / MILLION,
        scheme=spec.scheme,
    )


@dataclass(slots=True)
class _Stepping:
    run: VerticalRun
    mail: RunMail
    terms: LogisticTerms
    names: tuple[str, ...]
    made: Components
    grown: list[Grown] = field(default_factory=list)

    def train(self, columns: Floats, labels: Floats | None) -> Trained:
        random = self.mail.session.randomness()
        with bearing(self.run):
            if labels is None:
                weights = FeatureSide(self.mail, self.terms, columns, random, self._hold).run()
                return Trained(self._part(weights, 0.0), self.grown)
            side = LabelSide(self.mail, self.terms, columns, labels, random, self._tell)
            weights = side.run()
        return Trained(self._part(weights[1:], float(weights[0])), self.grown, side.slope)

    def _tell(self, number: int, weights: Floats) -> None:
        salt = self.mail.session.randomness().stream(f"step salt|{number}").read(32)
        digest = tagged("SHUXIN-REGRESSION-STEP-V1", salt, *(float(weight).hex().encode() for weight in weights))
        self.grown.append(leaves.tell(self.mail, (self.terms.feature,), number, digest, is_shared=True))
        self._say(number)

    def _hold(self, number: int) -> None:
        self.grown.append(leaves.hold(self.mail, (self.terms.feature,), number, self.terms.label))
        self._say(number)

    def _say(self, number: int) -> None:
        self.run.say(f"step {number} of {self.terms.rounds}")

    def _part(self, weights: Floats, constant: float) -> RegressionPart:
        run, salt = self.run, self.mail.session.randomness().stream("part salt").read(32)
        return RegressionPart(run.job, run.party, run.spec.purpose, self.names, self.made, weights, constant, salt)
