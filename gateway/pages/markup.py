"""HTML as values: text is escaped where it enters, so that nothing anybody wrote can become markup.

A few elements that the pages are made of. What it does NOT do: know words or colours (the catalogue and ``theme.css``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal, TypeAlias

Tone = Literal["", "good", "bad", "warn", "info", "quiet"]


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that is safe to show."""

    text: str

    def __str__(self) -> str:
        return self.text


Shown: TypeAlias = "Markup | str | int | Iterable[Shown]"
NONE: Final = Markup("")
_VOID: Final = frozenset({"br", "input", "img"})


def tag(name: str, /, *content: Shown, **attributes: object) -> Markup:
    """Make an element; a trailing underscore of an attribute's name is dropped, others become hyphens.

    >>> str(tag("p", "a<b", class_="x", data_testid="t"))
    '<p class="x" data-testid="t">a&lt;b</p>'
    """
    pairs = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    written = "".join(f' {key}="{escape(str(value))}"' for key, value in pairs if value not in (None, "", False))
    return Markup(f"<{name}{written}>" if name in _VOID else f"<{name}{written}>{text(content)}</{name}>")


def text(content: Shown) -> str:
    """Write content out: markup as it is, everything else escaped."""
    match content:
        case Markup():
            return content.text
        case str() | int():
            return escape(str(content))
    return "".join(map(text, content))


def join(*content: Shown) -> Markup:
    return Markup(text(content))


def chip(words: str, tone: Tone = "", **attributes: object) -> Markup:
    """A short word in a coloured frame; the word alone says what the colour says."""
    return tag("span", words, class_=f"chip {tone}".strip(), **attributes)


def code(words: str) -> Markup:
    return tag("code", words)


def digest(value: bytes | str, length: int = 16) -> Markup:
    """A digest by its first digits, whole in its title."""
    whole = value.hex() if isinstance(value, bytes) else value
    return tag("code", whole if len(whole) <= length else f"{whole[:length]}…", title=whole, class_="digest")


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[Shown]],
    *,
    testid: str,
    caption: str = "",
    numbers: Sequence[int] = (),
) -> Markup:
    """A table that becomes a list of cards on a narrow screen, to take away as CSV (``page.js``).

    Args:
        numbers: columns set to the right.
    """
    head = tag(
        "thead",
        tag("tr", [tag("th", one, scope="col", class_="n" if n in numbers else "") for n, one in enumerate(heads)]),
    )
    body = tag(
        "tbody",
        [
            tag(
                "tr",
                [
                    tag("td", tag("div", cell, class_="cell"), data_label=heads[n], class_="n" if n in numbers else "")
                    for n, cell in enumerate(row)
                ],
            )
            for row in rows
        ],
    )
    named = tag("caption", caption) if caption else NONE
    save = tag("button", "CSV ↓", type="button", class_="csv", data_csv=testid, data_testid=f"{testid}-csv")
    return tag("div", tag("table", named, head, body, data_testid=testid), save, class_="table")


def facts(pairs: Iterable[tuple[str, Shown]], *, testid: str = "") -> Markup:
    """Names and values, one beside the other."""
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs],
        class_="facts",
        data_testid=testid,
    )


def note(words: Shown, tone: Tone = "info", *, testid: str = "", title: str = "") -> Markup:
    """A framed remark; an alert to screen readers where it tells of something bad."""
    head = tag("strong", title) if title else NONE
    role = "alert" if tone == "bad" else "status"
    return tag("div", head, tag("div", words), class_=f"note {tone}", role=role, data_testid=testid)


def empty(words: str, *, testid: str = "empty") -> Markup:
    """What is said where there is nothing."""
    return tag("div", tag("p", words), class_="empty", data_testid=testid)


def bar(part: float, *, tone: Tone = "", label: str = "") -> Markup:
    """A bar filled to a part between 0 and 1; the label says the same in words."""
    width = f"{max(0.0, min(1.0, part)) * 100:.2f}%"
    return tag(
        "span",
        tag("span", class_=f"fill {tone}".strip(), style=f"width:{width}"),
        class_="bar",
        role="img",
        aria_label=label,
    )


def commands(line: str, copy: str, *, testid: str = "command") -> Markup:
    """A command to copy: selected whole by one click, or by its button (``page.js``). copy: the button's name."""
    button = tag(
        "button", type="button", class_="copy", title=copy, aria_label=copy, data_copy="1",
        data_testid=f"{testid}-copy",
    )  # fmt: skip
    return tag("pre", tag("code", line), button, class_="command", tabindex="0", data_testid=testid)


def link(words: Shown, to: str, *, testid: str = "", kind: str = "") -> Markup:
    return tag("a", words, href=to, class_=kind, data_testid=testid)
