"""The example of README.md runs as it stands, and its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command import app

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = TEXT[TEXT.index("## A short example") : TEXT.index("## Where things are")]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", EXAMPLE, re.DOTALL)


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (shell,), (program,) = blocks("bash"), blocks("python")
    for line in shell.splitlines():
        words = shlex.split(line)
        if words[0] == "printf":
            text, target = words[1], words[3]
            Path(target).write_text(text.replace("\\n", "\n"))
            continue
        assert words[0] == "shuxin"
        assert CliRunner().invoke(app, words[1:]).exit_code == 0, line
    exec(compile(program, "README.md", "exec"), {})
    assert "inclusion" in capsys.readouterr().out  # the record that is not there was refused


def test_the_chinese_readme_shows_the_same_commands() -> None:
    def commands(name: str) -> list[list[str]]:
        found = re.findall(r"```bash\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
        return [shlex.split(line, comments=True) for block in found for line in block.splitlines()]

    assert commands("README.zh-CN.md") == commands("README.md")


DECISIONS = (ROOT / "docs" / "adr").glob("0*.md")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *DECISIONS, ROOT / "data" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere_and_to_headings_that_are_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)]+))?\)", page.read_text(encoding="utf-8"))
    for target, heading in [(target, heading) for target, heading in links if "://" not in target]:
        found = page.parent / target if target else page
        assert found.exists(), target
        if heading and found.suffix == ".md":
            assert heading in anchors(found), f"{target}#{heading}"


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as they are made on the web: lower case, signs left out, dashes for spaces."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_a_heading_that_is_not_there_is_found_out() -> None:
    assert "two-commands" in anchors(ROOT / "README.md")
    assert "three-commands" not in anchors(ROOT / "README.md")
