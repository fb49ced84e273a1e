"""One name per concept: no page, docstring or text for people uses another word for what the glossary names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ledger", "contracts", "mpc", "federated", "gateway", "scripts", "benchmarks")
FORBIDDEN = {
    "Party": r"\bparticipants?\b|\bstakeholders?\b|参与者|参与部门",
    "Agent": r"\bdelegate keys?\b|代理密钥",
    "Officer, approver": r"经手人|审批者",
    "Asset": r"\bdata ?sources?\b",
    "Authorization": r"\bauthorisations?\b|\bmandates?\b|(?<!账户)授权书",
    "Owner, recipient": r"\bdata (provider|holder|consumer|owner)s?\b|\brequestors?\b|数据提供者|接收者",
    "Job": r"\bcomputation tasks?\b|\bworkflows?\b|工作流",
    "Withheld": r"\bsuppressed\b|\bredacted\b",
    "Leakage ledger": r"\bleak(age)? (report|list)s?\b|泄漏",
    "Evidence": r"\b(evidence|proof) (bundle|package)s?\b|证据文件|证明包",
    "Trust file": r"\btrust (anchor|root|store)s?\b|\broots? of trust\b|信任锚",
    "Stream": r"\btransparency logs?\b",
    "Anchor": r"\bnotari[sz]ations?\b",
    "Co-signer": r"\bcosigners?\b|\bco-signators?\b",
    "Relay": r"\b(message )?brokers?\b|中转站",
    "Restriction": r"\bencumbrances?\b|\bliens?\b",
    "Guard": r"\bgatekeepers?\b",
    "Courier": r"\bmessengers?\b",
    "Purpose": r"(?<!规划)用途",
    "Attempt": r"\bretrials?\b",
}
"""By term of the glossary: what nobody may call it."""


def texts() -> Iterator[tuple[str, str]]:
    """Pages, docstrings, and what the pages and commands say."""
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "adr").glob("0*.md")):
        yield page.relative_to(ROOT).as_posix(), page.read_text(encoding="utf-8")
    for package in PACKAGES:
        for module in (ROOT / package).rglob("*.py"):
            yield module.relative_to(ROOT).as_posix(), "\n".join(docstrings(module))
        for said in (ROOT / package).rglob("*.toml"):
            yield said.relative_to(ROOT).as_posix(), said.read_text(encoding="utf-8")


def docstrings(module: Path) -> Iterator[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, kinds):
            yield ast.get_docstring(node, clean=False) or ""


def strange(text: str) -> list[tuple[str, str]]:
    words = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    return [(term, found) for term, pattern in FORBIDDEN.items() for found in matches(pattern, words)]


def matches(pattern: str, text: str) -> list[str]:
    return [found.group() for found in re.finditer(pattern, text, re.IGNORECASE)]


def test_every_concept_has_one_name() -> None:
    found = {place: words for place, text in texts() if (words := strange(text))}
    assert found == {}


def test_the_names_are_the_glossarys() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert [term for term in FORBIDDEN if f"| {term} |" not in glossary] == []


@pytest.mark.parametrize("text", ["all participants agree", "the root of trust", "证据文件", "a cosigner", "填写用途"])
def test_another_name_is_found_out(text: str) -> None:
    assert strange(text)


@pytest.mark.parametrize("text", ["填写目的", "房屋的规划用途", "`用途`"])
def test_the_glossarys_name_another_thing_and_code_are_let_through(text: str) -> None:
    assert strange(text) == []
