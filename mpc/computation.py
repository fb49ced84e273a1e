"""What one party computes on its own table for a job, and how a job specification becomes a protocol's terms.

Pure: a table and a specification give the protocol's input; the input gives the commitment that goes on chain. The
three things a guard must know of a specification (its operations, the columns it reads, the role of each party) are
here too, so that nobody reads a specification in two ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from contracts.authorizations.rules import Operations
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from mpc.commitment import Owner, Secret
from mpc.disclosure.places import base, carriers, moments, places
from mpc.disclosure.region import WHOLE
from mpc.dummies import MatchNoise
from mpc.groups import suites
from mpc.privacy import join_mechanism, truncation
from mpc.privacy.accounting import epsilon_milli
from mpc.privacy.declaration import Privacy
from mpc.privacy.joined import JoinPrivacy
from mpc.privacy.noise import Sampler, add_noise, draw
from mpc.protocols.join import terms as join_terms
from mpc.protocols.join.noise import Noise
from mpc.protocols.join.table import HolderTable, KeyTotals
from mpc.protocols.sums import schema as sums_schema
from mpc.protocols.sums.committed import commit_cells
from mpc.spec import JobSpec, JoinSpec, SumsSpec
from mpc.spec_parts import OneOf, Predicate
from mpc.statistics import owner_cells, table_cells
from mpc.tables import Table


@dataclass(frozen=True, slots=True)
class CellValues:
    """An owner's totals per cell, for masked sums."""

    values: Mapping[str, int] = field(repr=False)

    def json(self) -> JsonValue:
        return {name: str(value) for name, value in self.values.items()}


@dataclass(frozen=True, slots=True)
class HolderRows:
    """The holder's totals per group and key, for a join; in a private one truncated, and with the holder's noise."""

    table: HolderTable = field(repr=False)
    noise: Noise | None = field(default=None, repr=False)

    def json(self) -> JsonValue:
        table: JsonValue = {group: _group(keys) for group, keys in self.table.items()}
        return table if self.noise is None else {"table": table, "noise": _noise(self.noise)}


@dataclass(frozen=True, slots=True)
class ListedKeys:
    """The lister's distinct keys, for a join; in a private one with the lister's noise."""

    keys: tuple[str, ...] = field(repr=False)
    noise: Noise | None = field(default=None, repr=False)

    def json(self) -> JsonValue:
        keys: JsonValue = list(self.keys)
        return keys if self.noise is None else {"keys": keys, "noise": _noise(self.noise)}


Input: TypeAlias = CellValues | HolderRows | ListedKeys
"""What one owner brings to a protocol: secret, therefore never shown in a message or a log."""

_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,38}")
_OUTPUT_OPERATIONS = {
    "count": Operations.COUNT,
    "sum": Operations.SUM,
    "mean": Operations.MEAN,
    "variance": Operations.VARIANCE,
    "histogram": Operations.HISTOGRAM,
}


def operations(spec: JobSpec) -> Operations:
    """Return what the job does with every asset it uses."""
    match spec:
        case SumsSpec():
            found = Operations(0)
            for output in spec.outputs:
                found |= _OUTPUT_OPERATIONS[output]
            return found
        case JoinSpec():
            return Operations.COUNT | Operations.SUM | Operations.JOIN | Operations.DISTINCT


def columns(spec: JobSpec, party: str) -> frozenset[str]:
    """Return the columns of its asset that a party's node reads for this job."""
    match spec:
        case SumsSpec():
            tabled = {spec.table.column} if spec.table else set()
            return frozenset({spec.value.column, *tabled, *_named(spec.filters), *_protected(spec)})
        case JoinSpec() if party == spec.holder.party:  # the unit of a private join is its key
            grouped = {spec.grouping.column} if spec.grouping else set()
            sums = {amount.column for amount in spec.sums}
            return frozenset({spec.holder_key, *grouped, *sums, *_named(spec.filters)})
        case JoinSpec():
            return frozenset({spec.lister_key, *_named(spec.lister_filters)})


def role(spec: JobSpec, party: str) -> str:
    """Return a party's role in the protocol; raises NotFound for a stranger."""
    if party == spec.recipient:
        return "recipient"
    if isinstance(spec, JoinSpec) and party in (spec.holder.party, spec.lister.party):
        return "holder" if party == spec.holder.party else "lister"
    if party in spec.parties:
        return "owner"
    raise NotFound(f"{party} takes no part in this job")


def terms(spec: JobSpec) -> Mapping[str, JsonValue]:
    """Return the protocol's part of the job record."""
    match spec:
        case SumsSpec():
            return sums_schema.of_spec(spec).terms()
        case JoinSpec():
            return join_terms_of(spec).record()


