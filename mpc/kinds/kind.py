"""The port between a job and its kind: everything that nodes, gateways and audits ask of a specification.

An instance holds one specification (``mpc.kinds.registry.kind_of``). Pure but for the protocol's own messages: it opens
no chain and no journal beyond those that it is given, and it decides nothing about permission; what a kind says here is
what guard, catalogue, disclosure audit, budget and opened audit judge. So nobody reads a specification in two ways.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from contracts.authorizations.record import Operations
from contracts.budgets.record import Mode
from ledger.canonical import JsonValue
from ledger.errors import NotAuthorized
from mpc.commitment import Owner, Secret
from mpc.disclosure.region import Cell
from mpc.engine.port import NO_ENGINES, Engines
from mpc.inputs import Input
from mpc.kinds.released import Release, Verdict
from mpc.privacy.declaration import Declaration
from mpc.privacy.held import Selector
from mpc.privacy.noise import Sampler
from mpc.privacy.release import Estimate
from mpc.protocols.align.run import AdmitOwner, any_owner
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join.run import Progress, silent
from mpc.protocols.sums.agreement import BeforeBits, Decide
from mpc.protocols.words import Text
from mpc.sessions.channel import Channel
from mpc.sessions.session import Journal, Session
from mpc.spec.parts import Predicate, Source
from mpc.tables.schema import Schema
from mpc.tables.table import Table

Fault: TypeAlias = tuple[str, str]
"""The ground for the chain, fixed, and a text for this node's own log."""
Sent: TypeAlias = Mapping[tuple[str, str], bytes]
"""A party's recorded messages by receiver and step."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job costs the privacy of each asset, in micro-rho. side: the part shown before any opening."""

    mode: Mode
    micro_rho: int
    side: int


@dataclass(frozen=True, slots=True)
class Part:
    """What an owner's part in a protocol takes beside the specification.

    data: this owner's input; secret: what its commitment was made with. decide: asked after the gate, before any pad or
    share leaves. before_bits: puts the cells on record before anybody can know a bit of the gate. admit: judges the
    size that another owner announces. engines: where an owner that computes on shares gets its engine from.
    """

    session: Session
    channel: Channel
    data: Input = field(repr=False)
    secret: Secret = field(repr=False)
    journal: Journal
    decide: Decide
    before_bits: BeforeBits = lambda: None
    progress: Progress = silent
    admit: AdmitOwner = any_owner
    engines: Engines = NO_ENGINES


