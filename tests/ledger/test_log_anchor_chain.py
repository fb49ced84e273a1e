"""Anchoring on the embedded chain with the real Notary, down to a proof that verifies offline."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from foundedchain import OFFICER, OTHER_OFFICER, Ticking, embedded, open_node

from contracts.notary.client import decode_stream, stream_fact
from ledger.chain.port import EvmStorage
from ledger.embedded.node import EmbeddedNode
from ledger.errors import Conflict
from ledger.log.anchor import anchor
from ledger.log.proof import verify
from ledger.log.stream import Stream, StreamWriter
from ledger.proofs.headers import parse_header
from ledger.proofs.proof import verify_storage


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedNode]:
    node = open_node(tmp_path / "chain", Ticking())
    node.start()
    yield node
    node.close()


def grown(directory: Path, count: int) -> Stream:
    with StreamWriter(directory, "finance/sales") as writer:
        writer.append(b"row %d" % n for n in range(count))
    return Stream(directory)


def test_anchored_record_is_proven_from_the_chain_alone(node: EmbeddedNode, tmp_path: Path) -> None:
    chain = embedded(node, OFFICER, tmp_path / "outbox")
    anchor(grown(tmp_path / "s", 300), chain)
    stream = grown(tmp_path / "s", 200)
    receipt = anchor(stream, chain)
    assert receipt is not None
    assert anchor(stream, chain) == receipt
    found = chain.prove(stream_fact(stream.checkpoint.id))
    assert isinstance(found, EvmStorage)
    state = verify_storage(parse_header(found.header), found.proof)
    record = decode_stream(stream.checkpoint.id, state.values)
    verify(b"row 7", stream.prove(307), size=record.size, root=record.root)
    assert record.size == 500


def test_refusal_by_the_notary_keeps_its_reason(node: EmbeddedNode, tmp_path: Path) -> None:
    stream = grown(tmp_path / "s", 3)
    anchor(stream, embedded(node, OFFICER, tmp_path / "one"))
    later = grown(tmp_path / "s", 3)
    with pytest.raises(Conflict, match="stream of another party"):
        anchor(later, embedded(node, OTHER_OFFICER, tmp_path / "two"))
    assert anchor(later, embedded(node, OFFICER, tmp_path / "one")) is not None
