from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from testchain import SENDERS, Clock, node, transaction, word

from ledger.embedded.overlay import Overlay
from ledger.embedded.records import Block, LogQuery
from ledger.embedded.store import Commit, Store
from ledger.errors import BackendError, Conflict, InvalidRecord, NotFound

OPEN_STORE = """
import sys
from pathlib import Path
from ledger.embedded.store import Store
from ledger.errors import Conflict
try:
    Store(Path(sys.argv[1]))
except Conflict as exc:
    print(exc)
    sys.exit(3)
"""


def commit(number: int, nodes: dict[bytes, bytes] | None = None) -> Commit:
    return Commit(number, bytes([number]) * 32, number, Block(b"header", ()), b"\xc0", nodes or {}, (), ())


def open_elsewhere(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", OPEN_STORE, str(directory)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=root, check=False)


def test_a_second_process_on_the_directory_is_told_so(tmp_path: Path) -> None:
    store = Store(tmp_path)
    refused = open_elsewhere(tmp_path)
    assert refused.returncode == 3
    assert "another process works on this chain directory" in refused.stdout
    store.close()
    Store(tmp_path).close()


def test_a_second_opening_in_the_same_process_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(Conflict):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()


def test_a_store_of_another_version_is_refused_and_released(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "chain.sqlite") as later:
        later.execute("pragma user_version = 99")
    for _ in range(2):
        with pytest.raises(Conflict, match="another version"):
            Store(tmp_path)


def test_a_closed_store_answers_nothing_and_closes_twice(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.close()
    store.close()
    with pytest.raises(BackendError):
        store.height()


def test_a_committed_block_survives_reopening(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.commit(commit(0, {b"k" * 32: b"value"}))
    store.close()
    again = Store(tmp_path)
    assert (again.height(), again.node(b"k" * 32)) == (0, b"value")
    again.close()


def test_a_failing_commit_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.commit(commit(0))
    with pytest.raises(BackendError, match="block 0"):
        store.commit(commit(0, {b"k" * 32: b"value"}))
    store.close()
    again = Store(tmp_path)
    assert again.node(b"k" * 32) is None
    again.close()


@pytest.mark.parametrize("size", [1000, 200_000])  # SQLite takes some transactions back itself
def test_a_block_for_which_the_disk_has_no_room_is_refused_as_that_and_enters_when_there_is(
    tmp_path: Path, size: int
) -> None:
    def room(pages: int) -> None:
        store._connection().execute(f"pragma max_page_count={pages}")

    store = Store(tmp_path)
    store.commit(commit(0))
    larger = commit(1, {bytes([n]) * 32: bytes(size) for n in range(100)})
    room(1)  # no less than there is already
    for _ in range(2):
        with pytest.raises(BackendError, match="commit of block 1 failed: database or disk is full"):
            store.commit(larger)
        assert (store.height(), store.node(bytes(32))) == (0, None)
    room(100_000)
    store.commit(larger)
    assert (store.height(), store.node(bytes(32))) == (1, bytes(size))
    store.close()


def test_missing_blocks_are_not_found(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for question in (lambda: store.header(1), lambda: store.block(1), lambda: store.number_of(bytes(32))):
        with pytest.raises(NotFound):
            question()
    store.close()


def test_a_promise_binds_to_one_block_over_restarts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    block = Block(b"header", (b"tx",))
    store.promise(7, b"a" * 32, block)
    store.close()
    again = Store(tmp_path)
    again.promise(7, b"a" * 32, block)
    with pytest.raises(Conflict, match="already bound"):
        again.promise(7, b"b" * 32, block)
    assert again.promised(7) == (b"a" * 32, block)
    assert again.highest_promise() == 7
    again.close()


def test_promises_below_a_final_block_are_forgotten_but_not_at_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for height in (1, 2):
        store.promise(height, bytes([height]) * 32, Block(b"h", ()))
    store.commit(commit(2))
    assert store.promised(1) is None
    assert store.promised(2) is not None
    store.close()


def test_an_overlay_never_reaches_the_store_by_itself(tmp_path: Path) -> None:
    store = Store(tmp_path)
    overlay = Overlay(store)
    overlay[b"k"] = b"v"
    assert overlay[b"k"] == b"v"
    assert b"k" in overlay
    assert store.node(b"k") is None
    with pytest.raises(KeyError):
        Overlay(store)[b"k"]
    store.close()


def test_a_failing_batch_leaves_the_overlay_as_it_was() -> None:
    overlay = Overlay(None)

    def fail() -> None:
        with overlay.atomic_batch() as batch:
            batch[b"k"] = b"v"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert overlay.written == {}


@pytest.mark.parametrize("data", [b"", b"\xc0", b"\xc2\x01\x01", b"\xc2\x01\xc1\x80", b"\x80", b"garbage"])
def test_malformed_blocks_are_invalid_records(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        Block.decode(data)


def test_logs_are_found_by_address_topic_and_cursor(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock)
    for nonce in range(3):
        for key in SENDERS[:2]:
            chain.send_raw(transaction(key, nonce))
        chain.step()
        clock.now += 1
    everything = chain.logs(LogQuery(0, 3))
    assert [(log.block_number, log.index) for log in everything] == [(b, i) for b in (1, 2, 3) for i in (0, 1)]
    assert [log.block_log_index for log in everything] == [0, 1] * 3
    wanted = everything[3]
    topics = (None, frozenset({wanted.topics[1]}))
    assert chain.logs(LogQuery(0, 3, topics=topics)) == [wanted]
    assert chain.logs(LogQuery(0, 3, addresses=frozenset({wanted.address}), limit=2)) == everything[:2]
    place = (wanted.block_number, wanted.index, wanted.log_index)
    assert chain.logs(LogQuery(0, 3, after=place)) == everything[4:]
    assert chain.logs(LogQuery(0, 3, addresses=frozenset({bytes(20)}))) == []
    assert chain.logs(LogQuery(0, 3, topics=(frozenset({word(1)}),))) == []
    chain.close()


def test_log_queries_are_bounded() -> None:
    with pytest.raises(InvalidRecord):
        LogQuery(0, 1, limit=10_001)
    with pytest.raises(InvalidRecord):
        LogQuery(-1, 1)
    with pytest.raises(InvalidRecord):
        LogQuery(0, 1, topics=(None,) * 5)
