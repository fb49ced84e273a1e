"""What the owners of an alignment agree on beforehand, and the layout of the moments that follows from it.

All bounds come from the job record. A column's values travel as (value - least), never negative; the recipient gets
sums of what was declared, since rows are released beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, combinations_with_replacement

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive import okamoto_uchiyama, schemes
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.additive.packing import Bounds, Columns
from mpc.fields import Fields
from mpc.groups import suites
from mpc.groups.group import Group
from mpc.protocols.join.layout import Column

FORMAT = "shuxin-aligned-v1"
SET_UNIT = 1024
"""Default padding of a set of keys."""
MAX_MEMBERS, MAX_KEYS, MAX_COLUMNS = 15, 1 << 24, 8
MASK_BITS = 40
ROWS_A_FIGURE = 10
"""Rows for every opened number: with fewer, the opened sums together begin to fix single rows."""
WHOLE = "*"
"""The one gated cell: all figures are opened or none."""


@dataclass(frozen=True, slots=True)
class Member:
    """One owner: the most keys it may bring, whether it is told the common ones, and its columns, in order."""

    party: str
    most: int
    is_told: bool
    columns: tuple[Column, ...] = ()

    def record(self) -> JsonValue:
        columns: list[JsonValue] = [{"name": c.name, "least": str(c.least), "most": str(c.most)} for c in self.columns]
        return {"party": self.party, "most": str(self.most), "columns": columns}


@dataclass(frozen=True, slots=True)
class AlignedTerms:
    """Members sorted by party, release rule, padding, group and encryption."""

    members: tuple[Member, ...]
    minimum: int
    set_unit: int = SET_UNIT
    prime_group: Group = field(default_factory=lambda: suites.DEFAULT)
    encryption: OkamotoUchiyama = field(default_factory=OkamotoUchiyama)

    def __post_init__(self) -> None:
        parties = [member.party for member in self.members]
        if len(parties) < 2 or parties != sorted(set(parties)):
            raise InvalidRecord("align: at least two owners, sorted")
        if not any(member.is_told for member in self.members):
            raise InvalidRecord("align: at least one owner is told the common keys")
        if self.columns and not all(member.is_told and member.columns for member in self.members):
            raise InvalidRecord("align: moments are of columns of every owner, and every owner is told the common keys")
        if not all(0 < member.most <= MAX_KEYS for member in self.members) or not 0 < self.set_unit <= MAX_KEYS:
            raise InvalidRecord("align: the most keys must be in 1..2^24")
        if sum(len(member.columns) for member in self.members) > MAX_COLUMNS:
            raise InvalidRecord(f"align: at most {MAX_COLUMNS} columns")
        names = [column.name for _, column in self.columns]
        if len(set(names)) != len(names):
            raise InvalidRecord("align: two columns of one name")
        for left, right in self.pairs:
            self.packed(left, right)

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(member.party for member in self.members)

    @property
    def ring(self) -> tuple[str, ...]:
        """The owners in the order in which sets go round; the first one matches, an owner that is told nothing."""
        first = next((index for index, member in enumerate(self.members) if not member.is_told), 0)
        return self.parties[first:] + self.parties[:first]

    @property
    def told(self) -> tuple[str, ...]:
        return tuple(member.party for member in self.members if member.is_told)

    @property
    def columns(self) -> tuple[tuple[str, Column], ...]:
        """All columns with their owners, in the order of the members."""
        return tuple((member.party, column) for member in self.members for column in member.columns)

    @property
    def pairs(self) -> tuple[tuple[Member, Member], ...]:
        """Pairs of owners whose columns are multiplied: the first encrypts, the second raises."""
        return tuple(combinations(self.members, 2)) if self.columns else ()

    @property
    def rows(self) -> int:
        """The most rows that can be common."""
        return min(member.most for member in self.members)

    @property
    def scalars(self) -> int:
        """How many numbers an opening gives: rows, a sum a column, a product a pair of columns."""
        count = len(self.columns)
        return 1 + count + count * (count + 1) // 2

    @property
    def least_rows(self) -> int:
        """Rows below which nothing is opened; a count alone follows the minimum only."""
        return max(self.minimum, ROWS_A_FIGURE * self.scalars if self.columns else 1)

    def member(self, party: str) -> Member:
        return next(member for member in self.members if member.party == party)

    def most_announced(self, party: str) -> int:
        """The largest padded set that an owner may bring."""
        return self.padded(self.member(party).most)

    def padded(self, keys: int) -> int:
        return -(-max(keys, 1) // self.set_unit) * self.set_unit

    def packed(self, left: Member, right: Member) -> Columns:
        """Lay out masked sums of products of two owners' columns in one plaintext: column i of the left owner and j of
        the right in slot i + j * (columns of the left), all slots alike."""
        most = max(c.most - c.least for c in left.columns) * max(c.most - c.least for c in right.columns)
        count = len(left.columns) * len(right.columns)
        found = Columns((Bounds(0, max(most, 1)),) * count, self.rows, MASK_BITS)
        found.require_fits(self.encryption.plaintext_bits)
        return found

    @property
    def words(self) -> int:
        """Numbers in every owner's share: as many as the owner with most of them has."""
        return 1 + max(part_size(member, self.pairs) for member in self.members)

    def record(self) -> Mapping[str, JsonValue]:
        """Return the protocol's part of the job record."""
        return {
            "format": FORMAT,
            "members": [member.record() for member in self.members],
            "told": list(self.told),
            "minimum": self.minimum,
            "set_unit": self.set_unit,
            "prime_group": self.prime_group.name,
            "encryption": self.encryption.record(),
        }


def part_size(member: Member, pairs: Sequence[tuple[Member, Member]]) -> int:
    """Count an owner's numbers: own sums, own products, shares of products with other owners' columns."""
    count = len(member.columns)
    crossed = sum(len(a.columns) * len(b.columns) for a, b in pairs if member in (a, b))
    return count + count * (count + 1) // 2 + crossed


def squares(count: int) -> Iterator[tuple[int, int]]:
    """Every pair of ``count`` columns, each with itself too, in the order in which products are released."""
    return combinations_with_replacement(range(count), 2)


def parse_terms(value: JsonValue) -> AlignedTerms:
    """Read what ``record`` wrote; raises InvalidRecord."""
    fields = Fields(value, "align")
    if fields.text("format") != FORMAT:
        raise InvalidRecord("align: another format")
    encryption = schemes.parse(fields.object("encryption"))
    if not isinstance(encryption, OkamotoUchiyama):
        raise InvalidRecord(f"align: encryption {okamoto_uchiyama.NAME} expected")
    told = fields.texts("told", MAX_MEMBERS)
    terms = AlignedTerms(
        members=tuple(_member(item, told) for item in fields.objects("members", MAX_MEMBERS)),
        minimum=fields.integer("minimum"),
        set_unit=fields.integer("set_unit"),
        prime_group=suites.named(fields.text("prime_group")),
        encryption=encryption,
    )
    fields.done()
    if told != list(terms.told):
        raise InvalidRecord("align: told owners are members, sorted")
    return terms


def _member(fields: Fields, told: Sequence[str]) -> Member:
    columns = tuple(_column(item) for item in fields.objects("columns", MAX_COLUMNS))
    party = fields.text("party")
    member = Member(party, fields.decimal("most"), party in told, columns)
    fields.done()
    return member


def _column(fields: Fields) -> Column:
    column = Column(fields.text("name"), fields.decimal("least"), fields.decimal("most"))
    fields.done()
    return column
