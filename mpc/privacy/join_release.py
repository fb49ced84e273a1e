"""Noised figures of a private join with their expected error, and the same error told before anybody asks.

Both owners add the whole noise, so a released figure has twice the variance that is paid for. Means come from the
noised figures and cost nothing more; where no rows are left there are none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.disclosure.region import WHOLE
from mpc.fields import Fields
from mpc.kinds.joins.terms import groups
from mpc.privacy.accounting import MILLI
from mpc.privacy.join_mechanism import figures as layout
from mpc.privacy.join_mechanism import shown_micro_rho
from mpc.privacy.joined import JoinPrivacy
from mpc.privacy.release import Estimate, Expected, text
from mpc.spec.job import JoinSpec
from mpc.spec.parts import MAX_CELLS

OWNERS = 2


@dataclass(frozen=True, slots=True)
class NoisedGroup:
    """The released figures of one group: distinct keys, rows, and one sum a column in the order of the question."""

    group: str
    keys: int
    rows: int
    sums: tuple[int, ...]


def estimate(spec: JoinSpec) -> Estimate:
    """Tell cost and error of a private join before it is asked; no row is read.

    Raises:
        InvalidRecord: the join is not private.
    """
    privacy = _privacy(spec)
    expected = [
        Expected(f"{figure.name}, {group}", _title(figure.name, group), sqrt(OWNERS) * figure.deviation_milli / MILLI)
        for group in groups(spec)
        for figure in layout(spec, privacy)
    ]
    cost = privacy.micro_rho.total + shown_micro_rho(spec)
    return Estimate.of(cost, privacy.holder.delta_log2, tuple(expected))


def figures(spec: JoinSpec, released: Sequence[NoisedGroup]) -> dict[str, JsonValue]:
    """Read a release: each figure with its error, then means, then what they cost."""
    names = [figure.name for figure in layout(spec, _privacy(spec))]
    values: dict[str, str] = {}
    derived: list[JsonValue] = []
    for found in released:
        numbers = (found.keys, found.rows, *found.sums)
        values |= {f"{name}, {found.group}": str(number) for name, number in zip(names, numbers, strict=True)}
        if found.rows > 0 and found.sums:
            means = zip(spec.sums, found.sums, strict=True)
            about: Mapping[str, JsonValue] = {f"mean of {a.column}": text(total / found.rows) for a, total in means}
            derived.append({**({} if found.group == WHOLE else {"group": found.group}), **about})
    return estimate(spec).told(values, derived)


def read(spec: JoinSpec, release: JsonValue) -> tuple[NoisedGroup, ...]:
    """Read the groups of a release document; raises InvalidRecord."""
    cells = Fields(release, "release").objects("cells", MAX_CELLS)
    return tuple(_group(spec, cell) for cell in cells)


def _group(spec: JoinSpec, cell: Fields) -> NoisedGroup:
    sums = cell.object("sums")
    totals = tuple(sums.decimal(amount.column) for amount in spec.sums)
    return NoisedGroup(cell.text("group"), cell.decimal("keys"), cell.decimal("rows"), totals)


def _privacy(spec: JoinSpec) -> JoinPrivacy:
    if spec.privacy is None:
        raise InvalidRecord("privacy: exact figures have no noise to estimate")
    return spec.privacy


def _title(name: str, group: str) -> str:
    title = "distinct keys" if name == "keys" else name
    return title if group == WHOLE else f"{title}, {group}"
