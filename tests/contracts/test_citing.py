"""A refusal that rests on the statute names its rule, and the rule its article; every rule that is enforced refuses."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from contracts.authorizations.reasons import Ground
from contracts.regulation import table
from contracts.regulation.citing import cited
from contracts.regulation.reader import national
from ledger.errors import NotFound

SOURCES = Path(__file__).parents[2] / "contracts"
REASON = re.compile(r'"([^"\n]+\((R[0-2][0-9])\))"')
REASONS = sorted({found for path in SOURCES.rglob("*.vy") for found in REASON.findall(path.read_text())})
COVERAGE = table.read(table.COVERAGE.read_bytes(), table.ROOT)
LITERAL = re.compile(r'"([^"\n]+)"')
TAKES = re.compile(r"\b(must|take|enter|revised|granted|due)\(|\.accepted\b|[ =(]\"\"")
"""How a test says that something is accepted: a helper that fails on a refusal, the verdict, or no reason."""


@pytest.mark.parametrize(("reason", "rule"), REASONS)
def test_a_contracts_refusal_cites_the_article_of_its_rule(reason: str, rule: str) -> None:
    found = cited(f"the chain refuses: {reason}")
    assert found is not None
    assert found.rule.id == rule
    assert found.rule.articles
    assert all(article in found.text("en") for article in found.rule.articles)


def test_every_rule_but_the_one_of_operation_has_a_refusal_of_its_own() -> None:
    refusing = {rule for _, rule in REASONS} | {ground.rule for ground in Ground}
    stated = {row.rule: row.status for row in COVERAGE}
    assert list(stated) == [rule.id for rule in national().rules]
    assert {rule for rule, status in stated.items() if status in ("enforced", "partly")} <= refusing
    # Where sharing runs is a matter of operation: no transaction is refused for it, an authority finds it.
    assert {rule for rule, status in stated.items() if status not in ("enforced", "partly")} == {"R23"}


@pytest.mark.parametrize("row", COVERAGE, ids=lambda row: row.rule)
def test_every_rule_has_tests_that_are_accepted_and_tests_that_are_refused_for_it(row: table.Coverage) -> None:
    assert row.accepted
    assert row.refused
    for path, name in row.accepted:
        assert TAKES.search(source(path, name)), f"{name}: nothing is accepted in it"
    for path, name in row.refused:
        told = source(path, name)
        assert any(mark in told for mark in marks(row)) or "pytest.raises" in told, f"{name}: no refusal by {row.rule}"


def marks(row: table.Coverage) -> set[str]:
    """Return what a refusal by a rule reads like: its reasons, the texts of the lines named for it, its grounds."""
    own = {reason for reason, rule in REASONS if rule == row.rule}
    lines = (table.ROOT.joinpath(path).read_text().splitlines()[number - 1] for path, number in row.places)
    texts = {text for line in lines for text in LITERAL.findall(line) if ": " in text}
    grounds = [ground for ground in Ground if ground.rule == row.rule]
    named = {f"Ground.{ground.name}" for ground in grounds} | {ground.text for ground in grounds}
    words = {f'"{ground.value}"' for ground in grounds}
    found = "breach: authority only (R27)"  # what keeps others from stating a breach
    return own | texts | named | words | ({found} if row.status == "found" else set())


def source(path: str, name: str) -> str:
    """Return the text of a test with its decorators and the constants of the tests that it names."""
    functions, constants = module(path)
    text, names = functions[name]
    return "\n".join([text, *(constants[used] for used in names if used in constants)])


@cache
def module(path: str) -> tuple[dict[str, tuple[str, set[str]]], dict[str, str]]:
    """Return the functions of a test module, with the names they use, and its constants, imported ones too."""
    text = table.ROOT.joinpath(path).read_text(encoding="utf-8")
    functions, constants = dict[str, tuple[str, set[str]]](), dict[str, str]()
    for node in ast.parse(text).body:
        match node:
            case ast.FunctionDef():
                parts = [ast.get_source_segment(text, part) or "" for part in (*node.decorator_list, node)]
                used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                functions[node.name] = ("\n".join(parts), used)
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
                constants |= dict.fromkeys(found, ast.get_source_segment(text, node) or "")
            case ast.ImportFrom(module=str(other)) if (SOURCES.parent / f"tests/contracts/{other}.py").is_file():
                known = module(f"tests/contracts/{other}.py")[1]
                constants |= {name.name: known[name.name] for name in node.names if name.name in known}
    return functions, constants


@pytest.mark.parametrize(
    ("test", "is_taking", "is_refusing"),
    [("test_no_secret_is_entered", True, True), ("test_both_assessments_come_first", False, True)],
)
def test_the_check_tells_a_test_that_accepts_from_one_that_only_refuses(
    test: str, is_taking: bool, is_refusing: bool
) -> None:
    told = source("tests/contracts/test_entries.py", test)
    assert bool(TAKES.search(told)) is is_taking
    assert any(reason in told for reason, rule in REASONS if rule in ("R01", "R03")) is is_refusing
    assert not any(reason in told for reason, rule in REASONS if rule == "R22")


def test_a_reason_without_a_rule_cites_nothing_and_an_unknown_rule_is_an_error() -> None:
    assert cited("request: id missing") is None
    with pytest.raises(NotFound):
        cited("request: of tomorrow (R28)")
