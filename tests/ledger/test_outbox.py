"""The outbox alone: nonces, bytes that stay, entries that are settled or renewed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.outbox import Outbox
from ledger.errors import Conflict, InvalidRecord
from ledger.hashing import keccak256

SENDER, CALL = bytes(19) + b"\1", keccak256(b"call")


def raw(nonce: int) -> bytes:
    return b"raw %d" % nonce


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox", bytes(32))
    yield outbox
    outbox.close()


def test_nonces_are_the_lowest_free_ones(outbox: Outbox) -> None:
    ids = [keccak256(b"%d" % i) for i in range(4)]
    assert [outbox.reserve(op, SENDER, CALL, 7, raw).nonce for op in ids[:3]] == [7, 8, 9]
    outbox.discard(ids[1])
    assert outbox.reserve(ids[3], SENDER, CALL, 7, raw).nonce == 8
    assert [entry.nonce for entry in outbox.pending(SENDER)] == [7, 8, 9]


def test_the_same_operation_keeps_its_bytes(outbox: Outbox, tmp_path: Path) -> None:
    first = outbox.reserve(CALL, SENDER, CALL, 0, raw)
    second = Outbox(tmp_path / "outbox", bytes(32))
    assert second.reserve(CALL, SENDER, CALL, 5, lambda _: b"other bytes") == first
    second.close()
    with pytest.raises(Conflict):
        outbox.reserve(CALL, SENDER, keccak256(b"another call"), 0, raw)
    with pytest.raises(Conflict):
        outbox.reserve(CALL, bytes(20), CALL, 0, raw)


def test_settled_entries_are_kept_and_never_discarded_or_renewed(outbox: Outbox) -> None:
    entry = outbox.reserve(CALL, SENDER, CALL, 0, raw)
    outbox.settle(CALL)
    outbox.discard(CALL)
    assert outbox.renew(CALL, 9, 9, raw).raw == entry.raw
    assert outbox.pending(SENDER) == []


def test_an_entry_is_renewed_only_when_its_nonce_has_passed(outbox: Outbox) -> None:
    outbox.reserve(CALL, SENDER, CALL, 3, raw)
    assert outbox.renew(CALL, 3, 3, raw).nonce == 3
    assert outbox.renew(CALL, 4, 4, raw).nonce == 4


def test_a_failing_signature_leaves_nothing_behind(outbox: Outbox) -> None:
    def broken(_: int) -> bytes:
        raise InvalidRecord("no key")

    with pytest.raises(InvalidRecord):
        outbox.reserve(CALL, SENDER, CALL, 0, broken)
    assert outbox.find(CALL) is None
