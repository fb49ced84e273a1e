"""A protected table: nothing withheld can be worked out of the published file, by whoever reads only that."""

import csv
import json

import numpy as np
import pytest

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.tables.hierarchy import Dimension, Grid
from mpc.disclosure.tables.interval import Knowledge, Range, Relation, extents
from mpc.disclosure.tables.rounding import Nearest, Unbiased
from mpc.disclosure.tables.sensitivity import Percent
from mpc.disclosure.tables.suppression import Pattern
from mpc.publishing import protection, report
from mpc.publishing.key import kept
from mpc.publishing.protection import Reason, Rules, secure
from mpc.publishing.tally import Tally

TOWNS = Dimension.of("town", {"A1": "A", "A2": "A", "A3": "A", "B1": "B", "B2": "B"})
KINDS = Dimension.flat("kind", ["x", "y", "z"])
COUNTS = [[20, 31, 25], [3, 40, 18], [22, 19, 33], [15, 28, 14], [26, 24, 17]]


def silently(text):
    del text


def made(giant=0):
    """Every unit pays 10, each another respondent; in A2/y one respondent more pays ``giant``."""
    grid = Grid((TOWNS, KINDS))
    inner = np.zeros(grid.shape, dtype=np.int64)
    parts = {}
    for row, place in zip(COUNTS, TOWNS.leaves, strict=True):
        inner[place, 1:] = row
        for kind, number in enumerate(row, start=1):
            own = {f"{place}/{kind}/{n}": 10 for n in range(number)}
            if (TOWNS.codes[place], kind) == ("A2", 2) and giant:
                inner[place, kind] += 1
                own["giant"] = giant
            for up in TOWNS.line(place):
                for along in (kind, 0):
                    parts.setdefault(grid.number([up, along]), {}).update(own)
    counts = [int(value) for value in grid.added_up(inner)]
    sums = [sum(parts.get(cell, {}).values()) for cell in range(grid.size)]
    return Tally(grid, counts, sums, parts, True)


def secured(tally, rules=None, rounding=None):
    return secure(tally, rules or Rules(10), rounding=rounding, limit_s=30.0, say=silently)


def codes(protected, reason=None):
    cells = protected.reasons.items()
    return {protected.tally.grid.codes(cell) for cell, why in cells if reason in (None, why)}


def read_back(text, grid, column):
    """What a reader of the published file knows: its figures, its margins, and that nothing is negative."""
    rows = list(csv.DictReader(text.splitlines()))
    shown = [row[column] for row in rows]
    ranges = [Range(0, None) if figure == "withheld" else Range(int(figure), int(figure)) for figure in shown]
    return Knowledge(ranges, [Relation(weights, Range(0, 0)) for weights in grid.relations()])


def test_the_published_file_leaves_each_small_cell_between_nothing_and_more_than_the_minimum():
    protected = secured(made())
    assert codes(protected, Reason.SMALL) == {("A2", "x")}
    assert len(codes(protected, Reason.COMPLEMENT)) == 3
    text = report.table_of(protected, 0)
    cells = list(protected.reasons)
    for column, doubts in (("count", [d.count for d in protected.doubts.values()]),
                           ("sum", [d.sum for d in protected.doubts.values()])):  # fmt: skip
        found = extents(read_back(text, protected.tally.grid, column), [{cell: 1} for cell in cells])
        assert found == doubts  # the audit report says what a reader can find, no more and no less
    small = next(cell for cell, reason in protected.reasons.items() if reason is Reason.SMALL)
    assert protected.doubts[small].count.low == 0
    assert protected.doubts[small].count.high >= 13


def test_a_sum_that_one_respondent_dominates_is_withheld_and_stays_uncertain():
    tally = made(giant=100_000)
    assert ("A2", "y") not in codes(secured(tally))
    protected = secured(tally, Rules(10, Percent(20)))
    assert codes(protected, Reason.DOMINATED) >= {("A2", "y")}
    target = tally.grid.number([TOWNS.codes.index("A2"), 2])
    level = Percent(20).level(list(tally.parts[target].values()))
    doubt = protected.doubts[target].sum
    assert doubt.low <= tally.sums[target] - level
    assert doubt.high is None or doubt.high >= tally.sums[target] + level


