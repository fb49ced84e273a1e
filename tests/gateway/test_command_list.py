"""``shuxin --help``: every command once, under a heading, in order; and each is written about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import typer
from typer.testing import CliRunner

from gateway import cli
from gateway.command import PANELS, app

ROOT = Path(__file__).resolve().parents[2]
NAMES = [name for _, commands in PANELS for name in commands]


def test_help_lists_the_commands_under_their_headings_in_order() -> None:
    text = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100"}).output
    places = [text.index(title) for title, _ in PANELS]
    assert places == sorted(places)
    listed = re.findall(r"^│ ([a-z]+(?:-[a-z]+)*) {2}", text, re.MULTILINE)
    assert listed == NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_no_command_group_is_left_out() -> None:
    listed = {id(command) for _, commands in PANELS for command in commands.values()}
    inside = {id(group.typer_instance) for one in apps() for group in one.registered_groups}
    assert [one.info.help for one in apps() if id(one) not in listed | inside] == []


def apps() -> list[typer.Typer]:
    """Every command group that a module of gateway.cli makes."""
    import importlib
    import pkgutil

    names = [found.name for found in pkgutil.walk_packages(cli.__path__, f"{cli.__name__}.")]
    modules = [importlib.import_module(name) for name in names]
    return [value for module in modules for value in vars(module).values() if isinstance(value, typer.Typer)]


def test_every_argument_and_option_of_every_command_says_what_it_is() -> None:
    """As people see it: typer and click of versions that do not fit each other lose what was written."""
    told = dict(parameters(typer.main.get_command(app), "shuxin"))
    assert len(told) > 1000
    assert [name for name, words in told.items() if not words] == []
    text = CliRunner().invoke(app, ["chain", "serve", "--help"], env={"COLUMNS": "100"}).output
    assert "The network's directory." in text


def parameters(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        yield f"{path} {parameter.name}", getattr(parameter, "help", None) or ""
    if isinstance(command, click.Group):
        for name, found in command.commands.items():
            yield from parameters(found, f"{path} {name}")


def test_every_command_is_written_about() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in NAMES if not re.search(rf"shuxin {name}\b", text)] == []
