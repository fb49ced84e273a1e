"""A whole network as processes: started in order, watched, stopped to the last one."""

import os
import signal
import socket

import pytest
from smallnetwork import free_ports

from contracts.world import PartyRole
from gateway.network import supervising
from gateway.network.founding import Plan, found, utc_now, write_node
from gateway.network.serving import read_ports
from gateway.network.supervising import Processes, Program, network
from ledger.errors import BackendError, NotFound

CODE = "department-1"


@pytest.fixture
def directory(tmp_path):
    ports = free_ports()
    found(tmp_path, [Plan(CODE, PartyRole.OWNER, governor=True)], ports, chain_id=20261, now=utc_now())
    write_node(tmp_path, CODE, ports)
    return tmp_path


def is_running(program: Program) -> bool:
    return program.process is not None and program.process.poll() is None


def test_a_directory_without_a_network_is_refused(tmp_path):
    with pytest.raises(NotFound, match="found one with"):
        network(tmp_path)


def test_every_party_with_a_configuration_gets_a_process(directory):
    assert [program.name for program in network(directory)] == ["chain", "relay", f"node {CODE}"]


def test_a_program_that_does_not_start_is_reported_with_its_last_line(tmp_path):
    program = Program("chain", ["chain", "serve", str(tmp_path / "nowhere")], tmp_path / "chain.log", "chain: https")
    program.start()
    program.process.wait(60)
    with pytest.raises(BackendError, match=r"chain did not start: shuxin: .*no network here"):
        program.is_ready()
    (tmp_path / "chain.log").write_text("\n\n")
    assert program.last_line() == "its log is empty"


@pytest.mark.slow
def test_a_network_starts_is_watched_and_stops(directory, monkeypatch):
    monkeypatch.setattr(supervising, "STOP_S", 3.0)
    said: list[str] = []
    with Processes(network(directory), said.append) as running:
        running.check()
        assert len(said) == 3
        assert all(map(is_running, running.programs))
        node = running.programs[-1]
        os.kill(node.process.pid, signal.SIGKILL)
        node.process.wait(30)
        running.check()
        running.check()
        assert [line for line in said if f"node {CODE} ended (code -9)" in line] == said[3:]  # told once
        assert all(map(is_running, running.programs[:-1]))
        os.kill(running.programs[1].process.pid, signal.SIGSTOP)  # will not hear that it should end
    assert not any(map(is_running, running.programs))


@pytest.mark.slow
def test_a_network_that_cannot_start_whole_leaves_nothing_running(directory):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", read_ports(directory).relay))
        taken.listen()
        running = Processes(network(directory), print)
        with pytest.raises(BackendError, match=r"relay did not start: shuxin: .*cannot listen"), running:
            pass
    assert not any(map(is_running, running.programs))