class Kind(Protocol):
    """One job, as its kind reads it.

    contributors: what the chain's record of the job says. is_counted: whether its cells are tested for that number, so
    that a node has one of its own. learners: owners that learn which keys others' assets hold. is_joined: whether rows
    answer together with rows of other owners, so that nobody knows what a changed row changes. is_repeatable: whether
    seed and input determine what an owner sends, so that an opened audit can repeat it. title: what is done, with
    ``{owners}`` in it. protocol, label: of its session and its signed messages.
    """

    @property
    def contributors(self) -> int: ...
    @property
    def is_counted(self) -> bool: ...
    @property
    def is_joined(self) -> bool: ...
    @property
    def is_repeatable(self) -> bool: ...
    @property
    def learners(self) -> tuple[str, ...]: ...
    @property
    def title(self) -> Text: ...
    @property
    def protocol(self) -> str: ...
    @property
    def label(self) -> str: ...

    def operations(self) -> Operations:
        """Return what the job does with every asset it uses."""

    def columns(self, party: str) -> frozenset[str]:
        """Return the columns of its asset that a party's node reads."""

    def broken_down(self, party: str) -> frozenset[str]:
        """Return the columns of a party's asset whose own values label released figures."""

    def role(self, party: str) -> str:
        """Return a party's role in the protocol; raises NotFound for a stranger."""

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        """Say what is wrong with the specification beside the declarations of the party's own asset.

        Args:
            loosest: the weakest noise on what other owners see, and the encryptions, that the node takes part under.
        """

    def row_prefix(self, asset: str) -> str:
        """Return what regions put before the names of an asset's columns."""

    def cost(self) -> Cost:
        """Return what the job costs each of its assets."""

    def periods(self) -> tuple[str | None, ...]:
        """Name each source's data period where the specification does; of an exact job it is the owner's own label."""

    def partners(self, party: str) -> tuple[Source, ...]:
        """Return the sources whose rows the party's are matched with, first the one that announces a size to it.

        None where rows are only added up.
        """

    def most_announced(self, party: str, published: int) -> int:
        """Return the largest size that a partner may announce, given the rows that it published in the catalogue."""

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """List the gated cells in the order in which they are considered for opening.

        Args:
            assets: those that contribute to this attempt, which may be fewer than the specification names.

        Raises:
            NotAuthorized: nothing contributes that the specification names, or something that it does not name, or
                some asset is missing that no answer can do without.
        """

    def follows(self) -> Mapping[str, str]:
        """Return, for each cell that is a sum, the gated cell that decides about it."""

    def rules(self) -> Mapping[str, JsonValue]:
        """Return the release rules, as the question's normal form names them."""

    def asked(self) -> Mapping[str, JsonValue]:
        """Return what tells a private question from others about the same rows under the same declaration."""

    def selections(self, party: str) -> Mapping[str, Sequence[Selector]]:
        """Return, for each gated cell, the filters that choose the party's rows it is made of."""

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        """Judge the own part of every cell that carries sums by the owner's sensitivity rules; empty without such."""

    def prepare(self, party: str, table: Table) -> Input:
        """Compute a party's protocol input from its table; a private question needs ``prepare_private``.

        Raises:
            InvalidRecord: the table cannot be used for this job; not for one whose bounds hold the asset's declaration
                (``faults``), whatever the rows.
        """

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        """Compute an owner's input to a private question: truncated by unit, added up, with its noise, in one go.

        Args:
            secret: orders the rows of a unit; the owner's own, the same for all questions.
            owners: the contributors of this attempt. sampler: of the noise.
        """

    def read_input(self, party: str, value: JsonValue) -> Input:
        """Read what ``Input.json`` wrote for a party's role.

        Raises:
            InvalidRecord: not the input of this role; whether it fits the job's bounds is the protocol's business.
        """

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        """Return the input commitment that goes on chain."""

    def terms(self) -> Mapping[str, JsonValue]:
        """Return the protocol's part of the job record."""

    def contribute(self, part: Part) -> Verdict:
        """Run an owner's role.

        Raises:
            Misbehaviour, ChannelTimeout: another party. NotAuthorized: the opening is refused.
        """

    def repeated(self, sent: Sent) -> Engines:
        """Return an engine that gives what a party's own had given, as it sent it: for the same replay."""

    def announced(self, session: Session, sent: Sent) -> Decide:
        """Repeat the decisions that an owner announced, which no seed determines: for the replay of an opened audit."""

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        """Run the recipient's role."""

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        """Return the messages that a release's openings hold of one owner: bodies in hex by step.

        Raises:
            InvalidRecord: they hold none.
        """

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        """Compute the release document from all owners' inputs, without a protocol."""

    def descriptor(self) -> Descriptor:
        """Return the leakage descriptor of the protocol, as evidence holds it."""

    def described(self) -> Descriptor:
        """Return the descriptor with the job's own parameters, for people."""

    def public_numbers(self) -> Mapping[str, int]:
        """Give the numbers behind the sizes of messages that follow from the specification alone."""

    def most_numbers(self) -> Mapping[str, int]:
        """Give the numbers that depend on padded sizes of data, at their declared bounds."""

    def seconds(self) -> float:
        """Estimate how long the protocol computes, on one core a department."""

    def estimate(self) -> Estimate:
        """Tell cost and error of a private question if every source contributes; raises InvalidRecord for others."""

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        """Read a private release for people, with the expected error of each figure; raises InvalidRecord."""


class Loosest(Protocol):
    """The weakest noise, the additive encryptions, and who is taken not to pool, that a node takes part under."""

    @property
    def epsilon_milli(self) -> int: ...
    @property
    def delta_log2(self) -> int: ...
    @property
    def additive(self) -> Sequence[str]: ...
    @property
    def apart(self) -> Sequence[str]: ...


def require_answerable_by(sources: Sequence[Source], assets: Collection[str], *, all_of_them: bool = False) -> None:
    """Refuse assets that cannot answer a specification; raises NotAuthorized."""
    named = {source.asset for source in sources}
    if not assets or not named.issuperset(assets) or (all_of_them and named != set(assets)):
        raise NotAuthorized("disclosure: these assets cannot answer this specification")


def named(filters: Sequence[Predicate]) -> set[str]:
    """Name the columns of filters."""
    return {predicate.column for predicate in filters}
