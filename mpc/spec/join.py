"""The specification of a private join: one owner holds values per key, the other a list of keys.

Document and bounds of ``private-join`` (``mpc.spec.job`` says what all kinds have in common). With differential privacy
its member ``privacy`` says how (``mpc.privacy.joined``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive import schemes
from mpc.dummies import MatchNoise
from mpc.fields import Fields
from mpc.groups import suites
from mpc.privacy import joined
from mpc.privacy.joined import JoinPrivacy
from mpc.spec import reading
from mpc.spec.parts import (
    MAX_CELLS,
    Amount,
    Grouping,
    Predicate,
    Source,
    check_common,
    heading,
    parties_of,
    unless_default,
    unless_exact,
)
from mpc.tables.forms import Form

STATISTIC = "private-join"
MAX_DUMMIES = 1 << 17
"""Dummy keys of a join over all groups: some twelve seconds of one core a side, whatever the tables."""


MAX_LISTS = 4
"""Each way of being on some of the lists has dummy keys of its own: 15 ways."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One owner's list of keys: after its filters, and by how many distinct keys at most."""

    source: Source
    key: str
    most: int
    filters: tuple[Predicate, ...]

    def json(self) -> dict[str, JsonValue]:
        return {
            **_fields(self.source.json()),
            "key": self.key,
            "most": str(self.most),
            "filters": [predicate.json() for predicate in self.filters],
        }


@dataclass(frozen=True, slots=True)
class JoinSpec:
    """Distinct keys, rows and sums of the holder's rows whose key stands in the lister's list, per declared group.

    lister_grouping: groups of the list's keys, which the lister's catalogue declares; then a cell is a group of the
    holder crossed with one of the lister. further: lists of other owners, in all of which a key must stand too; the
    owners of lists are named in the order of their codes, so that a question has one form. Both are for exact figures.

    holder_most, lister_most: the most distinct keys a side may bring; rows: the most rows of one group (declared, so
    that message sizes and slots do not depend on data). epsilon_milli, delta_log2: the noise on the match counts that
    the lister sees (epsilon in thousandths, delta = 2**delta_log2). prime_group: where keys are blinded and the gate
    computes. privacy: None for exact figures behind the minimum; else every figure is noised and opened, sizes carry
    noise instead of padding, and the minimum protects nothing. form: the rule by which both owners compare keys.
    additive: under which encryption of the holder's the lister adds up (``mpc.additive.schemes``).
    """

    purpose: str
    recipient: str
    holder: Source
    holder_key: str
    holder_most: int
    filters: tuple[Predicate, ...]
    grouping: Grouping | None
    sums: tuple[Amount, ...]
    lister: Source
    lister_key: str
    lister_most: int
    lister_filters: tuple[Predicate, ...]
    rows: int
    minimum: int
    epsilon_milli: int
    delta_log2: int
    privacy: JoinPrivacy | None = None
    prime_group: str = suites.DEFAULT.name
    form: Form = Form.EXACT
    lister_grouping: Grouping | None = None
    further: tuple[Listing, ...] = ()
    additive: str = schemes.DEFAULT

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        suites.named(self.prime_group)
        schemes.named(self.additive)
        if self.holder.party == self.lister.party:
            raise InvalidRecord("spec: a private join needs two different owners")
        most = (self.holder_most, *(listing.most for listing in self.listings))
        if not all(0 < keys <= 1 << 24 for keys in most) or not 0 < self.rows <= 1 << 32:
            raise InvalidRecord("spec: the most keys must be in 1..2^24 and rows in 1..2^32")
        if any(amount.by is not None for amount in self.sums):
            raise InvalidRecord("spec: a private join adds up columns, not products")
        if len(self.sums) > 8:
            raise InvalidRecord(f"spec: at most 8 summed columns, got {len(self.sums)}")
        if not 1 <= self.epsilon_milli <= 10_000 or not -128 <= self.delta_log2 <= -20:
            raise InvalidRecord("spec: epsilon must be 0.001..10 and delta 2^-128..2^-20")
        _check_lists(self)
        kinds = self.size * ((1 << len(self.listings)) - 1)
        if kinds * MatchNoise(self.epsilon_milli, self.delta_log2).universe > MAX_DUMMIES:
            raise InvalidRecord(f"spec: groups times dummy keys exceed {MAX_DUMMIES}: fewer groups or a larger epsilon")
        if self.privacy is not None:
            _check_joined(self, self.privacy)

    @property
    def statistic(self) -> str:
        return STATISTIC

    @property
    def size(self) -> int:
        """How many cells there are."""
        groupings = [len(found.values) for found in (self.grouping, self.lister_grouping) if found]
        return prod(groupings)

    @property
    def listings(self) -> tuple[Listing, ...]:
        """All lists."""
        return (Listing(self.lister, self.lister_key, self.lister_most, self.lister_filters), *self.further)

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.holder, self.lister, *(listing.source for listing in self.further))

    @property
    def parties(self) -> tuple[str, ...]:
        return parties_of(self.sources, self.recipient)

    def listing(self, party: str) -> Listing:
        """Return the list that a party owns."""
        return next(listing for listing in self.listings if listing.source.party == party)

    def json(self) -> JsonValue:
        exact: dict[str, JsonValue] = {
            **heading(self),
            "holder": {
                **_fields(self.holder.json()),
                "key": self.holder_key,
                "most": str(self.holder_most),
                "filters": [predicate.json() for predicate in self.filters],
                "grouping": self.grouping.json() if self.grouping else None,
                "sums": [amount.json() for amount in self.sums],
            },
            "lister": {
                **self.listings[0].json(),
                **({"grouping": self.lister_grouping.json()} if self.lister_grouping else {}),
            },
            **({"further": [listing.json() for listing in self.further]} if self.further else {}),
            "rows": str(self.rows),
            "minimum": self.minimum,
            "epsilon_milli": self.epsilon_milli,
            "delta_log2": self.delta_log2,
            **unless_default(self.prime_group),
            **unless_exact(self.form),
            **({} if self.additive == schemes.DEFAULT else {"additive": self.additive}),
        }
        return exact if self.privacy is None else {**exact, "privacy": self.privacy.json()}


