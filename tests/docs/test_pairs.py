"""A Chinese page has the figures, the blocks of code and the sections of the English one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from pageblocks import PAGES, blocks

CHINESE = [page for page in PAGES if page.name.endswith((".zh.md", ".zh-CN.md"))]
DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}


def english(page: Path) -> Path:
    return page.with_name(page.name.replace(".zh-CN.md", ".md").replace(".zh.md", ".md"))


def figures(text: str) -> Counter[str]:
    """Count the numbers of a page: not those in addresses of links or before the points of a list."""
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"第([零一二三四五六七八九十]+)条", lambda found: f" {article(found[1])} ", text)
    text = re.sub(r"^\s*\d+\. ", "", text, flags=re.MULTILINE)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return Counter(re.findall(r"(?<![\w.])\d+(?:\.\d+)*", text))


def article(number: str) -> int:
    """Read the number of an article below one hundred as statutes write it."""
    tens, ten, ones = number.rpartition("十")
    return (DIGITS.get(tens, 1) * 10 if ten else 0) + DIGITS.get(ones, 0)


def headings(page: Path) -> list[int]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [len(found) for found in re.findall(r"^(#+) ", text, re.MULTILINE)]


def shown(page: Path) -> list[tuple[str, str]]:
    """The blocks of code of a page; what test_examples.py compares, bash, by their language only."""
    return [(block.language, "" if block.language == "bash" else block.text) for block in blocks(page)]


def rows(page: Path) -> int:
    return len(re.findall(r"^\|", page.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_page_for_users_has_its_other_language() -> None:
    assert len(CHINESE) > 10
    assert all(english(page).is_file() for page in CHINESE)


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_a_chinese_page_has_the_figures_and_blocks_of_the_english_one(page: Path) -> None:
    other = english(page)
    assert figures(page.read_text(encoding="utf-8")) == figures(other.read_text(encoding="utf-8"))
    assert shown(page) == shown(other)
    assert headings(page) == headings(other)
    assert rows(page) == rows(other)


@pytest.mark.parametrize(
    ("chinese", "words"),
    [("第十六条至第二十八条，90 秒", "articles 16 to 28, 90 s"), ("1,000 行", "1000 rows"), ("第三条", "article 3")],
)
def test_figures_are_the_same_in_both_scripts(chinese: str, words: str) -> None:
    assert figures(chinese) == figures(words)


@pytest.mark.parametrize(("chinese", "words"), [("90 秒", "9 s"), ("第十六条", "article 15"), ("3 与 3", "3")])
def test_a_figure_that_differs_is_found_out(chinese: str, words: str) -> None:
    assert figures(chinese) != figures(words)
