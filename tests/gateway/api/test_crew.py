"""A gateway of several processes, started by its command on a served chain: one port, one set of figures, one end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import httpx
import pytest
from landoffice import REGISTRAR, LandOffice, land_office
from smallnetwork import free_ports

from gateway.accounts.edge.access import RECORDS, STREAM, read
from gateway.api.crew import ENDING, _leave, _watched
from ledger.log.stream import Stream

pytestmark = pytest.mark.slow
ASKED = 24
"""Connections: that one process of two gets none of them is less likely than one in ten million."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LandOffice]:
    with land_office(tmp_path_factory.mktemp("office")) as found:
        (found.directory / "gateway.toml").write_text(
            f'node = "parties/{REGISTRAR}/node.toml"\nport = 0\nworkers = 2\nimports = true\n'
            'register_directory = "register"\n'
        )
        yield found


@contextmanager
def crew(office: LandOffice, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start it; yield the process that was started and where it answers."""
    command = [sys.executable, "-m", "gateway", "gateway", "serve", "--config", str(office.directory / "gateway.toml")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | more
    ) as running:
        assert running.stdout is not None
        try:
            yield running, running.stdout.readline().removeprefix("gateway: ").partition("/v1/")[0]
        finally:
            running.terminate()
            running.wait(60)


def asked(address: str, path: str, times: int = 1) -> list[httpx.Response]:
    """Ask on connections of their own; the line stands before the port listens."""
    found = []
    for _ in range(times):
        with httpx.Client(transport=httpx.HTTPTransport(retries=10), base_url=address, timeout=60) as client:
            found.append(client.get(path))
    return found


def processes(pid: int) -> list[int]:
    """Return the gateway's processes below one, without the library's own."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_each_answers_and_logs_the_figures_are_of_all_and_nobody_else_shares_the_port(office: LandOffice) -> None:
    with crew(office) as (running, address):
        assert {one.status_code for one in asked(address, "/v1/chain", ASKED)} == {200}
        figures = asked(address, "/metrics")[0].text
        counted = re.search(r'shuxin_requests_total\{route="/chain",status="200"\} ([\d.]+)', figures)
        assert counted is not None
        assert float(counted[1]) == ASKED
        assert figures.count("\nshuxin_index_block ") == 1  # not one a process
        assert "pid=" not in figures
        with crew(office, SHUXIN_GATEWAY_PORT=address.rpartition(":")[2]) as (another, said):
            assert (said, another.wait(60)) == ("", 1)
            assert another.stderr is not None
            assert "cannot listen on" in another.stderr.read()
        running.terminate()
        assert running.wait(60) == 0
    state = office.directory / "gateway"
    logged = {name: read(state / name / RECORDS, 1000) for name in ("access", "access-1")}
    assert all(any(line["path"] == "/v1/chain" for line in lines) for lines in logged.values())
    assert sum(line["path"] == "/v1/chain" for lines in logged.values() for line in lines) == ASKED
    for name, lines in logged.items():
        assert Stream(state / name / STREAM).checkpoint.size == len(lines)
    ids = {Stream(state / name / STREAM).checkpoint.id for name in logged}
    assert len(ids) == 2


def test_what_a_process_logged_that_is_no_more_enters_its_stream_by_the_next_gateway(office: LandOffice) -> None:
    with crew(office) as (running, address):
        asked(address, "/v1/chain", ASKED)
        running.terminate()
        assert running.wait(60) == 0
    log = office.directory / "gateway" / "access-1"
    lines = (log / RECORDS).read_bytes().splitlines(keepends=True)
    with (log / RECORDS).open("ab") as file:
        file.write(lines[-1])  # written, and killed before the stream followed
    alone = {"SHUXIN_GATEWAY_WORKERS": "1", "SHUXIN_GATEWAY_PORT": str(free_ports().chain)}
    with crew(office, **alone) as (running, address):
        assert asked(address, "/healthz")[0].status_code == 200
        assert Stream(log / STREAM).checkpoint.size == len(lines) + 1


def test_if_one_process_ends_all_end_and_it_is_said(office: LandOffice) -> None:
    with crew(office) as (running, address):
        asked(address, "/healthz")
        first, second = processes(running.pid)
        os.kill(second, signal.SIGKILL)
        assert running.wait(60) == 1
        assert running.stderr is not None
        assert "process gateway 1 ended by itself" in running.stderr.read()
        assert not Path(f"/proc/{first}").exists()


def test_processes_do_not_outlive_the_one_that_began_them(office: LandOffice) -> None:
    with crew(office) as (running, address):
        asked(address, "/healthz")
        held = [os.pidfd_open(pid) for pid in processes(running.pid)]
        running.kill()
        for one in held:
            signal.pidfd_send_signal(one, 0)
            os.close(one)
        assert len(held) == 2
        assert running.wait(60) == -signal.SIGKILL
        assert running.stderr is not None
        running.stderr.read()  # ends when the last that could write to it has ended


class Told(Event):
    """Set while the processes are waited for, as by a signal to all of them."""

    def __init__(self, is_told: bool) -> None:
        super().__init__()
        self._said = iter([False] + [is_told] * 9)

    def is_set(self) -> bool:
        return next(self._said)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_process_that_ends_when_all_are_told_to_is_no_fault_and_otherwise_it_is(is_told: bool) -> None:
    reader, writer = os.pipe()
    os.close(writer)
    ended = SimpleNamespace(sentinel=reader)
    assert _watched([ended], Told(is_told)) is (None if is_told else ended)  # type: ignore[list-item]
    os.close(reader)


def test_a_second_signal_does_not_break_into_the_closing_that_the_first_began() -> None:
    before = {number: signal.signal(number, _leave) for number in ENDING}
    try:
        for number, other in (ENDING, reversed(ENDING)):
            for one in ENDING:
                signal.signal(one, _leave)
            with pytest.raises(SystemExit) as left:
                signal.raise_signal(number)
            signal.raise_signal(other)
            signal.raise_signal(number)
            assert left.value.code == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
