"""Random questions on real sales of New York through the decision path of nodes, and what they give away.

Five registrars (a borough each, an asset a month) answer sums of prices and of prices times years, finance and tax
answer joins. A question goes the way it goes at a node: declared bounds, normal form, rules on whole questions, own
pieces, versions, gate on the true counts, choice of cells, a real journal; all owners have to agree. Left out are
chain, protocol and tables on disk, which decide nothing.

What was answered is held against an adversary (``overheard``).
"""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from overheard import BOROUGHS, CLASSES, CONTRIBUTORS, DEAR, DOMAIN, LATEST, MINIMUM, PRICE, PRODUCT, Released
from specs import cells, source

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Outcome
from mpc.disclosure.places import carriers, places
from mpc.disclosure.region import Cell, Region, Span
from mpc.kinds.sums_bounds import exact_faults
from mpc.node.guarding.opening import Opening
from mpc.node.memory.journal import NodeJournal
from mpc.node.memory.versions import OwnRows, name_of, require_steady
from mpc.sessions.session import Seat, Session
from mpc.spec.job import JobSpec, JoinSpec, SumsSpec
from mpc.spec.parts import Amount, Grouping, Interval, OneOf, Predicate, Source
from mpc.tables.schema import Integer, Schema, Text

DATA = Path(__file__).parents[2] / "data"
REGISTRARS = tuple(f"registrar-{code}" for code in BOROUGHS)
RECIPIENTS = {"audit-office": "everybody", "press-office": "everybody", "school": "aa"}
SCHEMA = Schema(
    {"price": Integer(0, DEAR), "built": Integer(0, LATEST), "class": Text("[0-9]{2}"), "borough": Text("[1-5]")},
    groups=("class",),
    rows=1 << 17,
)
KEYS = '["bbl","bbl"]'


