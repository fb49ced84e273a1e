"""A private join as a kind of job: totals of one owner's rows whose key stands in another's list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.authorizations.record import Operations
from contracts.budgets.record import Mode
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from mpc.channel import Channel
from mpc.commitment import Owner, Secret
from mpc.disclosure.region import LIST, ROW, WHOLE, Cell, Region, prefixed
from mpc.engine.port import NO_ENGINES, Engines
from mpc.inputs import HolderRows, Input, ListedKeys, integers_of, object_of, with_noise
from mpc.kinds import join_bounds
from mpc.kinds.join_terms import groups, join_terms_of
from mpc.kinds.kind import (
    Cost,
    Fault,
    Loosest,
    Part,
    Release,
    Sent,
    Verdict,
    body_of,
    named,
    require_answerable_by,
    signed,
)
from mpc.privacy import join_release, truncation
from mpc.privacy.declaration import Declaration
from mpc.privacy.join_mechanism import count_micro_rho, shown_micro_rho
from mpc.privacy.noise import Sampler, draw
from mpc.privacy.release import Estimate
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join import declared, holder, lister, messages, office, opening, run
from mpc.protocols.join.run import Progress
from mpc.protocols.join.table import HolderTable, KeyTotals
from mpc.protocols.join.terms import parse_terms
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.words import Text
from mpc.schema import Schema
from mpc.session import Session
from mpc.spec_join import JoinSpec
from mpc.spec_parts import OneOf, Predicate, Source
from mpc.tables import Table

KEY_S = 70e-6
"""Each key that a side may bring, with its share of every pass (``benchmarks/join.py``)."""


@dataclass(frozen=True, slots=True)
class Join:
    """One private join; see ``mpc.kinds.kind.Kind`` for every member."""

    spec: JoinSpec
    contributors = 2
    is_counted = False
    is_joined = True
    label = run.LABEL
    title = Text(
        "private join of {owners}: nobody learns which keys both have", "{owners} 的隐私联接:无人得知双方共有哪些键"
    )

    @property
    def protocol(self) -> str:
        return run.PROTOCOL if self.spec.privacy is None else run.NOISED

    def operations(self) -> Operations:
        return Operations.COUNT | Operations.SUM | Operations.JOIN | Operations.DISTINCT

    def columns(self, party: str) -> frozenset[str]:
        spec = self.spec
        if party != spec.holder.party:
            return frozenset({spec.lister_key, *named(spec.lister_filters)})
        sums = {amount.column for amount in spec.sums}
        return frozenset({spec.holder_key, *self.broken_down(party), *sums, *named(spec.filters)})

    def broken_down(self, party: str) -> frozenset[str]:
        is_holder = party == self.spec.holder.party
        return frozenset({self.spec.grouping.column} if self.spec.grouping and is_holder else set())

    def role(self, party: str) -> str:
        roles = {self.spec.recipient: "recipient", self.spec.holder.party: "holder", self.spec.lister.party: "lister"}
        if party not in roles:
            raise NotFound(f"{party} takes no part in this job")
        return roles[party]

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        spec = self.spec
        yield from join_bounds.common_faults(spec, loosest)
        if spec.privacy is not None:
            yield from join_bounds.private_faults(spec, spec.privacy, party, schema, declared)
        elif party == spec.holder.party:
            yield from join_bounds.holder_faults(spec, schema)
        else:
            yield from join_bounds.lister_faults(spec, schema)

    def row_prefix(self, asset: str) -> str:
        return f"{LIST}{asset}." if asset == self.spec.lister.asset else ROW

    def cost(self) -> Cost:
        if self.spec.privacy is None:
            shown = count_micro_rho(self.spec)
            return Cost(Mode.EXACT, shown, shown)
        shown = shown_micro_rho(self.spec)
        return Cost(Mode.PRIVATE, self.spec.privacy.micro_rho.total + shown, shown)

    def periods(self) -> tuple[str | None, ...]:
        privacy = self.spec.privacy
        return (None, None) if privacy is None else tuple(side.period for side in privacy.sides)

    def partners(self, party: str) -> tuple[Source, ...]:
        return (self.spec.lister if party == self.spec.holder.party else self.spec.holder,)

    def most_announced(self, party: str, published: int) -> int:
        return join_terms_of(self.spec).most_announced(party, published)

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        spec = self.spec
        require_answerable_by(spec.sources, assets, all_of_them=True)
        listed = LIST + spec.lister.asset
        keys = canonical.encode([spec.holder_key, spec.lister_key]).decode()
        base = Region.of({"asset": frozenset({spec.holder.asset}), listed: frozenset({keys})})
        base = base.narrowed(prefixed(spec.filters, ROW))
        # A filter on the list makes another list: its attributes are kept apart from the holder's columns.
        base = base.narrowed(prefixed(spec.lister_filters, f"{listed}."))
        kinds = ("rows", *(f"sum of {column}" for column in sorted({amount.column for amount in spec.sums})))
        if spec.grouping is None:
            return (Cell(WHOLE, base, base, kinds),)
        column = ROW + spec.grouping.column
        return tuple(Cell(v, base.narrowed([OneOf(column, (v,))]), base, kinds) for v in spec.grouping.values)

    def follows(self) -> Mapping[str, str]:
        return {}

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum}

    def asked(self) -> Mapping[str, JsonValue]:
        return {}  # its declaration names columns and groups

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        spec = self.spec
        if party != spec.holder.party:
            return dict.fromkeys(groups(spec), spec.lister_filters)
        if spec.grouping is None:
            return {WHOLE: spec.filters}
        column = spec.grouping.column
        return {value: (*spec.filters, OneOf(column, (value,))) for value in spec.grouping.values}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return {}  # nobody knows which keys match

    def prepare(self, party: str, table: Table) -> Input:
        if self.spec.privacy is not None:
            raise ValueError("exact figures of a private question must not enter a protocol")
        if party == self.spec.holder.party:
            return HolderRows(self._holder_table(table))
        return ListedKeys(tuple(table.keys(self.spec.lister_key, self.spec.lister_filters)))

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        spec, privacy = self.spec, self.spec.privacy
        if privacy is None:
            raise ValueError("an exact question has no noise")
        noise = draw(spec, privacy, groups(spec), sampler)
        if party != spec.holder.party:
            return ListedKeys(tuple(table.keys(spec.lister_key, spec.lister_filters)), noise)
        chosen = truncation.join_cuts(privacy, secret)
        rows = table.kept_by_unit([amount.column for amount in spec.sums], chosen, spec.filters)
        return HolderRows(truncation.exact_totals(spec, privacy, rows), noise)

    def read_input(self, party: str, value: JsonValue) -> Input:
        is_private = self.spec.privacy is not None
        if party == self.spec.holder.party:
            table, noise = with_noise(is_private, value, "table")
            found = {group: object_of(keys) for group, keys in object_of(table).items()}
            return HolderRows({group: {k: _totals(t) for k, t in keys.items()} for group, keys in found.items()}, noise)
        listed, noise = with_noise(is_private, value, "keys")
        if isinstance(listed, list) and all(isinstance(key, str) for key in listed):
            return ListedKeys(tuple(key for key in listed if isinstance(key, str)), noise)
        raise InvalidRecord("input: expected a list of keys")

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        return owner.commit(secret.detail)

    def terms(self) -> Mapping[str, JsonValue]:
        return join_terms_of(self.spec).record()

    def contribute(self, part: Part) -> Verdict:
        """Put the groups on record as it begins: their sizes are shown before any bit."""
        part.before_bits()
        terms = parse_terms(dict(part.session.terms))
        match part.data:
            case HolderRows(table, noise):
                done = holder.run_holder(
                    part.session, part.channel, table, part.decide, part.journal,
                    terms=terms, noise=noise, progress=part.progress, admit=part.admit,
                )  # fmt: skip
            case ListedKeys(keys, noise):
                done = lister.run_lister(
                    part.session, part.channel, keys, part.decide, part.journal,
                    terms=terms, noise=noise, progress=part.progress, admit=part.admit,
                )  # fmt: skip
            case _:
                raise InvalidRecord("input: of another statistic")
        return Verdict.of(terms.cells, done.opened, done.transcript)

    def repeated(self, sent: Sent) -> Engines:
        return NO_ENGINES

    def announced(self, session: Session, sent: Sent) -> Decide:
        terms = parse_terms(dict(session.terms))
        peer = terms.lister if session.me == terms.holder else terms.holder
        return opening.announced(sent, peer, terms.cells)

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        """Take over the commitment that the join itself ends with."""
        terms = parse_terms(dict(session.terms))
        released = office.run_recipient(session, channel, terms=terms, progress=progress)
        openings: JsonValue = {party: signed(share) for party, share in released.shares.items()}
        verdict = Verdict(tuple(released.cells), released.withheld, released.transcript)
        document = office.figures(terms, released.cells)
        return Release(document, released.salt, released.commitment, openings, verdict)

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        return {messages.SHARE: body_of(openings)}

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        spec = self.spec
        held, listed = inputs[spec.holder.party], inputs[spec.lister.party]
        assert isinstance(held, HolderRows)
        assert isinstance(listed, ListedKeys)
        keys, cells = set(listed.keys), list[JsonValue]()
        for group in groups(spec):
            rows = [totals for key, totals in held.table.get(group, {}).items() if key in keys]
            exact = [len(rows), sum(row.rows for row in rows)]
            exact += [sum(row.sums[place] for row in rows) for place in range(len(spec.sums))]
            noise = [side.noise[group] for side in (held, listed) if side.noise is not None]
            matches, lines, *totals = [str(sum(parts)) for parts in zip(exact, *noise, strict=True)]
            sums: JsonValue = {amount.column: total for amount, total in zip(spec.sums, totals, strict=True)}
            if noise or len(rows) >= spec.minimum:
                cells.append({"group": group, "keys": matches, "rows": lines, "sums": sums})
        return {"cells": cells}

    def descriptor(self) -> Descriptor:
        return declared.of_protocol(self.protocol)

    def described(self) -> Descriptor:
        return declared.describe(join_terms_of(self.spec))

    def public_numbers(self) -> Mapping[str, int]:
        return declared.public(join_terms_of(self.spec))

    def most_numbers(self) -> Mapping[str, int]:
        return declared.most(join_terms_of(self.spec))

    def seconds(self) -> float:
        return (self.spec.holder_most + self.spec.lister_most) * KEY_S

    def estimate(self) -> Estimate:
        return join_release.estimate(self.spec)

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        return join_release.figures(self.spec, join_release.read(self.spec, release))

    def _holder_table(self, table: Table) -> HolderTable:
        """Read rows of the declared groups; those of other groups are not part of the job."""
        spec, group = self.spec, self.spec.grouping
        grouped = [OneOf(group.column, group.values)] if group else []
        summed = [amount.column for amount in spec.sums]
        found: dict[str, dict[str, KeyTotals]] = {}
        for row in table.by_key(spec.holder_key, group.column if group else None, summed, [*spec.filters, *grouped]):
            found.setdefault(row.group or WHOLE, {})[row.key] = KeyTotals(row.rows, row.sums)
        return found


def _totals(value: JsonValue) -> KeyTotals:
    rows, *sums = integers_of(value)
    return KeyTotals(rows, tuple(sums))
