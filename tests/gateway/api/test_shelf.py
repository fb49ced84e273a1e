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


def test_what_is_not_laid_out_is_not_found(laid: Path) -> None:
    for shelf in (Shelf(laid), Shelf(None), Shelf(laid / "nowhere")):
        with pytest.raises(NotFound):
            shelf.read(b"\1" * 32)
    assert Shelf(None).listed() == []
