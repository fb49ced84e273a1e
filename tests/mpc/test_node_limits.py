"""Bounds that a requester chooses must not make an owner's node answer questions by failing.

Each attack is first run on the unguarded path, where whether an input can be prepared tells something about single
rows; then the guard's rule refuses it by the declaration alone, and the honest neighbour passes.
"""

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from townspecs import OFFICE, PARCELS, REGISTRARS, SALES, join, parcels_csv, registrars, sales_csv, sums

from contracts.jobs.record import JobState
from ledger.errors import InvalidRecord
from mpc.disclosure.sensitivity import Percent, Sensitivity
from mpc.kinds.bounds import BOUNDS, KEY, NOISE
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.registry import kind_of
from mpc.kinds.sums_bounds import FEW_VALUES
from mpc.node import config
from mpc.node import specification as specification_module
from mpc.node import statistics_service as service_module
from mpc.node.guard import code, read_code
from mpc.node.limits import NoiseLimits, faults
from mpc.node.preparing import OWN_TABLE
from mpc.node.probing import ProbingLimits
from mpc.node.sealed_channel import Bounds
from mpc.node.statistics_service import MAX_RUNS_EACH, StatisticsService
from mpc.protocols.join.table import check_list, check_table
from mpc.schema import Integer, Schema, Text
from mpc.spec_parts import Amount, Grouping, Interval, OneOf
from mpc.tables import Table

WEAK = NoiseLimits(2000, -20)
SOLD = replace(SALES, key=None)
"""The same sales, their parcel declared as a column like others: a key may not be chosen one at a time anyway."""
TARGET, ABSENT = "1000010001", "1000019999"
ROWS = [(TARGET, "1", 734_500), ("1000010002", "1", 250_000), ("2000010003", "2", 910_000)]
FIRST = REGISTRARS[0]


def grounds(spec, party, schema, noise=WEAK):
    return [ground for ground, _ in faults(spec, party, schema, noise)]


def goes_on(directory, spec, party, schema, text):
    """Whether an owner without the guard's rule would go on, as everybody sees."""
    path = directory / "t.csv"
    path.write_text(text)
    table = Table(path, schema)
    try:
        data = kind_of(spec).prepare(party, table)
        if party == "finance":
            check_table(join_terms_of(spec), data.table)
        if party == "tax":
            check_list(join_terms_of(spec), data.keys)
        return True
    except InvalidRecord:
        return False
    finally:
        table.close()


def test_searching_for_a_price_by_the_bound_is_refused_before_a_row_is_read(tmp_path):
    """Attack: each job aborts or not at the owner, twenty of them tell the price of one parcel exactly."""

    def asked(bound):
        return replace(sums(edges=()), filters=(OneOf("bbl", (TARGET,)),), value=Amount("price", bound))

    low, high = 0, 1 << 21
    while high - low > 1:
        middle = (low + high) // 2
        if goes_on(tmp_path, asked(middle), FIRST, SOLD, sales_csv(ROWS)):
            high = middle
        else:
            low = middle
        assert grounds(asked(middle), FIRST, SOLD) == [BOUNDS]
    assert high == 734_500
    assert grounds(asked(10**9 - 1), FIRST, SOLD) == [BOUNDS]
    assert grounds(asked(10**9), FIRST, SOLD) == []


@pytest.mark.parametrize(
    "steered",
    [
        lambda target: replace(sums(edges=()), filters=(OneOf("bbl", (TARGET, target)),), rows=1),
        lambda target: replace(sums(edges=(10**6,)), filters=(OneOf("bbl", (target,)),)),
    ],
    ids=["rows", "edges"],
)
def test_rows_and_edges_ask_whether_a_parcel_was_sold(tmp_path, steered):
    sold_too, absent = "1000010002", ABSENT
    assert not goes_on(tmp_path, steered(sold_too), FIRST, SOLD, sales_csv(ROWS))
    assert goes_on(tmp_path, steered(absent), FIRST, SOLD, sales_csv(ROWS))
    assert {tuple(grounds(steered(target), FIRST, SOLD)) for target in (sold_too, absent)} == {(BOUNDS,)}


