"""What the processes of a deployment are started with: this machine's addresses, homes of their own, nothing told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from federated.flower.credentials import create_key, fingerprint
from federated.flower.programs import HOST, Link, Node, surroundings
from federated.flower.serving import TokenAccounts
from ledger.errors import InvalidRecord

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def link(tmp_path):
    return Link(tmp_path / "link", 8000)


def test_preparing_again_changes_nothing(link):
    link.prepare(NOW)
    before = {path: path.read_bytes() for path in link.directory.rglob("*") if path.is_file()}
    link.prepare(NOW + timedelta(days=1))
    assert {path: path.read_bytes() for path in link.directory.rglob("*") if path.is_file()} == before
    assert [name for name in ("token", "secret", "tls.key") if (link.directory / name).stat().st_mode & 0o077] == []


def test_a_link_listens_on_this_machine_admits_by_key_and_installs_nothing(link):
    command = link.commands()["link"]
    assert command[command.index("--host") + 1] == HOST == "127.0.0.1"
    assert "--enable-supernode-auth" in command
    assert "--disable-runtime-dependency-installation" in command


def test_processes_tell_nobody_keep_a_home_of_their_own_and_get_no_secret_of_a_node(link):
    found = surroundings(link.directory, {"PATH": "/bin", "LANG": "C", "SALES_PASSWORD": "of a department's database"})
    assert (found["LANG"], "SALES_PASSWORD" in found) == ("C", False)
    assert (found["FLWR_TELEMETRY_ENABLED"], found["FLWR_DISABLE_UPDATE_CHECK"]) == ("0", "1")
    assert found["FLWR_HOME"] == str(link.directory / "home")


def test_a_warm_node_listens_nowhere_and_a_stock_one_on_this_machine(tmp_path):
    warm = Node(tmp_path, "tax", tmp_path / "s", "127.0.0.1:8000", tmp_path / "link.crt")
    assert not {"--host", "--port"} & set(warm.commands()["node"])
    key = create_key(warm.key)
    stock = replace(warm, stock_port=9000).commands()["stock"]
    assert stock[stock.index("--host") + 1] == HOST
    assert f'node="{fingerprint(key).hex()}"' in stock[stock.index("--node-config") + 1]
    with pytest.raises(InvalidRecord, match="quotes"):
        replace(warm, courier=tmp_path / 'a"b')


def test_only_who_knows_the_token_controls_a_link(link):
    link.prepare(NOW)
    accounts = TokenAccounts(link.token)
    assert accounts.validate_tokens_in_metadata([("flwr-oidc-access-token", link.token)])[0]
    for metadata in ([], [("flwr-oidc-access-token", link.token[:-1])], [("other", link.token)]):
        assert accounts.validate_tokens_in_metadata(metadata) == (False, None)
