"""The pages in a real browser as a clerk, an officer, a citizen and a judge: what each may do there, and what not."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import known
from landtown import COURT, FLAT, HOUSE
from pagestown import AUDIT, TAX, PagesTown
from townspecs import REGISTRARS, sums

from contracts.evidence.program import judge
from gateway.pages.wording import LANGUAGES
from gateway.property.titles.asking import QueryBook, purposes
from ledger import canonical
from mpc.node.workplace import SPECIFICATIONS
from mpc.spec.job import digest
from mpc.spec.parts import Source

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clerk_asks_for_a_title_and_takes_a_proof_that_verifies(
    browser: Browser, base: str, town: PagesTown, language: str
) -> None:
    visitor = known(browser, base, "clerk", language=language)
    page = visitor.open(f"{language}/rights")
    before = len(QueryBook(town.land.book).listed())
    page.get_by_test_id("unit").fill(HOUSE)
    visitor.choose("purpose", _purpose(language))
    page.get_by_test_id("asker").fill("Ann")
    page.get_by_test_id("ask").click()
    page.get_by_test_id("burden-mortgage").wait_for()
    assert page.get_by_test_id("holder-table").locator("tbody tr").count() == 2
    past = "来源未载明权利人" if language == "zh" else "not stated in source"
    assert past in page.get_by_test_id("timeline").inner_text()
    with page.expect_download() as download:
        page.get_by_test_id("download-proof").click()
    assert judge(Path(download.value.path()).read_bytes(), town.house.trust).failed is None
    page.get_by_test_id("asker").fill("Nobody")
    page.get_by_test_id("ask").click()
    page.get_by_test_id("fault").wait_for()
    asked = QueryBook(town.land.book).listed()
    assert len(asked) == before + 2
    assert not asked[0].answered
    visitor.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citizen_sees_a_refused_second_sale_with_its_ground_and_none_of_a_unit_sold_once(
    browser: Browser, base: str, language: str
) -> None:
    visitor = known(browser, base, "citizen", language=language)
    page = visitor.open(f"{language}/rights")
    for unit, count in ((FLAT, 1), (HOUSE, 0)):
        page.get_by_test_id("unit").fill(unit)
        visitor.choose("purpose", _purpose(language, "intention"))
        page.get_by_test_id("ask").click()
        page.get_by_test_id("title-head").get_by_text(unit, exact=True).wait_for()
        page.get_by_test_id("refused-lead").wait_for()
        assert page.get_by_test_id("refused").count() == count
        if count:
            said = page.get_by_test_id("refused").inner_text()
            assert ("第22条第1项" if language == "zh" else "Article 22, item 1") in said
    copy = page.get_by_test_id("proof").get_by_test_id("command-copy")
    assert copy.get_attribute("aria-label") == ("复制" if language == "zh" else "Copy")
    visitor.context.close()


def _purpose(language: str, code: str = "own") -> str:
    found = purposes()[code]
    return found.zh if language == "zh" else found.en


def test_a_step_is_signed_elsewhere_and_the_page_sees_it_done(browser: Browser, base: str, town: PagesTown) -> None:
    visitor = known(browser, base, "officer", language="en")
    page = visitor.open("en/workbench")
    letter = page.get_by_test_id("letter-answer")
    assert "left" in letter.get_by_test_id("countdown").inner_text()
    assert "article 20" in letter.get_by_test_id("article").inner_text()
    page.get_by_test_id("sign-answer").click()
    assert "shuxin authorization grant TERMS.json" in letter.inner_text()
    page.get_by_test_id("stop-all").click()
    page.get_by_test_id("stop-refused").wait_for()
    page.get_by_test_id("stop-reason").fill("incident 17")
    page.get_by_test_id("stop-all").click()
    page.get_by_test_id("stop-card").get_by_text("--reason 'incident 17'").first.wait_for()
    visitor.give("specification", "spec.json", b"{}")
    page.get_by_test_id("leaving-card").get_by_test_id("fault").wait_for()
    for name in ("asset", "owner", "purpose", "words", "basis"):
        page.get_by_test_id(f"wish-{name}").fill(f"its {name}")
    page.get_by_test_id("show-request").click()
    page.get_by_test_id("asking-card").get_by_test_id("fault").wait_for()
    page.get_by_test_id("wish-columns").fill("price")
    visitor.choose("wish-operations", "count")
    page.keyboard.press("Escape")
    page.get_by_test_id("show-request").click()
    page.get_by_test_id("asking-card").get_by_text("--words 'its words'").wait_for()
    town.town.send_refusal(TAX, "audit-office/2026-2")
    town.town.block()
    letter.wait_for(state="detached")
    visitor.context.close()


def test_what_would_leave_for_a_waiting_job_is_shown_at_its_letter_before_it_is_accepted(
    browser: Browser, base: str, town: PagesTown
) -> None:
    spec = replace(sums(AUDIT), sources=tuple(Source(code, "sales", bytes(32)) for code in (TAX, *REGISTRARS[:2])))
    town.ask_job(digest(spec))
    assert town.house.config is not None
    visitor = known(browser, base, "officer")
    page = visitor.open("zh/workbench")
    letter = page.get_by_test_id("letter-take-part")
    letter.get_by_test_id("job-leaving").click()
    letter.get_by_text("尚未收到该任务的规约文件").wait_for()
    held = town.house.config.state / SPECIFICATIONS / f"{digest(spec).hex()}.json"
    held.parent.mkdir(parents=True, exist_ok=True)
    held.write_bytes(canonical.encode(sums(AUDIT).json()))  # another one
    letter.get_by_test_id("job-leaving").click()
    letter.get_by_text("与链上提出的任务规约不符").wait_for()
    held.write_bytes(canonical.encode(spec.json()))
    letter.get_by_test_id("job-leaving").click()
    letter.get_by_test_id("learned").wait_for()
    assert letter.get_by_test_id("learned").locator("li").count() > 2
    visitor.context.close()


def test_a_citizen_asks_for_the_own_unit_and_sees_no_business_of_departments(
    browser: Browser, base: str, town: PagesTown
) -> None:
    visitor = known(browser, base, "citizen")
    page = visitor.open("zh/rights")
    assert navigation(page) == {"verify", "rights", "catalogue", "health", "account"}
    page.get_by_test_id("unit").fill(HOUSE)
    visitor.choose("purpose", _purpose("zh"))
    page.get_by_test_id("ask").click()
    page.get_by_test_id("burden-mortgage").wait_for()
    assert "Bob" in page.get_by_test_id("holder-table").inner_text()
    before = len(QueryBook(town.land.book).listed())
    page.get_by_test_id("unit").fill("9/9")
    page.get_by_test_id("ask").click()
    page.get_by_text("登记簿中没有单元 9/9").wait_for()
    assert len(QueryBook(town.land.book).listed()) == before + 1  # that there is none is an answer too
    page = visitor.open("zh/catalogue")
    assert page.get_by_test_id("catalogue").locator("tbody tr").count() == 1
    with page.expect_download() as download:
        page.get_by_test_id("dcat").click()
    told = json.loads(Path(download.value.path()).read_bytes())
    assert [one["dcterms:title"] for one in told["dcat:dataset"]] == ["tax/streets"]
    visitor.context.close()


def test_a_judge_finds_by_a_file_what_is_on_chain_and_asks_for_a_title_with_a_letter(
    browser: Browser, base: str, town: PagesTown
) -> None:
    visitor = known(browser, base, "judge", language="en")
    page = visitor.open("en/provenance")
    assert navigation(page) == {"verify", "provenance", "rights", "catalogue", "sampling", "health", "account"}
    page.get_by_test_id("search-file").set_input_files(
        {"name": "x", "mimeType": "text/plain", "buffer": b"on no chain"}
    )
    page.get_by_test_id("absent").wait_for()
    assert sha256(b"on no chain").hexdigest() in page.url
    page = visitor.open("en/provenance?node=tax/invoices&way=downstream")
    assert "complete" in page.get_by_test_id("badge").inner_text()
    with page.expect_download() as download:
        page.get_by_test_id("edges-csv").click()
    table = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert table[0].startswith('"From","Relation"')
    assert len(table) == 1 + page.get_by_test_id("edges").locator("tbody tr").count()
    page = visitor.open("en/rights")
    page.get_by_test_id("unit").fill(HOUSE)
    visitor.choose("purpose", _purpose("en", "duty"))
    page.get_by_test_id("ask").click()
    page.get_by_test_id("fault").wait_for()  # a state organ asks with a letter
    page.get_by_test_id("paper-open").click()
    visitor.give("paper", "letter.pdf", b"letter of the court")
    page.get_by_test_id("paper-held").wait_for()
    page.get_by_test_id("ask").click()
    page.get_by_test_id("burden-mortgage").wait_for()
    assert QueryBook(town.land.book).listed()[0].asker == f"{COURT} / judge"
    visitor.context.close()


def navigation(page: Page) -> set[str]:
    """Return the pages that the menu offers."""
    found = page.locator("aside [data-testid^=nav-]")
    return {str(found.nth(n).get_attribute("data-testid")).removeprefix("nav-") for n in range(found.count())}
