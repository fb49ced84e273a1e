"""One key, one write: also when it is repeated before the first has ended, by another thread or process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.api.guards.idempotency import Keys
from ledger.errors import BackendError, Conflict

ASKED = ("ann", "/v1/rights", "one-and-only")


@pytest.mark.parametrize("key", ["one-and-only", "quite-another"])
def test_what_is_repeated_while_it_is_under_way_is_done_once_and_under_another_key_twice(
    tmp_path: Path, key: str
) -> None:
    one, other = (Keys(tmp_path / "keys.sqlite", lambda: 100.0) for _ in range(2))  # as two processes open it
    done, begun, told = list[int](), threading.Event(), threading.Event()

    def first() -> bytes:
        begun.set()
        told.wait(0.3 if key == ASKED[2] else 10)  # long enough for the other to come in, if it is let in
        done.append(1)
        return b"1"

    def second() -> bytes:
        done.append(2)
        told.set()
        return b"2"

    with ThreadPoolExecutor(2) as threads:
        asked = threads.submit(one.once, *ASKED, b"body", first)
        assert begun.wait(60)
        again = other.once(*ASKED[:2], key, b"body", second)
    assert asked.result() == b"1"
    assert (again, done) == ((b"1", [1]) if key == ASKED[2] else (b"2", [2, 1]))
    one.close()
    other.close()


def test_a_key_of_what_failed_may_be_used_again_and_of_what_was_done_for_no_other_body(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.sqlite", lambda: 100.0)

    def fail() -> bytes:
        raise BackendError("no disk")

    with pytest.raises(BackendError, match="no disk"):
        keys.once(*ASKED, b"body", fail)
    assert keys.once(*ASKED, b"body", lambda: b"done") == b"done"
    with pytest.raises(Conflict, match="another body"):
        keys.once(*ASKED, b"another", lambda: b"done again")
    keys.close()
