"""Evidence files laid out to be fetched: found by what is on chain, handed out without figures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contracts.evidence import bundle
from gateway.api.shelf import Shelf
from ledger.errors import InvalidRecord, NotFound

VECTORS = Path(__file__).parents[2] / "vectors" / "evidence"


@pytest.fixture
def laid(tmp_path: Path) -> Path:
    evidence = next(path for path in sorted(VECTORS.rglob("*.json")) if is_disclosed(path))
    shutil.copy(evidence, tmp_path / "one.json")
    (tmp_path / "notes.json").write_text("{}")
    return tmp_path


def is_disclosed(path: Path) -> bool:
    try:
        return bundle.parse(path.read_bytes()).disclosure is not None
    except InvalidRecord:
        return False


def test_a_file_is_found_by_statement_result_and_own_digest_without_its_figures(laid: Path) -> None:
    assert bundle.parse((laid / "one.json").read_bytes()).disclosure is not None
    shelf = Shelf(laid)
    (one,) = shelf.listed()
    for digest in (one.statement, one.result, one.file):
        handed = bundle.parse(shelf.read(digest))
        assert handed.disclosure is None
        assert handed.histories[0].entity == one.job


def test_of_more_files_than_are_read_the_first_are_found_and_the_shelf_says_that_it_is_cut(laid: Path) -> None:
    first = Shelf(laid).listed()
    shutil.copy([path for path in sorted(VECTORS.rglob("*.json")) if is_disclosed(path)][-1], laid / "the last.json")
    whole, short = Shelf(laid, most=3), Shelf(laid, most=2)
    assert (whole.is_cut, short.is_cut) == (False, True)
    assert short.listed() == first
    (last,) = set(whole.listed()) - set(first)
    assert whole.read(last.statement)
    with pytest.raises(NotFound, match="among the first 2 files; more are laid out here"):
        short.read(last.statement)
    with pytest.raises(NotFound, match="no such file is laid out here"):
        whole.read(b"\1" * 32)


def test_what_is_not_laid_out_is_not_found(laid: Path) -> None:
    for shelf in (Shelf(laid), Shelf(None), Shelf(laid / "nowhere")):
        with pytest.raises(NotFound):
            shelf.read(b"\1" * 32)
    assert Shelf(None).listed() == []
