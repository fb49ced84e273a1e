"""How much time is left, in words and in the tone of a chip: calm, close, or over."""

from __future__ import annotations

from typing import Final

from gateway.pages.markup import Tone
from gateway.pages.wording import Words

DAY: Final = 86_400
HOUR: Final = 3600


def said(words: Words, due: int, since: int, now: int) -> tuple[Tone, str]:
    """Say what is left until a moment; the last quarter of the span, and the last day, are close.

    Args:
        due: 0 for what has no end.
    """
    if not due:
        return "quiet", words("time.none")
    left = due - now
    if left <= 0:
        return "bad", words("time.over", span=span(words, -left))
    close = left <= DAY or left * 4 <= due - since
    return ("warn" if close else "good"), words("time.left", span=span(words, left))


def span(words: Words, seconds: int) -> str:
    """Say a span in its two largest units."""
    days, rest = divmod(max(0, seconds), DAY)
    hours, rest = divmod(rest, HOUR)
    if days:
        return words("time.days", days=days, hours=hours)
    return words("time.hours", hours=hours, minutes=rest // 60) if hours else words("time.minutes", n=rest // 60)
