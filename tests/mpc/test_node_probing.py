"""Probing: asking often, about few, or with an input that changes by one id a time, is refused or ended by a bound.

Each bound is a number in the node's configuration; each attack is run once with the bound out of reach, and succeeds.
"""

from dataclasses import replace

import pytest
from specs import aligned
from townspecs import OFFICE, PARCELS, REGISTRARS, SALES, join, owners, parcel, parcels_csv, sold, sums

from contracts.catalogue.rules import Asset, AssetState
from contracts.jobs.record import JobState
from ledger.errors import InvalidRecord
from mpc.kinds import sums_bounds
from mpc.kinds.bounds import KEY
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.registry import kind_of
from mpc.node.guarding import admission, opening
from mpc.node.guarding.guard import Refused, read_code
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.node.guarding.probing import DAY_S, PAIR, RATE, SIZES, Exceeded, ProbingLimits
from mpc.node.memory import versions
from mpc.node.memory.journal import NodeJournal
from mpc.protocols.sums.rehearsal import rehearse
from mpc.protocols.sums.schema import of_spec
from mpc.spec.parts import Interval, OneOf
from mpc.tables.schema import Integer
from mpc.tables.table import Table

WEAK = NoiseLimits(2000, -20)
FEW = ProbingLimits(daily=3, daily_all=5, joins=2, sizes=2)
NOON = 1_800_000_000
JOBS = [bytes([n]) * 32 for n in range(20)]
TARGET = "1000010001"


@pytest.fixture
def journal(tmp_path):
    found = NodeJournal(tmp_path / "journal.sqlite")
    yield found
    found.close()


def serves(journal, job, at=NOON, recipient=OFFICE, asset="sales", attempt=1):
    try:
        journal.probes.serve(asset, recipient, job, attempt, at, FEW)
    except Exceeded as fault:
        return fault.ground != RATE
    return True


# -- jobs a day ------------------------------------------------------------------------------------------------


def test_an_asset_serves_so_many_attempts_a_day_for_one_recipient_and_so_many_for_all(journal):
    assert [serves(journal, job) for job in JOBS[:4]] == [True, True, True, False]
    assert serves(journal, JOBS[0])  # the same attempt again is the same count
    assert not serves(journal, JOBS[0], attempt=2)
    assert [serves(journal, job, recipient="court") for job in JOBS[4:7]] == [True, True, False]  # five for all
    assert serves(journal, JOBS[8], asset="parcels")


def test_a_day_later_it_serves_again_and_a_restart_changes_nothing(tmp_path):
    first = NodeJournal(tmp_path / "journal.sqlite")
    assert all(serves(first, job, NOON + n) for n, job in enumerate(JOBS[:3]))
    first.close()
    again = NodeJournal(tmp_path / "journal.sqlite")
    assert not serves(again, JOBS[3], NOON + DAY_S - 1)
    assert serves(again, JOBS[3], NOON + DAY_S)
    assert not serves(again, JOBS[4], NOON + DAY_S)
    assert serves(again, JOBS[4], NOON + DAY_S + 1)
    again.close()


# -- pairs -----------------------------------------------------------------------------------------------------


def test_a_pair_is_joined_so_often_and_no_more(journal):
    for job in (*JOBS[:2], JOBS[0]):
        journal.probes.join("sales", "listed", job, 1, FEW)
    with pytest.raises(Exceeded) as refused:
        journal.probes.join("sales", "listed", JOBS[2], 1, FEW)
    assert refused.value.ground == PAIR
    with pytest.raises(Exceeded):
        journal.probes.join("sales", "listed", JOBS[0], 2, FEW)  # another attempt shows another answer
    journal.probes.join("sales", "other", JOBS[2], 1, FEW)


def test_the_other_owner_announces_so_many_sizes_and_no_more(journal):
    """Attack: a list that grows until the gate opens; every step of its size is another question."""
    for size in (1024, 2048, 1024):
        journal.probes.announce("sales", "listed", size, None, FEW)
    with pytest.raises(Exceeded) as refused:
        journal.probes.announce("sales", "listed", 3072, None, FEW)
    assert refused.value.ground == SIZES
    for size in range(1024, 50 * 1024, 1024):  # bound out of reach: fifty sizes, fifty answers
        journal.probes.announce("sales", "listed", size, None, replace(FEW, sizes=1000))


class Published:
    """What the chain proves of the catalogue: one row count for every asset."""

    time = NOON

    def __init__(self, rows, versions=1):
        self._asset = Asset(rows=rows, versions=versions, state=AssetState.MOUNTED)

    def asset(self, asset):
        return self._asset