def test_a_pattern_that_gives_a_cell_away_is_not_published(monkeypatch):
    """The choice is not trusted: the audit of what would be published has the last word."""
    careless = lambda grid, sheets, costs, **_: Pattern(frozenset(sheets[0].levels), frozenset(), True)  # noqa: E731
    monkeypatch.setattr(protection, "protect", careless)
    with pytest.raises(NotAuthorized, match="A2/x would be known too closely"):
        secured(made())


def test_empty_cells_are_small_unless_they_are_no_secret():
    tally = made()
    empty = tally.grid.number([TOWNS.codes.index("B1"), 1])
    counts = np.zeros(tally.grid.shape, dtype=np.int64)
    for cell, value in enumerate(tally.counts):
        if tally.grid.is_inner(cell) and cell != empty:
            counts.reshape(-1)[cell] = value
    plain = Tally(tally.grid, [int(v) for v in tally.grid.added_up(counts)], None, {}, False)
    assert ("B1", "x") in codes(secured(plain), Reason.SMALL)
    assert ("B1", "x") not in codes(secured(plain, Rules(10, None, True)))


@pytest.mark.parametrize("rule", [Nearest(5), Unbiased(5, bytes(32))])
def test_rounded_counts_are_shown_and_widen_the_doubt(rule):
    exact, rounded = secured(made()), secured(made(), rounding=rule)
    assert all(n % 5 == 0 for n in rounded.shown)
    assert exact.reasons == rounded.reasons
    for cell, doubt in exact.doubts.items():
        assert rounded.doubts[cell].count.low <= doubt.count.low
        assert rounded.doubts[cell].count.high is None or rounded.doubts[cell].count.high >= doubt.count.high


def test_the_files_show_readers_no_reason_and_the_department_all(tmp_path):
    protected = secured(made())
    table, pattern, audit = report.write(tmp_path / "out", protected, {"minimum": 10}, 1)
    lines = table.read_text().splitlines()
    assert lines[0] == "town,kind,count,sum"
    assert "A2,x,withheld,withheld" in lines
    assert "A3,z,33,33.0" in lines
    assert "small" not in table.read_text()
    assert "A2,x,small,3,3.0" in pattern.read_text().splitlines()
    told = json.loads(audit.read_text())
    assert told["summary"]["withheld"] == len(told["cells"]) == 4
    assert next(cell for cell in told["cells"] if cell["reason"] == "small")["count"][0] == 0
    assert [oct(path.stat().st_mode & 0o777) for path in (table, pattern, audit)] == ["0o644", "0o600", "0o600"]


def test_rules_that_cannot_be_judged_are_refused():
    tally = made()
    with pytest.raises(InvalidRecord, match="value column"):
        secured(Tally(tally.grid, tally.counts, None, {}, False), Rules(10, Percent(10)))
    for minimum in (1, 10_001):
        with pytest.raises(InvalidRecord, match="minimum"):
            Rules(minimum)


def test_a_key_is_made_once_and_a_file_that_is_none_is_refused(tmp_path):
    assert kept(tmp_path / "k") == kept(tmp_path / "k")
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600
    (tmp_path / "short").write_bytes(b"x")
    with pytest.raises(InvalidRecord, match="32 bytes"):
        kept(tmp_path / "short")


def test_a_table_too_large_for_the_exact_model_leaves_its_small_cells_as_uncertain():
    grid = Grid(tuple(Dimension.flat(name, [str(n) for n in range(size)]) for name, size in (("a", 40), ("b", 30))))
    inner = np.zeros(grid.shape, dtype=np.int64)
    inner[1:, 1:] = np.random.default_rng(1).poisson(25, (40, 30))
    tally = Tally(grid, [int(value) for value in grid.added_up(inner)], None, {}, False)
    protected = secured(tally, Rules(15))
    assert not protected.pattern.is_optimal
    small = [cell for cell, reason in protected.reasons.items() if reason is Reason.SMALL]
    assert len(small) > 3
    known = read_back(report.table_of(protected, 0), grid, "count")
    for cell, found in zip(small, extents(known, [{cell: 1} for cell in small]), strict=True):
        shown = protected.doubts[cell].count
        assert found.low == 0 == shown.low
        assert found.high >= shown.high >= tally.counts[cell] + 15
    assert report.audit_of(protected, None)["ends"] == "possible"
