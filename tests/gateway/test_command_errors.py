"""Outside faults end the command in one line on stderr and an exit code; nobody sees a traceback."""

import json
import sys

import pytest
from commandline import say

from contracts.world import PartyRole
from gateway.network import founding


@pytest.fixture
def run(capsys):
    def shuxin(*arguments) -> tuple[int, str]:
        code, _, err = say(capsys, *arguments)
        return code, err

    return shuxin


def one_line(err: str) -> str:
    assert "Traceback" not in err
    lines = err.strip().splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("shuxin: ")
    return lines[0]


def test_a_network_is_founded_and_not_founded_again(run, tmp_path):
    code, err = run("chain", "init", tmp_path / "net", "--validators", "1")
    assert (code, err) == (0, "")
    code, err = run("chain", "init", tmp_path / "net", "--validators", "1")
    assert code == 1
    assert "already holds a network" in one_line(err)


def test_a_department_is_founded_with_further_roles(run, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(founding, "found", lambda _, plans, *rest, **named: told.extend(plans) or sys.exit(9))
    roles = ("--role", "department-2=registrar", "--role", "department-2=court")
    assert run("chain", "init", tmp_path / "net", "--validators", "3", *roles)[0] == 9
    found = {plan.code: plan.roles for plan in told if plan.code.startswith("department")}
    usual = PartyRole.OWNER | PartyRole.REQUESTER
    assert found == {"department-1": usual, "department-2": usual | PartyRole.REGISTRAR | PartyRole.COURT}


@pytest.mark.parametrize("role", ["department-2=court", "department-1=authority", "department-1", "=court"])
def test_a_role_of_nobody_or_of_no_department_founds_nothing(run, tmp_path, role):
    assert run("chain", "init", tmp_path / "net", "--validators", "1", "--role", role)[0] == 2
    assert not (tmp_path / "net").exists()


@pytest.mark.parametrize(
    "arguments",
    [("up",), ("chain", "serve"), ("relay", "serve")],
)
def test_a_directory_without_a_network_is_named(run, tmp_path, arguments):
    code, err = run(*arguments, tmp_path)
    assert code == 2
    assert str(tmp_path) in one_line(err)


@pytest.mark.parametrize("command_", [("node", "--config"), ("cosign", "--config")])
def test_a_missing_configuration_is_named(run, tmp_path, command_):
    code, err = run(*command_, tmp_path / "node.toml")
    assert code == 2
    assert "no such configuration" in one_line(err)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("party = ", "node.toml"),
        ("party = 7\n[chain]\n[keys]\n", "must be a text"),
        ("", "missing"),
        ("\udcff", "node.toml"),
    ],
)
def test_a_broken_configuration_is_refused_with_its_place(run, tmp_path, text, reason):
    path = tmp_path / "node.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    code, err = run("node", "--config", path)
    assert code == 2
    assert reason in one_line(err)


def test_an_unknown_service_is_refused(run, tmp_path):
    run("chain", "init", tmp_path / "net", "--validators", "1")
    code, err = run("node", "--config", tmp_path / "net/parties/department-1/node.toml", "--services", "cook")
    assert code == 2
    assert "cook" in one_line(err)


def test_a_check_says_whether_the_engine_that_is_configured_is_there(run, tmp_path):
    run("chain", "init", tmp_path / "net", "--validators", "1")
    path = tmp_path / "net/parties/department-1/node.toml"
    assert run("node", "--config", path, "--check", "--offline")[0] == 0
    with path.open("a") as file:
        file.write('\n[engine]\nenvironment = "spu"\nlisten = "127.0.0.1:7100"\n')
    code, err = run("node", "--config", path, "--check", "--offline")
    assert (code, err) == (1, "")


def test_a_node_without_a_validator_key_cannot_seal(run, tmp_path):
    run("chain", "init", tmp_path / "net", "--validators", "1")
    code, err = run("cosign", "--config", tmp_path / "net/parties/department-1/node.toml")
    assert code == 2
    assert "validator" in one_line(err)


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        (None, 2, "no such file"),
        ("{", 2, "not JSON"),
        ("[]", 2, "expected an object"),
        (json.dumps({"version": 2}), 2, "version must be 1"),
        ("[" * 100_000, 2, "not JSON"),
    ],
)
def test_a_specification_that_cannot_be_read_is_refused(run, tmp_path, content, code, reason):
    run("chain", "init", tmp_path / "net", "--validators", "1")
    path = tmp_path / "spec.json"
    if content is not None:
        path.write_text(content)
    config = tmp_path / "net/parties/department-1/node.toml"
    found, err = run("job", "run", path, "--config", config, "-o", tmp_path / "out")
    assert found == code
    assert reason in one_line(err)
    assert not (tmp_path / "out").exists()


def test_wrong_usage_is_exit_code_2(run):
    assert run("chain", "init")[0] == 2
    assert run("cook")[0] == 2