class Place:
    party = "finance"

    def __init__(self, journal, probing=FEW):
        self.journal, self.guard = journal, type("G", (), {"probing": probing})()


def mandate_of(spec, job=JOBS[0], attempt=1):
    return type("M", (), {"spec": spec, "id": job, "attempt": attempt})()


def test_a_list_larger_than_its_published_row_count_is_refused(journal):
    spec = replace(join(), lister_most=1 << 20)
    terms = join_terms_of(spec)
    allowed = terms.list_size(2000)
    admit = admission.begin(Place(journal), mandate_of(spec), "sales", Published(2000))
    admit("tax", allowed)
    for size in (allowed + terms.list_unit, terms.list_size(1 << 20)):
        with pytest.raises(Refused) as refused:
            admit("tax", size)
        assert read_code(refused.value.code) == SIZES
    unpublished = admission.begin(Place(journal), mandate_of(spec), "sales", Published(0, versions=0))
    unpublished("tax", terms.list_size(1 << 20))  # without a row count the specification's bound alone holds
    assert admission.begin(Place(journal), mandate_of(sums()), "sales", Published(1))("tax", 10**9) is None


def test_rows_beyond_the_published_count_are_refused_too(journal):
    spec, place = replace(join(), holder_most=1 << 20), Place(journal)
    place.party = "tax"
    terms = join_terms_of(spec)
    admit = admission.begin(place, mandate_of(spec), "stabilised", Published(1000))
    admit("finance", sum(terms.group_size(n) for n in (1000, 0, 0)))
    with pytest.raises(Refused):
        admit("finance", terms.most_announced("finance", 1000) + 1)


def test_every_set_of_an_alignment_is_held_against_its_owners_published_rows(journal):
    """Attack 25: whoever brings more keys than it published, to learn which of them others hold, is refused."""
    place, spec = Place(journal), aligned(counted=True)
    place.party = "bureau"
    admit = admission.begin(place, mandate_of(spec), "pay-2019", Published(2000))
    for other in ("court", "treasury"):
        admit(other, spec.terms.padded(2000))
        with pytest.raises(Refused) as refused:
            admit(other, spec.terms.padded(2000) + spec.terms.set_unit)
        assert read_code(refused.value.code) == SIZES


def test_counting_an_attempt_refuses_with_a_ground_that_no_row_decides(journal):
    place = Place(journal)
    for job in JOBS[:2]:
        admission.count(place, mandate_of(join(), job), "sales", Published(1))
        admission.begin(place, mandate_of(join(), job), "sales", Published(1))
    with pytest.raises(Refused):
        admission.begin(place, mandate_of(join(), JOBS[2]), "sales", Published(1))
    with pytest.raises(Refused) as pair:
        admission.count(place, mandate_of(join(), JOBS[2]), "sales", Published(1))
    with pytest.raises(Refused) as rate:
        admission.count(place, mandate_of(sums(), JOBS[3]), "sales", Published(1))
    assert [read_code(r.value.code) for r in (pair, rate)] == [PAIR, RATE]
    admission.count(place, mandate_of(join(), JOBS[0]), "sales", Published(1))  # begun already
    for job in JOBS[4:]:
        many = Place(journal, replace(FEW, daily=999, daily_all=999))
        admission.count(many, mandate_of(sums(), job), "s", Published(1))


def test_joins_that_never_began_do_not_count(journal):
    place = Place(journal, replace(FEW, daily=99, daily_all=99))
    for job in JOBS:
        admission.count(place, mandate_of(join(), job), "sales", Published(1))
    admission.begin(place, mandate_of(join(), JOBS[0]), "sales", Published(1))


# -- few by name -----------------------------------------------------------------------------------------------


def grounds(spec, party, schema):
    return [ground for ground, _ in faults(spec, party, schema, WEAK)]


@pytest.mark.parametrize("values", [(TARGET,), tuple(f"10000{n:05d}" for n in range(9))])
def test_a_choice_of_fewer_keys_than_the_minimum_is_refused(values):
    """WHERE key = one, or in nine: a question about somebody."""
    spec = replace(sums(), rows=1000, filters=(OneOf("bbl", values), Interval("price", 0, None)))
    for schema in (SALES, replace(SALES, key=None, unique="bbl")):
        assert grounds(spec, REGISTRARS[0], schema) == [KEY]
    assert not grounds(spec, REGISTRARS[0], replace(SALES, key=None))  # a column that tells nobody apart
    enough = tuple(sorted({*values, *(f"20000{n:05d}" for n in range(10))}))
    assert not grounds(replace(spec, filters=(OneOf("bbl", enough), spec.filters[1])), REGISTRARS[0], SALES)