@pytest.mark.parametrize(
    ("edges", "filters", "is_fine"),
    [
        ((0, 5), (), True),
        ((1, 5), (), False),
        ((1000, 5000), (Interval("price", 1000, None),), True),
        ((1001, 5000), (Interval("price", 1000, None),), False),
        ((1000, 5000), (Interval("price", None, 9000),), False),
        ((1000, 5000), (Interval("price", 10, None), Interval("price", 1000, 9000)), True),
        ((1000, 5000), (OneOf("borough", ("1",)),), False),
    ],
)
def test_the_lowest_edge_lies_at_or_below_what_a_selected_row_may_hold(edges, filters, is_fine):
    assert grounds(replace(sums(edges=edges), filters=filters), FIRST, SALES) == ([] if is_fine else [BOUNDS])


def test_a_product_is_bounded_by_both_columns_and_of_neither_with_few_values():
    """A column that is 0 or 1 picks rows out: its product with a price adds up single sales behind others' count."""
    many = replace(SALES, columns={**SALES.columns, "area": Integer(-10, 900)})
    asked = replace(sums(edges=()), outputs=("sum",), value=Amount("area", 900 * 10**9, "price"))
    assert grounds(asked, FIRST, many) == []
    assert grounds(replace(asked, value=Amount("area", 900 * 10**9 - 1, "price")), FIRST, many) == [BOUNDS]
    assert grounds(asked, FIRST, SALES) == [BOUNDS]
    few = replace(many, columns={**SALES.columns, "area": Integer(0, FEW_VALUES - 2)})
    assert grounds(asked, FIRST, few) == [BOUNDS]
    enough = replace(many, columns={**SALES.columns, "area": Integer(0, FEW_VALUES - 1)})
    assert grounds(asked, FIRST, enough) == []
    judged = replace(enough, sensitivity=Sensitivity(None, (Percent(10),)))
    assert grounds(asked, FIRST, judged) == [BOUNDS]


@pytest.mark.parametrize(
    ("area", "is_fine"),
    [
        ((Interval("area", 0, 2),), False),
        ((Interval("area", 899, None),), False),
        ((Interval("area", None, FEW_VALUES - 11),), False),
        ((Interval("area", 0, 900), Interval("area", None, 2)), False),
        ((Interval("area", 0, FEW_VALUES - 1),), False),
        ((Interval("area", 0, FEW_VALUES),), True),
    ],
)
def test_a_filter_makes_no_column_of_few_values_for_a_product(area, is_fine):
    """Attack: rows whose area is 0 hide one whose area is 1; the sum of area * price is that one's price."""
    many = replace(SALES, columns={**SALES.columns, "area": Integer(-10, 900)})
    asked = replace(sums(edges=()), outputs=("sum",), value=Amount("area", 900 * 10**9, "price"))
    assert grounds(replace(asked, filters=area), FIRST, many) == ([] if is_fine else [BOUNDS])


def test_the_bound_holds_both_ends_of_the_declared_column():
    """A bound stays below 2^63 by its own rule, so values of a fitting column are integers of 64 bits."""
    whole = replace(SALES, columns={**SALES.columns, "price": Integer(-(1 << 40), 1 << 20)})
    assert grounds(replace(sums(edges=()), value=Amount("price", 1 << 40)), FIRST, whole) == []
    assert grounds(replace(sums(edges=()), value=Amount("price", (1 << 40) - 1)), FIRST, whole) == [BOUNDS]


def test_most_keys_of_the_list_ask_whether_a_parcel_is_on_it(tmp_path):
    """Attack: one key known to be listed, one guessed, at most one allowed."""
    listed = parcels_csv([TARGET, "1000010002"])

    def asked(guess):
        return replace(join(groups=()), lister_most=1, lister_filters=(OneOf("bbl", (TARGET, guess)),))

    assert not goes_on(tmp_path, asked("1000010002"), "tax", PARCELS, listed)
    assert goes_on(tmp_path, asked(ABSENT), "tax", PARCELS, listed)
    for guess in ("1000010002", ABSENT):
        assert set(grounds(asked(guess), "tax", PARCELS)) == {KEY, BOUNDS}
    assert grounds(join(groups=()), "tax", PARCELS) == []


