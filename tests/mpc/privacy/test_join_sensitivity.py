"""What one unit may move in a private join: tables through truncation and a plain join, against the declarations."""

import math
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privatejoins import COSTS, HELD, private_join
from townspecs import PARCELS, SALES, parcels_csv, sales_csv

from contracts.authorizations.terms import identifier
from contracts.budgets.record import EVERYBODY
from ledger.errors import InvalidRecord
from mpc.inputs import HolderRows, ListedKeys
from mpc.kinds.joins.terms import groups, join_terms_of
from mpc.kinds.registry import kind_of
from mpc.privacy import join_mechanism, join_release
from mpc.privacy.accounting import deviation_milli, epsilon_milli, spent_rho
from mpc.privacy.budget import charges, recipient_class
from mpc.privacy.joined import JoinCosts
from mpc.privacy.noise import draw
from mpc.privacy.truncation import Cuts, exact_totals, join_cuts
from mpc.tables.table import Table

SECRET = b"\x06" * 32
Row = tuple[str, str, int]
GROUPS = ("1", "2", "3")


def read(directory, rows: list[Row], listed: list[str], spec, cuts: Cuts | None = None):
    """What either owner brings: through the node's own code, or under other cuts."""
    (directory / "sales.csv").write_text(sales_csv(rows))
    (directory / "list.csv").write_text(parcels_csv(listed))
    held, on_list = Table(directory / "sales.csv", SALES), Table(directory / "list.csv", PARCELS)
    try:
        if cuts is None:
            brought = kind_of(spec).prepare_private("finance", held, SECRET, 2, lambda scale: 0)
            assert isinstance(brought, HolderRows)
            table = brought.table
        else:
            table = exact_totals(spec, spec.privacy, held.kept_by_unit(["price"], cuts, spec.filters))
        keys = kind_of(spec).prepare_private("tax", on_list, SECRET, 2, lambda scale: 0)
        assert isinstance(keys, ListedKeys)
        return table, keys.keys
    finally:
        held.close()
        on_list.close()


def joined(table, keys, spec) -> dict[str, tuple[int, int, int]]:
    """The figures before any noise."""
    chosen, found = set(keys), {}
    for group in groups(spec):
        hits = [totals for key, totals in table.get(group, {}).items() if key in chosen]
        found[group] = (len(hits), sum(t.rows for t in hits), sum(t.sums[0] for t in hits))
    return found


def shown(table, keys, spec) -> tuple[list[int], list[int], int]:
    """What the join shows its owners before any figure: keys of each group, matches of each group, size of the list."""
    named = groups(spec)
    return [len(table.get(g, {})) for g in named], [joined(table, keys, spec)[g][0] for g in named], len(keys)


def moved(before, after) -> list[int]:
    """Squared L2 distance over all groups, per figure."""
    pairs = list(zip(before.values(), after.values(), strict=True))
    return [sum((a[place] - b[place]) ** 2 for a, b in pairs) for place in range(3)]


UNITS = [f"{n}" * 10 for n in range(1, 6)]
HOME = {unit: GROUPS[int(unit[0]) % 3] for unit in [*UNITS, "Z" * 10] if unit[0] != "Z"} | {"Z" * 10: "2"}
SOLD = st.lists(st.tuples(st.sampled_from(UNITS), st.integers(0, 9000)), min_size=1, max_size=25)
LISTED = st.lists(st.sampled_from(UNITS), min_size=1, max_size=5, unique=True)


def rows_of(sold) -> list[Row]:
    return [(unit, HOME[unit], price) for unit, price in sold]


@settings(max_examples=12, deadline=None)
@given(
    SOLD, LISTED, st.lists(st.integers(0, 10**9), max_size=9), st.booleans(), st.booleans(), st.sampled_from((0, 5000))
)
def test_one_unit_more_or_less_at_either_owner_or_both_moves_every_figure_by_its_sensitivity_at_most(
    tmp_path_factory, sold, listed, added, is_listed, grouped, low
):
    unit, directory = "Z" * 10, tmp_path_factory.mktemp("t")
    spec = private_join(groups=GROUPS if grouped else (), low=low)
    without = read(directory, rows_of(sold), listed, spec)
    more = [(unit, HOME[unit], price) for price in added]
    with_unit = read(directory, rows_of(sold) + more, listed + [unit] * is_listed, spec)
    before, after = (joined(*side, spec) for side in (without, with_unit))
    for distance, figure in zip(moved(before, after), join_mechanism.figures(spec, spec.privacy), strict=True):
        assert distance <= figure.sensitivity**2
    # and each count that is shown before moves by one at most, in one group
    for one, other in zip(shown(*without, spec)[:2], shown(*with_unit, spec)[:2], strict=True):
        assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) <= 1
    assert abs(shown(*without, spec)[2] - shown(*with_unit, spec)[2]) <= 1


