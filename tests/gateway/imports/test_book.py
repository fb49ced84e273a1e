"""The book of what was taken in: several hands write it in turn, and one that is opened meanwhile takes nothing out."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gateway.imports.book import STREAM, Book, Entry, TakenIn
from ledger.log.stream import StreamWriter


def test_two_hands_write_one_book_in_turn_and_see_what_the_other_wrote(tmp_path: Path) -> None:
    one, other = Book(tmp_path, "a/imports"), Book(tmp_path, "a/imports")
    assert one.append([Entry("1", b"first"), Entry("2", b"second")]) == [0, 1]
    assert other.append([Entry("3", b"third")]) == [2]
    assert one.append([Entry("4", b"fourth")]) == [3]
    assert [one.known("3"), other.known("4")] == [(b"third", 2), (b"fourth", 3)]
    with pytest.raises(TakenIn, match="1 was taken in before"):
        other.append([Entry("1", b"first again")])
    assert other.append([Entry("5", b"fifth")]) == [4]
    one.close()
    other.close()


def test_a_book_that_is_opened_while_another_hand_is_half_way_waits_and_takes_nothing_out(tmp_path: Path) -> None:
    first = Book(tmp_path, "a/imports")
    first.append([Entry("1", b"first")])
    opened = list[Book]()
    held = StreamWriter(tmp_path / STREAM)  # as one who has entered its rows and not yet appended their records
    with first._database.transaction() as db:
        db.execute("INSERT INTO taken VALUES ('2', ?, 1)", (b"second",))
    opening = threading.Thread(target=lambda: opened.append(Book(tmp_path, "a/imports")))
    opening.start()
    held.append([b"second"])
    assert opened == []
    held.close()
    opening.join(30)
    assert opened[0].known("2") == (b"second", 1)
    for book in (first, *opened):
        book.close()


def test_what_was_entered_and_never_appended_is_taken_out_at_the_next_opening(tmp_path: Path) -> None:
    book = Book(tmp_path, "a/imports")
    book.append([Entry("1", b"first")])
    with book._database.transaction() as db:
        db.execute("INSERT INTO taken VALUES ('2', ?, 1)", (b"second",))
    book.close()
    again = Book(tmp_path, "a/imports")
    assert (again.known("1"), again.known("2")) == ((b"first", 0), None)
    again.close()


def test_what_a_hand_that_died_half_way_entered_is_taken_out_before_the_next_record_stands_at_its_place(
    tmp_path: Path,
) -> None:
    died, book = Book(tmp_path, "a/imports"), Book(tmp_path, "a/imports")
    with died._database.transaction() as db:
        db.execute("INSERT INTO taken VALUES ('1', ?, 0)", (b"first",))
    assert book.append([Entry("2", b"second")]) == [0]
    assert (book.known("1"), book.known("2")) == (None, (b"second", 0))
    assert book.append([Entry("1", b"first")]) == [1]
    died.close()
    book.close()
