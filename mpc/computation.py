"""What one party computes on its own table for a job, and how a job specification becomes a protocol's terms.

Pure: a table and a specification give the protocol's input; the input gives the commitment that goes on chain. The
three things a guard must know of a specification (its operations, the columns it reads, the role of each party) are
here too, so that nobody reads a specification in two ways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.authorizations.rules import Operations
from ledger.canonical import JsonValue
from ledger.errors import NotFound
from mpc.commitment import Owner, Secret
from mpc.disclosure.places import base, carriers, moments, places
from mpc.disclosure.region import WHOLE
from mpc.dummies import MatchNoise
from mpc.groups import suites
from mpc.inputs import CellValues, HolderRows, Input, ListedKeys
from mpc.privacy import join_mechanism, truncation
from mpc.privacy.accounting import epsilon_milli
from mpc.privacy.declaration import Privacy
from mpc.privacy.joined import JoinPrivacy
from mpc.privacy.noise import Sampler, add_noise, draw
from mpc.protocols.join import terms as join_terms
from mpc.protocols.join.layout import Column, Guarantee
from mpc.protocols.join.table import HolderTable, KeyTotals
from mpc.protocols.sums import schema as sums_schema
from mpc.protocols.sums.committed import commit_cells
from mpc.spec import JobSpec, JoinSpec, SumsSpec
from mpc.spec_parts import OneOf, Predicate
from mpc.statistics import owner_cells, table_cells
from mpc.tables import Table

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
            found = Operations(0) if spec.value.by is None else Operations.VARIANCE  # a second moment, as squares are
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
            return frozenset({*spec.value.columns, *tabled, *_named(spec.filters), *_protected(spec)})
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
        columns=tuple(Column(amount.column, 0, amount.bound) for amount in spec.sums),
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
    columns = spec.value.columns
    if spec.table is None:
        return owner_cells(spec, table.values(columns, spec.filters))
    grouped = spec.table.column
    return table_cells(
        spec,
        {group: table.values(columns, (*spec.filters, OneOf(grouped, (group,)))) for group in spec.table.values},
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


def _guarantee(spec: JoinSpec, privacy: JoinPrivacy) -> Guarantee:
    deviations = tuple(figure.deviation_milli for figure in join_mechanism.figures(spec, privacy))
    shown, delta = join_mechanism.shown_micro_rho(spec), privacy.holder.delta_log2
    cost = privacy.micro_rho.total + shown
    return Guarantee(deviations, cost, shown, delta, epsilon_milli(cost, delta))


def _protected(spec: SumsSpec) -> set[str]:
    """The columns by which a private question finds units and groups."""
    if spec.privacy is None:
        return set()
    asked = spec.privacy.protection
    return {asked.unit} if asked.groups is None else {asked.unit, asked.groups.column}


def _named(filters: Sequence[Predicate]) -> set[str]:
    return {predicate.column for predicate in filters}
