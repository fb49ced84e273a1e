"""What a page asks of eyes, keyboard and screen reader, judged in the browser; each function returns its faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

UNLISTED: Final = 12
"""More stops than a page lists: what the toolkit makes focusable by itself."""
CONTRAST: Final = 4.5
"""WCAG 2.2, success criterion 1.4.3."""

_CONTROLS: Final = """() => [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex], [contenteditable=true]')]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.getClientRects().length && one.checkVisibility()
    && getComputedStyle(one).visibility !== 'hidden' && !one.matches('details:not([open]) > :not(summary) *'))
  .map((one, n) => { one.dataset.stop = n; return one.outerHTML.slice(0, 160); })"""
_FOCUSED: Final = """async () => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const thick = (style) => parseFloat(style.borderTopWidth) >= 2;
  const is_shown = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 ||
      one === at && style.boxShadow !== 'none' ||
      one.matches('.q-field__control') && ['::before', '::after'].some((part) => thick(getComputedStyle(one, part)));
  };
  const above = at.parentElement;
  const around = [at, above, above?.parentElement, at.closest('.q-field__control')].filter(Boolean);
  let shown = around.some(is_shown);
  for (let n = 0; n < 30 && !shown; n++) {  // an editor marks itself a moment after it has focus
    await new Promise(requestAnimationFrame);
    shown = around.some(is_shown);
  }
  const box = at.getBoundingClientRect();
  return {stop: at.dataset.stop ?? null, shown, html: at.outerHTML.slice(0, 160),
    left: box.left, right: box.right, top: box.top + scrollY, bottom: box.bottom + scrollY};
}"""
_NAMELESS: Final = """() => {
  const said = (one) => {
    const copy = one.cloneNode(true);
    copy.querySelectorAll('[aria-hidden=true]').forEach((hidden) => hidden.remove());
    return copy.textContent;
  };
  const named = (one) => {
    const by = (one.getAttribute('aria-labelledby') || '').split(' ');
    const elsewhere = by.map((id) => document.getElementById(id)?.textContent || '').join('');
    const label = one.labels && [...one.labels].map((held) => held.innerText).join('');
    const within = one.querySelector('img[alt], [aria-label]');
    return (one.getAttribute('aria-label') || elsewhere || label || said(one) || one.title || '').trim() || within;
  };
  const shown = (one) => one.getClientRects().length && getComputedStyle(one).visibility !== 'hidden';
  const controls = [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), textarea, select, [role=button], [role=combobox], [role=slider], ' +
    '[role=region]')].filter((one) => shown(one) && !named(one));
  const images = 'img:not([alt]), [role=img]:not([aria-label], [aria-hidden=true])';
  const pictures = [...document.querySelectorAll(images)].filter(shown);
  return controls.concat(pictures).map((one) => one.outerHTML.slice(0, 160));
}"""
_FAINT: Final = """(least) => {
  const part = (value) => { const c = value / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0.99) return found;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const words = '.chip, .soft, .note, .item, .group, td, th, dt, dd, .label, .figure, p, .plain, .solid, .csv, .empty';
  for (const one of document.querySelectorAll(words)) {
    if (!one.getClientRects().length || !one.innerText.trim()) continue;
    const [a, b] = [light(numbers(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) faint.push(`${ratio.toFixed(2)} ${one.outerHTML.slice(0, 120)}`);
  }
  return faint;
}"""
_SETTLED: Final = "(one) => Promise.allSettled(one.getAnimations({subtree: true}).map((moving) => moving.finished))"
_RETURNED: Final = """async (one) => {
  const end = performance.now() + 30000;
  while (!one.contains(document.activeElement) && performance.now() < end) await new Promise(requestAnimationFrame);
  return one.contains(document.activeElement);
}"""


def unnamed(page: Page) -> list[str]:
    """Return controls and pictures that a screen reader could not name."""
    return [f"without a name {one}" for one in page.evaluate(_NAMELESS)]


def faint(page: Page) -> list[str]:
    """Return words whose colour does not stand out from what lies behind them."""
    return [f"faint {one}" for one in page.evaluate(_FAINT, CONTRAST)]


def unreached(page: Page) -> list[str]:
    """Return what Tab does not reach once, in the order of the eye, with a focus that shows, and then leave."""
    controls = page.evaluate(_CONTROLS)
    faults, reached, before = ([] if controls else ["no controls"]), list[int](), None
    for _ in range(len(controls) + UNLISTED):
        page.keyboard.press("Tab")
        at = page.evaluate(_FOCUSED)
        if at is None or (at["stop"] == "0" and reached):  # out of the page, or around to its beginning
            break
        reached += [] if at["stop"] is None else [int(at["stop"])]
        if not at["shown"]:
            faults.append(f"focus does not show on {at['html']}")
        if before and at["bottom"] <= before["top"] and at["left"] < before["right"]:
            faults.append(f"focus goes up from {before['html']} to {at['html']}")
        before = at
    else:
        faults.append("focus never leaves the page")
    times = [(reached.count(n), one) for n, one in enumerate(controls)]
    return faults + [f"reached {count} times: {one}" for count, one in times if count != 1]


def stuck(page: Page) -> list[str]:
    """Return lists that do not open by keyboard, close by Escape and give focus back."""
    faults = []
    for box in page.get_by_role("combobox").all():
        box.focus()
        page.keyboard.press("ArrowDown")
        page.locator(".q-menu").wait_for()
        page.locator(".q-menu").evaluate(_SETTLED)  # nobody closes a list that is still on its way
        page.keyboard.press("Escape")
        page.locator(".q-menu").wait_for(state="detached")
        if not box.evaluate(_RETURNED):
            faults.append(f"{box.get_attribute('aria-label')}: focus is lost with its list")
    return faults