def join_terms_of(spec: JoinSpec) -> join_terms.JoinTerms:
    """Lay out a join's cells and bounds; an amount lies in 0..bound.

    Raises:
        InvalidRecord: figures too wide for the encryption, or noise that cannot be drawn.
    """
    guarantee = None if spec.privacy is None else _guarantee(spec, spec.privacy)
    is_exact = guarantee is None
    return join_terms.JoinTerms(
        holder=spec.holder.party,
        lister=spec.lister.party,
        groups=groups(spec),
        columns=tuple(join_terms.Column(amount.column, 0, amount.bound) for amount in spec.sums),
        holder_keys=spec.holder_most,
        lister_keys=spec.lister_most,
        rows=spec.rows,
        noise=MatchNoise(spec.epsilon_milli, spec.delta_log2),
        prime_group=suites.named(spec.prime_group),
        minimum=spec.minimum if is_exact else 0,
        list_unit=join_terms.LIST_UNIT if is_exact else 1,
        group_unit=join_terms.GROUP_UNIT if is_exact else 1,
        guarantee=guarantee,
    )


def prepare(spec: JobSpec, party: str, table: Table) -> Input:
    """Compute a party's protocol input from its table; a private question needs ``prepare_private``.

    Raises:
        InvalidRecord: the table cannot be used for this job; not for one whose bounds hold the asset's declaration
            (``mpc.node.limits``), whatever the rows.
    """
    match spec:
        case SumsSpec(privacy=Privacy()) | JoinSpec(privacy=JoinPrivacy()):
            raise ValueError("exact figures of a private question must not enter a protocol")
        case SumsSpec():
            return CellValues(_sums_cells(spec, table))
        case JoinSpec() if party == spec.holder.party:
            return HolderRows(_holder_table(spec, table))
        case JoinSpec():
            return ListedKeys(tuple(table.keys(spec.lister_key, spec.lister_filters)))


def prepare_private(
    spec: JobSpec, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler
) -> Input:
    """Compute an owner's input to a private question: truncated by unit, added up, with its noise, in one go.

    Args:
        secret: orders the rows of a unit; the owner's own, the same for all questions.
        owners: the contributors of this attempt. sampler: of the noise.
    """
    match spec:
        case SumsSpec(privacy=Privacy() as privacy):
            kept = table.kept(spec.value.column, truncation.cuts(privacy, secret), spec.filters)
            exact = truncation.exact_cells(spec, privacy, kept)
            return CellValues(add_noise(spec, privacy, exact, owners, sampler))
        case JoinSpec(privacy=JoinPrivacy() as joined) if party == spec.holder.party:
            chosen = truncation.join_cuts(joined, secret)
            rows = table.kept_by_unit([amount.column for amount in spec.sums], chosen, spec.filters)
            return HolderRows(truncation.exact_totals(spec, joined, rows), draw(spec, joined, groups(spec), sampler))
        case JoinSpec(privacy=JoinPrivacy() as joined):
            keys = tuple(table.keys(spec.lister_key, spec.lister_filters))
            return ListedKeys(keys, draw(spec, joined, groups(spec), sampler))
    raise ValueError("an exact question has no noise")


def groups(spec: JoinSpec) -> tuple[str, ...]:
    """Name the groups of a join, in order; one where there is no grouping."""
    return spec.grouping.values if spec.grouping else (WHOLE,)


def commit(spec: JobSpec, owner: Owner, data: Input, secret: Secret) -> bytes:
    """Return the input commitment that goes on chain; in masked sums it binds a commitment to every cell."""
    match spec, data:
        case SumsSpec(), CellValues(values):
            return commit_cells(owner, sums_schema.of_spec(spec), values, secret).input
        case _:
            return owner.commit(secret.detail)


def read_input(spec: JobSpec, party: str, value: JsonValue) -> Input:
    """Read what ``Input.json`` wrote for a party's role.

    Raises:
        InvalidRecord: not the input of this role; whether it fits the job's bounds is the protocol's business.
    """
    match spec:
        case SumsSpec():
            return CellValues({name: _integer(total) for name, total in _object(value).items()})
        case JoinSpec() if party == spec.holder.party:
            table, noise = _with_noise(spec, value, "table")
            found = {group: _object(keys) for group, keys in _object(table).items()}
            totals = {group: {k: _totals(t) for k, t in keys.items()} for group, keys in found.items()}
            return HolderRows(totals, noise)
        case JoinSpec():
            listed, noise = _with_noise(spec, value, "keys")
            if isinstance(listed, list) and all(isinstance(key, str) for key in listed):
                return ListedKeys(tuple(key for key in listed if isinstance(key, str)), noise)
    raise InvalidRecord("input: expected a list of keys")


