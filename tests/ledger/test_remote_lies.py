"""What a lying node says is refused by the remote engine, and nothing out of form raises another error than ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from askednode import Answer, Honest, Hook, InProcess, foreign, logs_in, over
from foundedchain import DIRECTORY, OFFICER, VALIDATORS

from contracts.notary.client import stream_fact
from ledger.chain import wire
from ledger.chain.port import EventFact
from ledger.chain.remote_node import RemoteNode
from ledger.embedded.node import EmbeddedNode
from ledger.errors import BackendError, InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import verify_header


def lying(change: Callable[[str, object], object]) -> Hook:
    def hook(method: str, params: list[object], honest: Honest) -> Answer:
        answer = foreign(method, params, honest)
        if "result" in answer:
            answer["result"] = change(method, answer["result"])
        return answer

    return hook


def test_fields_that_do_not_hash_to_the_block_are_refused(anchored: EmbeddedNode, tmp_path: Path) -> None:
    def other_root(method: str, found: object) -> object:
        return found | {"stateRoot": "0x" + "11" * 32} if method == "eth_getBlockByNumber" else found

    members = [key.address for key in VALIDATORS]
    verify_header(over(InProcess(anchored, foreign), None, tmp_path).header(1).raw, members)
    with pytest.raises(BackendError, match="do not hash"):
        over(InProcess(anchored, lying(other_root)), None, tmp_path).header(1)


def test_another_block_than_asked_for_is_refused(anchored: EmbeddedNode, tmp_path: Path) -> None:
    def hook(method: str, params: list[object], honest: Honest) -> Answer:
        if method == "debug_getRawHeader":
            return {"id": 1, "result": wire.data(anchored.raw_header(0))}
        return honest()

    with pytest.raises(BackendError, match="gave block 0"):
        over(InProcess(anchored, hook), None, tmp_path).header(1)


def test_false_receipts_and_storage_give_no_proof(anchored: EmbeddedNode, tmp_path: Path) -> None:
    def falsify(method: str, found: object) -> object:
        if method == "eth_getBlockReceipts":
            found[0]["logs"][0]["data"] = "0x" + "00" * 160
        if method == "eth_getProof":
            found["storageProof"][0]["proof"] = found["storageProof"][1]["proof"]
        return found

    liar = over(InProcess(anchored, lying(falsify)), None, tmp_path)
    with pytest.raises(VerificationError):
        liar.prove(EventFact(1, 0, 0))
    with pytest.raises(VerificationError):
        liar.prove(stream_fact(keccak256(b"a")))
    honest = over(InProcess(anchored, foreign), None, tmp_path)
    honest.prove(EventFact(1, 0, 0))
    honest.prove(stream_fact(keccak256(b"a")))


@pytest.mark.parametrize("number", [0, 1, 2, 2**60])
def test_logs_of_blocks_that_were_not_asked_for_are_refused(
    anchored: EmbeddedNode, tmp_path: Path, number: int
) -> None:
    def elsewhere(method: str, found: object) -> object:
        for log in logs_in(method, found):
            log["blockNumber"] = hex(number)
        return found

    first = over(InProcess(anchored, foreign), None, tmp_path).events(None)[0].cursor
    lied_to = over(InProcess(anchored, lying(elsewhere)), None, tmp_path)
    if number <= 1:
        assert [event.block_number for event in lied_to.events(None)] == [number]
    else:  # past the head
        with pytest.raises(BackendError, match=f"told of block {number}"):
            lied_to.events(None)
    if number == 0:  # before the cursor
        with pytest.raises(BackendError, match="told of block 0"):
            lied_to.events(first)


@pytest.mark.parametrize("junk", [None, 5, "0xzz", [], {}, [1], {"hash": 1}, "0x", [{"logs": 1}]])
def test_answers_out_of_form_raise_only_our_errors(anchored: EmbeddedNode, tmp_path: Path, junk: object) -> None:
    from ledger.errors import TrustError

    chain = over(InProcess(anchored, lambda *_: {"id": 1, "result": junk}), None, tmp_path)
    for question in (
        chain.head,
        lambda: chain.header(1),
        lambda: chain.prove(EventFact(1, 0, 0)),
        lambda: chain.prove(stream_fact(keccak256(b"a"))),
        lambda: chain.events(None),
        lambda: chain.read("Notary", "anchored", bytes(32)),
        chain.capabilities,
    ):
        try:
            question()
        except TrustError:
            continue
        assert junk in ([], 5, {}), "only an empty answer may pass for one"


@pytest.mark.parametrize("junk", [None, 5, -1, "0xzz", "0x01", [], {}, "0x" + "1" * 66])
def test_numbers_and_words_out_of_form_of_a_node_of_ours_are_refused(anchored: EmbeddedNode, junk: object) -> None:
    def hook(method: str, params: list[object], honest: Honest) -> Answer:
        return honest() if method == "web3_clientVersion" else {"id": 1, "result": junk}

    node, honest = RemoteNode(InProcess(anchored, hook)), RemoteNode(InProcess(anchored))
    questions: tuple[Callable[[RemoteNode], object], ...] = (
        lambda asked: asked.chain_id,
        lambda asked: asked.head_number(),
        lambda asked: asked.nonce(OFFICER.address, pending=True),
    )
    for question in questions:
        assert question(honest) in (anchored.chain_id, 1)
        with pytest.raises(InvalidRecord):
            question(node)
    through_web3 = RemoteNode(InProcess(anchored, foreign))
    assert honest.storage(DIRECTORY, bytes(32)) == through_web3.storage(DIRECTORY, bytes(32))
    if junk != "0x01":  # bytes of a word may be fewer
        with pytest.raises(InvalidRecord):
            node.storage(DIRECTORY, bytes(32))
