"""Refusals: contract and rules of an area know the same reasons, word for word."""

from __future__ import annotations

import re

import pytest

from contracts.build import ROOT

AREAS = ("directory", "governance", "parties", "notary", "budgets")
# Reasons of the module every contract includes; the rules' side of them is spread over the ports.
SHARED = {"directory: no such contract", "directory: superseded", "governance: paused"}
REASON = re.compile(r'"((?:directory|governance|parties|notary|budgets): [a-z ]+(?: \(R[0-9]{2}\))?)"')


def reasons(area: str, pattern: str) -> set[str]:
    return {
        reason
        for path in (ROOT / area).glob(pattern)
        for reason in REASON.findall(path.read_text(encoding="utf-8"))
        if reason not in SHARED
    }


@pytest.mark.parametrize("area", AREAS)
def test_contract_and_rules_give_the_same_reasons(area: str) -> None:
    stated = reasons(area, "*.vy")
    assert stated
    assert stated == {reason for reason in reasons(area, "*.py") if "not a call to itself" not in reason}


@pytest.mark.parametrize("area", AREAS)
def test_every_assertion_of_a_contract_gives_a_reason_of_its_area(area: str) -> None:
    for path in (ROOT / area).glob("*.vy"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("assert "):
                assert re.search(rf', "{area}: [a-z ]+(?: \(R[0-9]{{2}}\))?"$', line), line
