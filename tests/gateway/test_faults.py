"""A refusal is said in the user's language: the contract's words, and always the article that it rests on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.cli.faults import ground, grounds, reasons, said
from gateway.cli.tongue import Tongue, chosen

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
AREAS = (
    "requests", "supplies", "objections", "uses", "terminations", "disputes", "authorizations", "catalogue", "entries",
    "grades", "endorsements", "governance", "regulation", "calendar", "parties", "cases", "modules",
    "vouchers", "listings", "materials", "certificates", "returns", "regions", "revisions", "breaches",
    "custody", "incidents", "quorums",
)  # fmt: skip
REFUSED = "the chain refuses to consent: request: conditions added (R05)"


def test_every_reason_of_the_statute_s_contracts_is_said_in_chinese() -> None:
    found = set()
    for area in AREAS:
        for source in (CONTRACTS / area).glob("*.vy"):
            text = source.read_text(encoding="utf-8")
            found |= set(re.findall(r'"([a-z]+: [^"]+)"', text))
            found |= {f"{area}: {obstacle}" for obstacle in re.findall(r'return "([^"]+\(R\d\d\))"', text)}
    assert found - set(reasons()) == set()
    assert set(reasons()) - found == set()  # nothing is said of a reason that no contract gives
    assert [told for told in reasons().values() if not re.search(r"[\u4e00-\u9fff]", told)] == []


def test_a_refusal_names_its_article_in_the_chosen_language_or_in_both() -> None:
    english = "No conditions may be added to those of the catalogue (article 15, R05)"
    assert said(REFUSED, Tongue.EN) == f"{REFUSED} | {english}"
    assert said(REFUSED, Tongue.ZH) == (
        "链上拒绝 consent：增设了目录之外的条件（request: conditions added (R05)）"
        " | 不得增设目录之外的条件（第15条，R05）"
    )
    assert said(REFUSED, None).startswith(REFUSED)
    assert "(article 15, R05)" in said(REFUSED, None)
    assert "（第15条，R05）" in said(REFUSED, None)


def test_what_rests_on_no_article_cites_none() -> None:
    fault = "the chain refuses to submit: request: of another party"
    assert said(fault, Tongue.EN) == fault
    assert said(fault, Tongue.ZH) == "链上拒绝 submit：由其他部门申请（request: of another party）"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("terms.json: no such file", "terms.json：没有此文件"),
        ("authorization a/b/c: the chain has no request of this code", "授权 a/b/c：链上没有此代码的申请"),
        (
            "refuse: waits for the head of the sharing body of tax; she runs: shuxin x",
            "须先由 tax 的共享工作机构负责人同意（第11条、第20条，R02）；请其执行：shuxin x",
        ),
        ("voucher 2026-1: not held under any claim of tax", "凭证 2026-1：不由 tax 的任何持有声明持有"),
        (
            "plea: signed as change 2 of the listing, the next one is 3",
            "申请按第 2 次变更签署，而下一次变更为第 3 次",
        ),
        ("something nobody translated", "something nobody translated"),
        ("the chain refuses to fly: bird: no wings", "链上拒绝 fly：bird: no wings"),
    ],
)
def test_the_commands_own_words_are_said_in_chinese(fault: str, told: str) -> None:
    assert said(fault, Tongue.ZH) == told
    assert said(fault, Tongue.EN) == fault


GUIDE = Path(__file__).resolve().parents[2] / "docs" / "node.md"


def documented() -> set[str]:
    """The grounds in the guide's table of errors: words in backquotes; the later ones of a row may lack their area."""
    table = GUIDE.read_text(encoding="utf-8").split("## Reading errors")[1].split("A fault in a table reads")[0]
    found = set()
    for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE):
        words = re.findall(r"`([^`]+)`", row)
        area = words[0].partition(": ")[0]
        found |= {word if ":" in word or len(words) == 1 else f"{area}: {word}" for word in words}
    return found


def test_every_ground_of_the_guide_is_told_in_words_and_every_told_one_is_in_the_guide() -> None:
    found = documented()
    assert len(found) > 25
    assert [text for text in found for tongue in Tongue if not ground(text, tongue)] == []
    used = {next(told["is"] for told in grounds() if re.fullmatch(told["is"], text)) for text in found}
    assert [told["is"] for told in grounds() if told["is"] not in used] == []
    assert [told["zh"] for told in grounds() if not re.search(r"[\u4e00-\u9fff]", told["zh"])] == []


def test_a_job_that_a_department_ended_says_why_and_what_to_ask_instead() -> None:
    fault = "job refused by department-2: disclosure"
    assert said(fault, None) == said(fault, Tongue.EN)
    assert said(fault, Tongue.EN).startswith(f"{fault} | beside earlier answers")
    assert "instead: ask for what does not overlap" in said(fault, Tongue.EN)
    assert said(fault, Tongue.ZH).startswith("department-2 拒绝参与任务（disclosure） | 与先前的答案并列时")
    assert "rows have changed" not in said(fault, Tongue.EN)
    assert "by too few rows" in said("job refused by a: disclosure: version", Tongue.EN)
    assert said("job aborted by a: what nobody knows", Tongue.EN) == "job aborted by a: what nobody knows"


def test_the_language_is_the_command_s_or_the_environment_s() -> None:
    assert chosen(["shuxin", "inbox"], {}) is None
    assert chosen(["shuxin", "inbox"], {"SHUXIN_LANGUAGE": "zh"}) is Tongue.ZH
    assert chosen(["shuxin", "inbox", "--language=en"], {"SHUXIN_LANGUAGE": "zh"}) is Tongue.EN
    assert chosen(["shuxin", "inbox", "--language", "zh"], {}) is Tongue.ZH
    assert chosen(["shuxin", "inbox", "--language", "fr"], {}) is None  # the command itself refuses it
    assert chosen(["shuxin", "inbox", "--language"], {}) is None
