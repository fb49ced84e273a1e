"""The worked example of docs/node.md: its files are what the product reads, and its figures follow from its tables."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.authorizations.terms import identifier
from gateway.command import app
from gateway.statistics.asking import read_specification
from ledger.errors import NotAuthorized
from mpc import inputs
from mpc.disclosure.before.audit import require_answerable, select
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.region import Cell
from mpc.inputs import CellValues, HolderRows, ListedKeys
from mpc.kinds.registry import kind_of
from mpc.node import config as node_config
from mpc.node.config import NodeConfig
from mpc.spec.job import JobSpec, JoinSpec, SumsSpec
from mpc.tables.table import Table

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "node.md").read_text(encoding="utf-8")
CONNECTIONS = """
state = "state"
terms = "terms"
[chain]
url = "http://127.0.0.1:8545"
trust = "trust.json"
parties = "parties"
[keys]
directory = "keys"
passphrase_file = "passphrase"
tls = "tls"
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the tables with the page's own shell lines, and configurations with the page's own TOML."""
    home = tmp_path_factory.mktemp("example")
    for n in (1, 2, 3):
        (home / f"net/parties/department-{n}/data").mkdir(parents=True)
    subprocess.run(["bash", "-ec", f"shuxin() {{ :; }}\n{blocks('bash')[0]}"], cwd=home, check=True, timeout=60)
    first, listed, *_ = blocks("toml")
    permits = first[: first.index("\n[[assets]]", 1)]
    for n, assets in ((1, first), (2, permits.replace("permits-1", "permits-2") + listed), (3, permits)):
        text = assets.replace("permits-1", "permits-3") if n == 3 else assets
        path = home / f"net/parties/department-{n}/node.toml"
        path.write_text(f'party = "department-{n}"\n{CONNECTIONS}\n{text}')
    for name, document in zip(("fees", "join"), blocks("json"), strict=True):
        (home / f"{name}.json").write_text(document)
    return home / "net"


def node(net: Path, party: str) -> NodeConfig:
    return node_config.load(net / "parties" / party / "node.toml")


def own_input(net: Path, spec: SumsSpec | JoinSpec, party: str) -> inputs.Input:
    (source,) = (source for source in spec.sources if source.party == party)
    asset = node(net, party).assets[source.asset]
    assert kind_of(spec).columns(party) <= set(asset.schema.columns)
    table = Table(asset.file, asset.schema)
    try:
        return kind_of(spec).prepare(party, table)
    finally:
        table.close()


def fees(net: Path) -> SumsSpec:
    spec = read_specification(net.parent / "fees.json")
    assert isinstance(spec, SumsSpec)
    return spec


def listed(net: Path) -> JoinSpec:
    spec = read_specification(net.parent / "join.json")
    assert isinstance(spec, JoinSpec)
    return spec


def asked(spec: JobSpec) -> tuple[Cell, ...]:
    return kind_of(spec).cells([source.asset for source in spec.sources])


def released(name: str) -> dict[str, object]:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"{name}/release.json"))
    found: dict[str, object] = json.loads(line.partition(":")[2])
    return found


def test_the_sums_are_the_released_ones_and_the_thin_bin_takes_the_total_with_it(net: Path) -> None:
    spec, totals, contributors = fees(net), Counter[str](), Counter[str]()
    for source in spec.sources:
        data = own_input(net, spec, source.party)
        assert isinstance(data, CellValues)
        totals.update(data.values)
        contributors.update(name for name, value in data.values.items() if value)
    gated = asked(spec)
    passed = frozenset(
        cell.name for cell in gated if totals[cell.name] >= 10 and contributors[cell.name] >= spec.contributors
    )
    assert passed == {"count", "bin0", "bin1"}
    opened = select((), gated, passed)
    assert released("fees") == {
        "cells": {name: str(totals[name]) for name in opened},
        "withheld": ["count", "sum", "bin2"],
    }


def test_the_join_is_the_released_one(net: Path) -> None:
    spec = listed(net)
    held, keys = own_input(net, spec, "department-1"), own_input(net, spec, "department-2")
    assert isinstance(held, HolderRows)
    assert isinstance(keys, ListedKeys)
    matched = {group: [row for key, row in rows.items() if key in keys.keys] for group, rows in held.table.items()}
    north = matched["north"]
    figures = {"keys": str(len(north)), "rows": str(sum(row.rows for row in north))}
    cost = {"cost": str(sum(row.sums[0] for row in north))}
    assert released("join") == {"cells": [{"group": "north", **figures, "sums": cost}], "withheld": ["south"]}
    assert len(matched["south"]) == 9


def test_the_whole_is_refused_after_the_groups_and_answered_alone(net: Path) -> None:
    (again,) = (block for block in blocks("bash") if block.startswith("# exit code 1"))
    subprocess.run(["bash", "-ec", f"shuxin() {{ :; }}\n{again}"], cwd=net.parent, check=True, timeout=60)
    whole = asked(read_specification(net.parent / "whole.json"))
    north, _ = asked(listed(net))
    require_answerable((), whole)
    with pytest.raises(NotAuthorized, match="disclosure"):
        require_answerable((Answer(north.region, north.base, Outcome.OPENED),), whole)


def test_authorizations_have_the_ids_that_the_officers_program_gives_them(net: Path) -> None:
    for spec in (fees(net), listed(net)):
        for source in spec.sources:
            assert source.authorization == identifier(f"{spec.recipient}/{spec.purpose}/{source.asset}")


def test_the_officers_commands_are_commands_of_today(tmp_path: Path) -> None:
    """``--help`` behind each call lets the command line judge names and options, and carries nothing out."""
    calls = tmp_path / "calls"
    script = f'shuxin() {{ printf "%s\\0" "$@" >> {calls}; printf "\\n" >> {calls}; }}\n{blocks("bash")[1]}'
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, check=True, timeout=60)
    found = [line.split("\0")[:-1] for line in calls.read_text().splitlines()]
    assert [call[:2] for call in found].count(["authorization", "grant"]) == 5
    for call in found:
        result = CliRunner().invoke(app, [*call, "--help"])
        assert result.exit_code == 0, result.output
    assert CliRunner().invoke(app, ["asset", "mount", "--no-such-option", "--help"]).exit_code == 2
