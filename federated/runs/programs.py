"""What a run computes, behind one port for its department and one for its coordinator: exact sums, or with noise.

A run's messages, agreement and stream know a model as bytes alone (``department``, ``office``), so another way to train
is another pair of these. They keep no secret beyond a department's own rows, and send nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from federated.aggregation.vector import Floats, Layout
from federated.horizontal.site import Site
from federated.runs import linear, measured, noisy
from federated.runs.linear import Fit, Improve
from federated.runs.measured import Held
from federated.runs.noisy import Noisy, Rows
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.inputs import Input, MeasuredRows
from mpc.kinds.models.noised import private_rows
from mpc.kinds.models.training import rows_of
from mpc.spec.training import POINT_BITS, TrainingSpec, Work


class Contribution(Protocol):
    """A department's side."""

    def take(self, model: bytes) -> None:
        """Take the coordinator's model; raises InvalidRecord for one that no run makes."""

    def vector(self, wave: int) -> Floats:
        """Return what leaves in a wave, of the model that was taken; raises InvalidRecord if training diverged."""


class Coordination(Protocol):
    """The coordinator's side."""

    @property
    def model(self) -> bytes:
        """The model as it is told to departments."""

    def advance(self, total: Floats, wave: int) -> None:
        """Go on by a wave's sum; raises InvalidRecord for a sum that makes no model."""

    def document(self) -> JsonValue:
        """Write the release, after the last wave."""


@dataclass(slots=True)
class _Exact:
    spec: TrainingSpec
    own: Site = field(repr=False)
    fit: Fit
    improve: Improve | None = None
    held: Held | None = field(default=None, repr=False)

    def take(self, model: bytes) -> None:
        self.fit = linear.decode(self.spec, model)

    def vector(self, wave: int) -> Floats:
        if self.spec.works[wave - 1] is Work.COUNT:
            assert self.held is not None
            return measured.vector(self.spec, self.held, self.fit)
        return linear.vector(self.spec, self.own, self.fit, wave, self.improve)


@dataclass(slots=True)
class _Noised:
    spec: TrainingSpec
    own: Rows = field(repr=False)
    fit: Fit

    def take(self, model: bytes) -> None:
        self.fit = noisy.decode(self.spec, model)

    def vector(self, wave: int) -> Floats:
        return noisy.vector(self.spec, self.own, self.fit, wave)


@dataclass(slots=True)
class _ExactSums:
    spec: TrainingSpec
    fit: Fit
    counts: tuple[int, ...] | None = None

    @property
    def model(self) -> bytes:
        return self.fit.encode()

    def advance(self, total: Floats, wave: int) -> None:
        if self.spec.works[wave - 1] is Work.COUNT:
            self.counts = measured.units(total, POINT_BITS, measured.most_units(self.spec))
        else:
            self.fit = linear.advance(self.spec, self.fit, total, wave)

    def document(self) -> JsonValue:
        return linear.document(self.spec, self.fit) | measured.document(self.spec, self.counts)


@dataclass(slots=True)
class _NoisedSums:
    spec: TrainingSpec
    found: Noisy

    @property
    def model(self) -> bytes:
        return self.found.fit.encode()

    def advance(self, total: Floats, wave: int) -> None:
        self.found = noisy.advance(self.spec, self.found, total, wave)

    def document(self) -> JsonValue:
        return noisy.document(self.spec, self.found)


def layout(spec: TrainingSpec, clients: int) -> Layout:
    """Lay out the vectors of a run."""
    return linear.layout(spec, clients) if spec.privacy is None else noisy.layout(spec, clients)


def contribution(spec: TrainingSpec, data: Input, party: str, improve: Improve | None = None) -> Contribution:
    """Take a department's input; raises InvalidRecord for one that the run cannot use.

    Args:
        improve: what improves a model where the specification names an app of others.
    """
    if spec.algorithm.app and improve is None:
        raise InvalidRecord("run: the model is improved by an app of others, and there is none here")
    if spec.privacy is None:
        held = measured.held(spec, data, party) if isinstance(data, MeasuredRows) else None
        if (held is None) != (spec.quality is None):
            raise InvalidRecord("input: of a run that is measured, or of one that is not")
        return _Exact(spec, linear.site(spec, rows_of(data)), linear.begin(spec), improve, held)
    return _Noised(spec, noisy.rows(spec, private_rows(data), party), noisy.begin(spec).fit)


def coordination(spec: TrainingSpec) -> Coordination:
    """Begin with zeros."""
    if spec.privacy is None:
        return _ExactSums(spec, linear.begin(spec))
    return _NoisedSums(spec, noisy.begin(spec))
