"""What an adversary makes of all that the fuzzer was answered: pieces, integer programs, and what is known too closely.

It is ``adversary`` in another shape: pieces of all questions within the declared domain, integer programs for each. It
knows every figure, every gate bit, the rules and all declared values of columns, and solves for what each owner may
have in each piece.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from pieces import pieces
from unknowns import Unknowns

from mpc.disclosure.before.history import Outcome
from mpc.disclosure.before.register import Register
from mpc.disclosure.region import Cell, Region, Span
from mpc.disclosure.tables.interval import Knowledge, Need, Range, Relation, unmet
from mpc.disclosure.tables.timing import TimeLimit
from mpc.spec.parts import Amount

MINIMUM = 10
CONTRIBUTORS = 3
DEAR = 1 << 22
"""The largest price, in thousands of dollars."""
BOROUGHS = tuple("12345")
CLASSES = ("01", "02", "07", "10", "13", "21", "22", "29")
LATEST = 2020
"""The largest year of construction; unknown ones are 0."""
DOMAIN = Region.of({"row.price": Span(0, DEAR + 1), "row.built": Span(0, LATEST + 1)})
DECLARED = {"row.class": frozenset(CLASSES), "row.borough": frozenset(BOROUGHS)}
PRICE = Amount("price", DEAR)
PRODUCT = Amount("built", DEAR * LATEST, "price")
LARGEST = {PRICE.name: DEAR, PRODUCT.name: DEAR * LATEST}
"""What one row can add to a sum, by the name of what is added up."""


@dataclass(frozen=True, slots=True)
class Released:
    """What is known of one cell of one answered question; cells that others of it make up are not tested.

    totals: released sums, by the name of what is added up.
    """

    recipient_class: str
    version: int
    cell: Cell
    outcome: Outcome
    count: int
    totals: Mapping[str, int] = field(default_factory=dict)
    is_tested: bool = True


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
        known[region] = _both(known[region], entry) if region in known else entry
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


def _both(one: Released, other: Released) -> Released:
    """Put together what two questions told of one region."""
    more = max(one, other, key=_says)
    return replace(more, totals={**one.totals, **other.totals})


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
    if hidden and any(entry.totals for entry in part):
        _solve_sums(part, known, members, found, percent)


def _unknowns(part: list[Released], size: int) -> Unknowns:
    """Where the same owners have all rows of a part, model who has how many; the two of a join count keys together."""
    sources = {entry.cell.region.assets for entry in part}
    owners = len(sources.pop()) if len(sources) == 1 and not part[0].cell.base.lists else 1
    return Unknowns(size, MINIMUM, owners, CONTRIBUTORS if owners > 1 else 1)


def _solve_sums(
    part: list[Released], known: Unknowns, members: Mapping[Region, list[int]], found: Findings, percent: int
) -> None:
    """A hidden cell's sums must be able to lie ``percent`` below and above what they are.

    A price is 0 to DEAR, and its product with a year 0 to LATEST times the price; both are unknown at once.
    """
    asked = sorted({name for entry in part for name in entry.totals})
    starts: dict[str, int] = {}
    for name in asked:
        starts[name] = start = len(known.ranges)
        known.ranges += [Range(0, None)] * known.pieces
        for piece in range(known.pieces):
            rows = dict.fromkeys(known.rows([piece]), -LARGEST[name])
            known.relations.append(Relation({start + piece: 1, **rows}, Range(None, 0)))
            if name == PRICE.name and PRODUCT.name in starts:
                least = {starts[PRODUCT.name] + piece: 1, start + piece: -LATEST}
                known.relations.append(Relation(least, Range(None, 0)))
    needs = {}
    for entry in part:
        for name in asked:
            weights = {starts[name] + piece: 1 for piece in members[entry.cell.region]}
            if name in entry.totals:
                known.relations.append(Relation(weights, Range(entry.totals[name], entry.totals[name])))
            elif entry.is_tested and entry.outcome is Outcome.BELOW:
                # a typical hidden cell: any sum up to its bound must be possible
                total = entry.count * (100 if name == PRICE.name else 195_000)
                reach = Range(total - total * percent // 100, total + total * percent // 100)
                needs[f"the sum of {name} in {entry.cell.region.json()}"] = Need(weights, reach=reach)
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
