"""Random questions on real sales of New York through the decision path of nodes, and what they give away.

Five registrars (a borough each, an asset a month) answer sums, finance and tax answer joins. A question goes the way
it goes at a node: normal form, rules on whole questions, own pieces, versions, gate on the true counts, choice of
cells, a real journal; all owners have to agree. Left out are chain, protocol and tables on disk, which decide nothing.

The adversary is ``adversary`` in another shape: pieces of all questions within the declared domain, integer programs
for each. It knows every figure, every gate bit, the rules and all declared values of columns, and solves for what each
owner may have in each piece.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pieces import pieces
from specs import cells, source
from unknowns import Unknowns

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.audit import require_answerable
from mpc.disclosure.history import Outcome
from mpc.disclosure.interval import Knowledge, Need, Range, Relation, unmet
from mpc.disclosure.places import places
from mpc.disclosure.region import Cell, Region, Span
from mpc.disclosure.register import Register
from mpc.disclosure.timing import TimeLimit
from mpc.node.journal import NodeJournal
from mpc.node.opening import Opening
from mpc.node.versions import OwnRows, name_of, require_steady
from mpc.session import Seat, Session
from mpc.spec import JobSpec, JoinSpec, SumsSpec
from mpc.spec_parts import Amount, Grouping, Interval, OneOf, Predicate, Source

DATA = Path(__file__).parents[2] / "data"
MINIMUM = 10
CONTRIBUTORS = 3
DEAR = 1 << 22
"""The largest price, in thousands of dollars."""
BOROUGHS = tuple("12345")
CLASSES = ("01", "02", "07", "10", "13", "21", "22", "29")
REGISTRARS = tuple(f"registrar-{code}" for code in BOROUGHS)
RECIPIENTS = {"audit-office": "everybody", "press-office": "everybody", "school": "aa"}
DOMAIN = Region.of({"row.price": Span(0, DEAR + 1), "row.built": Span(0, 2021)})
DECLARED = {"row.class": frozenset(CLASSES), "row.borough": frozenset(BOROUGHS)}
KEYS = '["bbl","bbl"]'


@dataclass(frozen=True, slots=True)
class Released:
    """What is known of one cell of one answered question; cells that others of it make up are not tested."""

    recipient_class: str
    version: int
    cell: Cell
    outcome: Outcome
    count: int
    total: int | None
    is_tested: bool = True


class Market:
    """The sales as columns; rows of later versions come in batches of few or many."""

    def __init__(self, chance: random.Random, most: int | None = None) -> None:
        with gzip.open(DATA / "nyc_sales_5boroughs_2019.csv.gz", "rt", encoding="utf-8") as file:
            found = [row for row in csv.DictReader(file) if row["building_class_category"][:2] in CLASSES]
        with gzip.open(DATA / "nyc_taxbill_rent_stabilized_units_2007_2021.csv.gz", "rt", encoding="utf-8") as file:
            listed = {row["bbl"] for row in csv.DictReader(file)}
        found = found if most is None else chance.sample(found, most)
        self.price = np.array([min(int(row["sale_price"]) // 1000, DEAR) for row in found])
        self.built = np.array([min(int(row["year_built"] or 0), 2020) for row in found])
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
                case ("row.price" | "row.built"), Span(low, high):
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

    def measure(self, cell: Cell) -> tuple[int, int, int]:
        """Return the count of rows or keys, how many registrars have any, and the sum of prices."""
        flags = self.rows(cell.region)
        if cell.base.lists:
            return len(np.unique(self.key[flags])), 2, int(self.price[flags].sum())
        owners = int((np.bincount(self.texts["row.borough"][flags], minlength=5) > 0).sum())
        return int(flags.sum()), owners, int(self.price[flags].sum())


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
        measured = {cell.name: self.market.measure(cell) for cell in found}
        least = spec.contributors if isinstance(spec, SumsSpec) else 2
        tested = {name: count >= MINIMUM and owners >= least for name, (count, owners, _) in measured.items()}
        parts = {place.name: place.parts for place in places(spec)} if isinstance(spec, SumsSpec) else {}
        bits = {name: all(tested[part] for part in parts.get(name) or (name,)) for name in tested}
        try:
            opened = self._decide(spec, sources, found, bits, number) if self.audited else _true(bits)
        except NotAuthorized as refusal:
            return f"refused: {str(refusal).removeprefix('disclosure: ').replace(self._asset(refusal), '*')}"
        for cell in found:
            count, _, total = measured[cell.name]
            known = Outcome.PASSED if bits[cell.name] else Outcome.BELOW
            outcome = Outcome.OPENED if cell.name in opened else known
            shown = total if cell.name in opened and cell.region == cell.base else None
            label = RECIPIENTS[spec.recipient]
            is_tested = not parts.get(cell.name)
            self.released.append(Released(label, self.market.version, cell, outcome, count, shown, is_tested))
        return "answered" if opened else "answered: nothing large enough"

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
    kind = chance.choice(["one", "one", "histogram", "table"])
    edges: tuple[int, ...] = ()
    if kind != "one":
        span = next((found for found in filters if isinstance(found, Interval) and found.column == "price"), None)
        low, high = (span.at_least or 0, span.below or DEAR) if span else (0, 5000)
        edges = tuple(sorted({low, *(chance.randrange(low, high) for _ in range(chance.randrange(1, 4)))}))
    return SumsSpec(
        purpose="market-audit",
        recipient=recipient,
        sources=tuple(source(f"registrar-{code}", f"sales-{code}-{month:02d}") for code in codes),
        filters=tuple(filters),
        value=Amount("price", DEAR),
        rows=1 << 17,
        edges=edges,
        outputs=("count", "sum", "histogram") if edges else ("count", "sum"),
        minimum=MINIMUM,
        contributors=CONTRIBUTORS,
        table=Grouping("class", CLASSES) if kind == "table" and chance.random() < 0.7 else None,
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


@dataclass(slots=True)
class Findings:
    """What the adversary knows too closely, of how many protected numbers."""

    faults: list[str] = field(default_factory=list)
    protected: int = 0

    def hold(self, known: Knowledge, needs: Mapping[str, Need]) -> None:
        """Solve for each protected number; its name says which it is."""
        self.protected += len(needs)
        names = [*needs]
        self.faults += [names[place] for place in unmet(known, [*needs.values()], TimeLimit(600.0))]


def attack(released: list[Released], percent: int = 10) -> Findings:
    """Compute, for each class of recipients and each version, what its members know of hidden cells and of pieces.

    The class that was declared apart was so from the beginning: it knows its own answers. A hidden cell must be able to
    hold 0 and minimum - 1 rows, a piece of an opened one anything over a range of minimum - 1.

    percent: how far a hidden cell's sum must stay uncertain to both sides.
    """
    found = Findings()
    for label in ("everybody", "aa"):
        mine = [entry for entry in released if entry.recipient_class == label]
        _compare_versions(mine, found)
        for part in _parts(mine):
            _solve(part, found, percent)
    return found


def _parts(released: list[Released]) -> Iterator[list[Released]]:
    """Split what is known into parts that share no row: by version, keys or rows, and overlap."""
    spaces: dict[tuple[object, ...], dict[Region, Released]] = defaultdict(dict)
    for entry in released:
        region = entry.cell.region
        known = spaces[entry.version, bool(entry.cell.base.lists)]
        if region not in known or _says(entry) > _says(known[region]):
            known[region] = entry
    for known in spaces.values():
        register = Register(known)
        left = set(range(len(register.regions)))
        while left:
            part, queue = set[int](), [left.pop()]
            while queue:
                part.add(number := queue.pop())
                near = set(register.meeting(register.regions[number]).nonzero()[0].tolist()) & left
                left -= near
                queue += near
            yield [known[register.regions[number]] for number in sorted(part)]


def _says(entry: Released) -> int:
    """Order what is known of one region: that it was asked, a bit, a figure."""
    return 2 if entry.outcome is Outcome.OPENED else int(entry.is_tested)


def _solve(part: list[Released], found: Findings, percent: int) -> None:
    regions = [entry.cell.region for entry in part]
    cut = pieces([Region.of(dict(DOMAIN.sides) | DECLARED), *regions])
    cut = np.unique(cut[(cut[:, 0] == 1) & cut[:, 1:].any(axis=1)][:, 1:], axis=0)
    members = {region: column.nonzero()[0].tolist() for region, column in zip(regions, cut.T, strict=True)}
    known = _unknowns(part, len(cut))
    for entry in part:
        # Large and closed for want of owners: of an asset set that changes, owners are not modelled.
        is_lonely = known.owners == 1 and entry.outcome is Outcome.BELOW and entry.count >= MINIMUM
        if entry.outcome is Outcome.OPENED or (entry.is_tested and not is_lonely):
            figure = entry.count if entry.outcome is Outcome.OPENED else None
            known.learn(members[entry.cell.region], passed=entry.outcome is not Outcome.BELOW, figure=figure)
    hidden = [entry.cell.region for entry in part if entry.is_tested and entry.outcome is Outcome.BELOW]
    opened = {tuple(members[entry.cell.region]) for entry in part if entry.outcome is Outcome.OPENED}
    below = Range(0, MINIMUM - 1)
    needs = {f"{number}. {region.json()}": Need(known.rows(members[region]), reach=below)
             for number, region in enumerate(hidden)}  # fmt: skip
    if opened:
        needs |= {f"piece {number} beside {regions[0].json()}": Need(known.rows([number]), width=MINIMUM - 1)
                  for number in range(len(cut)) if (number,) not in opened}  # fmt: skip
    found.hold(known.knowledge, needs)
    if hidden and any(entry.total is not None for entry in part):
        _solve_sums(part, known, members, found, percent)


def _unknowns(part: list[Released], size: int) -> Unknowns:
    """Where the same owners have all rows of a part, model who has how many; the two of a join count keys together."""
    sources = {entry.cell.region.assets for entry in part}
    owners = len(sources.pop()) if len(sources) == 1 and not part[0].cell.base.lists else 1
    return Unknowns(size, MINIMUM, owners, CONTRIBUTORS if owners > 1 else 1)


def _solve_sums(
    part: list[Released], known: Unknowns, members: Mapping[Region, list[int]], found: Findings, percent: int
) -> None:
    """A hidden cell's sum must be able to lie ``percent`` below and above what it is; prices are 0 to DEAR a row."""
    start = len(known.ranges)
    known.ranges += [Range(0, None)] * known.pieces
    for piece in range(known.pieces):
        rows = dict.fromkeys(known.rows([piece]), -DEAR)
        known.relations.append(Relation({start + piece: 1, **rows}, Range(None, 0)))
    needs = {}
    for entry in part:
        weights = {start + piece: 1 for piece in members[entry.cell.region]}
        if entry.total is not None:
            known.relations.append(Relation(weights, Range(entry.total, entry.total)))
        elif entry.is_tested and entry.outcome is Outcome.BELOW:
            total = entry.count * 100  # a typical hidden cell: any sum up to its bound must be possible
            reach = Range(total - total * percent // 100, total + total * percent // 100)
            needs[f"the sum of {entry.cell.region.json()}"] = Need(weights, reach=reach)
    found.hold(known.knowledge, needs)


def _compare_versions(released: list[Released], found: Findings) -> None:
    """Two figures of one cell on two versions: none or enough rows between them."""
    figures: dict[Region, dict[int, int]] = defaultdict(dict)
    for entry in released:
        if entry.outcome is Outcome.OPENED and not entry.cell.base.lists:
            figures[entry.cell.region][entry.version] = entry.count
    for region, versions in figures.items():
        counts = [count for _, count in sorted(versions.items())]
        for earlier, later in pairwise(counts):
            found.protected += 1
            if 0 < abs(later - earlier) < MINIMUM:
                found.faults.append(f"{later - earlier} new rows of {region.json()}")
