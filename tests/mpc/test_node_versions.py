"""Answers over a table that changed between them subtract to the changed rows, unless their owner refuses.

The rule that only counts changed rows of the whole table is beaten below, and so is the one that compares two versions
at a time; the rule on classes of rows refuses each. What it leaves to an adversary: ``test_membership``.
"""

import sqlite3
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest
from specs import cells
from townspecs import PARCELS, REGISTRARS, SALES, join, owners, parcels_csv, registrars, sales_csv, sold, sums

from contracts.jobs.record import JobState
from ledger.errors import NotAuthorized
from mpc.disclosure.tables.sensitivity import Percent, Sensitivity
from mpc.kinds.registry import kind_of
from mpc.node.guarding import opening as opening_module
from mpc.node.guarding.opening import Opening
from mpc.node.memory import versions
from mpc.node.memory.journal import NodeJournal
from mpc.sessions.session import Seat, Session
from mpc.spec.parts import Grouping, Interval, OneOf
from mpc.tables.table import Table

FIRST = REGISTRARS[0]
RARE = replace(sums(edges=()), filters=(Interval("price", 1000, None),))
BASE = [(f"10000{n:05d}", "12"[n % 2], 10 * n) for n in range(200)]


class Signer:
    """A statement key that never signs."""

    suite, public = "ed25519", b"\1" * 32

    def sign(self, message):
        raise AssertionError("nothing is signed here")


class Owner:
    """One owner's journal and table, and the job that asks it."""

    def __init__(self, directory, party=FIRST, schema=SALES):
        self.directory, self.party, self.schema = directory, party, schema
        self.journal = NodeJournal(directory / "n.sqlite")
        self.jobs = 0

    def read(self, spec, content):
        path = self.directory / "t.csv"
        path.write_text(content)
        table = Table(path, self.schema)
        (asset,) = (source.asset for source in spec.sources if source.party == self.party)
        try:
            return versions.read(spec, self.party, asset, table, self.journal.row_key())
        finally:
            table.close()

    def opening(self, spec, own, announce=lambda: None):
        self.jobs += 1
        seats = tuple(Seat(source.party, Signer.public, bytes(32)) for source in spec.sources)
        job = bytes([self.jobs]) * 32
        session = Session(
            "p", bytes(32), job, 1, seats, spec.recipient, b"\2" * 32, {}, self.party, Signer(), bytes(32)
        )
        gated = cells(spec, [source.asset for source in spec.sources])
        return Opening(session, gated, {}, self.journal, announce, own), {cell.name: True for cell in gated}

    def answers(self, spec, content):
        """Whether this owner opens all cells of a job on this table."""
        decide, bits = self.opening(spec, self.read(spec, content))
        try:
            decide.begin()
            return decide(bits) == set(bits)
        except NotAuthorized as fault:
            if "changed since it was used before" not in str(fault):
                raise
            return False


@pytest.fixture
def owner(tmp_path):
    made = Owner(tmp_path)
    yield made
    made.journal.close()


def changed(rows, count, first=150):
    """The rows with so many of them, all in the rare region, at another price."""
    moved = range(first, first + count)
    return [(key, group, price + (n in moved)) for n, (key, group, price) in enumerate(rows)]


def old_rule(before, after, minimum=10):
    """What was asked before: whether the whole table differs by enough rows."""
    new, old = Counter(after), Counter(before)
    return not 0 < max((new - old).total(), (old - new).total()) < minimum


@pytest.mark.parametrize(("count", "is_answered"), [(0, True), (1, False), (9, False), (10, True)])
def test_the_same_cell_is_answered_again_if_its_rows_differ_not_or_by_enough(owner, count, is_answered):
    assert owner.answers(RARE, sales_csv(BASE))
    assert owner.answers(RARE, sales_csv(changed(BASE, count))) is is_answered


def test_one_new_row_hidden_among_thirty_elsewhere_is_found(owner):
    """Attack: the whole table changed by enough rows, the asked cell by one."""
    after = [*BASE, ("1999900001", "1", 654_321), *((f"18888{n:05d}", "1", 5) for n in range(30))]
    assert old_rule(BASE, after)
    assert owner.answers(RARE, sales_csv(BASE))
    assert not owner.answers(RARE, sales_csv(after))
    assert owner.answers(RARE, sales_csv([*BASE, *after[-30:]]))  # thirty elsewhere alone do not touch the cell


