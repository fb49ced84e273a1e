"""The blocks of code of README and docs, as the tests of the pages read them.

    ```bash        run as it stands, unless its first line says what it needs:   # needs another host: ...
    ```python      likewise
    ```output      what the block above it prints; ``...`` stands for what differs from run to run
    ```toml json sql   read by the program's own readers
    ```            a picture, or the form of a file

A first line ``# exit code 1: ...`` says that the last command of the block is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("README*.md")), ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(.*?)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One block. section: the heading it stands under. line: of its page."""

    page: str
    section: str
    line: int
    language: str
    text: str

    @property
    def needs(self) -> str:
        """What must be there that a test does not have; nothing if the block is run."""
        found = re.match(r"# needs ([^:\n]+)", self.text)
        return found[1] if found else ""

    @property
    def exit_code(self) -> int:
        found = re.match(r"# exit code (\d)", self.text)
        return int(found[1]) if found else 0


def blocks(page: Path) -> Iterator[Block]:
    """Read the blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(ROOT).as_posix()
    for found in _BLOCK.finditer(text):
        before = _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), text[: found.start()])
        headings = re.findall(r"^#+ (.*)$", before, re.MULTILINE)
        line = text.count("\n", 0, found.start()) + 1
        yield Block(name, headings[-1] if headings else "", line, found[1].strip(), found[2])


def differs(expected: str, printed: str) -> str:
    """Return the first line of an output block that was not printed, in its place; nothing if all were.

    Lines that were printed beside the shown ones are an error, too, unless a line of the block is ``...`` alone.
    """
    wanted, rest = expected.rstrip().splitlines(), printed.rstrip().splitlines()
    while wanted:
        line = wanted.pop(0)
        if line.strip() == "...":
            while rest and (not wanted or not _fits(wanted[0], rest[0])):
                rest.pop(0)
            continue
        if not rest or not _fits(line, rest[0]):
            return f"expected {line!r}, got {rest[0]!r}" if rest else f"expected {line!r}, got nothing more"
        rest.pop(0)
    return f"not shown: {rest[0]!r}" if rest else ""


def _fits(wanted: str, line: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, wanted.rstrip().split("..."))), line.rstrip()) is not None