class Market:
    """The sales as columns; rows of later versions come in batches of few or many."""

    def __init__(self, chance: random.Random, most: int | None = None) -> None:
        with gzip.open(DATA / "nyc_sales_5boroughs_2019.csv.gz", "rt", encoding="utf-8") as file:
            found = [row for row in csv.DictReader(file) if row["building_class_category"][:2] in CLASSES]
        with gzip.open(DATA / "nyc_taxbill_rent_stabilized_units_2007_2021.csv.gz", "rt", encoding="utf-8") as file:
            listed = {row["bbl"] for row in csv.DictReader(file)}
        found = found if most is None else chance.sample(found, most)
        self.price = np.array([min(int(row["sale_price"]) // 1000, DEAR) for row in found])
        self.built = np.array([min(int(row["year_built"] or 0), LATEST) for row in found])
        self.month = np.array([int(row["sale_date"][5:7]) for row in found])
        self.codes = {"row.borough": BOROUGHS, "row.class": CLASSES}
        self.texts = {
            "row.borough": np.array([BOROUGHS.index(row["borough"]) for row in found]),
            "row.class": np.array([CLASSES.index(row["building_class_category"][:2]) for row in found]),
        }
        self.numbers = np.zeros((len(found), 2), dtype=">u8")
        self.numbers[:, 1] = np.arange(len(found))
        self._chosen: dict[tuple[int, Region], NDArray[np.bool_]] = {}
        self._whole: dict[tuple[int, str], bytes] = {}
        self.key = np.unique([row["bbl"] for row in found], return_inverse=True)[1]
        self.listed = np.array([row["bbl"] in listed for row in found])
        self.born = np.zeros(len(found), dtype=np.int64)
        late = chance.sample(range(len(found)), len(found) // 5)
        start = 0
        for version in range(1, 9):
            size = chance.choice([3, 7, len(late) // 16])
            self.born[late[start : start + size]] = version
            start += size
        self.version = 0

    def rows(self, region: Region) -> NDArray[np.bool_]:
        """Flag the rows of a cell, in all assets that it names."""
        if (self.version, region) not in self._chosen:
            self._chosen = {key: flags for key, flags in self._chosen.items() if len(self._chosen) < 500}
            self._chosen[self.version, region] = self._rows(region)
        return self._chosen[self.version, region]

    def _rows(self, region: Region) -> NDArray[np.bool_]:
        flags: NDArray[np.bool_] = self.born <= self.version
        for name, side in region.sides:
            match name, side:
                case "asset", frozenset():
                    if "sales-2019" not in side:
                        flags = flags & self._among("row.borough", {code.split("-")[1] for code in side})
                        flags = flags & np.isin(self.month, [int(code.split("-")[2]) for code in side])
                case (("row.price" | "row.built"), Span(low, high)):
                    values = self.price if name == "row.price" else self.built
                    flags = flags & (values >= (low or 0)) & (values < (1 << 40 if high is None else high))
                case _, frozenset() if name in self.texts:
                    flags = flags & self._among(name, side)
                case _:
                    flags = flags & self.listed
        return flags

    def _among(self, name: str, texts: Collection[str]) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = np.array([code in texts for code in self.codes[name]])[self.texts[name]]
        return chosen

    def own(self, party: str, asset: str, found: tuple[Cell, ...], is_joined: bool) -> OwnRows:
        """Digest the party's own rows of each cell."""
        if party == "tax":  # its list never changes
            return OwnRows(asset, name_of(b"list"), MINIMUM, is_joined, {cell.name: b"" for cell in found}, {}, DOMAIN)
        mine = np.ones(len(self.price), dtype=np.bool_)
        if party in REGISTRARS:
            mine = self._among("row.borough", {party.removeprefix("registrar-")})
            mine &= self.month == int(asset.split("-")[2])
        if (self.version, asset) not in self._whole:
            self._whole[self.version, asset] = name_of(self.numbers[mine & (self.born <= self.version)].tobytes())
        rows = {cell.name: self.numbers[mine & self.rows(cell.region)].tobytes() for cell in found}
        return OwnRows(asset, self._whole[self.version, asset], MINIMUM, is_joined, rows, {}, DOMAIN)

    def measure(self, cell: Cell, value: Amount) -> tuple[int, int, int]:
        """Return the count of rows or keys, how many registrars have any, and the sum of a value."""
        flags = self.rows(cell.region)
        total = int((self.price if value.by is None else self.price * self.built)[flags].sum())
        if cell.base.lists:
            return len(np.unique(self.key[flags])), 2, total
        owners = int((np.bincount(self.texts["row.borough"][flags], minlength=5) > 0).sum())
        return int(flags.sum()), owners, total


class Signer:
    """A statement key that never signs."""

    suite = "ed25519"
    public = b"\1" * 32

    def sign(self, message: bytes) -> bytes:
        raise AssertionError(f"nothing is signed here: {message!r}")


@dataclass(slots=True)
class Fuzzer:
    """Asks and keeps what came of it; without ``audited`` every cell that passed is opened."""

    market: Market
    directory: Path
    chance: random.Random
    audited: bool = True
    released: list[Released] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    journals: dict[str, NodeJournal] = field(default_factory=dict)

    def run(self, questions: int, versions: int = 9) -> None:
        """Ask so many questions; the tables change up to eight times meanwhile."""
        asked: list[JobSpec] = []
        for number in range(questions):
            self.market.version = versions * number // questions
            if asked and self.chance.random() < 0.25:
                spec = replace(self.chance.choice(asked), recipient=self.chance.choice([*RECIPIENTS]))
            else:
                spec = random_question(self.chance)
                asked.append(spec)
            self.verdicts[self._ask(spec, number)] += 1
        for journal in self.journals.values():
            journal.close()

    def _ask(self, spec: JobSpec, number: int) -> str:
        sources = sorted(spec.sources, key=lambda member: member.party)
        try:
            found = cells(spec, [source.asset for source in sources])
        except InvalidRecord:
            return "refused: filters exclude each other"
        value = spec.value if isinstance(spec, SumsSpec) else PRICE
        if isinstance(spec, SumsSpec) and (fault := next(exact_faults(spec, SCHEMA), None)):
            return f"refused: {fault[1].removeprefix('job: ')}"
        measured = {cell.name: self.market.measure(cell, value) for cell in found}
        least = spec.contributors if isinstance(spec, SumsSpec) else 2
        tested = {name: count >= MINIMUM and owners >= least for name, (count, owners, _) in measured.items()}
        parts = {place.name: place.parts for place in places(spec)} if isinstance(spec, SumsSpec) else {}
        bits = {name: all(tested[part] for part in parts.get(name) or (name,)) for name in tested}
        try:
            opened = self._decide(spec, sources, found, bits, number) if self.audited else _true(bits)
        except NotAuthorized as refusal:
            return f"refused: {str(refusal).removeprefix('disclosure: ').replace(self._asset(refusal), '*')}"
        summed = {place.name for place in carriers(spec)} if isinstance(spec, SumsSpec) else set()
        for cell in found:
            count, _, total = measured[cell.name]
            known = Outcome.PASSED if bits[cell.name] else Outcome.BELOW
            outcome = Outcome.OPENED if cell.name in opened else known
            shown = {value.name: total} if cell.name in opened and cell.name in summed else {}
            label = RECIPIENTS[spec.recipient]
            is_tested = not parts.get(cell.name)
            self.released.append(Released(label, self.market.version, cell, outcome, count, shown, is_tested))
        of = "" if value.by is None else " a sum of products"
        return f"answered{of}" if opened else "answered: nothing large enough"

    def _decide(
        self, spec: JobSpec, sources: list[Source], found: tuple[Cell, ...], bits: Mapping[str, bool], number: int
    ) -> frozenset[str]:
        seats = tuple(Seat(s.party, Signer.public, s.party.encode().ljust(32, b"\0")) for s in sources)
        job = number.to_bytes(32, "big")
        first = seats[0].party
        session = Session("p", bytes(32), job, 1, seats, spec.recipient, b"\2" * 32, {}, first, Signer(), bytes(32))
        is_joined = isinstance(spec, JoinSpec)
        owners = []
        for member in sources:
            journal = self._journal(member.party)
            journal.answers.admit(spec.recipient, RECIPIENTS[spec.recipient])
            with journal.answers.past(spec.recipient, job, 1) as history:
                require_answerable(history, found, DOMAIN)
            own = self.market.own(member.party, member.asset, found, is_joined)
            require_steady(own, found, journal.answers.earlier(member.asset, job, 1), journal.answers.rows_of)
            owners.append(Opening(session, found, {}, journal, lambda: None, own))
        for owner in owners:
            owner.begin()
        agreed = _true(bits)
        while True:
            choices = [frozenset(owner({name: name in agreed for name in bits})) for owner in owners]
            common = frozenset.intersection(*choices)
            if common == agreed:
                return agreed
            agreed = common

    def _journal(self, party: str) -> NodeJournal:
        if party not in self.journals:
            self.journals[party] = NodeJournal(self.directory / f"{party}.sqlite")
        return self.journals[party]

    @staticmethod
    def _asset(refusal: NotAuthorized) -> str:
        words = str(refusal).split()
        return words[words.index("asset") + 1] if "changed" in words and "asset" in words else "\0"


def _true(bits: Mapping[str, bool]) -> frozenset[str]:
    return frozenset(name for name, bit in bits.items() if bit)


def random_question(chance: random.Random) -> JobSpec:
    """Draw one question: a range, a histogram, a table with margins, or a join by groups or not."""
    filters: list[Predicate] = []
    low = round(10 ** chance.uniform(0, 3.6))
    if chance.random() < 0.98:
        filters.append(Interval("price", low, low + chance.choice([1, 10, 50, max(1, low // 3), low])))
    if chance.random() < 0.3:
        year = chance.randrange(1890, 2010)
        filters.append(Interval("built", chance.choice([None, year]), year + chance.choice([10, 40])))
    if chance.random() < 0.4:
        filters.append(OneOf("class", tuple(sorted(chance.sample(CLASSES, chance.randrange(1, 5))))))
    recipient = chance.choice([*RECIPIENTS])
    if chance.random() < 0.05:
        return _join(chance, recipient)
    month = chance.randrange(1, 13)  # each month's sales are an asset of their own
    codes = BOROUGHS if chance.random() < 0.97 else sorted(chance.sample(BOROUGHS, chance.randrange(3, 5)))
    kind = chance.choice(["one", "one", "histogram", "table", "groups"])
    edges: tuple[int, ...] = ()
    if kind in ("histogram", "table"):
        span = next((found for found in filters if isinstance(found, Interval) and found.column == "price"), None)
        low, high = (span.at_least or 0, span.below or DEAR) if span else (0, 5000)
        edges = tuple(sorted({low, *(chance.randrange(low, high) for _ in range(chance.randrange(1, 4)))}))
    value = PRODUCT if not edges and chance.random() < 0.4 else PRICE
    return SumsSpec(
        purpose="market-audit",
        recipient=recipient,
        sources=tuple(source(f"registrar-{code}", f"sales-{code}-{month:02d}") for code in codes),
        filters=tuple(filters),
        value=value,
        rows=1 << 17,
        edges=edges,
        outputs=("count", "sum", "histogram") if edges else ("count", "sum"),
        minimum=MINIMUM,
        contributors=CONTRIBUTORS,
        table=Grouping("class", CLASSES) if kind == "groups" or (kind == "table" and chance.random() < 0.7) else None,
    )


def _join(chance: random.Random, recipient: str) -> JoinSpec:
    groups = tuple(sorted(chance.sample(BOROUGHS, chance.randrange(1, 6))))
    return JoinSpec(
        purpose="rent-audit", recipient=recipient, holder=source("finance", "sales-2019"), holder_key="bbl",
        holder_most=1 << 17, filters=(Interval("price", chance.choice([1, 1, 1, 50]), None),),
        grouping=Grouping("borough", groups) if chance.random() < 0.8 else None, sums=(),
        lister=source("tax", "listed"), lister_key="bbl", lister_most=1 << 17, lister_filters=(), rows=1 << 17,
        minimum=MINIMUM, epsilon_milli=100, delta_log2=-40,
    )  # fmt: skip