@pytest.mark.parametrize(
    "changes",
    [{"holder_most": 399}, {"rows": 399}, {"sums": (Amount("price", 10**9 - 1),)}],
    ids=["most keys", "rows", "bound"],
)
def test_a_holders_bounds_hold_its_declaration(changes):
    assert grounds(join(), "finance", SALES) == []
    assert grounds(replace(join(), **changes), "finance", SALES) == [BOUNDS]


def test_a_holders_amounts_are_declared_as_at_least_zero():
    below = replace(SALES, columns={**SALES.columns, "price": Integer(-1, 10**9)})
    assert grounds(join(), "finance", below) == [BOUNDS]


def test_rows_of_undeclared_groups_are_not_selected_and_tell_nothing(tmp_path):
    """Before, a row of another group ended the job: a price filter around one sale told its borough."""
    asked = replace(join(groups=("1",)), filters=(Interval("price", 900_000, None),))
    path = tmp_path / "t.csv"
    path.write_text(sales_csv(ROWS))
    table = Table(path, SALES)
    unfiltered = {row.group for row in table.by_key("bbl", "borough", ["price"], asked.filters)}
    assert unfiltered - set(asked.grouping.values) == {"2"}  # what used to be an InvalidRecord
    found = kind_of(asked).prepare("finance", table)
    table.close()
    assert found.table == {}
    check_table(join_terms_of(asked), found.table)


def test_a_key_in_two_groups_is_a_fault_of_the_whole_table_whatever_is_asked(tmp_path):
    twice = sales_csv([*ROWS, (TARGET, "2", 5)])
    narrow = replace(join(), filters=(Interval("price", 100_000, None),))
    ungrouped = replace(SALES, groups=())
    assert not goes_on(tmp_path, join(), "finance", ungrouped, twice)  # and with a filter between the two sales
    assert goes_on(tmp_path, narrow, "finance", ungrouped, twice)  # it went on: which sales, told by the abort
    assert grounds(narrow, "finance", ungrouped) == [BOUNDS]
    with pytest.raises(InvalidRecord, match="two groups of column 'borough'"):
        Table(tmp_path / "t.csv", SALES)


@pytest.mark.parametrize("changes", [
    {"filters": (OneOf("bbl", (TARGET,)),)},
    {"grouping": Grouping("bbl", (TARGET,))},
    {"lister_filters": (OneOf("bbl", (TARGET,)),)},
], ids=["filter", "grouping", "list"])  # fmt: skip
def test_a_key_is_neither_filtered_nor_grouped_by_at_either_owner(changes):
    asked = replace(join(), **changes)
    assert KEY in grounds(asked, "finance", SALES)
    assert KEY in grounds(asked, "tax", PARCELS)
    other = replace(join(), filters=(OneOf("borough", ("1", "2")),), grouping=None)
    assert grounds(other, "finance", SALES) == grounds(other, "tax", PARCELS) == []


def test_an_asset_is_joined_by_its_declared_key_only():
    assert grounds(join(), "finance", replace(SALES, key=None, groups=()))[0] == KEY
    assert grounds(join(), "tax", replace(PARCELS, key=None)) == [KEY]
    columns = {**PARCELS.columns, "owner": Text(".+")}
    assert grounds(replace(join(), lister_key="owner"), "tax", replace(PARCELS, columns=columns)) == [KEY]


def test_a_list_is_filtered_only_if_its_key_is_unique():
    columns = {**PARCELS.columns, "units": Integer(0, 100)}
    asked = replace(join(), lister_filters=(Interval("units", 6, None),))
    assert grounds(asked, "tax", replace(PARCELS, columns=columns)) == []
    assert grounds(asked, "tax", replace(PARCELS, columns=columns, unique=None)) == [KEY]
    assert grounds(join(), "tax", replace(PARCELS, unique=None)) == []


