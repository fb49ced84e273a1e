"""``shuxin --help``: every command once, under a heading, in order; and each is written about."""

from __future__ import annotations

import re
from pathlib import Path

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

    modules = [importlib.import_module(f"{cli.__name__}.{found.name}") for found in pkgutil.iter_modules(cli.__path__)]
    return [value for module in modules for value in vars(module).values() if isinstance(value, typer.Typer)]


def test_every_command_is_written_about() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in NAMES if not re.search(rf"shuxin {name}\b", text)] == []
