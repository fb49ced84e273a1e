"""The list of studies is complete, and each is written about."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commandline import run
from typer.main import get_command

from gateway.cli.computing.study import app
from mpc.studies.catalogue import ENTRIES
from mpc.studies.heads import head

PAGE = Path(__file__).resolve().parents[3] / "docs" / "studies.md"
NAMES = [entry.name for entry in ENTRIES]


def test_the_list_has_every_study_once_and_nothing_else() -> None:
    commands = set(get_command(app).commands) - {"list"}  # type: ignore[attr-defined]
    assert sorted(NAMES) == sorted(commands)
    listed = re.findall(
        r"`([a-z-]+)`",
        "".join(line.split("|")[1] for line in PAGE.read_text().splitlines() if re.match(r"\| `[a-z-]+`", line)),
    )
    assert set(NAMES) == set(listed)


def test_the_list_is_printed_for_people_in_two_languages_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study", "list"]) == 0
    assert "survival" in capsys.readouterr().out
    assert run(["study", "list", "--language", "zh"]) == 0
    assert "需要" in capsys.readouterr().out
    assert run(["study", "list", "--json"]) == 0
    assert [found["name"] for found in json.loads(capsys.readouterr().out)] == NAMES


def test_heads_are_said_in_chinese_unless_they_are_columns_of_a_table() -> None:
    assert (head("count", "zh"), head("count", "en"), head("district", "zh")) == ("行数", "count", "district")
