"""Flower is imported in one place, in one version, quietly; what is private to that version is where it is expected."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from federated.flower import library
from ledger.errors import BackendError

ROOT = Path(library.__file__).resolve().parents[2]


def test_only_one_module_imports_flower():
    importing = [
        str(path.relative_to(ROOT))
        for package in ("ledger", "contracts", "mpc", "federated", "gateway")
        for path in (ROOT / package).rglob("*.py")
        if any(line.strip().startswith(("import flwr", "from flwr")) for line in path.read_text().splitlines())
    ]
    assert importing == ["federated/flower/library.py"]


def test_the_installed_version_is_the_pinned_one():
    assert metadata.version("flwr") == library.VERSION
    assert f'"flwr=={library.VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(library, "version", lambda _: "1.42.0")
    with pytest.raises(BackendError, match=r"version 1\.41\.0 expected, 1\.42\.0 is installed"):
        library.checked()


def test_the_places_that_are_replaced_are_there():
    link, _ = library.link_program()
    assert link.load_control_authn_plugin.__module__ == "flwr.superlink.config_loader"
    assert "uvicorn.access" in link.get_uvicorn_log_config(20)["loggers"]
    library.hasten()
    grid = library._module("flwr.superlink.grid.http_grid")
    assert grid.pull_objects.func is library.pull_objects
    assert "initial_backoff" in library.pull_objects.__kwdefaults__


def test_a_superlink_that_is_away_is_tried_again_soon_by_nodes_and_given_up_by_apps(monkeypatch):
    retrying = library._module("flwr.supercore.retry.http_retry")
    monkeypatch.setattr(retrying, "MAX_RETRY_DELAY", 20)
    library.reconnect_soon()
    pauses = retrying.make_simple_http_retry_invoker().wait_gen_factory()
    assert max(next(pauses) for _ in range(8)) == library.RECONNECT_S
    grid = library._module("flwr.superlink.grid.http_grid").HttpGrid(token="of a run")
    assert grid._retry_invoker.max_time is None
    library.let_go(grid)
    assert grid._retry_invoker.max_time == library.AWAY_S


def test_a_superlinks_state_looks_for_lost_tasks_once_a_second_and_each_state_by_itself(monkeypatch):
    state = library._module("flwr.supercore.corestate.sql_corestate").SqlCoreState
    assert callable(state._cleanup_expired_task_tokens)
    at, cleaned = [100.0], []
    monkeypatch.setattr(state, "_cleanup_expired_task_tokens", cleaned.append)
    library.clean_seldom(lambda: at[0])
    without_database = type("State", (state,), dict.fromkeys(state.__abstractmethods__))
    one, other = object.__new__(without_database), object.__new__(without_database)
    for now, asked in ((100.0, one), (100.9, one), (100.9, other), (101.0, one), (101.0, other)):
        at[0] = now
        asked._cleanup_expired_task_tokens()
    assert cleaned == [one, other, one]


def test_importing_it_says_nothing_and_leaves_other_warnings_alone():
    code = "import warnings as w; before = list(w.filters); import federated.flower.library; assert w.filters == before"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
