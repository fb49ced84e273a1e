"""A department's part in a run over columns of several: from its committed rows to the root that it signs.

First the keys that all hold; then its own decision, as for every exact job, and the opening on chain; then the rows
are noted (``rows``), and it goes tree by tree or step by step. Before the first message of every level or step the node
asks the chain again. Rows that bear no training (labels of one class, a column that does not vary among the common
rows) end the run by one sentence; which it was, the department's own report says.

Trust: see the protocol's descriptor (``mpc.vertical``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from federated.columns import Floats
from federated.vertical.alignment import common_keys
from federated.vertical.jobs import counting, rows, scoring, stepping, trees
from federated.vertical.jobs import part as parts
from federated.vertical.jobs.bearing import SENTENCE, Withheld, bearing
from federated.vertical.jobs.mail import RunMail
from federated.vertical.jobs.part import BoostedPart
from federated.vertical.jobs.record import Share, root_of
from ledger.errors import InvalidRecord
from mpc.disclosure.region import WHOLE
from mpc.inputs import AlignedRows
from mpc.kinds.kind import Part
from mpc.kinds.released import Verdict
from mpc.protocols.align.run import PROTOCOL as ALIGNMENT
from mpc.sessions.session import Session
from mpc.training.port import VerticalRun
from mpc.vertical import boosted
from mpc.vertical.algorithms import Scores
from mpc.vertical.boosted import SHARE
from mpc.vertical.regression import Regression


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
        raise Withheld(SENTENCE)
    names = [column.name for column in spec.brought(me)]
    own = dict(zip(names, columns, strict=True))
    if kept is not None:
        mail = RunMail(session, part.channel, boosted.LABEL, scoring.GUARDED, run.require)
        with bearing(run):
            root = scoring.Scoring(run, mail, kept, common, own).take()
        mail.signed.send(session.recipient, SHARE, Share(root, kept.digest, len(common)).encode())
        return Verdict.of((WHOLE,), (WHOLE,), root)
    with bearing(run):
        rows.note(run, common)
    labels = own.pop(spec.label.column.name) if spec.label.column is not None and me == spec.label.party else None
    trainer = stepping if isinstance(spec.algorithm, Regression) else trees
    mail = RunMail(session, part.channel, boosted.LABEL, trainer.GUARDED, run.require)
    found = trainer.train(run, mail, own, labels)
    found.part.write(run.home)
    root = root_of(session.digest, found.grown)
    mail.signed.send(session.recipient, SHARE, Share(root, found.part.digest, len(common), found.figure).encode())
    return Verdict.of((WHOLE,), (WHOLE,), root)


def _part_of(run: VerticalRun) -> BoostedPart:
    """Take this node's part of the model from where its training left it, before anything is sent."""
    with bearing(run):
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
    held = _rows(part)
    common = common_keys(
        apart, terms, part.channel, tuple(held), part.journal, progress=part.progress, admit=part.admit
    )
    run.say(f"{len(common)} common rows")
    return common, np.array([held[key] for key in common], dtype=np.float64).T


def _rows(part: Part) -> Mapping[str, tuple[int, ...]]:
    if not isinstance(part.data, AlignedRows):
        raise InvalidRecord("input: of another statistic")
    return part.data.rows
