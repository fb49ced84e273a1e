"""The queries that pages show are answered by jobs over tables of the form that the pages speak of."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from alignedpool import AlignedPool
from enginepool import ROWS, WithEngines
from pooledtables import ASKING, Pool

from mpc.sql.planning import exact
from mpc.sql.reading import text as reading

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = sorted(
    {
        call
        for page in PAGES
        for call in re.findall(r'^shuxin query (".*)$', page.read_text(encoding="utf-8"), re.MULTILINE)
    }
)
NOISED = [call for call in SHOWN if "--private" in call]
"""Their declarations are checked by tests/mpc/privacy/test_privacy_page.py."""


class Persons(AlignedPool):
    """Owners that have engines."""

    _engines = True


@pytest.fixture(scope="module")
def permits(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return WithEngines(tmp_path_factory.mktemp("permits"), ROWS, ["1000", "1001"])


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory) -> Persons:
    return Persons(tmp_path_factory.mktemp("persons"))


@pytest.mark.parametrize("call", [call for call in SHOWN if call not in NOISED])
def test_a_query_of_a_page_is_answered(permits: Pool, persons: Persons, call: str) -> None:
    sql, *options = shlex.split(call)
    if "--align" in options:
        told = [options[place + 1] for place, word in enumerate(options) if word == "--told"]
        assert persons.aligned(sql, *told).jobs
        assert persons.told(sql).rows
    elif "--engine" in options:
        read = reading.read(sql, persons.tables, is_matched=True)
        assert exact.plan(read, replace(ASKING, is_matched=True)).jobs
    else:
        assert permits.ask(sql).rows


def test_there_are_queries_to_try() -> None:
    assert len(SHOWN) - len(NOISED) >= 7
