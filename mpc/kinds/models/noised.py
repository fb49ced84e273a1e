"""A training run with noise as a kind of job: what guard, budget and evidence ask of it; who computes it is given.

A department's rows enter truncated by person, with the noise of every wave drawn before anything is committed to; so
the commitment binds the noise, and no restart shows a sum under two draws. There is no gate, no disclosure audit and no
count of figures: every sum carries the noise that the declared cost asks for, whatever it stands beside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from contracts.budgets.record import Mode
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.disclosure.region import WHOLE, Cell, Region
from mpc.inputs import Input, PrivateRows, integers_of, object_of
from mpc.kinds.bounds import BOUNDS, PRIVACY, at_least
from mpc.kinds.kind import Cost, Fault, Loosest, require_answerable_by
from mpc.kinds.models.rounds import Rounds, depended_on
from mpc.privacy import truncation
from mpc.privacy.accounting import MILLI
from mpc.privacy.declaration import Declaration
from mpc.privacy.held import is_held_out
from mpc.privacy.noise import Sampler
from mpc.privacy.release import Estimate, Expected
from mpc.privacy.trained import TrainingPrivacy
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.words import Text
from mpc.spec.parts import Predicate
from mpc.spec.training import TrainingSpec, Work
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table
from mpc.training import descriptor, noised
from mpc.training.port import Seat


@dataclass(frozen=True, slots=True)
class NoisedTraining(Rounds):
    """One run with noise; see ``mpc.kinds.kind.Kind`` for every member. seat: as of ``Training``."""

    spec: TrainingSpec
    seat: Seat | None = None
    is_counted = False
    is_joined = False
    is_repeatable = False
    learners = ()
    protocol = noised.PROTOCOL
    label = descriptor.LABEL
    title = Text(
        "a model fitted with noise to the rows of {owners} in rounds", "在 {owners} 的行上逐轮加噪训练一个模型"
    )

    def columns(self, party: str) -> frozenset[str]:
        return frozenset({*(column.column for column in self.spec.columns), self._privacy.unit})

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        if declared is None:
            yield PRIVACY, "job: this asset has no declaration for private questions"
            return
        yield from at_least("rows", self.spec.rows, schema.rows)
        if differences := self._privacy.differences(declared):
            yield PRIVACY, f"job: privacy differs from this asset's declaration in {', '.join(differences)}"
        for column in self.spec.columns:
            if not isinstance(schema.columns.get(column.column), Integer):
                yield BOUNDS, f"job: {column.column} is not declared as an integer"
            elif declared.bounds.get(column.column) != (column.least, column.most):
                yield PRIVACY, f"job: {column.column} has other bounds than this asset's declaration"

    def cost(self) -> Cost:
        return Cost(Mode.PRIVATE, self._privacy.cost(self.spec.rounds), 0)

    def periods(self) -> tuple[str | None, ...]:
        return (self._privacy.period,) * len(self.spec.sources)

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """List all rows, once: a run opens everything or ends."""
        require_answerable_by(self.spec.sources, assets)
        whole = Region.of({"asset": frozenset(assets)})
        return (Cell(WHOLE, whole, whole, (f"run {canonical.digest({**self.asked()}).hex()}",)),)

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum, "contributors": self.spec.contributors}

    def asked(self) -> Mapping[str, JsonValue]:
        return depended_on(self.spec)

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return {WHOLE: ()}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return {}  # noise protects the sums, not the owner's sensitivity rules

    def prepare(self, party: str, table: Table) -> Input:
        raise ValueError("exact rows of a run with noise must not enter a protocol")

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        """Truncate by person, clip to the declared bounds, and draw the noise of all waves."""
        spec, privacy, cuts = self.spec, self._privacy, truncation.run_cuts(self._privacy, secret)
        kept = table.kept_by_unit([column.column for column in spec.columns], cuts, ())
        persons = {unit: number for number, unit in enumerate(sorted({unit for unit, _, _ in kept}))}
        values = zip(*(row for _, _, row in kept), strict=True)
        return PrivateRows(
            columns=tuple(
                tuple(min(max(value, column.least), column.most) for value in own)
                for column, own in zip(spec.columns, values, strict=True)
            ),
            persons=tuple(persons[unit] for unit, _, _ in kept),
            noise=tuple(self._drawn(wave, sampler) for wave in range(1, spec.waves + 1)),
            held=tuple(n for unit, n in persons.items() if is_held_out(str(unit), privacy.period, self._held)),
        )

    def read_input(self, party: str, value: JsonValue) -> Input:
        match object_of(value):
            case {"columns": list(columns), "persons": persons, "noise": list(noise), **rest} if set(rest) <= {
                "held"
            } and (len(columns), len(noise)) == (len(self.spec.columns), self.spec.waves):
                read, held = tuple(integers_of(column) for column in columns), rest.get("held")
                drawn = tuple(integers_of(wave) for wave in noise)
                return PrivateRows(read, integers_of(persons), drawn, integers_of(held) if "held" in rest else ())
        raise InvalidRecord("input: a column for every feature and the label, persons and noise of every wave expected")

    def terms(self) -> Mapping[str, JsonValue]:
        return noised.terms(self.spec, self._privacy)

    def descriptor(self) -> Descriptor:
        return noised.DESCRIPTOR

    def described(self) -> Descriptor:
        return noised.DESCRIPTOR

    def estimate(self) -> Estimate:
        """Tell what the run costs each asset, and how far noise moves a step and a count, if all contribute."""
        spec, asked = self.spec, self._privacy
        step, count, owners = spec.gradient_noise, spec.count_noise, len(spec.sources)
        moved = step.deviation_milli / MILLI / step.grain * sqrt(owners / step.shares)
        found = [
            Expected("round", "mean gradient of a round, each number of it", moved / asked.persons)
            if spec.algorithm.trees is None
            else Expected("level", "derivatives of the rows in a bin of a level", moved)
        ]
        if count is not None:
            apart = asked.evaluation is not None and asked.evaluation.by_department
            growth = 1.0 if apart else sqrt(owners / count.shares)
            found.append(Expected("count", "rows in a bin", count.deviation_milli / MILLI / count.grain * growth))
        return Estimate.of(asked.cost(spec.rounds), asked.delta_log2, tuple(found))

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        if not isinstance(release, dict) or not isinstance(release.get("model"), str):
            raise InvalidRecord("release: expected a model")
        return {**self.estimate().json(), "evaluation": release.get("evaluation")}

    def _drawn(self, wave: int, sampler: Sampler) -> tuple[int, ...]:
        """Draw this department's share for a wave; of counts for its own slot alone."""
        spec = self.spec
        is_round = spec.works[wave - 1] is Work.ROUND
        found, places = (spec.gradient_noise, spec.sizes.drawn(wave)) if is_round else (spec.count_noise, spec.bins)
        assert found is not None
        return tuple(sampler(found.scale) for _ in range(places))

    @property
    def _held(self) -> int:
        """Thousandths of the persons that no round is of."""
        evaluation = self._privacy.evaluation
        return 0 if evaluation is None else evaluation.held_out

    @property
    def _privacy(self) -> TrainingPrivacy:
        assert self.spec.privacy is not None
        return self.spec.privacy


def private_rows(data: Input) -> PrivateRows:
    """Return a department's input to a run with noise; raises InvalidRecord for that of another job."""
    if not isinstance(data, PrivateRows):
        raise InvalidRecord("input: of another statistic")
    return data
