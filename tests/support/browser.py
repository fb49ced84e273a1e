"""Debian's Chromium for tests of pages; a test is skipped, visibly, where it or playwright is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from people import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
WIDTHS = {1920: 1080, 360: 780}
WAIT_MS = 20_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def known(browser: Browser, base: str, who: str, width: int = 1920, language: str = "zh") -> Visitor:
    """Open the pages as somebody who has signed in, or as a visitor."""
    visitor = Visitor(browser, base, width)
    if who:
        visitor.sign_in(who, PASSWORD, language)
    return visitor


class Visitor:
    """Somebody at the pages with a browser of one width; what the browser complains of is kept."""

    def __init__(self, browser: Browser, base: str, width: int = 1920) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": WIDTHS[width]}, locale="zh-CN", accept_downloads=True
        )
        self.context.set_default_timeout(WAIT_MS)
        self.page: Page = self.context.new_page()
        self.base, self.complaints = base, list[str]()
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda fault: self.complaints.append(str(fault)))

    def open(self, place: str) -> Page:
        """Open a page and wait until it stands and listens."""
        self.page.goto(f"{self.base}/{place}")
        self.page.wait_for_function("window.socket && window.socket.connected")
        return self.page

    def sign_in(self, name: str, password: str, language: str = "zh") -> Page:
        page = self.open(f"{language}/sign-in")
        page.get_by_test_id("name").fill(name)
        page.get_by_test_id("password").fill(password)
        page.get_by_test_id("send").click()
        page.wait_for_load_state()
        return page

    def give(self, testid: str, name: str, data: bytes) -> None:
        """Hand a file to a control."""
        place = self.page.get_by_test_id(testid).locator("input[type=file]")
        place.set_input_files({"name": name, "mimeType": "application/json", "buffer": data})

    def choose(self, testid: str, words: str) -> None:
        """Choose an entry of a list."""
        self.page.locator(f'.q-select:has([data-testid="{testid}"]), .q-select[data-testid="{testid}"]').first.click()
        self.page.locator(".q-menu .q-item", has_text=words).first.click()
