"""An alert is one line in either language: its details in words, moments in the statute's zone, names where known."""

from __future__ import annotations

import re

import pytest

from contracts.authorizations.reasons import Ground
from contracts.oversight.watching.alert import Alert, Kind
from contracts.parties.client import party_id
from gateway.network.naming import Names
from gateway.statute.observation.warning import GROUNDS, line

TAX, CASE = party_id("tax"), bytes([7]) * 32
NAMES = Names({TAX: "tax", CASE: "audit/market/sales"})
AT = 1_795_338_920


def alert(kind: Kind, **detail: str | int) -> Alert:
    return Alert(kind, AT, 45, 0, TAX, CASE, ("R15",), detail)


def test_a_repeated_refusal_says_how_often_and_since_when() -> None:
    found = alert(Kind.REFUSALS, times=3, first=AT - 60)
    english = "refused repeatedly: tax, audit/market/sales (times 3, first 2026-11-22 17:14:20)"
    assert english in line(found, NAMES, "en")
    assert "短期内多次被拒: tax, audit/market/sales (次数 3，首次 2026-11-22 17:14:20)" in line(found, NAMES, "zh")
    assert line(found, NAMES, "zh").startswith("2026-11-22 17:15:20 区块 45 [R15] 第25条")


@pytest.mark.parametrize(
    "detail",
    [
        {"ground": "purpose", "owner": TAX.hex()}, {"rows": 400, "maximum": 100}, {"step": "answer", "began": 1},
        {"period": bytes(32).hex(), "used": 90, "limit": 100},
    ],
)  # fmt: skip
def test_nothing_but_names_and_numbers_is_left_in_english(detail: dict[str, str | int]) -> None:
    told = line(alert(Kind.BEYOND_SCOPE, **detail), NAMES, "zh")
    words = set(re.findall(r"[a-z]{3,}", told.replace("0x000000000000", "")))
    assert words <= {"tax", "audit", "market", "sales"}


def test_every_ground_of_an_authorization_is_said() -> None:
    unsaid = {ground.value for ground in Ground} - set(GROUNDS)
    assert unsaid == {"not yet valid"}  # raises no alert
