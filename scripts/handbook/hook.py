"""What MkDocs calls: generated pages come in, and links that leave docs/ become names of files of the repository."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from handbook import api, commands, contracts, decisions  # noqa: E402 - found by the line above

GENERATED = {
    "reference/commands.md": commands.page,
    "reference/api.md": api.page,
    "reference/contracts.md": contracts.page,
    "adr/index.md": decisions.page,
}
_LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#\s]+)(#[^)]*)?\)")
_BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")
"""An end of line between Chinese characters, which would be shown as a space."""


def on_startup(**_: Any) -> None:
    """Write the generated pages, which no commit has, before MkDocs looks for files."""
    for path, page in GENERATED.items():
        target = ROOT / "docs" / path
        target.parent.mkdir(exist_ok=True)
        text = page()
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Name the file where a link leaves the handbook; nobody knows at which address readers have the repository."""
    folder = (ROOT / "docs" / page.file.src_uri).parent

    def told(match: re.Match[str]) -> str:
        target = (folder / match.group(2)).resolve()
        if target.is_relative_to(ROOT / "docs") or not target.is_relative_to(ROOT):
            return match.group(0)
        words, path = match.group(1), target.relative_to(ROOT).as_posix()
        return f"`{path}`" if path.endswith(words.strip("`")) else f"{words} (`{path}`)"

    return _BREAK.sub("", _LINK.sub(told, markdown))
