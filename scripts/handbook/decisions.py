"""The list of decisions (docs/adr): number and title of each, from the files."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "adr"


def page() -> str:
    """Write the page."""
    lines = ["# Decisions", "", "What would surprise a newcomer, with the context, the options and the choice.", ""]
    for file in sorted(FOLDER.glob("[0-9]*.md")):
        title = file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        lines.append(f"* [{title}]({file.name})")
    return "\n".join([*lines, ""])