@pytest.mark.parametrize(("limits", "is_fine"), [
    (NoiseLimits(2000, -20), True), (NoiseLimits(1999, -20), False), (NoiseLimits(2000, -21), False),
    (NoiseLimits(), False),
])  # fmt: skip
def test_the_noise_is_at_least_what_the_node_asks_for(limits, is_fine):
    for party, schema in (("finance", SALES), ("tax", PARCELS)):
        assert grounds(join(), party, schema, limits) == ([] if is_fine else [NOISE])


def test_a_filter_of_the_wrong_kind_is_refused_by_the_declaration():
    assert grounds(replace(sums(), filters=(Interval("borough", 0, 1),)), FIRST, SALES)[0] == BOUNDS
    assert grounds(replace(sums(edges=()), filters=(OneOf("price", ("1",)),)), FIRST, SALES) == [BOUNDS]


ROW = st.tuples(st.sampled_from([f"10000100{n:02d}" for n in range(8)]), st.integers(0, 50))
SMALL = replace(SALES, columns={**SALES.columns, "price": Integer(0, 50)}, rows=12)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROW, min_size=1, max_size=12),
    ends=st.tuples(st.integers(-5, 60), st.integers(1, 40)),
    groups=st.sets(st.sampled_from("123"), min_size=1),
    bound=st.integers(48, 52),
    most=st.integers(10, 14),
    edge=st.integers(-2, 30),
)
def test_what_the_guard_lets_through_can_always_be_prepared(tmp_path, rows, ends, groups, bound, most, edge):
    table = sales_csv([(bbl, str(int(bbl[-1]) % 3 + 1), price) for bbl, price in rows])
    span = (Interval("price", ends[0], ends[0] + ends[1]),)
    summed = replace(sums(edges=(edge, edge + 7)), filters=span, value=Amount("price", bound), rows=most)
    grouping = Grouping("borough", tuple(sorted(groups)))
    joined = replace(
        join(), filters=span, grouping=grouping, sums=(Amount("price", bound),), holder_most=most, rows=most
    )
    for spec, party in ((summed, FIRST), (joined, "finance")):
        if not grounds(spec, party, SMALL):
            assert goes_on(tmp_path, spec, party, SMALL, table)


def test_dummy_keys_are_bounded_over_all_groups():
    """Before, 256 groups at the weakest settings asked a node for 45 million dummy keys: an hour of work."""
    groups = Grouping("borough", tuple(f"{n:03d}" for n in range(256)))
    with pytest.raises(InvalidRecord, match="dummy keys"):
        replace(join(), grouping=groups, epsilon_milli=1, delta_log2=-128)
    with pytest.raises(InvalidRecord, match="dummy keys"):
        replace(join(), grouping=groups, epsilon_milli=100, delta_log2=-40)  # 256 x 556
    replace(join(), grouping=Grouping("borough", groups.values[:235]), epsilon_milli=100, delta_log2=-40)