def test_the_bounds_are_reached(tmp_path):
    spec, unit = private_join(), "Z" * 10
    before = joined(*read(tmp_path, rows_of([(UNITS[0], 5)]), [unit], spec), spec)
    heavy = [(unit, HOME[unit], 9000)] * 7
    after = joined(*read(tmp_path, rows_of([(UNITS[0], 5)]) + heavy, [unit], spec), spec)
    assert moved(before, after) == [f.sensitivity**2 for f in join_mechanism.figures(spec, spec.privacy)]
    assert moved(before, after) == [1, 2**2, (2 * 6000) ** 2]


@pytest.mark.parametrize(("cut", "place"), [("rows", 1), ("clip", 2)])
def test_without_truncation_one_unit_moves_more_than_the_noise_is_made_for(tmp_path, cut, place):
    """The mutation, cut by cut: all rows of the unit, or values as they are."""
    spec, unit = private_join(), "Z" * 10
    cuts = join_cuts(spec.privacy, SECRET)
    if cut == "rows":
        cuts = replace(cuts, max_rows=10**6)
    else:
        clip = replace(spec.privacy.holder.bounds["price"], high=10**9)
        open_bounds = replace(spec.privacy.holder, bounds={"price": clip})
        spec_open = replace(spec, sums=(replace(spec.sums[0], bound=10**9),),
                            privacy=replace(spec.privacy, holder=open_bounds))  # fmt: skip
    rows, heavy = rows_of([(UNITS[0], 5)]), [(unit, HOME[unit], 9000)] * 40
    read_as = spec if cut == "rows" else spec_open
    before = joined(*read(tmp_path, rows, [unit], read_as, cuts), spec)
    after = joined(*read(tmp_path, rows + heavy, [unit], read_as, cuts), spec)
    assert moved(before, after)[place] > join_mechanism.figures(spec, spec.privacy)[place].sensitivity ** 2


def test_what_is_kept_of_a_unit_depends_on_no_other_unit_and_on_no_value(tmp_path):
    spec = private_join()
    unit = UNITS[0]
    mine = [(unit, HOME[unit], price) for price in range(30)]
    others = [(other, HOME[other], 7) for other in UNITS[1:] for _ in range(3)]
    alone = read(tmp_path, mine, [unit], spec)[0][HOME[unit]][unit]
    among = read(tmp_path, others + mine, [unit], spec)[0][HOME[unit]][unit]
    assert alone == among
    assert alone.rows == HELD.max_rows
    kept = defaultdict(int)
    for n in range(12):
        table, _ = read(tmp_path, mine, [unit], spec, join_cuts(spec.privacy, bytes([n]) * 32))
        kept[table[HOME[unit]][unit].sums] += 1
    assert len(kept) > 8


def test_a_list_names_a_unit_once_however_often_it_stands_in_the_table(tmp_path):
    twice = tmp_path / "list.csv"
    twice.write_text(parcels_csv([UNITS[0], UNITS[0], UNITS[1]]))
    table = Table(twice, replace(PARCELS, unique=None))
    brought = kind_of(private_join()).prepare_private("tax", table, SECRET, 2, lambda scale: 0)
    table.close()
    assert brought.keys == (UNITS[0], UNITS[1])


# noise and cost


def test_each_owners_noise_alone_is_what_the_cost_asks_for():
    """Against the recipient with the other owner the honest one's discrete Gaussian is all there is, and it pays."""
    spec = private_join()
    for figure in join_mechanism.figures(spec, spec.privacy):
        assert figure.deviation_milli == deviation_milli(figure.sensitivity**2, figure.micro_rho)
        alone = spent_rho(figure.sensitivity**2, 1, (figure.deviation_milli / 1000) ** 2, 3)
        assert alone <= figure.micro_rho / 1e6 < 1.001 * alone
        halved = spent_rho(figure.sensitivity**2, 1, (figure.deviation_milli / 1000) ** 2 / 2, 3)
        assert halved > 1.99 * figure.micro_rho / 1e6  # half the noise each would cost a coalition's victim double


def test_every_figure_of_every_group_gets_noise_of_its_scale():
    spec, asked = private_join(), []
    drawn = draw(spec, spec.privacy, GROUPS, lambda scale: asked.append(scale) or len(asked))
    assert [len(numbers) for numbers in drawn.values()] == [3, 3, 3]
    wanted = [f.deviation_milli / 1000 for f in join_mechanism.figures(spec, spec.privacy)] * 3
    assert asked == pytest.approx(wanted, rel=1e-9)


