"""What the parties of a private join agree on beforehand, and the integer layout that follows from it.

All sizes and bounds are public and come from the job record, so that no message length and no slot width
depends on data beyond the declared padding. Released per group: distinct keys, rows, and one sum per value
column. A column declares the least and the most that one row may hold; sums travel as (sum - rows * least),
which is never negative, and rows are released beside every sum.

A join with a guarantee has noised figures in their place, and sizes with noise instead of padding: a padded size is a
coarse but exact function of the data.

NOT checked here: whether the job is allowed. Trust: both owners read the same record (its digest enters every
message).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive import schemes
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.additive.scheme import Parameters
from mpc.dummies import MatchNoise, UniformSource
from mpc.fields import Fields
from mpc.groups import suites
from mpc.groups.group import Group
from mpc.protocols.join.layout import Column, Guarantee, Slots, cell_names
from mpc.spec.parts import MAX_MINIMUM

FORMAT, NOISED = "shuxin-private-join-v1", "shuxin-noised-join-v1"

LIST_UNIT, GROUP_UNIT = 1024, 500
"""Default padding of the list and of each group: a few per cent of work at 45,000 keys."""

MAX_KEYS, MAX_GROUPS, MAX_COLUMNS = 1 << 24, 256, 8
MAX_SIFTERS = 3
"""Five owners: dummies for all 15 ways of being on four lists."""


@dataclass(frozen=True, slots=True)
class JoinTerms:
    """Roles, cells, bounds, release rule, noise and padding of one join.

    holder_keys, lister_keys: the most distinct keys either side may bring (catalogue row counts).
    rows: the most rows of one group. minimum: keys below which a group stays closed. prime_group: where the keys are
    blinded and the gate computes. guarantee: of noised figures, None for exact ones; with it there is no minimum (0),
    and no padding to a unit (1). lister_groups: of the lister's keys, for exact figures; the list then travels as one
    padded set for each, and a cell is a group of the holder crossed with one of the lister. sifters: owners of further
    lists, for exact figures, in the order in which the rows pass them before the lister; every list is then padded to
    the size of ``lister_keys``, the most keys of any.
    """

    holder: str
    lister: str
    groups: tuple[str, ...]
    columns: tuple[Column, ...]
    holder_keys: int
    lister_keys: int
    rows: int
    minimum: int
    noise: MatchNoise
    list_unit: int = LIST_UNIT
    group_unit: int = GROUP_UNIT
    encryption: Parameters = field(default_factory=OkamotoUchiyama)
    prime_group: Group = suites.DEFAULT
    guarantee: Guarantee | None = None
    lister_groups: tuple[str, ...] = ()
    sifters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.holder or not self.lister or self.holder == self.lister:
            raise InvalidRecord("join terms: holder and lister must be two parties")
        if not 0 < len(self.groups) <= MAX_GROUPS or len(set(self.groups)) != len(self.groups):
            raise InvalidRecord(f"join terms: 1..{MAX_GROUPS} distinct groups expected")
        self._check_lister_groups()
        self._check_sifters()
        names = [column.name for column in self.columns]
        if len(names) > MAX_COLUMNS or len(set(names)) != len(names):
            raise InvalidRecord(f"join terms: at most {MAX_COLUMNS} distinct columns expected")
        if not 0 < self.holder_keys <= MAX_KEYS or not 0 < self.lister_keys <= MAX_KEYS:
            raise InvalidRecord(f"join terms: 1..{MAX_KEYS} keys a side expected")
        if not 0 < self.rows <= 1 << 32:
            raise InvalidRecord("join terms: rows in 1..2^32 expected")
        self._check_rule()
        if not 0 < self.list_unit <= 1 << 16 or not 0 < self.group_unit <= 1 << 16:
            raise InvalidRecord("join terms: padding units in 1..65536 expected")
        if self.slots.total > self.encryption.plaintext_bits:
            raise InvalidRecord(
                f"join terms: slots take {self.slots.total} bits, the key offers {self.encryption.plaintext_bits}"
            )

    def _check_lister_groups(self) -> None:
        if len(set(self.lister_groups)) != len(self.lister_groups) or len(self.cells) > MAX_GROUPS:
            raise InvalidRecord(f"join terms: distinct groups of the list, and at most {MAX_GROUPS} cells expected")
        if len(set(self.cells)) != len(self.cells):
            raise InvalidRecord("join terms: two cells have one name")
        if self.lister_groups and self.guarantee is not None:
            raise InvalidRecord("join terms: noised figures have no groups of the lister")

    def _check_sifters(self) -> None:
        if len({self.holder, *self.listers}) != 2 + len(self.sifters) or not all(self.sifters):
            raise InvalidRecord("join terms: every list is another party's")
        if len(self.sifters) > MAX_SIFTERS:
            raise InvalidRecord(f"join terms: at most {1 + MAX_SIFTERS} lists expected")
        if self.sifters and (self.lister_groups or self.guarantee is not None):
            raise InvalidRecord("join terms: of several lists there are exact figures, by groups of the holder")

    def _check_rule(self) -> None:
        """Refuse a minimum out of bounds, or noised figures that still have one."""
        if self.guarantee is None:
            if not 1 <= self.minimum <= MAX_MINIMUM:
                raise InvalidRecord(f"join terms: a minimum in 1..{MAX_MINIMUM} expected")
            return
        if (self.minimum, self.list_unit, self.group_unit) != (0, 1, 1):
            raise InvalidRecord("join terms: noised figures have no minimum, and noise in the place of padding")
        if len(self.guarantee.deviations_milli) != 2 + len(self.columns):
            raise InvalidRecord("join terms: every figure has its noise")
        if any(column.least for column in self.columns):
            raise InvalidRecord("join terms: noised sums are counted from 0")

    @property
    def cells(self) -> tuple[str, ...]:
        """Name the cells, those of the holder's first group first."""
        return cell_names(self.groups, self.lister_groups)

    @property
    def sets(self) -> int:
        """How many sets the list travels as."""
        return max(len(self.lister_groups), 1)

    @property
    def listers(self) -> tuple[str, ...]:
        """Every owner of a list, in the order in which the rows pass them."""
        return (*self.sifters, self.lister)

    @property
    def owners(self) -> tuple[str, ...]:
        """The holder, then the listers."""
        return (self.holder, *self.listers)

    @property
    def patterns(self) -> int:
        """In how many ways a key can be on one or more of the lists; each has its own dummies in every cell."""
        return (1 << len(self.listers)) - 1

    @property
    def most(self) -> tuple[int, ...]:
        """The largest figure of a group in each slot."""
        sums = [self.rows * (column.most - column.least) for column in self.columns]
        return (self.holder_keys, self.rows, *sums)

    @property
    def slots(self) -> Slots:
        """Lay the slots out; each has room for a figure, or for the noise on it if that reaches farther."""
        reaches = self.guarantee.reaches if self.guarantee else (0,) * len(self.most)
        bits = tuple(max(pair).bit_length() for pair in zip(self.most, reaches, strict=True))
        return Slots(bits, masks=len(self.listers))

    @property
    def most_blur(self) -> int:
        """The most elements that noise adds to a size; none where sizes are padded."""
        return 0 if self.guarantee is None else self.noise.universe

    def blur(self, source: UniformSource) -> int:
        """Draw how many elements a size has more than its keys and dummies."""
        return 0 if self.guarantee is None else self.noise.dummies(source)

    def list_size(self, keys: int, blur: int = 0) -> int:
        """Elements of one set of a lister's message for ``keys`` listed keys in it."""
        shared = (self.patterns + 1) // 2  # the patterns that one list is part of
        return padded(keys + len(self.groups) * shared * self.noise.universe + blur, self.list_unit)

    def group_size(self, keys: int, blur: int = 0) -> int:
        """Elements of one group of the holder's message for ``keys`` keys in it."""
        return padded(keys + self.sets * self.patterns * self.noise.universe + blur, self.group_unit)

    def most_announced(self, owner: str, rows: int) -> int:
        """Return how many blinded keys an owner with so many rows announces at most, dummies and padding included."""
        if owner == self.holder:
            dummies = self.sets * self.patterns * self.noise.universe
            return rows + len(self.groups) * (dummies + self.group_unit + self.most_blur)
        if not self.lister_groups:
            return self.list_size(rows, self.most_blur)
        return rows + self.sets * (len(self.groups) * self.noise.universe + self.list_unit)

    def record(self) -> Mapping[str, JsonValue]:
        """Render for the job record (``Session.terms``)."""
        rule: dict[str, JsonValue] = {
            "minimum": self.minimum,
            "list_unit": self.list_unit,
            "group_unit": self.group_unit,
        }
        if self.guarantee is not None:
            rule = {"guarantee": self.guarantee.record()}
        return {
            "format": FORMAT if self.guarantee is None else NOISED,
            "holder": self.holder,
            "lister": self.lister,
            "groups": list(self.groups),
            **({"lister_groups": list(self.lister_groups)} if self.lister_groups else {}),
            **({"sifters": list(self.sifters)} if self.sifters else {}),
            "columns": [column.record() for column in self.columns],
            "holder_keys": str(self.holder_keys),
            "lister_keys": str(self.lister_keys),
            "rows": str(self.rows),
            "epsilon_milli": self.noise.epsilon_milli,
            "delta_log2": self.noise.delta_log2,
            **rule,
            "encryption": self.encryption.record(),
            "prime_group": self.prime_group.name,
        }


