"""What docs/privacy.md shows can be used as it stands, and its figures follow."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from privatejoins import private_join
from privatespecs import private

from mpc.fields import Fields
from mpc.node import config
from mpc.privacy import declaration, join_release, joined
from mpc.privacy.declaration import Family
from mpc.privacy.release import estimate
from mpc.spec.parts import Amount, Grouping

PAGE = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")
NODE = """
party = "registrar-1"
state = "state"
terms = "terms"
[chain]
url = "http://127.0.0.1:1"
trust = "trust.json"
parties = "parties"
[keys]
directory = "keys"
passphrase_file = "passphrase"
tls = "tls"
"""
COLUMNS = """
[assets.columns.bbl]
type = "text"
pattern = "[0-9]{10}"
[assets.columns.sale_price]
type = "integer"
minimum = 0
maximum = 3000000000
"""


def block(kind: str, place: int = 0) -> str:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[place]


def question():
    document = json.loads("{" + block("json").strip() + "}")
    privacy = declaration.read(Fields(document["privacy"], "privacy"))
    largest = privacy.protection.largest
    spec = private(("count", "sum", "histogram"), edges=(0, 100_000), owners=5, high=largest)
    return replace(spec, value=Amount("sale_price", largest), privacy=privacy, rows=40_000)


def test_the_specification_repeats_the_declaration(tmp_path):
    path = tmp_path / "node.toml"
    path.write_text(NODE + block("toml") + COLUMNS, encoding="utf-8")
    declared = config.load(path).assets["sales-1"].privacy
    assert declared is not None
    assert declared.protection("sale_price", 0, None) == question().privacy.protection


def test_the_worked_example_costs_and_errs_as_it_says():
    told = estimate(question(), 5)
    assert (told.micro_rho, told.epsilon_milli) == (50_000, 2405)
    errors = {Family(error.name): error.deviation for error in told.expected if error.name in ("count", "sum")}
    assert errors[Family.COUNT] == pytest.approx(64.6, abs=0.06)
    assert errors[Family.SUM] == pytest.approx(45_643_568, abs=1)
    assert "64.6" in PAGE
    assert "45,643,568" in PAGE


def test_the_join_of_the_page_costs_and_errs_as_its_table_says():
    document = json.loads("{" + block("json", 1).strip() + "}")
    privacy = joined.read(Fields(document["privacy"], "privacy"))
    groups = privacy.holder.groups.values
    asked = replace(private_join(), privacy=None, epsilon_milli=100, delta_log2=-40)
    amounts, grouping = (Amount("sale_price", 2_000_000),), Grouping("borough", groups)
    spec = replace(asked, sums=amounts, grouping=grouping, privacy=privacy)
    told = join_release.estimate(spec)
    assert (told.micro_rho, told.epsilon_milli) == (100_000, 3431)
    assert [round(error.deviation, 1) for error in told.expected[:3]] == [14.1, 35.4, 40_824_848.5]
    for said in ("100,000 micro-rho", "3.431", "14.1", "35.4", "40,824,849"):
        assert said in PAGE, said