def test_a_narrow_range_of_a_unique_number_is_refused():
    schema = replace(SALES, columns={**SALES.columns, "deed": Integer(0, 10**6)}, unique="deed", key=None)
    price = Interval("price", 0, None)
    for low, high, refused in [(5, 14, True), (5, 15, False), (5, None, False), (None, 15, False)]:
        spec = replace(sums(), filters=(Interval("deed", low, high), price))
        assert (KEY in grounds(spec, REGISTRARS[0], schema)) is refused
    listed = replace(join(), lister_filters=(OneOf("bbl", (TARGET,)),))
    assert KEY in grounds(listed, "tax", PARCELS)


def test_without_that_rule_one_parcels_sales_are_released(tmp_path, monkeypatch):
    """Defence off: the minimum counts rows, and one parcel sold four times at each of three registrars has twelve."""
    spec = replace(sums(edges=()), filters=(OneOf("bbl", (TARGET,)), Interval("price", 0, None)))
    assert KEY in grounds(spec, REGISTRARS[0], SALES)
    monkeypatch.setattr(sums_bounds, "named_rows", lambda *_: [])
    assert not grounds(spec, REGISTRARS[0], SALES)
    values = {}
    for n, party in enumerate(REGISTRARS):
        path = tmp_path / f"{party}.csv"
        path.write_text(f"bbl,borough,price\n{TARGET},1,{1000 + n}\n" + f"{TARGET},1,7\n" * 3)
        table = Table(path, SALES)
        values[party] = kind_of(spec).prepare(party, table).values
        table.close()
    assert rehearse(of_spec(spec), values).released.values == {"count": 12, "sum": 3003 + 9 * 7}


# -- configuration ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["daily", "daily_all", "joins", "sizes"])
def test_a_bound_below_one_is_refused(name):
    with pytest.raises(InvalidRecord, match="at least 1"):
        ProbingLimits(**{name: 0})


# -- ids added one by one --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_ids_added_one_by_one_are_ended_by_the_holder_and_without_its_bound_each_gives_a_price(tmp_path, monkeypatch):
    """Attack: the lister's node deviates and lets its list grow by one id a job; the difference is that id's sales."""
    for module in (opening, versions):  # the deviating node does not look at its own changes; finance's rows stand
        monkeypatch.setattr(module, "require_steady", lambda *_: None)
    rows, listed = sold({"1": 14})
    targets = [parcel(1, 50_000), parcel(1, 50_001)]  # sold once each, for 777,777, and not on the list
    with owners(tmp_path, rows, listed) as city:
        spec = city.authorized(join(groups=("1",)), max_uses=9)

        def ask(keys, joins):
            city["tax"].assets["stabilised"].file.write_text(parcels_csv(keys))
            job = city.propose(spec)
            finance = city["finance"].workplace()
            guard = replace(finance.guard, probing=ProbingLimits(joins=joins))
            finished = city.run(spec, job, places={"finance": {"guard": guard}})
            return job, finished and int(finished.release.document["cells"][0]["sums"]["price"])

        first, second = (ask(listed + targets[:n], joins=2)[1] for n in (0, 1))
        assert second - first == 777_777
        job, total = ask(listed + targets, joins=2)
        assert total is None
        assert (city.job(job).state, city.reason(job)) == (JobState.REFUSED, PAIR)
        _, third = ask(listed + targets, joins=1000)
        assert third - second == 777_777


def test_every_count_is_kept_apart_by_asset(journal):
    """Each asset has the whole of every bound, and not one more: a count for all would end at the second asset."""
    jobs = iter(bytes([n]) * 32 for n in range(100, 200))
    for asset in ("a", "b", "c"):
        for _ in range(FEW.daily):
            assert serves(journal, next(jobs), asset=asset)
        assert not serves(journal, next(jobs), asset=asset)
        for other in ("listed", "other"):
            for _ in range(FEW.joins):
                journal.probes.join(asset, other, next(jobs), 1, FEW)
            with pytest.raises(Exceeded):
                journal.probes.join(asset, other, next(jobs), 1, FEW)
            for size in range(1, FEW.sizes + 1):
                journal.probes.announce(asset, other, 64 * size, None, FEW)
            with pytest.raises(Exceeded):
                journal.probes.announce(asset, other, 64 * (FEW.sizes + 1), None, FEW)