def parse_terms(record: JsonValue) -> JoinTerms:
    """Read terms from the job record. Raises: InvalidRecord."""
    fields = Fields(record, "join terms")
    is_noised = fields.choice("format", (FORMAT, NOISED)) == NOISED
    encryption = fields.object("encryption")
    terms = JoinTerms(
        holder=fields.text("holder"),
        lister=fields.text("lister"),
        groups=tuple(fields.texts("groups", MAX_GROUPS)),
        columns=tuple(_column(item) for item in fields.objects("columns", MAX_COLUMNS)),
        holder_keys=fields.decimal("holder_keys"),
        lister_keys=fields.decimal("lister_keys"),
        rows=fields.decimal("rows"),
        minimum=0 if is_noised else fields.integer("minimum"),
        noise=MatchNoise(fields.integer("epsilon_milli"), fields.integer("delta_log2")),
        list_unit=1 if is_noised else fields.integer("list_unit"),
        group_unit=1 if is_noised else fields.integer("group_unit"),
        encryption=schemes.parse(encryption),
        prime_group=suites.named(fields.text("prime_group")),
        guarantee=_guarantee(fields.object("guarantee")) if is_noised else None,
        lister_groups=tuple(fields.texts("lister_groups", MAX_GROUPS)) if fields.has("lister_groups") else (),
        sifters=tuple(fields.texts("sifters", MAX_SIFTERS)) if fields.has("sifters") else (),
    )
    fields.done()
    return terms


def padded(count: int, unit: int) -> int:
    """Round up to a multiple of ``unit``."""
    return -(-count // unit) * unit


def _column(fields: Fields) -> Column:
    column = Column(fields.text("name"), fields.decimal("least"), fields.decimal("most"))
    fields.done()
    return column


def _guarantee(fields: Fields) -> Guarantee:
    guarantee = Guarantee(
        tuple(fields.decimals("deviations_milli", 2 + MAX_COLUMNS)),
        fields.decimal("micro_rho"),
        fields.decimal("side"),
        fields.integer("delta_log2"),
        fields.decimal("epsilon_milli"),
    )
    fields.done()
    return guarantee
