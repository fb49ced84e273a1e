"""All pages by keyboard and by screen reader, and what they answer on a narrow screen."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import reach
import take_pictures
from browser import known
from pagestown import PagesTown

from gateway.pages.serving import PAGES
from gateway.pages.wording import HTML, LANGUAGES, catalogue

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SEEN_BY = {"rights": "clerk", "accounts": "operator", "findings": "auditor", "sampling": "auditor", "sign-in": ""}
PLAN = "?kind=asset&count=2&block=26"
QUERY = {"provenance": take_pictures.NODE, "sampling": PLAN}
RAW = re.compile(rf"\b(?:{'|'.join({key.partition('.')[0] for key in catalogue('en')})})\.[a-z]+_?[a-z]*\b")


@pytest.mark.parametrize(("width", "language"), [(1920, "zh"), (360, "en")])
def test_every_page_is_used_by_keyboard_alone_and_says_what_everything_is(
    browser: Browser, base: str, width: int, language: str
) -> None:
    faults: list[str] = []
    for who in ("", "officer", "clerk", "auditor", "operator"):
        visitor = known(browser, base, who, width)
        for page in PAGES:
            if SEEN_BY.get(page.name, "officer" if page.scope or page.needs_account else "") == who:
                at = visitor.open(f"{language}/{page.name}{QUERY.get(page.name, '')}")
                found = [one for judge in JUDGES for one in judge(at)]
                if at.locator("html").get_attribute("lang") != HTML[language]:  # type: ignore[index]
                    found.append("says another language")
                faults += [f"{page.name}: {one}" for one in found]
        visitor.context.close()
    assert "\n".join(faults) == ""


JUDGES = (reach.unreached, reach.unnamed, reach.faint, reach.stuck)


@pytest.mark.parametrize(
    ("body", "judge"),
    [('<button tabindex="0" style="outline:0">x</button>', reach.unreached),
     ('<a href="/" tabindex="2">b</a><br><a href="/" tabindex="1">a</a>', reach.unreached),
     ('<a href="/">x</a><input onkeydown="event.preventDefault()">', reach.unreached),
     ("<button></button>", reach.unnamed),
     ("<input>", reach.unnamed), ('<img src="data:,">', reach.unnamed),
     ('<p style="color:#999">words</p>', reach.faint)],
    ids=["focus does not show", "order", "trap", "button", "input", "picture", "faint"],
)  # fmt: skip
def test_a_page_with_a_fault_is_found_out(browser: Browser, body: str, judge: object) -> None:
    page = browser.new_page()
    page.set_content(f"<style>:focus-visible {{ outline: 2px solid }}</style>{body}")
    assert judge(page)  # type: ignore[operator]
    page.set_content('<style>:focus-visible { outline: 2px solid }</style><p>words</p><a href="/">x</a>')
    assert judge(page) == []  # type: ignore[operator]
    page.close()


def test_the_way_around_stays_in_sight_whole_however_far_one_has_scrolled(browser: Browser, base: str) -> None:
    visitor = known(browser, base, "auditor", language="en")
    page = visitor.open("en/health")
    page.set_viewport_size({"width": 1280, "height": 400})
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("scrollY") > 300
    brand, first = (page.locator(f"aside {one}").first.bounding_box() for one in (".brand", ".item"))
    assert brand is not None
    assert first is not None
    assert 0 <= brand["y"] < brand["y"] + brand["height"] <= first["y"]
    visitor.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_page_answers_fits_a_narrow_screen_and_has_words(
    browser: Browser, base: str, town: PagesTown, language: str
) -> None:
    steps = (
        ("", lambda visitor: take_pictures.verified(visitor, town, language)),
        ("clerk", lambda visitor: take_pictures.asked(visitor, language)),
        ("officer", lambda visitor: take_pictures.explained(visitor, language)),
        ("auditor", lambda visitor: visitor.open(f"{language}/sampling{PLAN}")),
        ("auditor", lambda visitor: visitor.open(f"{language}/sampling?kind=model&count=2&block=26")),
        ("auditor", lambda visitor: visitor.open(f"{language}/provenance?node=nothing/here")),
    )
    for who, go in steps:
        visitor = known(browser, base, who, 360, language)
        page = go(visitor)
        page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, page.url
        assert [key for key in RAW.findall(page.locator("body").inner_text()) if key in catalogue("en")] == []
        assert reach.faint(page) == []
        visitor.context.close()


def test_what_the_graph_shows_is_reached_in_its_table_by_keyboard_too(browser: Browser, base: str) -> None:
    visitor = known(browser, base, "auditor", language="en")
    page = visitor.open(f"en/provenance{take_pictures.NODE}")
    drawn = {str(one.get_attribute("aria-label")) for one in page.get_by_test_id("node").all()}
    cells = page.get_by_test_id("edges").locator("td .cell")
    assert len(drawn) > 2
    assert drawn <= {" ".join(one.inner_text().split()) for one in cells.all()}
    cells.get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**node=authorization*")
    visitor.context.close()


def test_a_sample_has_its_address_states_its_block_and_is_drawn_again_elsewhere(
    browser: Browser, base: str, town: PagesTown, tmp_path: Path
) -> None:
    visitor = known(browser, base, "auditor", language="en")
    page = visitor.open("en/sampling")
    page.get_by_test_id("sampling-empty").wait_for()
    page.get_by_test_id("count").fill("2")
    page.get_by_test_id("block").fill("26")
    page.get_by_test_id("draw").click()
    page.wait_for_url("**/en/sampling?kind=asset&count=2&block=26")
    assert town.house.observer is not None
    assert page.get_by_test_id("seed").inner_text() == town.house.observer.view.header(26).block_hash.hex()
    rows = page.get_by_test_id("sample").locator("tbody tr")
    sample = [row.locator("code").inner_text() for row in rows.all()]
    with page.expect_download() as download:
        page.get_by_test_id("sample-csv").click()
    assert all(one in Path(download.value.path()).read_text(encoding="utf-8-sig") for one in sample)
    with page.expect_download() as download:
        page.get_by_test_id("candidates").click()
    download.value.save_as(tmp_path / "candidates.txt")
    checked = _run(page, "check-list", tmp_path).split()[0]
    assert checked == page.get_by_test_id("population").inner_text()
    assert _run(page, "redraw", tmp_path).split() == sample
    assert len(sample) == 2
    visitor.context.close()


def test_a_sample_that_cannot_be_drawn_is_refused_in_words(browser: Browser, base: str) -> None:
    visitor = known(browser, base, "auditor")
    refused = (
        ("?kind=model&block=26", "没有此类事项"),
        ("?count=0&block=26", "抽样数量"),
        ("?block=99999", "没有区块"),
    )
    for query, said in refused:
        page = visitor.open(f"zh/sampling{query}")
        assert said in page.get_by_test_id("fault").inner_text(), query
        assert page.get_by_test_id("plan").count() == 0
    visitor.context.close()


def _run(page: Page, testid: str, place: Path) -> str:
    """Run a command that the page shows."""
    line = page.get_by_test_id(testid).locator("code").inner_text().replace("python3", sys.executable)
    return subprocess.run(line, shell=True, cwd=place, capture_output=True, text=True, check=True).stdout
