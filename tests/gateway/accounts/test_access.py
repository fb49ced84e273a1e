"""The access log: every line becomes a leaf once, also after a crash; what was changed is seen."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from gateway.accounts.edge import access as module
from gateway.accounts.edge.access import RECORDS, STREAM, Access, AccessLog, name_of, newest, read, take_up
from ledger.errors import BackendError, Conflict, InvalidRecord, VerificationError
from ledger.log import proof
from ledger.log.stream import Stream, StreamWriter

NAME = "gateway/access"


def access(n: int) -> Access:
    return Access(1_780_000_000.5 + n, "ann", "tax", "10.0.0.1", "GET", f"/zh/verify/{n}", 200)


def size(directory: Path) -> int:
    return Stream(directory / STREAM).checkpoint.size


def test_every_record_is_a_leaf_that_can_be_proven(tmp_path: Path) -> None:
    with AccessLog(tmp_path, NAME) as log:
        for n in range(5):
            log.note(access(n))
    stream = Stream(tmp_path / STREAM)
    lines = (tmp_path / RECORDS).read_bytes().splitlines()
    for n, line in enumerate(lines):
        proof.verify(line, stream.prove(n), size=5, root=stream.checkpoint.root)
    with pytest.raises(VerificationError):
        proof.verify(lines[1], stream.prove(2), size=5, root=stream.checkpoint.root)


def test_lines_that_a_crash_left_are_taken_in_once(tmp_path: Path) -> None:
    with AccessLog(tmp_path, NAME) as log:
        log.note(access(0))
    with (tmp_path / RECORDS).open("ab") as file:  # written, and killed before the stream followed
        file.write(access(1).record() + b"\n" + access(2).record()[:20])
    with AccessLog(tmp_path, NAME) as log:
        log.note(access(3))
    assert size(tmp_path) == 3
    assert [line["path"] for line in read(tmp_path / RECORDS, 10)] == [f"/zh/verify/{n}" for n in (3, 1, 0)]


def test_lines_of_processes_that_are_no_more_are_taken_in_by_those_that_are(tmp_path: Path) -> None:
    logs = [tmp_path / name_of(number) for number in range(4)]
    for directory in logs:
        with AccessLog(directory, f"tax/{directory.name}") as log:
            log.note(access(0))
        with (directory / RECORDS).open("ab") as file:
            file.write(access(1).record() + b"\n")
    (tmp_path / "access-old").mkdir()  # nobody's log
    with AccessLog(logs[0], f"tax/{name_of(0)}"), AccessLog(logs[1], f"tax/{name_of(1)}"):
        take_up(tmp_path, "tax", 2)
        assert [size(directory) for directory in logs] == [1, 1, 2, 2]  # the first two follow in their own time
    assert [size(directory) for directory in logs] == [2, 2, 2, 2]
    assert Stream(logs[3] / STREAM).checkpoint.name == "tax/access-3"


def test_lines_that_are_gone_from_a_log_of_nobody_are_told_and_hold_up_no_gateway(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (1, 2):
        with AccessLog(tmp_path / name_of(number), f"tax/{name_of(number)}") as log:
            log.note(access(0))
        with (tmp_path / name_of(number) / RECORDS).open("ab") as file:
            file.write(access(1).record() + b"\n")
    (tmp_path / name_of(1) / RECORDS).unlink()
    (tmp_path / "access-3").write_text("no directory")
    take_up(tmp_path, "tax", 1)
    assert "access-1: access log: the stream has 1 records, the file 0" in caplog.text
    assert size(tmp_path / name_of(2)) == 2


def test_a_process_that_still_writes_is_not_taken_for_one_that_is_no_more(tmp_path: Path) -> None:
    directory = tmp_path / name_of(1)
    with AccessLog(directory, "tax/access-1"), pytest.raises(Conflict):
        take_up(tmp_path, "tax", 1)


def test_a_log_with_lines_taken_out_is_not_opened(tmp_path: Path) -> None:
    with AccessLog(tmp_path, NAME) as log:
        log.note(access(0))
        log.note(access(1))
    (tmp_path / RECORDS).write_bytes(access(0).record() + b"\n")
    with pytest.raises(VerificationError, match="2 records, the file 1"):
        AccessLog(tmp_path, NAME)


def test_two_processes_do_not_write_one_log(tmp_path: Path) -> None:
    with AccessLog(tmp_path, NAME), pytest.raises(Conflict):
        AccessLog(tmp_path, NAME)


def test_a_record_has_no_query_and_is_bounded(tmp_path: Path) -> None:
    record = Access(0, "ann", "", "10.0.0.1", "G" * 99, "/" + "x" * 9999, 200).record()
    assert len(record) < 600
    with AccessLog(tmp_path, NAME) as log:
        log.note(access(0))
        log.follow()
        assert size(tmp_path) == 1


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / RECORDS).write_bytes(b"[1]\n")
    with pytest.raises(InvalidRecord, match="access log"):
        read(tmp_path / RECORDS, 10)
    assert read(tmp_path / "nothing", 10) == []


def test_a_disk_that_is_full_for_a_while_does_not_end_the_following(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, refused, append = threading.Event(), [], StreamWriter.append

    def full(writer: StreamWriter, lines: list[bytes]) -> object:
        if not refused:
            refused.append(lines)
            raise BackendError("stream: no space left on device")
        found = append(writer, lines)
        taken.set()
        return found

    monkeypatch.setattr(StreamWriter, "append", full)
    with AccessLog(tmp_path, "gateway/access", every_s=0.01) as log:
        log.note(Access(0.0, "", "", "10.0.0.1", "GET", "/", 200))
        assert taken.wait(20)
    assert len(refused) == 1


def test_who_asked_what_is_for_nobody_else_on_the_machine(tmp_path: Path) -> None:
    with AccessLog(tmp_path, "gateway/access") as log:
        log.note(Access(0.0, "ann", "", "10.0.0.1", "GET", "/", 200))
    assert stat.S_IMODE((tmp_path / RECORDS).stat().st_mode) == 0o600


@pytest.mark.parametrize("page", [200, 997, 1 << 18])
def test_a_log_of_many_pages_is_read_page_by_page_forwards_and_backwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(module, "PAGE", page)
    with AccessLog(tmp_path, NAME, every_s=60) as log:
        for n in range(40):
            log.note(access(n))
            if n == 20:
                log.follow()
    with (tmp_path / RECORDS).open("ab") as file:
        file.write(access(40).record() + b"\n" + access(41).record()[:50])  # killed within a line
    with AccessLog(tmp_path, NAME):
        pass
    lines = (tmp_path / RECORDS).read_bytes().splitlines()
    assert list(newest(tmp_path / RECORDS)) == lines[::-1]
    stream = Stream(tmp_path / STREAM)
    assert stream.checkpoint.size == len(lines) == 41
    for n in (0, 20, 21, 40):
        proof.verify(lines[n], stream.prove(n), size=41, root=stream.checkpoint.root)
    found = read(tmp_path / RECORDS, 3, lambda line: str(line["path"]).endswith("5"))
    assert [line["path"] for line in found] == [f"/zh/verify/{n}" for n in (35, 25, 15)]
    (tmp_path / RECORDS).write_bytes(b"\n".join(lines[:30]) + b"\n")
    with pytest.raises(VerificationError, match="41 records, the file 30"):
        AccessLog(tmp_path, NAME)


def test_a_line_that_no_gateway_writes_is_not_taken_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 300)
    (tmp_path / RECORDS).write_bytes(b"x" * 700 + b"\n")
    log = AccessLog(tmp_path, NAME, every_s=60)
    with pytest.raises(VerificationError, match="longer than any"):
        log.follow()
    with pytest.raises(VerificationError, match="longer than any"):
        log.close()
    assert size(tmp_path) == 0
