"""What was answered before decides what may be answered now: orders of questions, thresholds, versions, recipients."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from city import City
from department import Holding
from townspecs import OFFICE, REGISTRARS, SALES, join, owners, registrar_rows, registrars, sales_csv, sold, sums

from contracts.authorizations.terms import identifier
from contracts.jobs import client as jobs
from contracts.jobs.calls import Abort, Retry
from contracts.jobs.record import NOTHING, JobState, roster_of
from mpc.kinds.sums import Sums
from mpc.node.attempts import preparing
from mpc.node.guarding import opening as opening_module
from mpc.spec.parts import Source

pytestmark = pytest.mark.slow
PRESS = "press-office"
WHOLE = join(groups=())


def figures(finished):
    return {cell["group"]: int(cell["keys"]) for cell in finished.release.document["cells"]}


def refusals_alone(city, spec):
    """Let each owner look at the job while nobody else runs; return what stands on chain and in its own log."""
    found = []
    for code in ("finance", "tax"):
        job = city.propose(spec)
        city[code].hand_in(spec)
        city[code].messages.clear()
        assert city[code].run(job) is None
        assert city.job(job).state is JobState.REFUSED
        assert city[code].sent() == set()
        assert "own rows read" not in city[code].said(job)
        found.append((city.reason(job), city[code].journal.refusals()[-1].reason))
    return found


@pytest.fixture(scope="module")
def after_groups(tmp_path_factory):
    """Two towns with other data, in both of which the grouped question was answered."""
    towns = []
    for name, matches in (("one", {"1": 14, "2": 11, "3": 4}), ("two", {"1": 25, "2": 3, "3": 30})):
        city = owners(tmp_path_factory.mktemp(name), *sold(matches), recipients=(OFFICE, PRESS))
        spec = city.authorized(join())
        finished = city.ask(spec)[1]
        assert figures(finished) == {group: count for group, count in matches.items() if count >= 10}
        towns.append((city, spec))
    yield towns
    for city, _ in towns:
        city.__exit__()


def test_the_whole_after_its_parts_is_refused_by_both_owners_whatever_the_data(after_groups):
    """Attack 1, both towns and both recipients: eight equal refusals, before a row is read."""
    grounds = []
    for city, _ in after_groups:
        for recipient in (OFFICE, PRESS):
            grounds += refusals_alone(city, city.authorized(replace(WHOLE, recipient=recipient)))
    assert len(grounds) == 8
    assert set(grounds) == {grounds[0]}
    assert grounds[0][0] == "disclosure"


def test_the_same_question_again_is_answered_for_whoever_asks(after_groups):
    city, spec = after_groups[0]
    assert figures(city.ask(spec)[1]) == {"1": 14, "2": 11}
    press = city.authorized(replace(spec, recipient=PRESS))
    assert figures(city.ask(press)[1]) == {"1": 14, "2": 11}


def test_with_the_audit_switched_off_the_attack_works(after_groups, monkeypatch):
    """Both figures released, their difference is the cell that the gate had closed."""
    city, _ = after_groups[0]
    spec = city.authorized(WHOLE)
    for module in (preparing, opening_module):
        monkeypatch.setattr(module, "require_answerable", lambda history, cells, domain: None)
    monkeypatch.setattr(opening_module, "require_consistent", lambda history, cells: None)
    monkeypatch.setattr(
        opening_module, "select", lambda history, cells, passed, candidates, domain: tuple(sorted(candidates & passed))
    )
    found = figures(city.ask(spec)[1])
    assert found["*"] - 14 - 11 == 4


def test_the_parts_after_the_whole_are_refused(tmp_path):
    """One of them could never be opened beside the whole, so none is tested; the whole is answered again."""
    with owners(tmp_path, *sold({"1": 14, "2": 11, "3": 4}), recipients=(OFFICE, PRESS)) as city:
        assert figures(city.ask(city.authorized(WHOLE))[1]) == {"*": 29}
        for recipient in (OFFICE, PRESS):
            job, finished = city.ask(city.authorized(join(recipient)))
            assert finished is None
            assert city.reason(job) == "disclosure"
        assert figures(city.ask(city.authorized(WHOLE))[1]) == {"*": 29}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with registrars(tmp_path_factory.mktemp("town")) as city:
        spec = city.authorized(sums(edges=()))
        assert city.ask(spec)[1] is not None
        yield city, spec


def test_a_threshold_beside_an_answered_one_is_refused(town):
    """Attack 2: only rows between the two thresholds differ."""
    city, _ = town
    job, finished = city.ask(city.authorized(sums(low=12, edges=())))
    assert finished is None
    assert city.job(job).state is JobState.REFUSED
    assert city.reason(job) == "disclosure"


def test_the_same_threshold_written_otherwise_is_the_same_question(town):
    city, spec = town
    again = replace(spec, filters=(*spec.filters, *spec.filters))
    assert city.ask(city.authorized(again))[1] is not None


@pytest.mark.parametrize(("changed", "is_answered"), [(1, False), (9, False), (10, True)])
def test_a_version_with_too_few_changed_rows_is_refused(town, changed, is_answered):
    """Attack 3."""
    city, spec = town
    file = city[REGISTRARS[0]].assets["sales-1"].file
    whole = file.read_text()
    lines = whole.splitlines()
    lines[1 : 1 + changed] = [line[:-1] + "9" + line[-1] for line in lines[1 : 1 + changed]]
    file.write_text("\n".join(lines) + "\n")
    try:
        job, finished = city.ask(spec)
    finally:
        file.write_text(whole)
    assert (finished is not None) is is_answered
    if not is_answered:
        assert city.reason(job) == "disclosure: version"
        assert "few rows would stand apart" in city[REGISTRARS[0]].journal.refusals()[-1].reason


def test_a_table_refused_for_its_version_can_be_put_right(town):
    city, spec = town
    assert city.ask(spec)[1] is not None


@pytest.fixture
def four(tmp_path):
    """Four registrars, and a question to all of them of which the first attempt fails."""
    holdings = {f"registrar-{n}": Holding(f"sales-{n}", SALES, sales_csv(registrar_rows(n))) for n in (1, 2, 3)}
    holdings["registrar-4"] = Holding("sales-4", SALES, sales_csv([("4000000001", "1", 31_337)]))
    with City(tmp_path, holdings, patience_s=6.0) as city:
        sources = tuple(Source(f"registrar-{n}", f"sales-{n}", bytes(32)) for n in (1, 2, 3, 4))
        spec = city.authorized(replace(sums(edges=()), sources=sources))
        job = city.propose(spec)
        office = identifier(spec.recipient)
        city.call(OFFICE, jobs.abort(Abort(job, 1, b"no answer".ljust(32, b"\0")), party=office))
        supplies = [(identifier(source.party), source.authorization) for source in sources]
        fourth = roster_of([*supplies, (office, NOTHING)]).bit(identifier("registrar-4"))
        retry = Retry(job, 1, city.job(job).members & ~fourth)
        city.call(OFFICE, jobs.retry(retry, party=office, again=2))
        yield city, spec, job


def three_of(spec):
    """Whom ``City.run`` starts for the attempt without the fourth."""
    return SimpleNamespace(parties=[*REGISTRARS, OFFICE], recipient=spec.recipient)


def test_after_a_retry_of_three_the_four_are_refused_and_the_three_are_not(four):
    city, spec, job = four
    assert city.run(three_of(spec), job, 2).release.document["cells"]["count"] == "213"
    again, finished = city.ask(spec)
    assert finished is None
    assert city.reason(again) == "disclosure"
    logs = [city[code].journal.refusals() for code in (*REGISTRARS, "registrar-4")]
    assert any("together with other assets" in line.reason for log in logs for line in log)
    alone = city.authorized(replace(spec, sources=spec.sources[:3]))
    assert city.ask(alone)[1].release.document["cells"]["count"] == "213"


def test_with_regions_of_the_whole_specification_the_difference_is_the_fourth_s_one_sale(four, monkeypatch):
    """The same attack with the members left out of the regions."""
    city, spec, job = four
    honest = Sums.cells
    whole = [source.asset for source in spec.sources]
    monkeypatch.setattr(Sums, "cells", lambda asked, _assets: honest(asked, whole))
    three = city.run(three_of(spec), job, 2).release.document["cells"]
    all_four = city.ask(spec)[1].release.document["cells"]
    assert {name: int(all_four[name]) - int(three[name]) for name in three} == {"count": 1, "sum": 31_337}


def test_small_and_extreme_sets_give_messages_of_the_usual_sizes(tmp_path):
    """Attack 8: one key, one sale, nothing in common, everything in common."""
    usual = sold({"1": 12})
    cases = {
        "usual": (*usual, {"1": 12}),
        "one": (*sold({"1": 1}, others=0), {}),
        "nothing in common": ([(f"1{n:09d}", "1", 50) for n in range(100, 130)], [f"2{n:09d}" for n in range(40)], {}),
        "everything": (
            [(f"1{n:09d}", "1", 60) for n in range(200, 240)], [f"1{n:09d}" for n in range(200, 240)], {"1": 40},
        ),
    }  # fmt: skip
    sizes = {}
    for name, (rows, listed, wanted) in cases.items():
        with owners(tmp_path / name, rows, listed) as city:
            spec = city.authorized(join(groups=("1",)))
            job, finished = city.ask(spec)
            assert finished is not None, (name, city["finance"].said(job))
            assert figures(finished) == wanted, name
            sizes[name] = sorted(
                (message.node, message.other, message.step, len(message.body))
                for department in city.departments.values()
                for message in department.messages
                if message.direction == "sent"
            )
    assert len(sizes["usual"]) > 15
    assert all(found == sizes["usual"] for found in sizes.values())
