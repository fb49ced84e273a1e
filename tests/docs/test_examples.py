"""Every block of code in README and docs: a block without a language is output or a picture, all others hold.

Commands of bash blocks are parsed by the program itself: names, options, values and required arguments. JSON, TOML and
SQL are read, Python is compiled and its imports are made. Blocks of pages under EXECUTED are run as they stand, in the
test that is named. What needs a running network is parsed and not run.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import sqlglot
import typer

from gateway.command import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("README*.md")), ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = ("", "bash", "json", "toml", "python", "sql")
COMMANDS = typer.main.get_command(app)
EXECUTED = {
    "README.md": "tests/gateway/test_readme.py",
    "docs/node.md": "tests/gateway/test_node_document.py",
    "docs/tables.md": "tests/gateway/test_table_command.py",
    "docs/privacy.md": "tests/mpc/privacy/test_privacy_page.py",
}
"""Where blocks of a page are run with the page's own text."""


@dataclass(frozen=True)
class Block:
    page: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    for page in PAGES:
        for language, text in re.findall(r"^```(.*?)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            yield Block(page.relative_to(ROOT).as_posix(), language.strip(), text)


BLOCKS = list(blocks())


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def calls(text: str) -> Iterator[list[str]]:
    """The calls of ``shuxin`` in shell lines; loops and functions are left to the test that runs them."""
    if re.search(r"^\w+\(\) *\{|^for ", text, re.MULTILINE):
        return
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        for start in (place for place, word in enumerate(words) if word == "shuxin"):
            ends = (place for place, word in enumerate(words) if place > start and word in ("|", ">", "&&", ";"))
            yield words[start + 1 : next(ends, len(words))]


def parse(words: list[str]) -> None:
    """Let the program read a call without carrying it out; raises click.ClickException for what it would refuse."""
    command, names = COMMANDS, ["shuxin"]
    while isinstance(command, click.Group) and words:
        names.append(words[0])
        command, words = command.commands.get(words[0], click.Command("none")), words[1:]
    assert command.name != "none", names
    if not (isinstance(command, click.Group) and not words):
        command.make_context(" ".join(names), list(words))


def test_a_block_names_a_language_that_is_checked_or_none_for_output() -> None:
    assert {block.language for block in BLOCKS} <= set(LANGUAGES)
    assert len(of("bash")) > 60


@pytest.mark.parametrize("block", of("bash"), ids=lambda block: block.page)
def test_the_program_takes_every_call_of_a_shell_block(block: Block) -> None:
    for words in calls(block.text):
        parse(words)


@pytest.mark.parametrize(
    "call", ["audit opn JOB", "verify", "job run spec.json --no-such x", "property title 1 --at-block x"]
)
def test_a_call_that_the_program_would_not_take_is_found_out(call: str) -> None:
    with pytest.raises((click.ClickException, AssertionError)):
        parse(shlex.split(call))


@pytest.mark.parametrize("block", [*of("json"), *of("toml")], ids=lambda block: block.page)
def test_documents_can_be_read(block: Block) -> None:
    """A piece of a document stands without its braces; `...` stands for more of the same."""
    text = block.text.replace("[...]", "[]").strip()
    if block.language == "toml":
        assert tomllib.loads(text)
    else:
        assert json.loads(text if text.startswith("{") else f"{{{text}}}")


@pytest.mark.parametrize("block", [*of("python"), *of("sql")], ids=lambda block: block.page)
def test_programs_compile_with_what_they_import_and_queries_parse(block: Block) -> None:
    if block.language == "sql":
        statements = re.split(r"\n(?=SELECT)", block.text)
        assert all(sqlglot.parse_one(statement, read="duckdb") for statement in statements)
        return
    tree = ast.parse(block.text)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), block.page, "exec"), {})


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js (Debian package nodejs)")
def test_the_commands_of_the_second_verifier_run_as_they_stand() -> None:
    (block,) = (block for block in of("bash") if block.page == "docs/independent.md")
    ran = subprocess.run(["bash", "-ec", block.text], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.count("holds; the trust file says") == 3


def test_what_is_run_elsewhere_is_run_from_the_page() -> None:
    for page, test in EXECUTED.items():
        assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")
