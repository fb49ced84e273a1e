"""Units at several owners, by brute force: every small table of three owners, every unit taken out of all of them."""

from itertools import combinations_with_replacement, product

import pytest
from privatespecs import private

from mpc.privacy.declaration import Family, UnitsAt
from mpc.privacy.mechanism import cells
from mpc.privacy.truncation import exact_cells

OWNERS = 3
HIGH = 5
SPECS = {
    "rows, sums, squares": lambda at: private(("variance",), max_rows=1, high=HIGH, units_at=at),
    "per group": lambda at: private(("variance",), max_rows=1, high=HIGH, units_at=at, grouped=True, max_groups=2),
    "histogram": lambda at: private(("histogram",), max_rows=2, high=HIGH, units_at=at, edges=(0, 3)),
}


def parts(spec) -> list[dict[str, int]]:
    """What one unit may add at one owner: all it may have there after truncation, values at the bounds and between."""
    asked = spec.privacy.protection
    keys = asked.groups.values if asked.groups else ("",)
    rows = [kept for n in range(asked.max_rows + 1) for kept in combinations_with_replacement((0, 2, HIGH), n)]
    found = []
    for chosen in product(rows, repeat=len(keys)):
        if sum(map(bool, chosen)) <= asked.max_groups:
            kept = [(key, value) for key, values in zip(keys, chosen, strict=True) for value in values]
            found.append(exact_cells(spec, spec.privacy, kept))
    return found


def farthest(spec, family: Family) -> int:
    """The largest squared distance over all tables: owners' cells add up, so all that others add cancels out."""
    layout = [(cell.name, cell.grain) for cell in cells(spec, spec.privacy) if cell.family is family]
    alone = {tuple(part[name] // grain for name, grain in layout) for part in parts(spec)}
    sums = {(0,) * len(layout)}
    for _ in range(OWNERS):
        sums = {tuple(a + b for a, b in zip(total, part, strict=True)) for total in sums for part in alone}
    return max(sum(moved * moved for moved in total) for total in sums)


@pytest.mark.parametrize("name", SPECS)
def test_a_unit_at_several_owners_moves_figures_by_all_their_bounds_together_and_no_more(name):
    several = SPECS[name](UnitsAt.SEVERAL)
    for family in several.families:
        moved = farthest(several, family)
        assert moved == several.privacy.protection.sensitivity_squared(family, OWNERS)  # reached, never passed


@pytest.mark.parametrize("name", SPECS)
def test_declared_disjoint_although_they_are_not_the_noise_is_made_for_a_third_of_what_moves(name):
    one = SPECS[name](UnitsAt.ONE)
    for family in one.families:
        assert farthest(one, family) == OWNERS**2 * one.privacy.protection.sensitivity_squared(family, OWNERS)


def test_what_a_unit_loses_is_bounded_by_all_its_pots_together_and_by_none_of_them_alone():
    """Two jobs with one asset each, both holding the unit: each charges another pot, the unit pays for both."""
    spec = private(units_at=UnitsAt.SEVERAL)
    cost = spec.privacy.total_micro_rho
    jobs = [("sales-1", "sales-2", "sales-3"), ("sales-4", "sales-5", "sales-6")]
    held = {"sales-1", "sales-4"}
    pots = {asset: sum(cost for job in jobs if asset in job) for job in jobs for asset in job}
    lost = sum(cost for job in jobs if held & set(job))
    assert lost == sum(pots[asset] for asset in held) > max(pots.values())
