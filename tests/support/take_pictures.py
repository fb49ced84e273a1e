"""The pictures of docs/images, taken anew from the real pages in Chromium over a town with something on every page.

    PYTHONPATH=.:tests/support python tests/support/take_pictures.py [DIRECTORY]

Without a directory the pictures of the documents are written where they stand. With one, every page is taken for
everybody who may see it, in both languages and at both widths, to be looked at.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from browser import WIDTHS, Visitor, chromium, known
from landtown import HOUSE
from pagestown import PagesTown, planning_town
from PIL import Image

from gateway.pages.serving import PAGES
from gateway.pages.wording import LANGUAGES, catalogue
from gateway.property.titles.asking import purposes, question

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES: Final = Path(__file__).resolve().parents[2] / "docs" / "images"
WHO: Final = ("", "citizen", "officer", "clerk", "auditor", "judge", "operator")
NODE: Final = "?node=tax/invoices&way=downstream"
SQL: Final = "SELECT count(*) AS sales, avg(price) FROM market WHERE price >= 1000"
COLOURS: Final = 128
PATIENCE_MS: Final = 120_000


def verified(visitor: Visitor, found: PagesTown, language: str) -> Page:
    """Have a title's proof checked step by step."""
    with found.land.registrar() as registrar:
        proof = registrar.title(HOUSE, question("own", "Ann")).proof
    page = visitor.open(f"{language}/verify")
    visitor.give("evidence", "title.json", proof)
    page.get_by_test_id("verdict-holds").wait_for()
    return page


def asked(visitor: Visitor, language: str) -> Page:
    """Ask for a title as the register's clerk."""
    page, purpose = visitor.open(f"{language}/rights"), purposes()["own"]
    page.get_by_test_id("unit").fill(HOUSE)
    visitor.choose("purpose", purpose.zh if language == "zh" else purpose.en)
    page.get_by_test_id("asker").fill("Ann")
    page.get_by_test_id("ask").click()
    page.get_by_test_id("burden-mortgage").wait_for()
    return page


def explained(visitor: Visitor, language: str) -> Page:
    """Have a query explained."""
    page = visitor.open(f"{language}/statistics")
    page.locator("[data-testid=sql] .cm-content").fill(SQL)
    page.get_by_test_id("purpose").fill("market-audit")
    page.get_by_test_id("explain").click()
    page.get_by_test_id("explained").wait_for()
    return page


def document(browser: Browser, base: str, found: PagesTown) -> None:
    """Take the pictures of the documents."""
    taken: tuple[tuple[str, str, int, int, Callable[[Visitor, str], Page]], ...] = (
        ("verify-zh", "", 1920, 900, lambda visitor, language: verified(visitor, found, language)),
        ("rights-en", "clerk", 1920, 1150, asked),
        ("rights-360", "clerk", 360, 1500, asked),
        ("workbench-zh", "officer", 1920, 900, lambda visitor, language: visitor.open(f"{language}/workbench")),
        ("provenance-en", "auditor", 1920, 1000, lambda v, language: v.open(f"{language}/provenance{NODE}")),
        ("statistics-en", "officer", 1920, 1100, explained),
        ("wall-zh", "officer", 1920, 900, lambda visitor, language: visitor.open(f"{language}/wall")),
    )
    for name, who, width, height, go in taken:
        language = "en" if name.endswith("en") else "zh" if name.endswith("zh") else "en"
        visitor = signed_in(browser, base, who, width, language)
        page = go(visitor, language)
        page.set_viewport_size({"width": 1280 if width > 360 else 360, "height": height})
        page.wait_for_timeout(300)
        write(page.screenshot(), IMAGES / f"{name}.png")
        visitor.context.close()


def everything(browser: Browser, base: str, found: PagesTown, place: Path) -> None:
    """Take every page for everybody who may see it."""
    place.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for who in WHO:
            visitor = signed_in(browser, base, who, width, "zh")
            for page in PAGES:
                for language in LANGUAGES:
                    query = NODE if page.name == "provenance" else ""
                    at = visitor.open(f"{language}/{page.name}{query}")
                    if at.url.split("?")[0] != f"{base}/{language}/{page.name}" or at.get_by_test_id("closed").count():
                        continue
                    shoot(at, place / f"{page.name}-{who or 'visitor'}-{language}-{width}.png")
            for complaint in visitor.complaints:
                print(f"{who} {width}: {complaint}", file=sys.stderr)
            visitor.context.close()
        for language in LANGUAGES:
            steps: tuple[tuple[str, str, Callable[[Visitor, str], Page]], ...] = (
                ("verified", "", lambda v, spoken: verified(v, found, spoken)),
                ("asked", "clerk", asked),
                ("explained", "officer", explained),
            )
            for name, who, go in steps:
                visitor = signed_in(browser, base, who, width, language)
                shoot(go(visitor, language), place / f"{name}-{language}-{width}.png")
                visitor.context.close()


def signed_in(browser: Browser, base: str, who: str, width: int, language: str) -> Visitor:
    visitor = known(browser, base, who, width, language)
    visitor.context.set_default_timeout(PATIENCE_MS)
    return visitor


def shoot(page: Page, place: Path) -> None:
    said = page.locator("body").inner_text()
    raw = [key for key in catalogue("en") if f" {key} " in f" {said} "]
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    print(place.name, *raw, "OVERFLOWS" if wide else "")
    page.screenshot(path=str(place), full_page=True)


def write(data: bytes, place: Path) -> None:
    """Write a picture with few colours: pages have few, and a document's picture shall be small."""
    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(place, optimize=True)
    print(place.name, place.stat().st_size)


def main(arguments: list[str]) -> None:
    with (
        tempfile.TemporaryDirectory() as home, planning_town(Path(home)) as found, found.served() as base,
        chromium() as browser,
    ):  # fmt: skip
        if arguments:
            everything(browser, base, found, Path(arguments[0]))
        else:
            document(browser, base, found)


if __name__ == "__main__":
    main(sys.argv[1:])
