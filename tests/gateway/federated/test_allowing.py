"""A department allows, lists and takes back apps of others by command, and is told what nobody promises of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from foreignapps import app as bundle_of
from typer.testing import CliRunner

from gateway.cli.modelling.federated import app
from ledger.errors import InvalidRecord
from mpc.node import config as node_config

CONTENT = bundle_of()
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@dataclass(frozen=True)
class Config:
    state: Path


@pytest.fixture
def say(tmp_path, monkeypatch):
    """Run a command of a department whose state is in a directory."""
    monkeypatch.setattr(node_config, "load", lambda _: Config(tmp_path / "state"))
    (tmp_path / "app.fab").write_bytes(CONTENT)

    def run(*arguments):
        told = [text.format(home=tmp_path) for text in arguments]
        return CliRunner().invoke(app, [*told, "--config", str(tmp_path / "node.toml")])

    return run


def test_an_app_is_allowed_with_what_nobody_promises_of_it_listed_and_taken_back(say):
    allowed = say("allow", "{home}/app.fab")
    assert f"{DIGEST}  elsewhere: allowed" in allowed.output
    assert "What the numbers mean nobody checks" in allowed.output
    assert "无人核验数值的含义" in say("allow", "{home}/app.fab", "--language", "zh").output
    (listed,) = json.loads(say("allowed", "--json").output)["apps"]
    assert listed == {"app": DIGEST, "client": "elsewhere.client:app", "name": "elsewhere"}
    assert say("allowed").output.split() == [DIGEST, "elsewhere", "elsewhere.client:app"]
    assert json.loads(say("disallow", DIGEST, "--json").output) == {"app": DIGEST}
    assert say("allowed").output == ""


def test_what_is_no_bundle_or_no_digest_is_refused(say, tmp_path):
    (tmp_path / "app.fab").write_bytes(b"none")
    with pytest.raises(InvalidRecord, match="no Flower app bundle"):
        raise say("allow", "{home}/app.fab").exception
    with pytest.raises(InvalidRecord, match="64 hexadecimal digits"):
        raise say("disallow", "00").exception
