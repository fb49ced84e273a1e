"""``shuxin budget`` on a served chain: two officers raise, one lowers, and everybody reads the account by proof."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from commandline import Shuxin, configuration
from mounting import enter
from privatejoins import private_join
from privatespecs import private
from rich.console import Console
from smallnetwork import found_registrars
from townspecs import OFFICE, REGISTRARS, join, sums

from contracts.authorizations.terms import identifier
from contracts.budgets.calls import Propose
from contracts.budgets.record import Mode, Pot, Rate, Window
from gateway.network.serving import serve_chain
from gateway.statistics import budget_tables
from gateway.statistics.budgets import Estimate, Limit, PotLine, RateLine, Statement, expected_errors
from mpc.node import config as node_config
from mpc.privacy import budget
from mpc.privacy.declaration import UnitsAt

OWNER, OTHER = REGISTRARS[:2]
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "budget.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("town")
    found_registrars(directory)
    with serve_chain(directory):
        yield directory


@pytest.fixture
def shuxin(town: Path, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    return Shuxin(partial(configuration, town), capsys)


@pytest.mark.slow
def test_a_limit_goes_its_way_and_each_step_takes_effect_once(town: Path, shuxin: Shuxin, tmp_path: Path) -> None:
    raising = ("sales-1", "--micro-rho", 20_000)
    assert shuxin(OWNER, "budget", "limit", *raising) == (
        1, "shuxin: the chain refuses to propose: budgets: asset of another party"
    )  # fmt: skip
    assert shuxin(OFFICE, "budget", "show", "sales-1") == (2, "shuxin: asset sales-1: the chain has no budget for it")
    enter(node_config.load(town / "parties" / OWNER / "node.toml"), "sales-1")

    assert "proposed; another officer confirms it, block" in shuxin(OWNER, "budget", "limit", *raising)[1]
    assert "nothing to do" in shuxin(OWNER, "budget", "limit", *raising)[1]
    assert shuxin(OWNER, "budget", "confirm", *raising, "--officer", "officer") == (
        1, "shuxin: the chain refuses to confirm: budgets: two officers needed"
    )  # fmt: skip
    assert "not what was proposed" in shuxin(OWNER, "budget", "confirm", "sales-1", "--micro-rho", 20_001)[1]
    assert "asset of another party" in shuxin(OTHER, "budget", "confirm", *raising)[1]
    assert "in force, block" in shuxin(OWNER, "budget", "confirm", *raising)[1]
    assert "nothing to do" in shuxin(OWNER, "budget", "confirm", *raising)[1]

    assert "in force, block" in shuxin(OWNER, "budget", "lower", "sales-1", "--micro-rho", 12_000)[1]
    assert shuxin(OWNER, "budget", "lower", *raising)[1].endswith("budgets: not lower")
    rate = ("sales-1", "--recipients", "everybody", "--window", 86_400, "--micro-rho", 9_000)
    assert shuxin(OWNER, "budget", "limit", *rate)[0] == shuxin(OWNER, "budget", "confirm", *rate)[0] == 0
    assert shuxin(OWNER, "budget", "limit", *rate[:3], "--micro-rho", 1)[0] == 2  # a rate without a window
    assert shuxin(OWNER, "budget", "limit", *raising, "--period", "2019")[0] == 0
    code, said = shuxin(OFFICE, "budget", "show", "sales-1", "--json")
    assert code == 0
    (account,) = json.loads(said)
    by_limit = {pot["limit"]: pot for pot in account["pots"]}
    assert by_limit["12000"] == {
        "period": "all", "mode": None, "limit": "12000", "spent": "0", "reserved": "0", "left": "12000",
        "epsilon": "0.000", "delta_log2": -40, "proposed": None,
    }  # fmt: skip
    assert by_limit["0"]["proposed"] == "20000"
    assert account["rates"] == [
        {"recipient_class": "everybody", "window_s": "86400", "limit": "9000", "spent": "0", "reserved": "0"}
    ]
    assert "12,000" in shuxin(OWNER, "budget", "show")[1]
    assert "隐私预算" in shuxin(OWNER, "budget", "show", "--language", "zh")[1]

    spec = tmp_path / "spec.json"
    asked = join(groups=("1",))
    asked = replace(asked, epsilon_milli=100, delta_log2=-40, holder=replace(asked.holder, asset="sales-1"))
    spec.write_text(json.dumps(asked.json()))
    code, said = shuxin(OFFICE, "budget", "estimate", spec, "--json")
    assert code == 1  # the other asset's pot is empty
    assert [(line["asset"], line["left_after"], line["fits"]) for line in json.loads(said)["charges"]] == [
        ("sales-1", "7000", True), ("stabilised", "-5000", False),
    ]  # fmt: skip
    spec.write_text(json.dumps(sums(edges=()).json()))
    assert shuxin(OFFICE, "budget", "estimate", spec)[0] == 0
    spec.write_text(json.dumps(replace(private_join(), epsilon_milli=100).json()))
    code, said = shuxin(OFFICE, "budget", "estimate", spec, "--json")
    assert code == 1  # nobody set a limit for these data periods
    told = json.loads(said)
    shown = [(line["asset"], line["period"], line["micro_rho"], line["side"]) for line in told["charges"]]
    assert shown == [("sales", "2019", "115000", "15000"), ("stabilised", "2021", "115000", "15000")]
    error = told["expected_error"][0]
    assert (error["figure"], error["standard_deviation"]) == ("distinct keys, 1", "7.07248")


@pytest.mark.slow
def test_the_commands_of_the_document_work_as_written(town: Path, shuxin: Shuxin, tmp_path: Path) -> None:
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "fees.json").write_text(json.dumps(sums(edges=()).json()))
    owner = {"sales-1": "sales-2", "owner/node.toml": OTHER, "office/node.toml": OFFICE}
    enter(node_config.load(town / "parties" / OTHER / "node.toml"), "sales-2")
    for line in block.splitlines():
        _, *words, option, config = shlex.split(line)
        assert option == "--config"
        words = [str(tmp_path / word) if word == "fees.json" else owner.get(word, word) for word in words]
        code, said = shuxin(owner[config], *words)
        assert code == 0, (line, said)
    assert "160,000" in shuxin(OTHER, "budget", "show")[1]


STATEMENT = Statement(
    "sales",
    7,
    (PotLine("all", Pot(320_000, 5_000, 5_000, Mode.EXACT), 640_000),),
    (RateLine("everybody", Rate(10_000, 86_400), Window(5_000, 0)),),
    UnitsAt.SEVERAL,
)


def shown(language: str, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width)
    budget_tables.show_statements([STATEMENT], as_json=False, language=language, console=console)
    lines = [Estimate(charge, "all", Pot(4_000)) for charge in budget.charges(join())]
    errors = expected_errors(private(("count",)))
    budget_tables.show_estimates(lines, errors, as_json=False, language=language, console=console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("units_at", [*UnitsAt, None])
def test_an_account_says_which_pots_bound_what_a_unit_loses(language: str, units_at: UnitsAt | None) -> None:
    console = Console(file=io.StringIO(), width=400)
    account = replace(STATEMENT, units_at=units_at)
    budget_tables.show_statements([account], as_json=False, language=language, console=console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    said = {kind: budget_tables.WORDS[language][kind.name].format(asset="sales") for kind in UnitsAt}
    assert {kind for kind, words in said.items() if words in text} == ({units_at} if units_at else set())


@pytest.mark.parametrize("width", [160, 80])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_say_the_same_in_both_languages_and_break_no_number(language: str, width: int) -> None:
    text = shown(language, width)
    for number in ("320,000", "5,000", "310,000", "1.064", "640,000", "86400 s", "2,000,000", "-1,996,000"):
        assert number in text, number
    assert (("exact" in text), ("精确" in text)) == ((language == "en"), (language == "zh"))


def test_both_languages_have_the_same_words() -> None:
    assert budget_tables.WORDS["en"].keys() == budget_tables.WORDS["zh"].keys()


def test_a_rate_for_everybody_is_the_class_zero_and_a_period_of_that_name_is_not() -> None:
    assert Limit("sales", "everybody", 1, 60).call(Propose).pot == bytes(32)
    assert Limit("sales", "everybody", 1).call(Propose).pot == identifier("everybody")
    assert Limit("sales", "institutes", 1, 60).call(Propose).pot == identifier("institutes")
