"""Every block of code in README and docs is run, or says what it needs that a test has not, or is marked as output.

Besides, commands of bash blocks are parsed by the program itself: names, options, values and required arguments. JSON,
TOML and SQL are read, Python is compiled and its imports are made.
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
from pathlib import Path

import click
import pytest
import sqlglot
import typer
from documented import STORY
from pageblocks import PAGES, ROOT, Block, blocks, differs

from gateway.command import app

LANGUAGES = ("", "bash", "json", "output", "toml", "python", "sql")
COMMANDS = typer.main.get_command(app)
EXECUTED = {
    "README.md": "tests/gateway/test_readme.py",
    "docs/tables.md": "tests/gateway/test_table_command.py",
    "docs/privacy.md": "tests/mpc/privacy/test_privacy_page.py",
    "docs/independent.md": "tests/docs/test_examples.py",
}
"""Where all blocks of a page are run with the page's own text, beside those that tests/docs/test_walk.py runs."""
WALKED = {(stop.page, stop.section) for stop in STORY} | {("docs/node.md", "A worked example")}
ANSWERED = "tests/docs/test_queries.py"
"""Runs every `shuxin query` and `shuxin study` that a page shows, over tables of the form the page speaks of."""
BLOCKS = [block for page in PAGES for block in blocks(page)]
RUN = [block for block in BLOCKS if block.language in ("bash", "python")]
PLACES = {
    "another host", "root", "docker", "a browser", "minutes", "an engine", "a trained model", "your own platform",
    "your own tables",
}  # fmt: skip
"""What a block may say that it needs."""


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def calls(text: str) -> Iterator[list[str]]:
    """The calls of ``shuxin`` in shell lines; loops and functions are left to the test that runs them."""
    if re.search(r"^\w+\(\) *\{|^for ", text, re.MULTILINE):
        return
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(re.sub(r"\$\w+", "1", line), comments=True)  # whatever a variable holds
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


@pytest.mark.parametrize("block", RUN, ids=lambda block: f"{block.page}:{block.line}")
def test_a_block_is_run_or_says_what_it_needs(block: Block) -> None:
    if block.needs:
        assert block.needs in PLACES
        return
    if block.page.endswith((".zh.md", ".zh-CN.md")):
        return  # the same as in English, see below
    is_answered = all(words[0] in ("query", "study") for words in calls(block.text)) and block.language == "bash"
    assert (block.page, block.section) in WALKED or block.page in EXECUTED or is_answered


def test_the_walk_finds_every_section_it_goes_to() -> None:
    assert {(block.page, block.section) for block in RUN if not block.needs} >= WALKED


@pytest.mark.parametrize("page", [page for page in PAGES if page.name.endswith((".zh.md", ".zh-CN.md"))])
def test_a_chinese_page_has_the_commands_of_the_english_one(page: Path) -> None:
    """But for the language, for words in quotes, and for comments."""

    def commands(path: Path) -> list[list[str]]:
        texts = [block.text for block in blocks(path) if block.language == "bash"]
        lines = [re.sub(r" --language (zh|en)", "", line) for text in texts for line in text.splitlines()]
        quoted = [shlex.split(re.sub(r'"[^"]*"', '""', line), comments=True) for line in lines]
        return [words for words in quoted if words]

    other = page.with_name(page.name.replace(".zh-CN.md", ".md").replace(".zh.md", ".md"))
    assert commands(page) == commands(other)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [("a\nb\n", "a\nb\n"), ("a ... c\n", "a 17 c\n"), ("...\nc\n", "a\nb\nc\n"), ("a\n...\n", "a\nb\n")],
)
def test_output_may_leave_out_what_varies(shown: str, printed: str) -> None:
    assert differs(shown, printed) == ""


@pytest.mark.parametrize(
    ("shown", "printed"),
    [("a\n", "b\n"), ("a\nb\n", "a\n"), ("a\n", "a\nb\n"), ("a ... c\n", "a 17 d\n"), ("...\nc\n", "a\n")],
)
def test_output_that_is_not_what_is_printed_is_found_out(shown: str, printed: str) -> None:
    assert differs(shown, printed) != ""


def test_what_is_run_elsewhere_is_run_from_the_page() -> None:
    for page, test in EXECUTED.items():
        assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")
