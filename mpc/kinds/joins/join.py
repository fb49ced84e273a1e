"""A private join as a kind of job: totals of one owner's rows whose key stands in another's list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.authorizations.record import Operations
from contracts.budgets.record import Mode
from ledger.canonical import JsonValue
from ledger.errors import NotFound
from mpc.additive import schemes
from mpc.commitment import Owner, Secret
from mpc.disclosure.region import LIST, ROW, Cell
from mpc.engine.port import NO_ENGINES, Engines
from mpc.inputs import Input
from mpc.kinds.joins import bounds, cells, roles
from mpc.kinds.joins import inputs as own_inputs
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.kind import Cost, Fault, Loosest, Part, Sent, named, require_answerable_by
from mpc.kinds.released import Release, Verdict, body_of, signed
from mpc.privacy import join_release
from mpc.privacy.declaration import Declaration
from mpc.privacy.join_mechanism import count_micro_rho, shown_micro_rho
from mpc.privacy.noise import Sampler
from mpc.privacy.release import Estimate
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join import declared, messages, office, opening, run
from mpc.protocols.join.run import Progress
from mpc.protocols.join.terms import JoinTerms, parse_terms
from mpc.protocols.sums import agreement
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.words import Text
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session
from mpc.spec.join import JoinSpec
from mpc.spec.parts import Predicate, Source
from mpc.tables.schema import Schema
from mpc.tables.table import Table

KEY_S = 70e-6
"""Each key that a side may bring, with its share of every pass (``benchmarks/join.py``)."""


_OF_TWO = Text(
    "private join of {owners}: nobody learns which keys both have", "{owners} 的隐私联接:无人得知双方共有哪些键"
)
_OF_SEVERAL = Text(
    "private join of {owners}: nobody learns which keys any two of them have, or all",
    "{owners} 的隐私联接:无人得知其中任何两方或各方共有哪些键",
)


@dataclass(frozen=True, slots=True)
class Join:
    """One private join; see ``mpc.kinds.kind.Kind`` for every member."""

    spec: JoinSpec
    is_counted = False
    is_joined = True
    is_repeatable = True
    learners = ()
    label = run.LABEL

    @property
    def contributors(self) -> int:
        return len(self.spec.sources)

    @property
    def title(self) -> Text:
        done, scheme = _OF_SEVERAL if self.spec.further else _OF_TWO, schemes.TITLES[self.spec.additive]
        return Text(f"{done.en}; totals are added up under {scheme.en}", f"{done.zh};合计值在{scheme.zh}下相加")

    @property
    def protocol(self) -> str:
        return run.protocol_of(join_terms_of(self.spec))

    def operations(self) -> Operations:
        return Operations.COUNT | Operations.SUM | Operations.JOIN | Operations.DISTINCT

    def columns(self, party: str) -> frozenset[str]:
        spec = self.spec
        if party != spec.holder.party:
            listing = spec.listing(party)
            return frozenset({listing.key, *self.broken_down(party), *named(listing.filters)})
        sums = {amount.column for amount in spec.sums}
        return frozenset({spec.holder_key, *self.broken_down(party), *sums, *named(spec.filters)})

    def broken_down(self, party: str) -> frozenset[str]:
        spec = self.spec
        groupings = {spec.holder.party: spec.grouping, spec.lister.party: spec.lister_grouping}
        grouping = groupings.get(party)
        return frozenset({grouping.column} if grouping else set())

    def role(self, party: str) -> str:
        listers = {listing.source.party: "lister" for listing in self.spec.listings}
        found = {self.spec.recipient: "recipient", self.spec.holder.party: "holder"} | listers
        if party not in found:
            raise NotFound(f"{party} takes no part in this job")
        return found[party]

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        spec = self.spec
        yield from bounds.common_faults(spec, loosest)
        if spec.privacy is not None:
            yield from bounds.private_faults(spec, spec.privacy, party, schema, declared)
        elif party == spec.holder.party:
            yield from bounds.holder_faults(spec, schema)
        else:
            yield from bounds.lister_faults(spec, party, schema)

    def row_prefix(self, asset: str) -> str:
        return f"{LIST}{asset}." if asset in {listing.source.asset for listing in self.spec.listings} else ROW

    def cost(self) -> Cost:
        if self.spec.privacy is None:
            shown = count_micro_rho(self.spec)
            return Cost(Mode.EXACT, shown, shown)
        shown = shown_micro_rho(self.spec)
        return Cost(Mode.PRIVATE, self.spec.privacy.micro_rho.total + shown, shown)

    def periods(self) -> tuple[str | None, ...]:
        privacy = self.spec.privacy
        if privacy is None:
            return (None,) * len(self.spec.sources)
        return tuple(side.period for side in privacy.sides)

    def partners(self, party: str) -> tuple[Source, ...]:
        return tuple(source for source in self.spec.sources if source.party != party)

    def most_announced(self, party: str, published: int) -> int:
        return join_terms_of(self.spec).most_announced(party, published)

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        require_answerable_by(self.spec.sources, assets, all_of_them=True)
        return cells.cells(self.spec)

    def follows(self) -> Mapping[str, str]:
        return {}

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum}

    def asked(self) -> Mapping[str, JsonValue]:
        return {}  # its declaration names columns and groups

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return cells.selections(self.spec, party)

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return {}  # nobody knows which keys match

    def prepare(self, party: str, table: Table) -> Input:
        if self.spec.privacy is not None:
            raise ValueError("exact figures of a private question must not enter a protocol")
        return own_inputs.prepare(self.spec, party, table)

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        if self.spec.privacy is None:
            raise ValueError("an exact question has no noise")
        return own_inputs.prepare_private(self.spec, self.spec.privacy, party, table, secret, sampler)

    def read_input(self, party: str, value: JsonValue) -> Input:
        return own_inputs.read(self.spec, party, value)

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        return owner.commit(secret.detail)

    def terms(self) -> Mapping[str, JsonValue]:
        return join_terms_of(self.spec).record()

    def contribute(self, part: Part) -> Verdict:
        """Put the groups on record as it begins: their sizes are shown before any bit."""
        part.before_bits()
        terms = parse_terms(dict(part.session.terms))
        done = roles.contribute(part, terms)
        return Verdict.of(terms.cells, done.opened, done.transcript)

    def repeated(self, sent: Sent) -> Engines:
        return NO_ENGINES

    def announced(self, session: Session, sent: Sent) -> Decide:
        terms = parse_terms(dict(session.terms))
        if terms.sifters:
            return agreement.announced(sent, session.others[0], terms.cells)
        return opening.announced(sent, session.others[0], terms.cells)

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        """Run the recipient's role under the terms that the session holds."""
        terms = parse_terms(dict(session.terms))
        return release(terms, office.run_recipient(session, channel, terms=terms, progress=progress))

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        return {messages.SHARE: body_of(openings)}

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        return own_inputs.pooled(self.spec, inputs)

    def descriptor(self) -> Descriptor:
        return declared.of_protocol(self.protocol)

    def described(self) -> Descriptor:
        return declared.describe(join_terms_of(self.spec))

    def public_numbers(self) -> Mapping[str, int]:
        return declared.public(join_terms_of(self.spec))

    def most_numbers(self) -> Mapping[str, int]:
        return declared.most(join_terms_of(self.spec))

    def seconds(self) -> float:
        spec = self.spec
        keys = spec.holder_most + sum(listing.most for listing in spec.listings)
        slower = schemes.SECONDS[spec.additive] - schemes.SECONDS[schemes.DEFAULT]
        return (keys * KEY_S + spec.holder_most * slower) * len(spec.listings)

    def estimate(self) -> Estimate:
        return join_release.estimate(self.spec)

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        return join_release.figures(self.spec, join_release.read(self.spec, release))


def release(terms: JoinTerms, released: office.Released) -> Release:
    """Take over the commitment that a join itself ends with."""
    openings: JsonValue = {party: signed(share) for party, share in released.shares.items()}
    verdict = Verdict(tuple(released.cells), released.withheld, released.transcript)
    document = office.figures(terms, released.cells)
    return Release(document, released.salt, released.commitment, openings, verdict)
