"""What deploy/ has is what its readers take: systemd its units, compose its file, the command every line in them."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import typer
import yaml

from gateway.api.settings import PREFIX, GatewaySettings
from gateway.command import app

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
INSTALLED = "/opt/shuxin/.venv/bin/shuxin"
COMMAND = typer.main.get_command(app)
SCHEMA = ROOT / "tests" / "vectors" / "compose" / "compose-spec.json.gz"


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def command_lines() -> list[list[str]]:
    units = [shlex.split(re.findall("ExecStart=(.*)", unit.read_text())[0])[1:] for unit in UNITS]
    services = [one["command"][1:] for one in compose()["services"].values() if "command" in one]
    return units + services


def verified(unit: Path) -> str:
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60)
    return run.stdout + run.stderr if run.returncode or unit.name in run.stderr else ""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_no_fault_in_a_unit_and_finds_the_one_put_in(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = unit.read_text().replace(INSTALLED, sys.executable)
    (tmp_path / unit.name).write_text(text)
    assert verified(tmp_path / unit.name) == ""
    (tmp_path / unit.name).write_text(text.replace("ProtectSystem=strict", "ProtectSystm=strict"))
    assert "ProtectSystm" in verified(tmp_path / unit.name)


def test_the_compose_file_is_valid_by_the_specification_s_schema_and_a_misspelt_one_is_not() -> None:
    schema = json.loads(gzip.decompress(SCHEMA.read_bytes()))
    validator = jsonschema.Draft7Validator(schema)
    validator.validate(compose())
    broken = compose()
    broken["services"]["gateway"]["comand"] = broken["services"]["gateway"].pop("command")
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(broken)


def test_every_secret_and_volume_that_a_service_names_is_declared() -> None:
    found = compose()
    for service in found["services"].values():
        assert set(service.get("secrets", ())) <= found["secrets"].keys()
        named = {one.partition(":")[0] for one in service["volumes"]}
        assert {name for name in named if not name.startswith(".")} <= found["volumes"].keys()
        assert set(service.get("depends_on", ())) <= found["services"].keys()


@pytest.mark.parametrize("line", command_lines(), ids=" ".join)
def test_every_command_in_it_is_there_with_its_options(line: list[str]) -> None:
    at: click.Command = COMMAND
    rest = list(line)
    while isinstance(at, click.Group) and rest and rest[0] in at.commands:
        at = at.commands[rest.pop(0)]
    known = {name for parameter in at.params for name in (*parameter.opts, *parameter.secondary_opts)}
    options = {one for one in rest if one.startswith("-")}
    assert options
    assert options <= known


def test_variables_and_ports_are_those_of_the_settings() -> None:
    services = compose()["services"]
    for name, port in (("gateway", "port"), ("pages", "pages_port")):
        variables = [key for key in services[name]["environment"] if key.startswith(PREFIX)]
        assert {key.removeprefix(PREFIX).lower() for key in variables} <= GatewaySettings.model_fields.keys()
        wanted = GatewaySettings.model_fields[port].default
        assert services[name]["ports"] == [f"127.0.0.1:{wanted}:{wanted}"]
        assert f":{wanted}/readyz" in services[name]["healthcheck"]["test"][-1]


def test_the_image_copies_every_package_of_the_project() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE))
    assert copied == {one.parent.name for one in ROOT.glob("*/__init__.py")} - {"tests"}
