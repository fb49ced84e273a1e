"""Runbooks of what no department runs: certificates of chain and relay, a builder's clock that is ahead, full disks.

Asked for as the other drills: ``SHUXIN_WALK=1 python -m pytest tests/docs/test_drills_of_services.py``. A full disk is
one that this file mounts, which takes the right to mount.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from drilled import Drills, asked_for
from pageblocks import ROOT

pytestmark = asked_for

CHANGE = "shuxin keys replace deputy --config node.toml"
"""A transaction, by whichever department runs it."""
AHEAD_S = 150
"""More than two commands wait for their blocks."""
CLOCK = f"""\
import time
right = time.time
time.time = lambda: right() + {AHEAD_S}
"""
ROOM_KB = 4096


@pytest.fixture(scope="module")
def drills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drills]:
    with Drills(tmp_path_factory.mktemp("drills")) as drills:
        yield drills


def said(drills: Drills, name: str) -> str:
    """What a process has logged since its start."""
    return drills.programs[name].log.read_text(encoding="utf-8")


@pytest.mark.parametrize("service", ["chain", "relay"])
def test_a_service_shows_another_certificate_once_everybody_has_it(drills: Drills, service: str) -> None:
    pairs = {"chain": slice(0, 2), "relay": slice(2, 4)}
    make, switch = drills.lines("A certificate expires", DIR="net")[pairs[service]]
    assert "not in force" in drills.run(make)
    before = drills.department(1) / f"../../network/{service}.pem"
    kept = before.read_bytes()
    assert drills.faults(1) == {}
    assert "in force" in drills.run(switch)
    for name in ("relay", "chain"):
        drills.end(name)
    drills.start("chain", "relay")
    nodes = [name for name in drills.programs if name.startswith("node ")]
    for name in nodes:
        drills.end(name)
    drills.start(*nodes)
    drills.await_blocks(1)
    drills.until(lambda: drills.is_well(1), f"the {service} with its new certificate")
    after = before.read_bytes()
    before.write_bytes(kept)
    assert "registered server certificate" in drills.faults(1, code=1)[service]
    before.write_bytes(after)
    assert "admitted department-1" in said(drills, "relay")  # it has read the chain since its start


def test_a_builder_whose_clock_was_ahead_waits_for_the_moment_of_the_block_it_offered(drills: Drills) -> None:
    right = drills.programs["chain"]
    folder = drills.home / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(CLOCK)
    drills.end("chain")
    ahead = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}"}
    drills.programs["chain"] = replace(right, environment=ahead, process=None)
    drills.start("chain")
    assert "not final" in drills.run(f"timeout 45 {CHANGE}", drills.department(1), code=1)
    assert "no blocks are sealed now: time:" in said(drills, "node department-2")
    drills.end("chain")
    drills.programs["chain"] = right
    drills.start("chain")
    last = drills.head()
    drills.run(f"timeout 45 {CHANGE}", drills.department(1), code=1)
    assert drills.head() == last  # what was offered keeps its date
    drills.await_blocks(1)
    drills.run(CHANGE, drills.department(1))


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """Lay a directory on a disk of its own that is full but for some kilobytes; it moves back at the end."""
    size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) // 1024 + ROOM_KB
    aside = directory.with_name(f"{directory.name}.aside")
    directory.rename(aside)
    directory.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}k,mode=0700", "tmpfs", directory], capture_output=True, check=False
    )
    if mounted.returncode:
        directory.rmdir()
        aside.rename(directory)
        pytest.skip("needs the right to mount a disk")
    shutil.copytree(aside, directory, dirs_exist_ok=True)
    try:
        yield
    finally:
        shutil.rmtree(aside)
        shutil.copytree(directory, aside)
        subprocess.run(["umount", directory], check=True)
        directory.rmdir()
        aside.rename(directory)


def fill(directory: Path) -> Path:
    """Write until nothing more goes on a disk; returns what to delete."""
    filler = directory / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


def test_a_builder_on_a_full_disk_makes_no_half_block_and_goes_on_when_there_is_room(drills: Drills) -> None:
    store = drills.home / "net/chain/store"
    drills.end("chain")
    try:
        with small_disk(store):
            drills.start("chain")
            drills.await_blocks(1)
            last, filler = drills.head(), fill(store)
            refused = drills.run(f"timeout 45 {CHANGE}", drills.department(1), code=1)
            assert "block production has stopped" in refused
            assert "disk is full" in said(drills, "chain")
            assert last <= drills.head() <= last + 1  # it still answers
            filler.unlink()
            drills.end("chain")
            drills.start("chain")
            assert drills.head() >= last
            drills.await_blocks(1)
            drills.run(CHANGE, drills.department(1))
            drills.end("chain")
    finally:
        drills.start("chain")
    drills.await_blocks(1)


def test_a_node_on_a_full_disk_says_so_and_goes_on_when_there_is_room(drills: Drills) -> None:
    state = drills.department(2) / "state"
    drills.end("node department-2")
    with small_disk(state):
        drills.start("node department-2")
        filler = fill(state)
        drills.await_blocks(2)  # the others go on
        assert "no blocks are sealed now" in said(drills, "node department-2")
        filler.unlink()
        drills.until(lambda: "followed again" in said(drills, "node department-2"), "the co-signer")
        drills.end("node department-3")
        drills.await_blocks(2)  # its own seal is among the four
        drills.start("node department-3")
        assert drills.faults(2) == {}
        drills.end("node department-2")
    drills.start("node department-2")
