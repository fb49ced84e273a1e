"""The pages in a real browser: real clicks in both languages and at both widths, over one town and one server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import WIDTHS, Visitor, known
from landtown import HOUSE
from pagestown import AUDIT, PagesTown
from people import PASSWORD

from contracts.evidence.program import judge
from gateway.accounts.edge.access import RECORDS, read
from gateway.accounts.signin.gate import COOKIE
from gateway.pages.serving import PAGES
from gateway.pages.wording import LANGUAGES, catalogue
from gateway.property.titles.asking import QueryBook
from gateway.streams.anchoring import prove_anchored
from gateway.streams.notarizing import append
from ledger.hashing import keccak256
from ledger.log.stream import Stream

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
WHO = {
    "rights": "clerk", "accounts": "operator", "findings": "auditor", "sampling": "auditor", "verify": "",
    "sign-in": "", "health": "",
}  # fmt: skip
RAW = re.compile(rf"\b(?:{'|'.join({key.partition('.')[0] for key in catalogue('en')})})\.[a-z]+_?[a-z]*\b")
SQL = "SELECT count(*) AS sales, avg(price) FROM market WHERE price >= 1000"


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_stands_in_both_languages_without_raw_keys_overflow_or_complaints(
    browser: Browser, base: str, width: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shots = tmp_path_factory.mktemp(f"shots-{width}")
    faults: list[str] = []
    for who in ("", "officer", "clerk", "auditor", "operator"):
        visitor = known(browser, base, who, width)
        for page in (page for page in PAGES if WHO.get(page.name, "officer") == who):
            for language in LANGUAGES:
                query = "?node=tax/invoices&way=downstream" if page.name == "provenance" else ""
                at = visitor.open(f"{language}/{page.name}{query}")
                place = f"{page.name} {language} {width}"
                at.screenshot(path=str(shots / f"{page.name}-{language}.png"), full_page=True)
                said = at.locator("body").inner_text()
                faults += [f"{place}: key {key}" for key in RAW.findall(said) if key in catalogue("en")]
                if at.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                    faults.append(f"{place}: overflows")
                if at.locator("h1").count() != 1 or at.locator("html").get_attribute("lang")[:2] != language:
                    faults.append(f"{place}: no heading, or another language")
                bare = "button:not([data-testid]):not(.q-uploader *), form input:not([type=hidden]):not([data-testid])"
                faults += [f"{place}: control without data-testid"] * at.locator(bare).count()
                faults += [f"{place}: {said}" for said in visitor.complaints]
                visitor.complaints.clear()
        visitor.context.close()
    assert faults == []
    assert len(list(shots.glob("*.png"))) == 2 * len(PAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_in_at_the_provider_is_clicked_there_and_back_and_declining_signs_nobody_in(
    browser: Browser, base: str, language: str, tmp_path: Path
) -> None:
    visitor = Visitor(browser, base)
    page = visitor.open(f"{language}/account")  # leads to signing in, and back here afterwards
    assert page.url.startswith(f"{base}/{language}/sign-in")
    page.get_by_test_id("oidc").click()
    page.locator("#no").click()
    page.get_by_test_id("sign-in-fault").wait_for()
    visitor.open(f"{language}/account").get_by_test_id("oidc").click()
    page.screenshot(path=str(tmp_path / f"provider-{language}.png"))
    page.locator("#yes").click()
    page.wait_for_url(f"{base}/{language}/account")
    assert page.get_by_test_id("who").inner_text().startswith("ann")
    page.screenshot(path=str(tmp_path / f"signed-in-{language}.png"))
    (cookie,) = [one for one in visitor.context.cookies(base) if one["name"] == COOKIE]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    page.get_by_test_id("sign-out").click()
    page.wait_for_url(f"{base}/{language}/verify")
    assert visitor.open(f"{language}/account").url.startswith(f"{base}/{language}/sign-in")
    assert visitor.complaints == []
    visitor.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
class TestVerify:
    def test_evidence_holds_step_by_step_and_a_changed_byte_does_not(
        self, browser: Browser, base: str, town: PagesTown, language: str
    ) -> None:
        from gateway.property.titles.asking import question

        with town.land.registrar() as registrar:
            proof = registrar.title(HOUSE, question("own", "Ann")).proof
        visitor = Visitor(browser, base, 360)
        page = visitor.open(f"{language}/verify")
        visitor.give("evidence", "title.json", proof)
        page.get_by_test_id("verdict-holds").wait_for()
        assert page.get_by_test_id("step-register").is_visible()
        place = proof.index(b"Ann")
        visitor.give("evidence", "title.json", proof[:place] + b"Eve" + proof[place + 3 :])
        page.locator('[data-testid="verdict-fails"], [data-testid="verdict-form"], [data-testid="fault"]').wait_for()
        assert page.get_by_test_id("verdict-holds").count() == 0
        visitor.context.close()

    def test_what_is_no_evidence_is_said_to_be_none_and_the_verifier_is_offered(
        self, browser: Browser, base: str, language: str
    ) -> None:
        visitor = Visitor(browser, base)
        page = visitor.open(f"{language}/verify")
        visitor.give("evidence", "photo.jpg", b"\xff\xd8\xff" + bytes(5000))
        page.locator('[data-testid="verdict-form"], [data-testid="fault"]').first.wait_for()
        with page.expect_download() as download:
            page.get_by_test_id("verifier").click()
        assert download.value.suggested_filename == "shuxin-verify.pyz"
        visitor.context.close()

    def test_a_digest_is_found_and_another_is_not_and_a_file_is_hashed_in_the_browser(
        self, browser: Browser, base: str, language: str
    ) -> None:
        visitor = Visitor(browser, base)
        page = visitor.open(f"{language}/verify")
        page.get_by_test_id("digest").fill(keccak256(b"rows").hex())
        page.get_by_test_id("look").click()
        page.get_by_test_id("digest-found").wait_for()
        page.get_by_test_id("digest").fill("0x12")
        page.get_by_test_id("digest").press("Enter")
        page.get_by_test_id("fault").wait_for()
        page.get_by_test_id("hash-file").set_input_files(
            {"name": "x", "mimeType": "text/plain", "buffer": b"not on any chain"}
        )
        page.get_by_test_id("digest-nothing").wait_for()
        visitor.context.close()


def test_a_graph_is_walked_in_time_and_an_edges_proof_is_taken_away(
    browser: Browser, base: str, town: PagesTown
) -> None:
    visitor = known(browser, base, "auditor", language="en")
    page = visitor.open("en/provenance")
    page.get_by_test_id("search").fill("nothing/here")
    page.get_by_test_id("search").press("Enter")
    page.get_by_test_id("absent").wait_for()
    page = visitor.open("en/provenance?node=tax/invoices&way=downstream")
    assert "complete" in page.get_by_test_id("badge").inner_text()
    many = page.get_by_test_id("node").count()
    with page.expect_download() as download:
        page.get_by_test_id("edge-proof").click()
    assert judge(Path(download.value.path()).read_bytes(), town.house.trust).failed is None
    with page.expect_download() as download:
        page.get_by_test_id("report-pdf").click()
    report = Path(download.value.path()).read_bytes()
    assert report.startswith(b"%PDF-")
    assert b"/EmbeddedFile" in report
    page = visitor.open("en/provenance?node=tax/invoices&way=downstream&block=12")
    assert page.get_by_test_id("as-of").inner_text().startswith("as of block 12")
    assert page.get_by_test_id("node").count() < many
    visitor.context.close()


def test_an_auditor_s_finding_is_made_on_the_page_anchored_as_it_says_and_proven(
    browser: Browser, base: str, town: PagesTown, tmp_path: Path
) -> None:
    visitor = known(browser, base, "auditor", language="en")
    page = visitor.open("en/findings")
    assert page.get_by_test_id("anchor-table").count() == 0
    page.get_by_test_id("about").fill("tax/invoices")
    page.get_by_test_id("finding").fill("supplied two days late")
    with page.expect_download() as download:
        page.get_by_test_id("make").click()
    (line,) = re.findall("shuxin notary append .*", page.get_by_test_id("findings-card").inner_text())
    stream = re.findall(r"--stream (\S+)", line)[0]
    made = append(tmp_path / "findings", stream, [Path(download.value.path())], whole=False, advance=lambda _: None)
    mark = made.checkpoint
    town.town.do(AUDIT, "Notary", "anchor", mark.id, 0, mark.size, mark.root)
    page = visitor.open("en/findings")
    assert page.get_by_test_id("anchor-table").locator("tbody tr").count() == 1
    assert town.house.observer is not None
    proof = prove_anchored(Stream(tmp_path / "findings"), 0, town.house.observer.view).encode()
    record = Path(download.value.path()).read_bytes()
    assert judge(proof, town.house.trust, record).failed is None
    assert judge(proof, town.house.trust, record.replace(b"late", b"fine")).failed is not None
    visitor.context.close()


def test_a_query_is_explained_and_rehearsed_and_what_cannot_be_answered_is_said(
    browser: Browser, base: str, town: PagesTown
) -> None:
    visitor = known(browser, base, "officer")
    page = visitor.open("zh/statistics")
    editor = page.get_by_test_id("sql").locator(".cm-content")
    editor.fill(SQL)
    page.get_by_test_id("purpose").fill("market-audit")
    page.get_by_test_id("explain").click()
    page.get_by_test_id("explained").wait_for()
    assert "shuxin query" in page.get_by_test_id("ask-card").inner_text()
    page.get_by_test_id("not-asked").wait_for()
    assert page.get_by_test_id("gauges").locator(".bar, .empty, [data-testid=fault]").count() > 0
    page.get_by_test_id("rehearse").click()
    page.get_by_test_id("invented").wait_for()
    editor.fill("DROP TABLE market")
    page.get_by_test_id("explain").click()
    page.get_by_test_id("fault").wait_for()
    answer = {"columns": ["borough", "n"], "rows": [["Bronx", "12"], ["Queens", "30"]]}
    visitor.give("answer", "answer.json", json.dumps(answer).encode())
    page.get_by_test_id("chart").locator("svg").wait_for()
    visitor.context.close()


class TestAccounts:
    def test_a_wrong_password_is_refused_and_a_right_one_leads_back(self, browser: Browser, base: str) -> None:
        visitor = Visitor(browser, base)
        page = visitor.open("zh/workbench")
        assert "sign-in" in page.url
        page.get_by_test_id("name").fill("officer")
        page.get_by_test_id("password").fill("not the password")
        page.get_by_test_id("send").click()
        page.get_by_test_id("sign-in-fault").wait_for()
        page.get_by_test_id("name").fill("officer")
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("send").press("Enter")
        page.wait_for_url("**/zh/workbench")
        (cookie,) = visitor.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        page.get_by_test_id("sign-out").click()
        page.wait_for_url("**/zh/verify")
        assert visitor.open("zh/workbench").url.endswith("sign-in?back=/zh/workbench")
        visitor.context.close()

    @pytest.mark.parametrize(
        ("who", "closed"),
        [("operator", ["workbench", "alerts", "provenance", "rights", "statistics", "scorecard", "budget", "sampling"]),
         ("citizen", ["workbench", "alerts", "provenance", "accounts", "sampling"]),
         ("judge", ["workbench", "statistics", "findings"]),
         ("officer", ["accounts", "findings"]), ("auditor", ["statistics", "accounts"])],
    )  # fmt: skip
    def test_a_page_that_is_not_open_to_a_role_shows_nothing(
        self, browser: Browser, base: str, who: str, closed: list[str]
    ) -> None:
        visitor = known(browser, base, who)
        for name in closed:
            page = visitor.open(f"zh/{name}")
            assert page.get_by_test_id("closed").count() == 1, name
            assert page.get_by_test_id(f"nav-{name}").count() == 0, name
        visitor.context.close()

    def test_a_page_that_stays_open_shows_nothing_new_once_the_session_has_ended(
        self, browser: Browser, base: str, town: PagesTown
    ) -> None:
        visitor = known(browser, base, "clerk")
        page = visitor.open("zh/rights")
        town.house.gate.sessions.end_all("clerk")
        page.get_by_test_id("unit").fill(HOUSE)
        before = len(QueryBook(town.land.book).listed())
        page.get_by_test_id("ask").click()
        page.get_by_test_id("fault").wait_for()
        assert len(QueryBook(town.land.book).listed()) == before
        visitor.context.close()

    def test_a_token_is_shown_once_and_revoked(self, browser: Browser, base: str, town: PagesTown) -> None:
        visitor = known(browser, base, "officer", language="en")
        page = visitor.open("en/account")
        page.get_by_test_id("label").fill("nightly")
        visitor.choose("scopes", "alerts")
        page.keyboard.press("Escape")
        page.get_by_test_id("issue").click()
        secret = page.get_by_test_id("token").inner_text().strip()
        assert town.house.gate.tokens.find(secret, town.house.now) is not None
        assert secret not in visitor.open("en/account").content()
        page.get_by_test_id("revoke").click()
        page.get_by_test_id("no-tokens").wait_for()
        assert town.house.gate.tokens.find(secret, town.house.now) is None
        visitor.context.close()

    def test_the_operator_locks_an_account_and_opens_it_again(
        self, browser: Browser, base: str, town: PagesTown
    ) -> None:
        visitor = known(browser, base, "operator")
        page = visitor.open("zh/accounts")
        page.get_by_test_id("lock-judge").click()
        page.get_by_test_id("done").wait_for()
        assert town.house.gate.book.account("judge").is_locked
        page.get_by_test_id("lock-judge").click()
        page.get_by_text("judge 已解锁").wait_for()
        visitor.context.close()


def test_a_page_is_used_by_keyboard_alone(browser: Browser, base: str) -> None:
    visitor = Visitor(browser, base, 360)
    page = visitor.open("zh/verify")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.testid") == "menu"
    page.keyboard.press("Enter")
    page.locator(".menu [data-testid=nav-health]").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.testid") == "nav-health"
    page.keyboard.press("Enter")
    page.wait_for_url("**/zh/health")
    page.get_by_test_id("language").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/health")
    visitor.context.close()


def test_what_was_asked_stands_in_the_access_log_and_scripts_come_from_here_alone(
    browser: Browser, base: str, town: PagesTown
) -> None:
    visitor = Visitor(browser, base)
    answer = visitor.page.goto(f"{base}/zh/verify")
    assert answer is not None
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"].split("style-src")[0]
    strange = [request for request in re.findall(r'(?:src|href)="(https?://[^"]+)"', visitor.page.content())]
    assert strange == []
    lines = read(town.directory / "access" / RECORDS, 1000, lambda line: line["path"] == "/zh/verify")
    assert lines
    visitor.context.close()
