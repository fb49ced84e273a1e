"""Settings: a file, variables above it, and wrong ones named."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import cast

import pytest

from gateway.accounts.edge.shield import Shield
from gateway.api.serving import server_of, settled
from gateway.api.settings import GatewaySettings, load
from gateway.api.tracing import tracing
from gateway.pages.serving import serve
from ledger.errors import InvalidRecord, NotFound


def written(directory: Path, text: str) -> Path:
    path = directory / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_beside_the_file_and_the_database_under_state(tmp_path: Path) -> None:
    found = load(written(tmp_path, 'node = "node.toml"\nstreams = ["a", "b"]\n'))
    assert found.node == tmp_path / "node.toml"
    assert found.streams == (tmp_path / "a", tmp_path / "b")
    assert found.database == f"sqlite:///{tmp_path}/gateway/index.sqlite"


def test_a_variable_stands_above_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHUXIN_GATEWAY_PORT", "9999")
    monkeypatch.setenv("SHUXIN_GATEWAY_DATABASE", "postgresql+psycopg://x@/y")
    found = load(written(tmp_path, 'node = "n.toml"\nport = 1\n'))
    assert (found.port, found.database) == (9999, "postgresql+psycopg://x@/y")


@pytest.mark.parametrize(
    ("text", "named"),
    [("", "node"), ('node = "n"\nport = 99999', "port"), ('node = "n"\nmore = 1', "more"), ("node = [", "Invalid"),
     ('node = "n"\nfollow_s = 0', "follow_s")],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(InvalidRecord, match=named):
        load(written(tmp_path, text))


def test_no_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load(tmp_path / "none.toml")


def test_without_an_address_nothing_is_traced() -> None:
    async def app(*_: object) -> None:
        return None

    with tracing("", "any") as traced:
        assert traced(app) is app


def test_where_a_request_comes_from_is_its_own_word_only_behind_a_proxy_that_says_it() -> None:
    direct, behind = GatewaySettings(node=Path("x")), GatewaySettings(node=Path("x"), is_forwarded=True)
    assert [server_of(one, lambda: None).config.proxy_headers for one in (direct, behind)] == [False, True]
    shield = cast(Shield, None)
    assert [serve(shield, "", 0, is_forwarded=one).config.proxy_headers for one in (False, True)] == [False, True]


def test_the_collector_passes_by_what_was_opened_as_long_as_it_serves() -> None:
    with settled():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
