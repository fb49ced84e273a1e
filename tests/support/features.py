"""The feature table: ``docs/features.toml`` in, ``docs/features.md`` out, and whether what it names exists.

PYTHONPATH=.:tests/support python tests/support/features.py
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from claims import claims_of

ROOT = Path(__file__).resolve().parents[2]
DATA, PAGE = ROOT / "docs" / "features.toml", ROOT / "docs" / "features.md"
AREAS = {
    "sql": "SQL",
    "statistics": "Statistics 统计",
    "models": "Models 模型",
    "protocols": "Protocols 协议",
    "privacy": "Privacy 隐私",
}
ANY = "*"


@dataclass(frozen=True, slots=True)
class Feature:
    """One row. tests: ``file::test`` under ``tests``, or ``file::*`` for all of a file; without: why there is none."""

    area: str
    en: str
    zh: str
    peers: tuple[str, ...]
    tests: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    without: str = ""
    without_zh: str = ""

    def __post_init__(self) -> None:
        if (
            self.area not in AREAS
            or bool(self.tests) == bool(self.without)
            or bool(self.without) != bool(self.without_zh)
        ):
            raise ValueError(f"feature {self.en!r}: a known area, and either tests or a reason in two languages")


@dataclass(frozen=True, slots=True)
class Source:
    """A published system, and where its description stands."""

    name: str
    text: str


def read(path: Path = DATA) -> tuple[tuple[Source, ...], tuple[Feature, ...]]:
    """Read the table's data; raises TypeError or ValueError for members out of form."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    features = [
        {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in found["feature"]
    ]
    return tuple(Source(**row) for row in found["source"]), tuple(Feature(**row) for row in features)


def missing(features: tuple[Feature, ...]) -> Iterator[str]:
    """Name the tests that a row names and no file has."""
    for feature in features:
        for named in feature.tests:
            file, _, test = named.partition("::")
            if test not in _tests(ROOT / "tests" / file):
                yield named


def page() -> str:
    """Write the page."""
    sources, features = read()
    lines = [
        "# Features beside published systems 功能对照",
        "",
        "Made of `features.toml` by `tests/support/features.py`; not edited by hand. A cell of ours names the tests",
        "that show it, and a test holds that they exist. A peer's cell says that its published description names the",
        "feature, under the peer's own assumptions; an empty one claims nothing.",
        "",
        *(f"* **{source.name}**: {source.text}." for source in sources),
    ]
    for area, title in AREAS.items():
        if rows := [feature for feature in features if feature.area == area]:
            lines += ["", f"## {title}", "", f"| feature 功能 | {' | '.join(s.name for s in sources)} | Shuxin |"]
            lines.append("|---|" + "---|" * (len(sources) + 1))
            lines += [_row(feature, sources) for feature in rows]
    return "\n".join(lines) + "\n"


def _row(feature: Feature, sources: tuple[Source, ...]) -> str:
    peers = ["published" if source.name in feature.peers else "" for source in sources]
    own = (
        f"no: {feature.without} 否:{feature.without_zh}"
        if feature.without
        else "yes: " + ", ".join(map(_shown, feature.tests))
    )
    commands = "".join(f" (`shuxin study {name}`)" for name in feature.studies)
    return f"| {feature.en} {feature.zh}{commands} | {' | '.join(peers)} | {own} |"


def _shown(named: str) -> str:
    file, _, test = named.partition("::")
    return f"[{file.rpartition('/')[2] if test == ANY else test}](../tests/{file})"


def _tests(path: Path) -> set[str]:
    tests = claims_of(path)
    return {*tests, *(name.rpartition("::")[2] for name in tests), ANY} if tests else set()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
