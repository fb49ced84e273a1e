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


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    missing = [link for link in targets if not ((ROOT / page).parent / link).exists()]
    assert missing == []
