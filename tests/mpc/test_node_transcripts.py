"""What a node keeps for opened audits: private, bounded, forgotten in time, and never in the way of a job."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Ed25519Signer
from ledger.errors import InvalidRecord, NotFound, TrustError
from mpc.node.messages.transcripts import Locker, Retention, Transcripts
from mpc.opened import record
from mpc.opened.record import Head
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network

DAY, MIB = 86_400, 1 << 20
JOB = b"\7" * 32
LOCKER = Locker("finance", PrivateKey("x25519", b"\5" * 32), Ed25519Signer(b"\6" * 32))


def head(job: bytes = JOB, attempt: int = 1) -> Head:
    return Head("finance", job, attempt, b"\1" * 32, b"\2" * 32, {"asset": "sales"}, {"count": "12"})


def ends() -> tuple[Channel, Channel]:
    network = Network(("finance", "tax"))
    return network.channel("finance"), network.channel("tax")


def talk(store: Transcripts, opening: Head, *, body: bytes = b"signed body") -> bytes:
    """Exchange one message each way over a kept channel; return what the other received."""
    mine, other = ends()
    kept = store.begin(opening, mine)
    kept.send("tax", "one", body)
    other.send("finance", "two", b"signed answer")
    assert kept.receive("tax", "two", limit=100) == b"signed answer"
    return other.receive("finance", "one", limit=1 << 30)


def test_both_ways_are_kept_and_pass_unchanged(tmp_path: Path) -> None:
    store = Transcripts(tmp_path / "audits", Retention(), LOCKER)
    assert talk(store, head()) == b"signed body"
    opened = record.parse(store.read(store.find(JOB, 1)))
    assert opened.head == head()
    assert (opened.sent, opened.received) == ({("tax", "one"): b"signed body"}, {("tax", "two"): b"signed answer"})


def test_files_are_readable_by_the_nodes_account_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Transcripts(tmp_path / "audits", Retention(), LOCKER)
        talk(store, head())
    finally:
        os.umask(before)
    path = store.find(JOB, 1).path
    assert path.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.iterdir()} == {0o600}


def test_seed_and_input_lie_sealed_to_the_partys_own_key(tmp_path: Path) -> None:
    store = Transcripts(tmp_path / "audits", Retention(), LOCKER)
    own = Head("finance", JOB, 1, b"\1" * 32, b"\2" * 32, {"asset": "sales"}, ["canary of a key"])
    talk(store, own)
    kept = store.find(JOB, 1)
    files = b"".join(path.read_bytes() for path in kept.path.iterdir())
    assert not [secret for secret in (b"canary", b"sales", b"01" * 32, b"\1" * 32) if secret in files]
    assert b"canary of a key" in store.read(kept)
    stolen = Locker("finance", PrivateKey("x25519", b"\7" * 32), LOCKER.signer)
    with pytest.raises(TrustError):
        Transcripts(tmp_path / "audits", Retention(), stolen).read(kept)
    head_file = kept.path / "head"
    head_file.write_bytes(head_file.read_bytes()[:-1] + b"\0")
    with pytest.raises(TrustError):
        store.read(kept)


@pytest.mark.parametrize(
    "later",
    [
        Locker("finance", PrivateKey("x25519", b"\7" * 32), LOCKER.signer),
        Locker("finance", LOCKER.seal, Ed25519Signer(b"\x08" * 32)),
        Locker("finance", PrivateKey("x25519", b"\7" * 32), Ed25519Signer(b"\x08" * 32)),
    ],
    ids=["another seal key", "another statement key", "both"],
)
def test_after_a_change_of_keys_older_records_open_with_those_of_then_alone(tmp_path: Path, later: Locker) -> None:
    talk(Transcripts(tmp_path / "audits", Retention(), LOCKER), head())
    changed = Transcripts(tmp_path / "audits", Retention(), later)
    with pytest.raises(InvalidRecord, match=r"none of this party's keys.*\[\[keys.retired\]\]"):
        changed.read(changed.find(JOB, 1))
    both = Transcripts(tmp_path / "audits", Retention(), later, LOCKER)
    talk(both, head(attempt=2))
    assert record.parse(both.read(both.find(JOB, 1))).head == head()
    assert [both.locker_of(kept) for kept in both.kept()] == [LOCKER, later]  # nothing more is sealed with the old ones
    assert changed.read(changed.find(JOB, 2)) == both.read(both.find(JOB, 2))


def test_nothing_of_it_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = Transcripts(tmp_path / "audits", Retention(mebibytes=1), LOCKER)
    talk(store, head(), body=b"canary of a body" * MIB)
    text = caplog.text
    assert "nothing is kept" in text
    assert not [secret for secret in ("canary", "01" * 32, "02" * 32, "sales", "'12'") if secret in text]
    assert "seed" not in repr(head())


def test_the_last_attempt_is_found_unless_one_is_named(tmp_path: Path) -> None:
    store = Transcripts(tmp_path / "audits", Retention(), LOCKER)
    for attempt in (1, 2, 10):
        talk(store, head(attempt=attempt))
    assert store.find(JOB, None).attempt == 10
    assert store.find(JOB, 2).attempt == 2
    for job, attempt in ((JOB, 3), (bytes(32), None)):
        with pytest.raises(NotFound, match="no record"):
            store.find(job, attempt)


def test_what_is_older_than_the_retention_is_deleted_when_the_next_attempt_begins(tmp_path: Path) -> None:
    clock = [0.0]
    store = Transcripts(tmp_path / "audits", Retention(days=30), LOCKER, now=lambda: clock[0])
    talk(store, head())
    began = store.find(JOB, 1).at
    clock[0] = began + 29 * DAY
    talk(store, head(attempt=2))
    assert [kept.attempt for kept in store.kept()] == [1, 2]
    clock[0] = began + 31 * DAY
    talk(store, head(job=b"\3" * 32))
    assert JOB not in {kept.job for kept in store.kept() if kept.attempt == 1}


def test_beyond_the_size_the_oldest_goes_first(tmp_path: Path) -> None:
    store = Transcripts(tmp_path / "audits", Retention(days=36_500, mebibytes=1), LOCKER)
    for attempt in (1, 2, 3, 4):
        talk(store, head(attempt=attempt), body=bytes(MIB // 2))
        for file in store.find(JOB, attempt).path.iterdir():
            os.utime(file, (attempt, attempt))
    assert [kept.attempt for kept in store.kept()] == [3, 4]


def test_an_attempt_beyond_the_size_is_not_kept_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = Transcripts(tmp_path / "audits", Retention(mebibytes=1), LOCKER)
    assert len(talk(store, head(), body=bytes(2 * MIB))) == 2 * MIB
    assert store.kept() == []
    assert "nothing is kept of this attempt" in caplog.text
    assert len(talk(store, head(attempt=2), body=bytes(MIB // 2))) == MIB // 2
    assert [kept.attempt for kept in store.kept()] == [2]


def test_a_directory_that_cannot_be_written_costs_the_record_and_not_the_job(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "audits").write_text("a file where the directory should be")
    store = Transcripts(tmp_path / "audits", Retention(), LOCKER)
    assert talk(store, head()) == b"signed body"
    assert "nothing is kept of this attempt" in caplog.text


def test_no_days_keep_nothing(tmp_path: Path) -> None:
    store = Transcripts(tmp_path / "audits", Retention(days=0), LOCKER)
    assert talk(store, head()) == b"signed body"
    assert not (tmp_path / "audits").exists()
    with pytest.raises(NotFound):
        store.find(JOB, None)


@pytest.mark.parametrize(("days", "mebibytes"), [(-1, 1), (36_501, 1), (1, 0), (1, (1 << 20) + 1)])
def test_retention_has_bounds(days: int, mebibytes: int) -> None:
    with pytest.raises(InvalidRecord, match="keep_days"):
        Retention(days, mebibytes)
