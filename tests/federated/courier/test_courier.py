"""The courier's port: bytes in and out, refusals with their reason, hostile and clumsy neighbours."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from federated.courier import message
from federated.courier.client import MAX_PATH, Courier, Refusal
from federated.courier.message import BEGIN, COLLECT, ROUND, Message, Replies, Wave
from federated.courier.server import CourierServer
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound

RUN, APP = bytes(range(32)), b"a" * 32
ASKED = Message(RUN, 1, 3, ROUND, b"model")


def reversing(asked: Message, app: bytes) -> bytes:
    if app != APP:
        raise Refusal("run: app", "run: this app is not on the list of the job")
    return asked.body[::-1]


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("c") / "own" / "run.sock"


def test_a_message_comes_to_the_node_and_its_reply_comes_back(path: Path) -> None:
    with CourierServer(path, reversing):
        assert Courier(path, APP).ask(ASKED.encode()) == b"ledom"


def test_a_large_message_comes_whole(path: Path) -> None:
    body = os.urandom(5 << 20)
    with CourierServer(path, reversing):
        assert Courier(path, APP).ask(Message(RUN, 1, 1, ROUND, body).encode()) == body[::-1]


def test_a_refusal_comes_with_its_ground_and_reason(path: Path) -> None:
    with CourierServer(path, reversing), pytest.raises(Refusal, match="not on the list") as refused:
        Courier(path, b"b" * 32).ask(ASKED.encode())
    assert refused.value.ground == "run: app"


def test_another_fault_of_the_node_is_a_refusal_that_names_its_kind(path: Path) -> None:
    def failing(asked: Message, app: bytes) -> bytes:
        raise BackendError("the chain is gone")

    with CourierServer(path, failing), pytest.raises(Refusal, match="the chain is gone") as refused:
        Courier(path, APP).ask(ASKED.encode())
    assert refused.value.ground == "fault: BackendError"


def test_a_bug_in_the_node_ends_one_line_and_not_the_server(path: Path) -> None:
    def failing(asked: Message, app: bytes) -> bytes:
        if asked.number == 3:
            raise ValueError("a bug")
        return b"fine"

    with CourierServer(path, failing):
        with pytest.raises(BackendError, match="went away"):
            Courier(path, APP).ask(ASKED.encode())
        assert Courier(path, APP).ask(Message(RUN, 1, 4, ROUND, b"").encode()) == b"fine"


def test_the_office_hands_out_waves_until_the_run_is_over(path: Path) -> None:
    def office(asked: Message, app: bytes) -> bytes:
        if asked.step == BEGIN:
            return Wave(RUN, 1, 1, 30, {"a": b"to a", "b": b"to b"}).encode()
        replies = message.parse_replies(asked.body)
        assert (replies.number, replies.bodies, replies.missing) == (1, {"a": b"from a"}, {"b": "no reply"})
        return Wave(RUN, 1, 2, 0, {}, outcome="released").encode()

    with CourierServer(path, office):
        wave = Courier(path, APP).begin(RUN)
        assert wave.messages == {"a": b"to a", "b": b"to b"}
        assert Courier(path, APP).collect(wave, {"a": b"from a"}, {"b": "no reply"}).outcome == "released"


def test_the_wave_of_another_run_is_not_taken(path: Path) -> None:
    other = Wave(bytes(32), 1, 1, 30, {"a": b"x"}).encode()
    with CourierServer(path, lambda asked, app: other), pytest.raises(InvalidRecord, match="another run"):
        Courier(path, APP).begin(RUN)


def test_a_node_that_does_not_answer_costs_a_bounded_wait(path: Path) -> None:
    held = threading.Event()

    def slow(asked: Message, app: bytes) -> bytes:
        held.wait(60)
        return b""

    with CourierServer(path, slow), pytest.raises(BackendError, match="within 0 s"):
        Courier(path, APP, wait_s=0.1).ask(ASKED.encode())
    held.set()


def test_a_courier_that_sends_half_a_message_is_cut_off(path: Path) -> None:
    with CourierServer(path, reversing, read_s=0.1), socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        line.sendall(b"\0\0\0\x10half")
        line.settimeout(5)
        assert line.recv(1) == b""


def test_no_node_is_said_to_be_there_when_none_is(path: Path) -> None:
    with pytest.raises(NotFound, match="no node listens"):
        Courier(path, APP).ask(ASKED.encode())


def test_only_the_own_account_may_open_the_socket(path: Path) -> None:
    with CourierServer(path, reversing):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()


def test_a_directory_that_others_may_read_is_refused(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.parent.chmod(0o755)
    with pytest.raises(NotAuthorized, match="mode 700"):
        CourierServer(path, reversing).start()


def test_a_killed_nodes_socket_is_replaced_and_a_living_ones_is_not(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with CourierServer(path, reversing):
        with pytest.raises(Conflict, match="another node"):
            CourierServer(path, reversing).start()
        assert Courier(path, APP).ask(ASKED.encode()) == b"ledom"


def test_too_long_a_name_of_a_socket_is_refused_with_its_bound(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match=str(MAX_PATH)):
        Courier(tmp_path / ("x" * 200), APP)


@pytest.mark.parametrize(
    "made",
    [
        ASKED,
        Wave(RUN, 1, 2, 30, {"a": b"", "b": b"xyz"}),
        Wave(RUN, 1, 9, 0, {}, "refused: consent"),
        Replies(RUN, 1, 2, {"a": b"12"}, {"b": "late"}),
        Message(RUN, 1, 2, COLLECT, b""),
    ],
)
def test_documents_come_back_as_written_and_damaged_ones_are_refused(made: Message | Wave | Replies) -> None:
    parse = {Message: message.parse_message, Wave: message.parse_wave, Replies: message.parse_replies}[type(made)]
    data = made.encode()
    assert parse(data) == made
    for cut in range(len(data)):
        with pytest.raises(InvalidRecord):
            parse(data[:cut])
    with pytest.raises(InvalidRecord):
        parse(data + b"x")


def test_a_message_of_an_unknown_step_or_place_is_refused() -> None:
    for number, step in ((3, "shell"), (-1, ROUND), (1 << 32, ROUND)):
        with pytest.raises(InvalidRecord):
            Message(RUN, 1, number, step, b"")


def test_the_courier_imports_neither_numpy_nor_a_node() -> None:
    heavy = ("numpy", "mpc.node", "mpc.sessions.session", "contracts", "flwr", "eth")
    code = f"import sys, federated.courier.client; print([n for n in {heavy} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"