def test_a_table_is_held_against_its_declared_rows(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(sales_csv(ROWS))
    Table(path, replace(SALES, rows=3)).close()
    with pytest.raises(InvalidRecord, match=r"3 rows, 1\.\.2 declared"):
        Table(path, replace(SALES, rows=2))


def test_a_key_too_long_for_a_join_is_a_fault_of_the_whole_table(tmp_path):
    schema = Schema({"bbl": Text(".*")}, key="bbl")
    path = tmp_path / "t.csv"
    for key, is_fine in (("x" * 256, True), ("x" * 257, False), ("é" * 128, True), ("é" * 129, False)):
        path.write_text(parcels_csv([key]))
        if is_fine:
            Table(path, schema).close()
        else:
            with pytest.raises(InvalidRecord, match="256 bytes"):
                Table(path, schema)


@pytest.mark.parametrize("changes", [
    {"key": "price"}, {"key": "absent"}, {"groups": ("price",)}, {"groups": ("bbl",)},
    {"rows": 0}, {"rows": 50_000_001},
])  # fmt: skip
def test_a_declaration_that_cannot_hold_is_refused(changes):
    with pytest.raises(InvalidRecord):
        replace(SALES, **changes)


CONFIG = """
party = "finance"
state = "state"
terms = "terms"
[chain]
url = "http://127.0.0.1:8545"
trust = "trust.json"
parties = "parties"
[keys]
directory = "keys"
passphrase_file = "passphrase"
tls = "tls"
[limits]
epsilon_milli = 50
[[assets]]
code = "sales"
file = "sales.csv"
key = "bbl"
groups = ["borough"]
rows = 500
[assets.columns.bbl]
type = "text"
pattern = "[0-9]{10}"
[assets.columns.borough]
type = "text"
pattern = "[1-5]"
"""
SECOND = """
[[assets]]
code = "{code}"
file = "{file}"
[assets.columns.bbl]
type = "text"
pattern = "[0-9]{{10}}"
"""


def load(directory, text):
    path = directory / "node.toml"
    path.write_text(text)
    return config.load(path)


def test_key_groups_rows_and_noise_are_read_from_the_configuration(tmp_path):
    read = load(tmp_path, CONFIG)
    schema = read.assets["sales"].schema
    assert (schema.key, schema.groups, schema.rows) == ("bbl", ("borough",), 500)
    assert read.noise == NoiseLimits(50, -40)
    plain = load(tmp_path, CONFIG.replace("rows = 500\n", ""))
    assert plain.assets["sales"].schema.rows == 1 << 20
    for wrong in ('groups = "borough"', "groups = [1]"):
        with pytest.raises(InvalidRecord, match="list of texts"):
            load(tmp_path, CONFIG.replace('groups = ["borough"]', wrong))
    with pytest.raises(InvalidRecord, match="delta"):
        load(tmp_path, CONFIG.replace("epsilon_milli = 50", "epsilon_milli = 0"))


def test_the_data_period_of_an_asset_is_declared_or_all(tmp_path):
    assert load(tmp_path, CONFIG).assets["sales"].period == "all"
    declared = CONFIG.replace("rows = 500", 'rows = 500\nperiod = "2019"')
    assert load(tmp_path, declared).assets["sales"].period == "2019"
    for wrong in ("", "2019/1", "Ä", "x" * 64):
        with pytest.raises(InvalidRecord, match="data period"):
            load(tmp_path, CONFIG.replace("rows = 500", f'rows = 500\nperiod = "{wrong}"'))


@pytest.mark.parametrize("file", ["sales.csv", "./x/../sales.csv", "link.csv"])
def test_one_file_under_two_codes_is_refused(tmp_path, file):
    """Two codes are two unrelated things to the audit: the same rows answered under both subtract."""
    (tmp_path / "x").mkdir()
    (tmp_path / "sales.csv").write_text(parcels_csv([TARGET]))
    (tmp_path / "link.csv").symlink_to(tmp_path / "sales.csv")
    with pytest.raises(InvalidRecord, match="one file each"):
        load(tmp_path, CONFIG + SECOND.format(code="again", file=file))
    assert len(load(tmp_path, CONFIG + SECOND.format(code="other", file="other.csv")).assets) == 2
    with pytest.raises(InvalidRecord, match="one code"):
        load(tmp_path, CONFIG + SECOND.format(code="sales", file="other.csv"))


def test_a_ground_of_any_text_is_32_bytes_of_ascii():
    assert read_code(code("Zeit für 时间")) == "Zeit f?r ??"
    assert len(code("é" * 100)) == 32


@pytest.mark.slow
def test_a_price_cannot_be_asked_for_by_aborting_jobs(tmp_path):
    """The whole attack over the chain: both guesses end alike, before a row is read, and one fault has one ground."""
    with registrars(tmp_path) as city:
        base = city.authorized(sums(edges=()))
        ends = set()
        for low in (400_000, 400_500):
            spec = replace(base, filters=(Interval("price", low, low + 1),), value=Amount("price", 1))
            job, finished = city.ask(spec)
            assert finished is None
            assert not any("own rows read" in city[code_].said(job) for code_ in REGISTRARS)
            ends.add((city.job(job).state, city.reason(job)))
        assert ends == {(JobState.REFUSED, BOUNDS)}
        for minimum in (9, 11):
            job, _ = city.ask(replace(base, minimum=minimum))
            assert city.reason(job) == "job: minimum"
        assert city.ask(base)[1] is not None
        for content in (b"", b"bbl,borough\n", sales_csv([("1000000001", "7", 5)]).encode()):
            city[FIRST].assets["sales-1"].file.write_bytes(content)
            job, _ = city.ask(base)
            assert (city.job(job).state, city.reason(job)) == (JobState.REFUSED, OWN_TABLE)


@pytest.mark.slow
def test_one_requester_takes_two_places_of_a_node_at_most(tmp_path, monkeypatch):
    started, release = [], threading.Event()

    class Waiting:
        def __init__(self, place, job, attempt):
            started.append(job)

        def run(self):
            release.wait(30)

    monkeypatch.setattr(service_module, "AttemptRun", Waiting)
    with registrars(tmp_path) as city:
        spec = city.authorized(sums(edges=()))
        jobs = [city.propose(spec) for _ in range(MAX_RUNS_EACH + 2)]
        service = StatisticsService(city[FIRST].workplace(), threading.Event(), lambda finished: None)
        service.step()
        service.step()
        service._pool.submit(lambda: None).result(10)  # a place is left for others
        assert started == jobs[:MAX_RUNS_EACH]
        release.set()
        while service._busy.total():
            threading.Event().wait(0.01)
        service.step()
        service._pool.shutdown(wait=True)
        assert started == jobs


@pytest.mark.slow
def test_a_specification_that_does_not_come_is_not_waited_for_as_long_as_a_message(tmp_path, monkeypatch):
    monkeypatch.setattr(specification_module, "WAIT_S", 0.5)
    with registrars(tmp_path, patience_s=120.0) as city:
        job = city.propose(city.authorized(sums(edges=())))
        thread = threading.Thread(target=city[FIRST].run, args=(job,))
        thread.start()
        thread.join(60)
        assert not thread.is_alive()
        assert city.reason(job) == "timeout: specification"
        assert city.job(job).recipient == city[OFFICE].id


def test_bounds_on_probing_and_memory_are_read_from_the_configuration(tmp_path):
    asked = "daily_jobs = 5\ndaily_jobs_all = 6\njoins_of_pair = 7\nsizes_of_pair = 8\n"
    asked += "scores_daily = 9\nscores_of_person = 3\n"
    held = "message_mib = 2\nunread_mib = 3\nmessages = 44\n"
    read = load(tmp_path, CONFIG.replace("[limits]\n", f"[limits]\n{asked}{held}"))
    assert read.probing == ProbingLimits(5, 6, 7, 8, 9, 3)
    assert (read.bounds.body_bytes, read.bounds.unread_bytes, read.bounds.messages) == (2 << 20, 3 << 20, 44)
    assert (load(tmp_path, CONFIG).probing, load(tmp_path, CONFIG).bounds) == (ProbingLimits(), Bounds())
    for wrong in ("joins_of_pair = 0", "scores_daily = 0", "message_mib = 0", "messages = 0"):
        with pytest.raises(InvalidRecord):
            load(tmp_path, CONFIG.replace("[limits]\n", f"[limits]\n{wrong}\n"))


@pytest.mark.parametrize("minimum", [1, 101])
def test_a_node_asks_for_a_minimum_of_two_to_a_hundred(tmp_path, minimum):
    assert load(tmp_path, CONFIG.replace("[limits]\n", "[limits]\nminimum = 100\n")).minimum == 100
    with pytest.raises(InvalidRecord, match=r"2\.\.100"):
        load(tmp_path, CONFIG.replace("[limits]\n", f"[limits]\nminimum = {minimum}\n"))
