"""A department's part in a run over columns of several: from its committed rows to the root that it signs.

First the keys that all hold; then its own decision, as for every exact job, and the opening on chain; then tree by
tree. Before the first message of every level the node asks the chain again. Rows that bear no training (labels of one
class, a column that does not vary among the common rows) end the run by one sentence; which it was, the department's
own report says.

Trust: see the protocol's descriptor (``mpc.vertical.boosted``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from federated.boosting import bins
from federated.boosting.bins import Binned
from federated.boosting.feature import FeatureOwner
from federated.boosting.growing import Rules
from federated.boosting.label import LabelOwner
from federated.boosting.loss import Floats, Logistic, Loss, Softmax, Squared
from federated.boosting.model import Node
from federated.boosting.terms import Terms
from federated.vertical.alignment import common_keys
from federated.vertical.jobs import counting, scoring
from federated.vertical.jobs import part as parts
from federated.vertical.jobs.mail import RunMail
from federated.vertical.jobs.part import BoostedPart
from federated.vertical.jobs.record import Grown, Share, grown_bytes, read_grown, root_of
from ledger import canonical
from ledger.errors import InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import tagged
from mpc.channel import Misbehaviour, blame
from mpc.disclosure.region import WHOLE
from mpc.inputs import AlignedRows
from mpc.kinds.kind import Part
from mpc.kinds.released import Verdict
from mpc.protocols.align.run import PROTOCOL as ALIGNMENT
from mpc.session import Session
from mpc.spec_training import MILLION
from mpc.spec_vertical import VerticalSpec
from mpc.training.port import VerticalRun
from mpc.vertical import algorithms, boosted
from mpc.vertical.algorithms import Scores, Trees
from mpc.vertical.boosted import GRADIENTS, LEAF, NODES, SHARE, SUMS

GUARDED = (GRADIENTS, NODES, SUMS)


class Withheld(NotAuthorized):
    """This department's rows do not bear this run; which rule it is stays with it."""


def contribute(run: VerticalRun, part: Part) -> Verdict:
    """Take part in a run until the own part of the model is kept.

    Raises:
        NotAuthorized: this department, its node or the chain says no; too few rows are common.
        Misbehaviour, ChannelTimeout: another party.
    """
    spec, session, me = run.spec, part.session, run.party
    run.require(0)
    part.before_bits()
    kept = _part_of(run) if isinstance(spec.algorithm, Scores) else None
    common, columns = _aligned(run, part)
    if part.decide({WHOLE: True}) != {WHOLE}:
        raise Withheld("run: this department's rows do not bear this run")
    names = [column.name for column in spec.brought(me)]
    own = dict(zip(names, columns, strict=True))
    if kept is not None:
        mail = RunMail(session, part.channel, boosted.LABEL, scoring.GUARDED, run.require)
        with _bearing(run):
            root = scoring.Scoring(run, mail, kept, common, own).take()
        mail.signed.send(session.recipient, SHARE, Share(root, kept.digest, len(common)).encode())
        return Verdict.of((WHOLE,), (WHOLE,), root)
    mail = RunMail(session, part.channel, boosted.LABEL, GUARDED, run.require)
    terms = terms_of(spec, columns.shape[1])
    assert spec.label.column is not None
    if me == spec.label.party:
        labels = own.pop(spec.label.column.name)
        found, grown, loss = _Labelling(run, terms, mail).run(labels, _binned(run, own))
    else:
        (found, grown), loss = _Featured(run, terms, mail).run(_binned(run, own)), 0.0
    found.write(run.home)
    root = root_of(session.digest, grown)
    mail.signed.send(session.recipient, SHARE, Share(root, found.digest, terms.rows, loss).encode())
    return Verdict.of((WHOLE,), (WHOLE,), root)


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

    def run(self, labels: Floats, own: Binned | None) -> tuple[BoostedPart, Sequence[Grown], float]:
        run, session = self.run_, self.mail.session
        with _bearing(run):
            owner = LabelOwner(self.mail, self.terms, labels, own, session.randomness(), self._note)
            model = owner.run(_silent)
        salt = session.randomness().stream("part salt").read(32)
        part = BoostedPart(run.job, run.party, run.spec.purpose, owner.splits, salt, model, owner.curve)
        return part, self.grown, owner.curve[-1].loss

    def _note(self, done: int, tree: Node, is_shared: bool) -> None:
        session, number = self.mail.session, done + 1
        salt = session.randomness().stream(f"tree salt|{number}").read(32)
        digest = tagged("SHUXIN-BOOSTED-TREE-V1", salt, canonical.encode(tree.json()))
        exchanged = {party: self.mail.exchanged(party) for party in sorted(self.terms.features)}
        found = Grown(is_shared, exchanged, digest)
        self.grown.append(found)
        receivers = (*exchanged, session.recipient)
        self.mail.signed.send_all(f"{LEAF}/{number}", dict.fromkeys(receivers, found.encode()))
        self.mail.number = number + 1
        self.run_.say(f"tree {number} of {self.terms.grown}: {'shared' if is_shared else 'alone'}")


