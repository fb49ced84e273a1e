"""Every command and option that the pages name exists, and every command of an officer is on the page for officers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from gateway.command import app

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
OFFICERS = ("asset", "authorization", "supply", "objection", "termination", "dispute", "use", "level")
ROOT = typer.main.get_command(app)


def found(words: list[str]) -> tuple[click.Command, list[str]] | None:
    """Follow words as far as they name commands; the rest are arguments."""
    at, rest = ROOT, words
    while isinstance(at, click.Group) and rest:
        if rest[0] not in at.commands:
            return None
        at, rest = at.commands[rest[0]], rest[1:]
    return at, rest


def named(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Commands in code of a page, with the options that stand behind them."""
    for code in re.findall(r"`(shuxin [^`]+)`", page.read_text(encoding="utf-8")):
        text = re.sub(r'"[^"]*"', "WORDS", " ".join(code.split())).replace("[", " ").replace("]", " ")
        yield code, [word for word in text.split()[1:] if re.fullmatch(r"[A-Za-z0-9-]+", word)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_commands_and_options_that_there_are(page: Path) -> None:
    for code, words in named(page):
        reached = found(words)
        assert reached is not None, f"{page.name}: {code}"
        command, rest = reached
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        strange = {word for word in rest if word.startswith("--")} - options - {"--help"}
        if not isinstance(command, click.Group):
            assert not strange, f"{page.name}: {code}: {strange}"


def test_the_page_for_officers_has_each_of_their_commands() -> None:
    lines = (DOCS / "node.md").read_text(encoding="utf-8").splitlines()
    for name in OFFICERS:
        group = ROOT.commands[name]  # type: ignore[attr-defined]
        told = " ".join(line for line in lines if f"shuxin {name} " in line)
        assert [command for command in group.commands if not re.search(rf"[ `]{command}[ `]", told)] == [], name


def test_what_is_no_command_is_found_out() -> None:
    assert found(["authorization", "forget"]) is None
    reached = found(["authorization", "revoke", "CODE", "--reason"])
    assert reached is not None
    assert reached[1] == ["CODE", "--reason"]
    assert sum(1 for page in PAGES for _ in named(page)) > 80