def test_both_assets_pay_figures_and_counts_out_of_the_pots_of_their_own_periods():
    spec = private_join()
    side = 3 * 2000**2 // 2
    assert [(c.asset, c.period, c.micro_rho, c.side) for c in charges(spec)] == [
        ("sales", "2019", COSTS.total + side, side), ("stabilised", "2021", COSTS.total + side, side),
    ]  # fmt: skip
    mild = replace(spec, epsilon_milli=100)
    assert charges(mild)[0].side == 15_000


def test_the_class_of_recipients_is_the_one_the_specification_names():
    spec = private_join()
    assert recipient_class(spec) == EVERYBODY
    named = replace(spec, privacy=replace(spec.privacy, recipient_class="auditors"))
    assert recipient_class(named) == identifier("auditors") != EVERYBODY


def test_the_error_told_is_that_of_both_owners_together():
    spec = replace(private_join(), epsilon_milli=100)
    told = join_release.estimate(spec)
    assert told.micro_rho == COSTS.total + 15_000
    assert told.epsilon_milli == epsilon_milli(told.micro_rho, -40)
    errors = {error.name: error.deviation for error in told.expected}
    assert len(errors) == 9
    assert errors["keys, 1"] == pytest.approx(math.sqrt(2) * math.sqrt(1 / 0.04), rel=1e-3)
    assert errors["rows, 2"] == pytest.approx(math.sqrt(2) * math.sqrt(4 / 0.06), rel=1e-3)
    assert errors["sum of price, 3"] == pytest.approx(math.sqrt(2) * math.sqrt(12_000**2 / 0.1), rel=1e-3)


def test_released_figures_are_told_with_their_errors_and_means():
    spec = private_join()
    document = {"cells": [
        {"group": "1", "keys": "12", "rows": "20", "sums": {"price": "50000"}},
        {"group": "2", "keys": "-3", "rows": "0", "sums": {"price": "-7"}},
        {"group": "3", "keys": "1", "rows": "1", "sums": {"price": "9"}},
    ], "withheld": []}  # fmt: skip
    told = join_release.figures(spec, join_release.read(spec, document))
    values = {line["cell"]: line["value"] for line in told["expected_error"]}
    assert (values["keys, 2"], values["sum of price, 1"]) == ("-3", "50000")
    assert told["derived"] == [{"group": "1", "mean of price": "2500"}, {"group": "3", "mean of price": "9"}]
    with pytest.raises(InvalidRecord):
        join_release.read(spec, {"cells": [{"group": "1"}]})


# Google's dp-accounting 0.6.0 for all that one private join shows, at delta 2^-40: three Gaussians of these micro-rho
# and three Laplace counts of epsilon 0.1, composed by Renyi orders and by privacy loss distributions (the tighter one).
ELSEWHERE = [((20_000, 30_000, 50_000), 3.3750082, 3.2496609), ((5_000, 5_000, 40_000), 2.4326694, 2.3442090)]


@pytest.mark.parametrize(("costs", "renyi", "loss"), ELSEWHERE)
def test_epsilon_shown_for_a_whole_join_is_never_less_than_what_another_accountant_finds(costs, renyi, loss):
    keys, rows, price = costs
    spec = replace(private_join(costs=JoinCosts(keys, rows, {"price": price})), epsilon_milli=100)
    told = join_release.estimate(spec).epsilon_milli / 1000
    assert loss < renyi < told < 1.2 * loss


def test_dp_accounting_itself_agrees_where_it_is_installed():
    rdp = pytest.importorskip("dp_accounting.rdp", reason="dp-accounting pins attrs < 24: install it elsewhere")
    event = pytest.importorskip("dp_accounting.dp_event")
    for costs, renyi, _ in ELSEWHERE:
        accountant = rdp.RdpAccountant()
        for cost in costs:
            accountant.compose(event.GaussianDpEvent(1 / math.sqrt(2 * cost / 1e6)))
        for _ in range(join_mechanism.SHOWN):
            accountant.compose(event.LaplaceDpEvent(10))
        assert accountant.get_epsilon(2.0**-40) == pytest.approx(renyi, rel=0.02)


# what cannot be asked


@pytest.mark.parametrize(("costs", "said"), [
    (JoinCosts(keys=200_000, rows=1, sums={"price": 1}), "noise of keys below variance 4; it may cost at most 125000"),
    (JoinCosts(keys=1, rows=600_000, sums={"price": 1}), "noise of rows below variance 4"),
])  # fmt: skip
def test_noise_too_small_to_be_drawn_safely_is_refused_with_the_cost_that_is_not(costs, said):
    with pytest.raises(InvalidRecord, match=said):
        join_terms_of(private_join(costs=costs))
