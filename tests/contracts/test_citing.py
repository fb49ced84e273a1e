"""A refusal that rests on the statute names its rule, and the rule its article; every rule that is enforced refuses."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from contracts.authorizations.reasons import Ground
from contracts.regulation.citing import cited
from ledger.errors import NotFound

SOURCES = Path(__file__).parents[2] / "contracts"
REASON = re.compile(r'"([^"\n]+\((R[0-2][0-9])\))"')
REASONS = sorted({found for path in SOURCES.rglob("*.vy") for found in REASON.findall(path.read_text())})
COVERAGE = tomllib.loads(resources.files("contracts.regulation").joinpath("coverage.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("reason", "rule"), REASONS)
def test_a_contracts_refusal_cites_the_article_of_its_rule(reason: str, rule: str) -> None:
    found = cited(f"the chain refuses: {reason}")
    assert found is not None
    assert found.rule.id == rule
    assert found.rule.articles
    assert all(article in found.text("en") for article in found.rule.articles)


def test_every_rule_that_a_contract_enforces_has_tests_and_a_refusal_of_its_own() -> None:
    refusing = {rule for _, rule in REASONS} | {ground.rule for ground in Ground}
    stated = {entry["rule"]: entry for entry in COVERAGE["coverage"]}
    enforced = {rule for rule, entry in stated.items() if entry["status"] in ("enforced", "partly")}
    assert enforced <= refusing
    assert all(stated[rule]["tests"] for rule in enforced)
    assert set(stated) - enforced == {"R23"}  # where sharing runs is a matter of operation, not of a transaction


def test_a_reason_without_a_rule_cites_nothing_and_an_unknown_rule_is_an_error() -> None:
    assert cited("request: id missing") is None
    with pytest.raises(NotFound):
        cited("request: of tomorrow (R28)")