@dataclass(slots=True)
class _Featured:
    """A feature owner's run: adds up, and holds every record of a tree against what it exchanged itself."""

    run_: VerticalRun
    terms: Terms
    mail: RunMail
    grown: list[Grown] = field(default_factory=list)

    def run(self, own: Binned | None) -> tuple[BoostedPart, Sequence[Grown]]:
        run, session = self.run_, self.mail.session
        assert own is not None  # a specification gives every side but the label's a column
        splits = FeatureOwner(self.mail, run.party, self.terms, own, session.randomness()).run(self._progress)
        salt = session.randomness().stream("part salt").read(32)
        return BoostedPart(run.job, run.party, run.spec.purpose, splits, salt), self.grown

    def _progress(self, done: int, _total: int) -> None:
        if not done:
            return
        label, step = self.terms.label, f"{LEAF}/{done}"
        body = self.mail.signed.receive(label, step, size=grown_bytes(len(self.terms.features)))
        with blame(label, step):
            found = read_grown(body, sorted(self.terms.features))
        if found.exchanged[self.run_.party] != self.mail.exchanged(label):
            raise Misbehaviour(label, step, "a record of other messages than were exchanged")
        self.grown.append(found)
        self.mail.number = done + 1
        self.run_.say(f"tree {done} of {self.terms.grown}: {'shared' if found.is_shared else 'alone'}")


def _part_of(run: VerticalRun) -> BoostedPart:
    """Take this node's part of the model from where its training left it, before anything is sent."""
    with _bearing(run):
        found = parts.read(counting.model_home(run))
        if found.purpose == run.spec.purpose:
            raise InvalidRecord("scores: a model is asked under a purpose of its own, not that of its training")
        if (found.model is not None) != (run.party == run.spec.label.party):
            raise InvalidRecord("scores: the department that has the trees asks, and no other")
    return found


def _aligned(run: VerticalRun, part: Part) -> tuple[tuple[str, ...], Floats]:
    """Find the common keys and return the own columns over their rows, (columns, rows), in the order of all."""
    session, terms = part.session, run.spec.aligned
    apart: Session = replace(session, protocol=ALIGNMENT, terms=terms.record())
    rows = _rows(part)
    common = common_keys(
        apart, terms, part.channel, tuple(rows), part.journal, progress=part.progress, admit=part.admit
    )
    run.say(f"{len(common)} common rows")
    return common, np.array([rows[key] for key in common], dtype=np.float64).T


def _binned(run: VerticalRun, columns: Mapping[str, Floats]) -> Binned | None:
    if not columns:
        return None
    assert isinstance(run.spec.algorithm, Trees)
    with _bearing(run):
        return bins.fit(columns, run.spec.algorithm.bins)


@contextmanager
def _bearing(run: VerticalRun) -> Iterator[None]:
    """Tell nobody but the own report which rule the own rows break."""
    try:
        yield
    except (InvalidRecord, NotFound) as fault:
        run.say(f"withheld: {fault}")
        raise Withheld("run: this department's rows do not bear this run") from fault


def _loss(spec: VerticalSpec) -> Loss:
    assert isinstance(spec.algorithm, Trees)
    match spec.algorithm.loss:
        case algorithms.Loss.LOGISTIC:
            return Logistic()
        case algorithms.Loss.SOFTMAX:
            return Softmax(spec.label.values)
        case algorithms.Loss.SQUARED:
            return Squared(float(spec.label.values - 1))


def _rows(part: Part) -> Mapping[str, tuple[int, ...]]:
    if not isinstance(part.data, AlignedRows):
        raise InvalidRecord("input: of another statistic")
    return part.data.rows


def _silent(_done: int, _total: int) -> None:
    """Tell no progress: every tree's record does."""