def _with_noise(spec: JoinSpec, value: JsonValue, name: str) -> tuple[JsonValue, Noise | None]:
    """Take the noise of a private join from beside what it is for."""
    if spec.privacy is None:
        return value, None
    parts = _object(value)
    if set(parts) != {name, "noise"}:
        raise InvalidRecord(f"input: expected {name} and noise")
    return parts[name], {group: _integers(drawn) for group, drawn in _object(parts["noise"]).items()}


def _noise(noise: Noise) -> JsonValue:
    return {group: [str(number) for number in drawn] for group, drawn in noise.items()}


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(value, dict):
        raise InvalidRecord("input: expected an object")
    return value


def _totals(value: JsonValue) -> KeyTotals:
    rows, *sums = _integers(value)
    return KeyTotals(rows, tuple(sums))


def _integers(value: JsonValue) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise InvalidRecord("input: expected a list of numbers")
    return tuple(map(_integer, value))


def _integer(value: JsonValue) -> int:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise InvalidRecord("input: expected integers written as decimal strings")
    return int(value)


def selections(spec: JobSpec, party: str) -> Mapping[str, Sequence[Predicate]]:
    """Return, for each gated cell of the job, the filters that choose the party's rows it is made of."""
    match spec:
        case SumsSpec():
            return {place.name: (*base(spec), *place.predicates) for place in places(spec)}
        case JoinSpec() if party == spec.holder.party:
            if spec.grouping is None:
                return {WHOLE: spec.filters}
            column = spec.grouping.column
            return {value: (*spec.filters, OneOf(column, (value,))) for value in spec.grouping.values}
        case JoinSpec():
            return dict.fromkeys(groups(spec), spec.lister_filters)


def slacks(spec: JobSpec, table: Table) -> Mapping[str, tuple[int, ...]]:
    """Judge the own part of every cell that carries sums by the owner's sensitivity rules; empty without such.

    A sum of squares shows the largest even more, so it is judged too. In a join nobody knows which keys match.
    """
    if not isinstance(spec, SumsSpec) or not table.has_sensitivity:
        return {}
    chosen, powers = base(spec), range(1, len(moments(spec)) + 1)
    return {
        place.name: tuple(
            slack
            for power in powers
            for slack in table.slacks(spec.value.column, (*chosen, *place.predicates), power)
        )
        for place in carriers(spec)
    }


def _sums_cells(spec: SumsSpec, table: Table) -> Mapping[str, int]:
    column = spec.value.column
    if spec.table is None:
        return owner_cells(spec, table.values(column, spec.filters))
    grouped = spec.table.column
    return table_cells(
        spec,
        {group: table.values(column, (*spec.filters, OneOf(grouped, (group,)))) for group in spec.table.values},
    )


def _held(spec: JoinSpec) -> Sequence[Predicate]:
    """The holder's filters; a declared grouping chooses rows too, those of other groups are not part of the job."""
    grouping = [OneOf(spec.grouping.column, spec.grouping.values)] if spec.grouping else []
    return [*spec.filters, *grouping]


def _holder_table(spec: JoinSpec, table: Table) -> HolderTable:
    group = spec.grouping.column if spec.grouping else None
    found: dict[str, dict[str, KeyTotals]] = {}
    for row in table.by_key(spec.holder_key, group, [amount.column for amount in spec.sums], _held(spec)):
        found.setdefault(row.group or WHOLE, {})[row.key] = KeyTotals(row.rows, row.sums)
    return found


def _group(keys: Mapping[str, KeyTotals]) -> JsonValue:
    return {key: [str(totals.rows), *(str(total) for total in totals.sums)] for key, totals in keys.items()}


def _guarantee(spec: JoinSpec, privacy: JoinPrivacy) -> join_terms.Guarantee:
    deviations = tuple(figure.deviation_milli for figure in join_mechanism.figures(spec, privacy))
    shown, delta = join_mechanism.shown_micro_rho(spec), privacy.holder.delta_log2
    cost = privacy.micro_rho.total + shown
    return join_terms.Guarantee(deviations, cost, shown, delta, epsilon_milli(cost, delta))


def _protected(spec: SumsSpec) -> set[str]:
    """The columns by which a private question finds units and groups."""
    if spec.privacy is None:
        return set()
    asked = spec.privacy.protection
    return {asked.unit} if asked.groups is None else {asked.unit, asked.groups.column}


def _named(filters: Sequence[Predicate]) -> set[str]:
    return {predicate.column for predicate in filters}
