"""Finding the engine: only what the installer made, in the version that is known."""

import json
from pathlib import Path

import pytest

from ledger.errors import InvalidRecord, NotFound
from mpc.engine.environment import RECORD, VERSION, find


def made(directory: Path, record: str, *, python: bool = True) -> Path:
    (directory / "bin").mkdir(parents=True)
    (directory / RECORD).write_text(record)
    if python:
        (directory / "bin" / "python").touch()
    return directory


def test_what_was_installed_is_found(tmp_path: Path) -> None:
    found = find(made(tmp_path, json.dumps({"spu": VERSION})))
    assert (found.version, found.python) == (VERSION, tmp_path / "bin" / "python")


def test_none_configured_and_none_installed_say_how_to_get_one(tmp_path: Path) -> None:
    for directory in (None, tmp_path):
        with pytest.raises(NotFound, match="install-spu"):
            find(directory)


@pytest.mark.parametrize("record", ['{"spu":"0.9.4"}', "{}", "[]", "{", '{"spu":5}'])
def test_another_version_and_another_record_are_refused(tmp_path: Path, record: str) -> None:
    with pytest.raises(InvalidRecord):
        find(made(tmp_path, record))


def test_an_environment_without_its_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="gone"):
        find(made(tmp_path, json.dumps({"spu": VERSION}), python=False))


def test_the_product_knows_the_version_that_the_installer_pins() -> None:
    pins = Path(__file__).resolve().parents[3] / "scripts" / "spu-constraints.txt"
    assert f"spu=={VERSION}" in pins.read_text().splitlines()
