"""Moves of a table: possible tables at hand, each checked before it counts."""

import pytest

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.interval import Knowledge, Range, Relation, extents
from mpc.disclosure.tables.moves import Moves

TABLE = [20, 50, 8, 19]
"""Two by two; all four are withheld, rows and columns are published."""
KNOWN = Knowledge(
    [Range(0, None)] * 4,
    [
        Relation({0: 1, 1: 1}, Range(70, 70)),
        Relation({2: 1, 3: 1}, Range(27, 27)),
        Relation({0: 1, 2: 1}, Range(28, 28)),
        Relation({1: 1, 3: 1}, Range(69, 69)),
    ],
)


def around(by):
    return {0: -by, 1: by, 2: by, 3: -by}


def test_a_move_that_fits_shows_what_is_possible_and_never_more_than_the_audit_finds():
    moves = Moves(KNOWN, TABLE, [around(10), around(-8)])
    assert moves.seen({2: 1}) == Range(0, 18)
    assert moves.seen({0: 1, 1: 1}) == Range(70, 70)
    (ends,) = extents(KNOWN, [{2: 1}])
    assert ends.low <= 0
    assert ends.high >= 18


@pytest.mark.parametrize("wrong", [around(-9), around(20), {2: 5}, {2: 5, 3: -5}])
def test_a_move_that_does_not_fit_shows_nothing(wrong):
    assert Moves(KNOWN, TABLE, [wrong]).seen({2: 1}) == Range(8, 8)


def test_a_table_that_is_not_the_published_one_is_refused():
    with pytest.raises(InvalidRecord, match="does not fit"):
        Moves(KNOWN, [21, 50, 8, 19], [])
    with pytest.raises(InvalidRecord, match="does not fit"):
        Moves(Knowledge([Range(0, 5)], []), [6], [])


def test_without_the_check_a_wrong_move_would_make_a_known_cell_look_uncertain(monkeypatch):
    """Only one cell is withheld: its row gives it away, whatever somebody claims."""
    alone = Knowledge([Range(20, 20), Range(50, 50), Range(0, None), Range(19, 19)], KNOWN.relations)
    assert Moves(alone, TABLE, [{2: 10}]).seen({2: 1}) == Range(8, 8)
    monkeypatch.setattr(Moves, "_fits", lambda self, move: True)
    assert Moves(alone, TABLE, [{2: 10}]).seen({2: 1}) == Range(18, 18)
