"""Anchoring a stream through the Chain port, with a chain that keeps only what the Notary keeps."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.chain.port import AbiValue, Operation, Receipt
from ledger.errors import BackendError, Conflict, InvalidRecord
from ledger.log.anchor import FILE, anchor, anchored_size
from ledger.log.stream import Stream, StreamWriter

NAME = "finance/sales-2019"


class NotaryChain:
    """The two calls that anchoring makes, as a chain with a Notary answers them."""

    def __init__(self) -> None:
        self.streams: dict[AbiValue, tuple[int, bytes]] = {}
        self.receipts: dict[bytes, Receipt] = {}
        self.refusal = ""
        self.before_answer: Callable[[], None] = lambda: None

    def read(self, contract: str, method: str, *args: AbiValue) -> tuple[AbiValue, ...]:
        assert (contract, method) == ("Notary", "anchored")
        return (*self.streams.get(args[0], (0, bytes(32))), bytes(32))

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        assert (operation.contract, operation.method) == ("Notary", "anchor")
        if operation.op_id not in self.receipts:
            self.receipts[operation.op_id] = self._execute(operation)
        self.before_answer()
        return self.receipts[operation.op_id]

    def _execute(self, operation: Operation) -> Receipt:
        stream, old_size, new_size, root = operation.args
        held = self.streams.get(stream, (0, b""))[0]
        reason = self.refusal or ("notary: stale size" if old_size != held else "")
        if not reason:
            assert isinstance(new_size, int)
            assert isinstance(root, bytes)
            self.streams[stream] = (new_size, root)
        number = len(self.receipts) + 1
        return Receipt(operation.op_id, bytes(32), number, bytes(32), 0, not reason, reason)


@pytest.fixture
def chain() -> NotaryChain:
    return NotaryChain()


def grow(directory: Path, records: list[bytes]) -> Stream:
    with StreamWriter(directory, NAME) as writer:
        writer.append(records)
    return Stream(directory)


def test_each_growth_is_anchored(tmp_path: Path, chain: NotaryChain) -> None:
    for size in (3, 300, 1000):
        stream = grow(tmp_path, [b"row"] * (size - sum_size(tmp_path)))
        receipt = anchor(stream, chain)
        assert receipt is not None
        assert receipt.accepted
        assert chain.streams[stream.checkpoint.id] == (size, stream.checkpoint.root)


def sum_size(directory: Path) -> int:
    return Stream(directory).checkpoint.size if (directory / "checkpoint").exists() else 0


def test_repetition_gives_the_same_receipt(tmp_path: Path, chain: NotaryChain) -> None:
    stream = grow(tmp_path, [b"row"])
    assert anchor(stream, chain) == anchor(Stream(tmp_path), chain)
    assert len(chain.receipts) == 1


def test_lost_answer_is_fetched_again_and_nothing_happens_twice(tmp_path: Path, chain: NotaryChain) -> None:
    def lost() -> None:
        raise BackendError("timed out")

    stream = grow(tmp_path, [b"row"])
    chain.before_answer = lost
    with pytest.raises(BackendError):
        anchor(stream, chain)
    chain.before_answer = lambda: None
    receipt = anchor(stream, chain)
    assert receipt is not None
    assert receipt.accepted
    assert len(chain.receipts) == 1


def test_growth_after_a_lost_answer_continues_from_what_the_chain_holds(tmp_path: Path, chain: NotaryChain) -> None:
    test_lost_answer_is_fetched_again_and_nothing_happens_twice(tmp_path, chain)
    stream = grow(tmp_path, [b"later"])
    assert anchor(stream, chain) is not None
    assert chain.streams[stream.checkpoint.id][0] == 2


def test_state_anchored_from_another_copy_needs_no_call(tmp_path: Path, chain: NotaryChain) -> None:
    stream = grow(tmp_path, [b"row"])
    anchor(stream, chain)
    (tmp_path / FILE).unlink()
    assert anchor(stream, chain) is None
    assert len(chain.receipts) == 1


def test_refusal_is_named_and_may_be_tried_again(tmp_path: Path, chain: NotaryChain) -> None:
    stream = grow(tmp_path, [b"row"])
    chain.refusal = "parties: agent expired"
    with pytest.raises(Conflict, match="agent expired"):
        anchor(stream, chain)
    chain.refusal = ""
    assert anchor(stream, chain) is not None


def test_forked_stream_is_refused_before_any_call(tmp_path: Path, chain: NotaryChain) -> None:
    anchor(grow(tmp_path / "a", [b"row"]), chain)
    other = grow(tmp_path / "b", [b"row", b"row"])  # other salts, so another stream of the same name
    with pytest.raises(Conflict, match="another stream's root"):
        anchor(other, chain)
    assert len(chain.receipts) == 1


def test_older_copy_is_refused_before_any_call(tmp_path: Path, chain: NotaryChain) -> None:
    old = grow(tmp_path, [b"row"])
    anchor(grow(tmp_path, [b"row"]), chain)
    with pytest.raises(Conflict, match="this copy only 1"):
        anchored_size(old, chain)


def test_empty_stream_is_refused(tmp_path: Path, chain: NotaryChain) -> None:
    with pytest.raises(InvalidRecord, match="empty"):
        anchor(grow(tmp_path, []), chain)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"nonce":"zz","old_size":0,"size":1}'])
def test_damaged_note_is_refused(tmp_path: Path, chain: NotaryChain, data: bytes) -> None:
    stream = grow(tmp_path, [b"row"])
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(InvalidRecord):
        anchor(stream, chain)
