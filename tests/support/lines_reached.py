"""Count the lines of the second verifier that run to judge evidence of each kind, as V8 saw them; by hand, a minute:

    PYTHONPATH=.:tests/support python tests/support/lines_reached.py

A line is counted if a part of it ran, comments within functions that ran included; of a module in which no function
ran, none is. Prints for each vector that holds the lines of the judging modules, of ``primitives/``, and of both.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from every_byte import FOLDER, holding

INDEPENDENT = FOLDER.parents[3] / "contracts" / "evidence" / "independent"


def reached(name: str) -> dict[Path, int]:
    """Judge one vector by a process of Node's and count the lines that ran, by module."""
    case = holding()[name]
    files = [name, *(case[part] for part in ("trust", "record") if case[part])]
    with TemporaryDirectory() as folder:
        subprocess.run(
            ["node", INDEPENDENT / "verify.mjs", *(FOLDER / file for file in files)],
            env={**os.environ, "NODE_V8_COVERAGE": folder}, capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        (report,) = Path(folder).glob("*.json")
        scripts = json.loads(report.read_bytes())["result"]
    return dict(_lines(script) for script in scripts if "/independent/" in script["url"])


def _lines(script: dict[str, Any]) -> tuple[Path, int]:
    """Ranges come outermost first, so that a later one says more of its characters than an earlier one."""
    module = Path(script["url"].removeprefix("file://"))
    if not any(function["ranges"][0]["count"] for function in script["functions"][1:]):
        return module, 0
    text = module.read_text()
    counts = [0] * len(text)
    for span in (span for function in script["functions"] for span in function["ranges"]):
        start, end = span["startOffset"], span["endOffset"]
        counts[start:end] = [span["count"]] * (end - start)
    return module, sum(_ran(text, counts))


def _ran(text: str, counts: list[int]) -> Iterator[bool]:
    lines = text.splitlines(keepends=True)
    for start, line in zip(accumulate(map(len, lines), initial=0), lines, strict=False):
        yield any(counts[start + at] for at, letter in enumerate(line) if not letter.isspace())


def main() -> None:
    """Count for every vector that holds."""
    for name in sorted(holding()):
        found = reached(name)
        primitives = sum(count for module, count in found.items() if module.parent.name == "primitives")
        judging = sum(found.values()) - primitives
        print(f"{name:24} {judging:6,} judging {primitives:6,} primitives {judging + primitives:6,} in all")


if __name__ == "__main__":
    main()
