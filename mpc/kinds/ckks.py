"""CKKS sums as a kind of job: weighted sums of noised figures, decrypted by one named key holder.

What an owner brings are its truncated sums with its own noise, all that they need; the key holder brings its further
noise too. Both are drawn and committed to before any key is shown. Owners take part only where they name key holder and
evaluator as parties that do not pool; what the noise promises does not rest on that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.authorizations.record import Operations
from contracts.budgets.record import Mode
from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from mpc.commitment import Owner, Secret
from mpc.disclosure.region import ROW, Cell, Region, prefixed
from mpc.engine.port import NO_ENGINES, Engines
from mpc.inputs import Input, WeighedSums, integer_of, integers_of, object_of
from mpc.kinds.bounds import KEY_HOLDER
from mpc.kinds.kind import Cost, Fault, Loosest, Part, Sent, named, require_answerable_by
from mpc.kinds.released import Release, Verdict, body_of, signed
from mpc.kinds.stacked import Stacked
from mpc.kinds.sums_bounds import declared_faults
from mpc.privacy import truncation
from mpc.privacy.accounting import MILLI
from mpc.privacy.declaration import Declaration
from mpc.privacy.noise import Sampler
from mpc.privacy.release import Estimate, Expected
from mpc.protocols.ckks import descriptor, lattice, messages, noise, parties
from mpc.protocols.ckks.terms import PROTOCOL
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join.run import Progress
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.words import Text
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session
from mpc.spec.ckks import CkksSpec
from mpc.spec.parts import OneOf, Predicate, Source
from mpc.tables.schema import Schema
from mpc.tables.table import Table

SECONDS = 1.0
"""As masked sums, over relay and TLS; key and ciphertexts take less than half of it."""


@dataclass(frozen=True, slots=True)
class CkksSums(Stacked):
    """One job of CKKS sums; see ``mpc.kinds.kind.Kind`` for every member."""

    spec: CkksSpec
    is_counted = False
    is_joined = False
    is_repeatable = False
    learners = ()
    protocol = PROTOCOL
    label = parties.LABEL
    title = Text("weighted sums over the rows of {owners} under one key", "对 {owners} 的行以单一密钥做加权求和")

    @property
    def contributors(self) -> int:
        """All owners: a weighted sum without one of them is another figure."""
        return len(self.spec.sources)

    def operations(self) -> Operations:
        return Operations.SUM

    def columns(self, party: str) -> frozenset[str]:
        asked = self.spec.privacy.protection
        grouped = set() if asked.groups is None else {asked.groups.column}
        return frozenset({self.spec.value.column, asked.unit, *grouped, *named(self.spec.filters)})

    def broken_down(self, party: str) -> frozenset[str]:
        return frozenset()

    def role(self, party: str) -> str:
        if party not in self.spec.parties:
            raise NotFound(f"{party} takes no part in this job")
        spec = self.spec
        others = {spec.recipient: "recipient", spec.holder: "keyholder", spec.evaluator: "evaluator"}
        return others.get(party, "owner")

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        spec = self.spec
        if strangers := sorted({spec.holder, spec.evaluator} - {party, *loosest.apart}):
            yield KEY_HOLDER, f"job: this node does not name {strangers[0]} among who does not pool ([limits] apart)"
        if not lattice.is_installed():
            yield KEY_HOLDER, "job: CKKS needs the optional package tenseal here (install the extra 'ckks')"
        yield from declared_faults(spec.filters, spec.rows, spec.value.column, spec.privacy, schema, declared)

    def cost(self) -> Cost:
        return Cost(Mode.PRIVATE, self.spec.privacy.total_micro_rho, 0)

    def periods(self) -> tuple[str | None, ...]:
        return (self.spec.privacy.protection.period,) * len(self.spec.sources)

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        require_answerable_by(self.spec.sources, assets, all_of_them=True)
        whole = Region.of({"asset": frozenset(assets)}).narrowed(prefixed(self.spec.filters, ROW))
        kind = (f"sum of {self.spec.value.name}",)
        return tuple(
            Cell(name, whole.narrowed(prefixed(own, ROW)), whole, kind) for name, own in self._groups().items()
        )

    def follows(self) -> Mapping[str, str]:
        return {}

    def rules(self) -> Mapping[str, JsonValue]:
        """Name the weights too: under others the same cells are another question."""
        return {"minimum": self.spec.minimum, "weights": self._weights()}

    def asked(self) -> Mapping[str, JsonValue]:
        return {"value": self.spec.value.column, "weights": self._weights()}

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return {name: (*self.spec.filters, *own) for name, own in self._groups().items()}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return {}  # noise protects the sums, not the owner's sensitivity rules

    def prepare(self, party: str, table: Table) -> Input:
        raise ValueError("CKKS sums are private")

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        """Truncate, clip, add up and add noise; the commitment binds all of it, the key holder's own draws too."""
        spec, terms = self.spec, self.spec.terms
        kept = table.kept(spec.value.column, truncation.cuts(spec.privacy, secret), spec.filters)
        exact = [sum(values) for values in truncation.clipped(spec.privacy, kept).values()]
        sums = noise.noised(terms, dict(zip(spec.names, exact, strict=True)), sampler)
        cover = noise.cover(terms, sampler) if party == spec.holder else ()
        return WeighedSums(dict(zip(spec.names, sums, strict=True)), cover)

    def read_input(self, party: str, value: JsonValue) -> Input:
        match value:
            case {"sums": sums, "cover": list(cover), **rest} if not rest:
                totals = {name: integer_of(total) for name, total in object_of(sums).items()}
                return WeighedSums(totals, integers_of(cover) if cover else ())
        raise InvalidRecord("input: expected sums and cover")

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        return owner.commit(secret.detail)

    def terms(self) -> Mapping[str, JsonValue]:
        return self.spec.terms.record()

    def contribute(self, part: Part) -> Verdict:
        spec, own, terms = self.spec, _sums(part.data), self.spec.terms
        if set(own.sums) != set(spec.names):
            raise InvalidRecord("input: of another question")
        units = [own.sums[name] for name in spec.names]

        def announce() -> None:
            part.decide(dict.fromkeys(spec.names, True))

        common = (part.session, part.channel, units, part.journal, announce)
        match self.role(part.session.me):
            case "keyholder":
                transcript = parties.run_holder(*common, terms=terms, cover=own.cover)
            case "evaluator":
                transcript = parties.run_evaluator(*common, terms=terms)
            case _:
                transcript = parties.run_owner(*common, terms=terms)
        return Verdict.of(spec.names, spec.names, transcript)

    def repeated(self, sent: Sent) -> Engines:
        return NO_ENGINES

    def announced(self, session: Session, sent: Sent) -> Decide:
        raise InvalidRecord("CKKS draws its own randomness: its messages cannot be repeated")

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        released = parties.run_recipient(session, channel, terms=self.spec.terms)
        cells: dict[str, JsonValue] = {
            name: str(total) for name, total in zip(self.spec.names, released.totals, strict=True)
        }
        document: JsonValue = {"cells": cells, "withheld": []}
        openings: JsonValue = {self.spec.holder: signed(released.message)}
        verdict = Verdict(self.spec.names, (), released.transcript)
        return Release.of(session, document, openings, verdict)

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        return {messages.RELEASE: body_of(openings)}

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        owned = {party: _sums(data) for party, data in inputs.items()}
        cover = dict(zip(self.spec.names, owned[self.spec.holder].cover, strict=True))
        return {
            "cells": {
                name: str(sum(weight * owned[s.party].sums[name] for s, weight in self._weighed()) + cover[name])
                for name in self.spec.names
            }
        }

    def descriptor(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def described(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def public_numbers(self) -> Mapping[str, int]:
        return descriptor.public(self.spec.terms)

    def most_numbers(self) -> Mapping[str, int]:
        return {}

    def seconds(self) -> float:
        return SECONDS

    def estimate(self) -> Estimate:
        privacy, column = self.spec.privacy, self.spec.value.column
        groups = privacy.protection.groups
        titles = [""] if groups is None else [f", {key}" for key in groups.values]
        found = zip(self.spec.names, titles, self.spec.terms.deviations_milli, strict=True)
        expected = tuple(Expected(name, f"weighted sum of {column}{title}", d / MILLI) for name, title, d in found)
        return Estimate.of(privacy.total_micro_rho, privacy.protection.delta_log2, expected)

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        match release:
            case {"cells": dict(cells)}:
                return self.estimate().told({name: str(number(value)) for name, value in cells.items()}, [])
        raise InvalidRecord("release: expected cells")

    def _groups(self) -> Mapping[str, tuple[Predicate, ...]]:
        """The filters of each figure beside those of all."""
        groups = self.spec.privacy.protection.groups
        if groups is None:
            return {"sum": ()}
        own = [(OneOf(groups.column, (key,)),) for key in groups.values]
        return dict(zip(self.spec.names, own, strict=True))

    def _weights(self) -> JsonValue:
        return {source.asset: str(weight) for source, weight in self._weighed()}

    def _weighed(self) -> list[tuple[Source, int]]:
        return list(zip(self.spec.sources, self.spec.weights, strict=True))


def _sums(data: Input) -> WeighedSums:
    if not isinstance(data, WeighedSums):
        raise InvalidRecord("input: of another statistic")
    return data