def test_every_version_counts_not_the_last_alone(owner):
    assert owner.answers(RARE, sales_csv(BASE))
    assert owner.answers(RARE, sales_csv(changed(BASE, 20)))
    assert not owner.answers(RARE, sales_csv(changed(BASE, 1)))  # far from the second, one row from the first
    assert owner.answers(RARE, sales_csv(BASE))


def test_two_jobs_read_before_either_opened_do_not_both_open(owner):
    """Attack: checked when the table was read, recorded when it was opened. Now both in one breath, before the gate."""
    one, other = owner.read(RARE, sales_csv(BASE)), owner.read(RARE, sales_csv(changed(BASE, 1)))
    for own in (one, other):
        assert owner.journal.answers.earlier(own.asset, b"", 0) == []  # so the check at reading finds nothing
    first, bits = owner.opening(RARE, one)
    second, _ = owner.opening(RARE, other)
    first.begin()
    with pytest.raises(NotAuthorized, match="too few rows changed"):
        second.begin()
    assert first(bits) == {"count"}
    unguarded, _ = owner.opening(RARE, None)
    unguarded.begin()
    assert unguarded(bits) == {"count"}  # without what was read, the audit alone lets it through


def test_threads_that_open_side_by_side_answer_one_of_two_versions(owner):
    opened = []
    prepared = [owner.opening(RARE, owner.read(RARE, sales_csv(changed(BASE, n)))) for n in range(6)]

    def run(decide, bits):
        with suppress(NotAuthorized):
            decide.begin()
            opened.append(decide(bits))

    threads = [threading.Thread(target=run, args=pair) for pair in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert opened == [{"count"}]


@pytest.mark.parametrize("count", [1, 40])
def test_an_overlapping_question_on_another_version_is_refused(owner, count):
    """Attack: wide(v2) - narrow(v1) mixes the rows between them with those that changed."""
    wide = replace(RARE, filters=(Interval("price", 0, None),))
    assert owner.answers(RARE, sales_csv(BASE))
    assert not owner.answers(wide, sales_csv(changed(BASE, count)))
    apart = replace(RARE, filters=(Interval("price", 0, 1000),))
    assert owner.answers(apart, sales_csv(changed(BASE, count)))  # no row could lie in both
    assert owner.answers(replace(apart, filters=(*apart.filters, *apart.filters)), sales_csv(changed(BASE, count)))


def test_a_bin_with_a_small_change_refuses_the_histogram_though_the_count_changed_enough(owner):
    binned = replace(sums(edges=(0, 1000)), filters=(Interval("price", 0, None),))
    assert owner.answers(binned, sales_csv(BASE))
    assert owner.answers(binned, sales_csv(BASE))
    after = changed(changed(BASE, 20), 1, first=5)
    assert old_rule(BASE, after)
    assert not owner.answers(binned, sales_csv(after))


def test_a_table_that_changed_elsewhere_answers_the_same_histogram_again(owner):
    binned = replace(sums(edges=(1000, 1500)), filters=(Interval("price", 1000, None),))
    assert owner.answers(binned, sales_csv(BASE))
    assert owner.answers(binned, sales_csv(changed(BASE, 3, first=5)))
    assert not owner.answers(binned, sales_csv(changed(BASE, 3)))


def test_an_attempt_that_ended_after_the_gate_counts_too(owner):
    """Its bits are known: below the minimum on one version and not on the next would be an exact count."""

    def refuse():
        raise NotAuthorized("authorization: revoked")

    decide, bits = owner.opening(RARE, owner.read(RARE, sales_csv(BASE)), refuse)
    decide.begin()
    with pytest.raises(NotAuthorized):
        decide(bits)
    assert not owner.answers(RARE, sales_csv(changed(BASE, 1)))
    assert owner.answers(RARE, sales_csv(BASE))


def test_one_corrected_row_among_fifty_new_ones_is_refused(owner):
    """Attack: whoever knows the new ones subtracts them. Counting the changes of both kinds together is no help."""
    after = [*changed(BASE, 1), *((f"18888{n:05d}", "1", 5000) for n in range(50))]
    assert old_rule(BASE, after)
    assert owner.answers(RARE, sales_csv(BASE))
    assert not owner.answers(RARE, sales_csv(after))
    assert owner.answers(RARE, sales_csv([*BASE, *after[-50:]]))


FIRST_NEW, SECOND_NEW = range(11), range(10, 21)
"""Eleven new rows each; the tenth is in both."""


def with_new(*batches):
    return sales_csv([*BASE, *((f"18888{n:05d}", "1", 7000 + n) for n in sorted(set().union(*batches)))])


FOUR = [with_new(), with_new(FIRST_NEW), with_new(SECOND_NEW), with_new(FIRST_NEW, SECOND_NEW)]


def test_of_four_versions_that_together_isolate_one_row_one_is_refused(owner):
    assert [owner.answers(RARE, table) for table in FOUR] == [True, True, False, True]


def test_whoever_is_answered_counts_for_all_classes_of_recipients(owner):
    for number, table in enumerate(FOUR):
        owner.journal.answers.admit(f"office-{number}", f"{number:02x}")
        asked = replace(RARE, recipient=f"office-{number}")
        assert owner.answers(asked, table) is (number != 2)


def test_with_the_rule_switched_off_the_four_versions_isolate_one_row(owner, monkeypatch):
    monkeypatch.setattr(versions, "stand_apart", lambda *arguments: False)  # any two of them differ by ten rows
    figures = []
    for table in FOUR:
        assert owner.answers(RARE, table)
        figures.append(sum(price for price in map(price_of, table.splitlines()[1:]) if price >= 1000))
    assert figures[1] + figures[2] - figures[0] - figures[3] == 7010


def price_of(line):
    return int(line.split(",")[2])


def test_versions_that_were_all_tested_before_one_was_opened_do_not_all_open(owner):
    """Attack: four jobs side by side. When they are tested none is opened; each opening looks at those before it."""
    prepared = [owner.opening(RARE, owner.read(RARE, table)) for table in FOUR]
    for decide, _ in prepared:
        decide.begin()
    opened = []
    for decide, bits in prepared:
        with suppress(NotAuthorized):
            opened.append(decide(bits))
    assert opened == [{"count"}] * 3


def test_from_a_version_that_was_tested_and_not_opened_ten_changed_rows_are_enough(owner):
    """No figure of it left, only the bit, which shows no more than that ten rows make ten."""
    few = BASE[95:105]  # five rows are asked about
    decide, bits = owner.opening(RARE, owner.read(RARE, sales_csv(few)))
    decide.begin()
    assert decide({name: False for name in bits}) == set()
    assert not owner.answers(RARE, sales_csv(BASE[95:109]))
    assert owner.answers(RARE, sales_csv(BASE[95:120]))


def test_sums_under_rules_against_dominance_are_opened_on_one_set_of_rows(tmp_path):
    """Few could dominate what changed, and of rows that are gone nobody knows the values."""
    ruled = replace(SALES, sensitivity=Sensitivity(None, (Percent(10),)))
    guarded, count = Owner(tmp_path, schema=ruled), replace(RARE, outputs=("count",))
    assert guarded.answers(RARE, sales_csv(BASE))
    assert not guarded.answers(RARE, sales_csv(changed(BASE, 20)))
    assert guarded.answers(count, sales_csv(changed(BASE, 20)))
    assert guarded.answers(RARE, sales_csv(BASE))
    guarded.journal.close()


def test_an_attempt_is_not_held_against_itself(owner):
    decide, bits = owner.opening(RARE, owner.read(RARE, sales_csv(BASE)))
    decide.begin()
    decide(bits)
    assert owner.journal.answers.earlier("sales-1", decide.session.job, 1) == []
    assert len(owner.journal.answers.earlier("sales-1", decide.session.job, 2)) == 1
    decide.begin()


@pytest.mark.parametrize("count", [1, 40])
def test_a_joined_table_answers_only_on_the_same_rows(tmp_path, count):
    """How far the matches differ nobody knows, so no number of changed rows is enough."""
    holder = Owner(tmp_path, "finance")
    asked = replace(join(groups=("1", "2")), filters=(Interval("price", 1000, None),))
    assert holder.answers(asked, sales_csv(BASE))
    assert not holder.answers(asked, sales_csv(changed(BASE, count)))
    below = changed(BASE, count, first=0)
    assert holder.answers(asked, sales_csv(below))  # changed outside the question: the same rows take part
    holder.journal.close()


def test_a_list_answers_only_with_the_same_keys_whatever_the_groups(tmp_path):
    lister = Owner(tmp_path, "tax", PARCELS)
    keys = [key for key, _, _ in BASE]
    assert lister.answers(join(groups=("1", "2")), parcels_csv(keys))
    assert not lister.answers(join(groups=("1", "2")), parcels_csv(keys[1:]))
    assert not lister.answers(join(groups=("1",)), parcels_csv(keys[40:]))
    assert lister.answers(join(groups=("1", "2")), parcels_csv(keys[::-1]))  # the order is no change
    assert lister.answers(join(groups=("3",)), parcels_csv(keys[1:]))  # a group that was not asked before
    lister.journal.close()


def test_the_rows_of_a_cell_are_those_of_the_question():
    histogram = sums(edges=(0, 1000))
    assert set(kind_of(histogram).selections(FIRST)) == {cell.name for cell in cells(histogram, ["sales-1"])}
    assert kind_of(histogram).selections(FIRST)["bin0"][-1] == Interval("price", 0, 1000)
    asked = join(groups=("1", "2"))
    names = {cell.name for cell in cells(asked, ["sales", "stabilised"])}
    assert set(kind_of(asked).selections("finance")) == set(kind_of(asked).selections("tax")) == names
    assert kind_of(asked).selections("finance")["2"][-1] == OneOf("borough", ("2",))
    assert set(kind_of(replace(asked, grouping=None)).selections("tax")) == {"*"}
    assert set(kind_of(replace(asked, grouping=Grouping("borough", ("3",)))).selections("tax")) == {"3"}


def test_the_journal_is_no_dictionary_of_rows(tmp_path):
    """Two journals keep other digests of the same rows, and equal sets of rows are kept once."""
    kept = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made = Owner(tmp_path / name)
        assert made.answers(RARE, sales_csv(BASE))
        assert made.answers(RARE, sales_csv(BASE))
        assert made.journal.row_key() == made.journal.row_key()
        made.journal.close()
        with sqlite3.connect(tmp_path / name / "n.sqlite") as database:
            sets = [row for (row,) in database.execute("SELECT rows FROM row_sets")]
        database.close()
        assert len(sets) == 1
        assert len(sets[0]) == 16 * 100
        kept.append({sets[0][i : i + 16] for i in range(0, len(sets[0]), 16)})
    assert not kept[0] & kept[1]


@pytest.mark.slow
def test_over_the_chain_the_hidden_row_is_refused_and_without_the_rule_it_is_read(tmp_path, monkeypatch):
    with registrars(tmp_path) as city:
        spec = city.authorized(replace(sums(edges=()), filters=(Interval("price", 1000, None),)))
        before = city.ask(spec)[1].release.document["cells"]
        file = city[FIRST].assets["sales-1"].file
        elsewhere = "".join(f"18888{n:05d},1,5\n" for n in range(30))
        file.write_text(file.read_text() + "1999900001,1,654321\n" + elsewhere)
        job, finished = city.ask(spec)
        assert finished is None
        assert (city.job(job).state, city.reason(job)) == (JobState.REFUSED, versions.GROUND)
        assert city[FIRST].sent() & {"masked", "open"} == {"masked", "open"}  # of the first job alone
        monkeypatch.setattr(versions, "require_steady", lambda *arguments: None)
        monkeypatch.setattr(opening_module, "require_steady", lambda *arguments: None)
        after = city.ask(spec)[1].release.document["cells"]
        assert (int(after["count"]) - int(before["count"]), int(after["sum"]) - int(before["sum"])) == (1, 654_321)


@pytest.mark.slow
def test_over_the_chain_a_changed_list_is_refused_by_its_owner(tmp_path):
    rows, listed = sold({"1": 12, "2": 20})
    with owners(tmp_path, rows, listed) as city:
        spec = city.authorized(join(groups=("1", "2")))
        assert city.ask(spec)[1] is not None
        file = city["tax"].assets["stabilised"].file
        whole = file.read_text()
        file.write_text(parcels_csv(listed[1:]))
        job, finished = city.ask(spec)
        assert finished is None
        assert (city.job(job).by, city.reason(job)) == (city["tax"].id, versions.GROUND)
        file.write_text(whole)
        assert city.ask(spec)[1] is not None
