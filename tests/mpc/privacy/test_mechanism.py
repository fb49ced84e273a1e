"""The layout of noised cells: noise that is paid for by every set of owners, integers fine enough, no overflow."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privatespecs import private

from ledger.errors import InvalidRecord
from mpc.privacy.accounting import share_scale, share_variance, spent_rho
from mpc.privacy.declaration import Family, UnitsAt
from mpc.privacy.mechanism import cells
from mpc.privacy.noise import add_noise
from mpc.privacy.release import charge, estimate, figures

ALL = ("count", "sum", "mean", "variance")


def test_cells_come_family_by_family_and_group_by_group():
    spec = private(ALL, grouped=True)
    names = [cell.name for cell in cells(spec, spec.privacy)]
    assert names == [f"{family}-{group}" for family in ("count", "sum", "squares") for group in range(3)]
    histogram = private(("histogram", "count"), edges=(0, 10, 20))
    assert [cell.name for cell in cells(histogram, histogram.privacy)] == ["count", "bin0", "bin1", "bin2"]


def test_only_the_families_that_are_needed_are_paid_and_released():
    spec = private(("sum",))
    assert [cell.name for cell in cells(spec, spec.privacy)] == ["sum"]
    assert charge(private(("sum",))) == 100_000
    assert charge(private(ALL)) == 170_000
    assert charge(replace(private(ALL), privacy=None)) == 0


@settings(deadline=None)
@given(
    owners=st.integers(3, 15),
    colluders=st.integers(0, 2),
    cost=st.integers(1, 10**7),
    grouped=st.booleans(),
    units_at=st.sampled_from(UnitsAt),
)
def test_every_attempts_shares_give_at_least_what_is_paid_for(owners, colluders, cost, grouped, units_at):
    spec = private(ALL, grouped=grouped, owners=owners, cost=cost, units_at=units_at, colluders=colluders)
    layout = cells(spec, spec.privacy)
    for cell in layout:
        squared = spec.privacy.protection.sensitivity_squared(cell.family, owners) * cell.grain**2
        many = len([other for other in layout if other.family is cell.family])
        for members in range(spec.contributors, owners + 1):
            shares = members - colluders
            variance = share_scale(cell.deviation_milli, shares) ** 2
            assert variance >= 4
            assert spent_rho(squared, shares, variance, many) <= cost / 1e6


def test_integers_are_scaled_up_until_a_share_has_variance_four():
    """The worked figure: rho 0.05, five owners, two colluders, one row: 10/3 a share, so grain 2."""
    spec = private(("count",), owners=5, colluders=2, max_rows=1, cost=50_000)
    (cell,) = cells(spec, spec.privacy)
    assert share_variance(1000, 1) == 1
    assert Fraction(10, 3) < 4
    assert cell.grain == 2
    assert share_variance(cell.deviation_milli, 3) == pytest.approx(4 * 10 / 3, rel=1e-3)
    assert cells(near := private(("count",), owners=5, max_rows=2, cost=50_000), near.privacy)[0].grain == 1


def test_noise_that_no_sampler_can_draw_is_refused_before_anything_is_read():
    with pytest.raises(InvalidRecord, match="narrower bounds"):
        cells(spec := private(ALL, cost=1, high=2**40), spec.privacy)


def test_bounds_leave_room_for_twelve_deviations():
    spec = private(("sum",))
    (cell,) = cells(spec, spec.privacy)
    assert cell.bound >= 1000 * 5000 * cell.grain + 12 * share_scale(cell.deviation_milli, 2)


# noise and release


def test_each_cell_gets_one_draw_of_its_shares_size():
    spec, drawn = private(ALL), []
    exact = {cell.name: 10 * number for number, cell in enumerate(cells(spec, spec.privacy))}

    def sampler(scale: float) -> int:
        drawn.append(scale)
        return len(drawn)

    noised = add_noise(spec, spec.privacy, exact, 3, sampler)
    assert noised == {"count": 1, "sum": 12, "squares": 23}
    assert drawn == [share_scale(cell.deviation_milli, 2) for cell in cells(spec, spec.privacy)]


def test_fewer_owners_draw_larger_shares():
    spec, scales = private(("count",), owners=5), []
    exact = {"count": 0}
    for owners in (5, 4, 3):
        add_noise(spec, spec.privacy, exact, owners, lambda scale: scales.append(scale) or 0)
    assert scales[2] ** 2 / scales[0] ** 2 == pytest.approx(4 / 2)


def test_the_library_refuses_nothing_that_passed_the_layout():
    spec = private(ALL, grouped=True, owners=5)
    exact = dict.fromkeys((cell.name for cell in cells(spec, spec.privacy)), 0)
    assert set(add_noise(spec, spec.privacy, exact, 5)) == set(exact)


def test_the_error_is_told_before_anybody_asks():
    spec = private(ALL, owners=5, colluders=2)
    told = estimate(spec, 5)
    assert (told.micro_rho, told.delta_log2, told.epsilon_milli) == (170_000, -40, 4513)
    count = told.expected[0]
    # D = 2, rho = 0.05: variance 40 for three honest owners, 5/3 of it when all five add theirs
    assert count.deviation == pytest.approx(math.sqrt(40 * 5 / 3), rel=1e-3)
    assert count.within_95 == pytest.approx(1.96 * count.deviation, rel=1e-3)
    assert told.json()["expected_error"][0]["figure"] == "rows"


@pytest.mark.parametrize("owners", [2, 6])
def test_an_estimate_for_an_impossible_number_of_owners_is_refused(owners):
    with pytest.raises(InvalidRecord, match=r"3\.\.5 owners"):
        estimate(private(owners=5), owners)


def test_an_exact_question_has_no_error_to_estimate():
    with pytest.raises(InvalidRecord, match="exact figures"):
        estimate(replace(private(), privacy=None), 3)


def test_figures_carry_their_error_and_means_come_from_noised_figures():
    spec = private(ALL, cost=2_000_000)
    grains = {cell.name: cell.grain for cell in cells(spec, spec.privacy)}
    assert grains["count"] == 4
    found = figures(spec, 3, {"count": 42, "sum": 1050 * grains["sum"], "squares": 200_000 * grains["squares"]})
    lines = {line["cell"]: line for line in found["expected_error"]}
    assert lines["count"]["value"] == "10.500"
    assert lines["sum"]["value"] == "1050"
    assert set(lines["sum"]) == {"cell", "figure", "value", "standard_deviation", "within_95"}
    assert found["derived"] == [{"mean": "100", "variance": "9047.62"}]
    assert found["micro_rho"] == "6000000"
    assert Family.SUM == "sum"


@pytest.mark.parametrize("count", [0, -40])
def test_noise_that_leaves_no_rows_leaves_no_mean(count):
    assert figures(private(), 3, {"count": count, "sum": 100})["derived"] == []


def test_a_variance_that_noise_made_negative_is_not_told():
    found = figures(private(("variance",)), 3, {"count": 10, "sum": 1000, "squares": 5})
    assert found["derived"] == []


def test_groups_are_named_in_the_figures():
    spec = private(grouped=True)
    totals = {cell.name: 100 * cell.grain for cell in cells(spec, spec.privacy)}
    found = figures(spec, 3, totals)
    assert [line["group"] for line in found["derived"]] == ["1", "2", "3"]
    assert found["expected_error"][1]["figure"] == "rows, 2"
