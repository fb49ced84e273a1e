"""The handbook builds without a warning and without a network, in two languages, and has every page in its menu."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from gateway.command import app

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
USERS = (
    "index",
    "start",
    "tutorials",
    "officer",
    "analyst",
    "registrar",
    "auditor",
    "citizen",
    "operator",
    "key-table",
)
NOWHERE = "http://127.0.0.1:9"
OFFLINE = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "http_proxy": NOWHERE, "https_proxy": NOWHERE}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it; what is generated on the way lies in docs/ and is in no commit."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "--site-dir", str(place)]
    ran = subprocess.run(command, cwd=ROOT, env=OFFLINE, capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return place


@pytest.mark.slow
def test_every_page_for_users_is_there_in_both_languages(site: Path) -> None:
    for name in USERS:
        english, chinese = ((folder / f"{name}.html").read_text("utf-8") for folder in (site, site / "zh"))
        assert characters(chinese) > 10 * characters(english)
        assert article(chinese).count("<h2") == article(english).count("<h2"), name


@pytest.mark.slow
def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    for page in site.rglob("*.html"):
        asked = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(https?://[^"]+)"', page.read_text("utf-8"))
        assert asked == [], page


@pytest.mark.slow
def test_the_reference_has_every_command_and_option_of_the_program(site: Path) -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    from handbook.commands import every

    text = (site / "reference" / "commands.html").read_text("utf-8")
    found = list(every(typer.main.get_command(app), "shuxin"))
    assert len(found) > 150
    for words, command in found:
        assert f">{words}<" in text, words
        options = [parameter.opts[0] for parameter in command.params if parameter.opts[0].startswith("--")]
        assert [option for option in options if f"<code>{option}</code>" not in text] == [], words


def test_the_menu_has_every_page() -> None:
    named = set(re.findall(r"([\w/-]+\.md)", (ROOT / "mkdocs.yml").read_text("utf-8")))
    pages = {page.name for page in DOCS.glob("*.md") if not page.name.endswith(".zh.md")}
    assert pages - named == set()
    assert {name for name in named if "/" not in name} - pages == set()


def article(page: str) -> str:
    return page[page.index("<article") : page.index("</article>")]


def characters(page: str) -> int:
    return len(re.findall(r"[\u4e00-\u9fff]", article(page)))