def read(fields: Fields) -> JoinSpec:
    """Read the members of a specification; raises InvalidRecord."""
    holder, lister = fields.object("holder"), fields.object("lister")
    grouping = holder.optional_object("grouping")
    own = lister.object("grouping") if lister.has("grouping") else None
    further = fields.objects("further", MAX_LISTS - 1) if fields.has("further") else ()
    spec = JoinSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        holder=reading.source(holder, last=False),
        holder_key=holder.text("key"),
        holder_most=holder.decimal("most"),
        filters=reading.filters(holder),
        grouping=reading.grouping(grouping) if grouping else None,
        sums=tuple(reading.amount(item) for item in holder.objects("sums", 8)),
        lister=reading.source(lister, last=False),
        lister_key=lister.text("key"),
        lister_most=lister.decimal("most"),
        lister_filters=reading.filters(lister),
        rows=fields.decimal("rows"),
        minimum=fields.integer("minimum"),
        epsilon_milli=fields.integer("epsilon_milli"),
        delta_log2=fields.integer("delta_log2"),
        privacy=joined.read(fields.object("privacy")) if fields.has("privacy") else None,
        prime_group=reading.prime_group(fields),
        form=reading.form(fields),
        lister_grouping=reading.grouping(own) if own else None,
        further=tuple(_listing(item) for item in further),
        additive=fields.choice("additive", schemes.NAMES) if fields.has("additive") else schemes.DEFAULT,
    )
    for part in (holder, lister, fields):
        part.done()
    return spec


def _listing(fields: Fields) -> Listing:
    source = reading.source(fields, last=False)
    listing = Listing(source, fields.text("key"), fields.decimal("most"), reading.filters(fields))
    fields.done()
    return listing


def _check_lists(spec: JoinSpec) -> None:
    parties = [listing.source.party for listing in spec.listings]
    if len(parties) > MAX_LISTS or parties != sorted(parties):
        raise InvalidRecord(f"spec: at most {MAX_LISTS} lists, in the order of their owners' codes")
    if spec.size > MAX_CELLS:
        raise InvalidRecord(f"spec: at most {MAX_CELLS} cells, got {spec.size}")
    if (spec.further or spec.lister_grouping) and spec.privacy is not None:
        raise InvalidRecord("spec: figures with noise are of one list, without groups of its own")
    if spec.further and spec.lister_grouping:
        raise InvalidRecord("spec: one of several lists has no groups")


def _check_joined(spec: JoinSpec, privacy: JoinPrivacy) -> None:
    held, listed = privacy.sides
    if (held.unit, listed.unit) != (spec.holder_key, spec.lister_key):
        raise InvalidRecord("spec: the unit of a private join is its key, at both owners")
    if {amount.column: amount.bound for amount in spec.sums} != {name: clip.high for name, clip in held.bounds.items()}:
        raise InvalidRecord("spec: each summed column has bounds, and its bound is the largest clipped value")
    asked = None if spec.grouping is None else (spec.grouping.column, spec.grouping.values)
    if asked != (None if held.groups is None else (held.groups.column, held.groups.values)):
        raise InvalidRecord("spec: a private join is grouped by the public keys that it declares")


def _fields(value: JsonValue) -> Mapping[str, JsonValue]:
    assert isinstance(value, dict)
    return value
