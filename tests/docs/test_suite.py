"""The suite's own order names files that are there; a renamed one would be begun last, and run on alone."""

from __future__ import annotations

import runpy
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_the_files_that_are_begun_first_are_there() -> None:
    first = runpy.run_path(str(TESTS / "conftest.py"))["FIRST"]
    assert [name for name in first if not (TESTS / name).is_file()] == []
    assert len(set(first)) == len(first)
