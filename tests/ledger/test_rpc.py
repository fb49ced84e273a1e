"""JSON-RPC over the embedded node: Ethereum's answers, bounded; whatever comes in, only JSON-RPC errors go out."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from askednode import NOTARY, raw_call, two_blocks
from foundedchain import OFFICER, STRANGER, VALIDATORS, anchor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.addresses import GENESIS_ADDRESSES
from contracts.artefacts import interfaces, runtime
from ledger import rlp
from ledger.chain.wire import data, header_from_fields
from ledger.crypto.signing import Address
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.serving import methods, rpc
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import parse_header, verify_header
from ledger.proofs.prover import raw_receipt, receipt_proof, storage_proof

MEMBERS = tuple(key.address for key in VALIDATORS)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNode]:
    with two_blocks(tmp_path_factory.mktemp("chain")) as node:
        yield node


def ask(node: EmbeddedNode, method: str, *params: object) -> dict[str, object]:
    answer = rpc.dispatch(node, {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
    assert isinstance(answer, dict)
    return json.loads(json.dumps(answer))


def result(node: EmbeddedNode, method: str, *params: object) -> object:
    answer = ask(node, method, *params)
    assert "error" not in answer, answer
    return answer["result"]


def error(node: EmbeddedNode, method: str, *params: object) -> int:
    return ask(node, method, *params)["error"]["code"]


def test_a_block_rebuilds_to_the_header_that_was_sealed(node: EmbeddedNode) -> None:
    for tag in ("0x1", "latest", data(parse_header(node.raw_header(1)).block_hash)):
        block = result(node, "eth_getBlockByNumber", tag, False)
        header = verify_header(header_from_fields(block), MEMBERS)
        assert data(header.block_hash) == block["hash"]
    assert len(result(node, "eth_getBlockByNumber", "0x1", False)["transactions"]) == 3


def test_full_transactions_name_sender_and_receiver(node: EmbeddedNode) -> None:
    shown = result(node, "eth_getBlockByNumber", "0x2", True)["transactions"][0]
    assert shown["from"] == data(OFFICER.address)
    assert shown["to"] == data(NOTARY)
    assert shown == result(node, "eth_getTransactionByHash", shown["hash"])


def test_a_block_that_is_not_there_is_null(node: EmbeddedNode) -> None:
    assert result(node, "eth_getBlockByNumber", "0x99", False) is None
    assert result(node, "eth_getBlockByHash", "0x" + "11" * 32, False) is None
    assert result(node, "eth_getTransactionByHash", "0x" + "11" * 32) is None
    assert result(node, "eth_getTransactionReceipt", "0x" + "11" * 32) is None


def test_receipts_rebuild_to_the_bytes_under_the_receipts_root(node: EmbeddedNode) -> None:
    shown = result(node, "eth_getBlockReceipts", "0x1")
    raws = [bytes.fromhex(raw[2:]) for raw in result(node, "debug_getRawReceipts", "0x1")]
    assert [raw_receipt(entry) for entry in shown] == raws
    assert [entry["status"] for entry in shown] == ["0x1", "0x1", "0x0"]
    receipt_proof(parse_header(node.raw_header(1)), raws, 1, 0)
    with pytest.raises(VerificationError):
        receipt_proof(parse_header(node.raw_header(2)), raws, 0, 0)
    with pytest.raises(NotFound):
        receipt_proof(parse_header(node.raw_header(1)), raws, 2, 0)


def test_log_indices_count_through_the_block(node: EmbeddedNode) -> None:
    logs = result(node, "eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    assert [(log["blockNumber"], log["logIndex"]) for log in logs] == [("0x1", "0x0"), ("0x1", "0x1"), ("0x2", "0x0")]


def test_logs_are_filtered_by_address_topic_and_block(node: EmbeddedNode) -> None:
    stream = data(keccak256(b"b"))
    found = result(node, "eth_getLogs", {"fromBlock": "0x0", "topics": [None, [stream]], "address": data(NOTARY)})
    assert [log["blockNumber"] for log in found] == ["0x2"]
    assert result(node, "eth_getLogs", {"fromBlock": "0x0", "address": data(GENESIS_ADDRESSES["Jobs"])}) == []
    hash_ = data(parse_header(node.raw_header(1)).block_hash)
    assert len(result(node, "eth_getLogs", {"blockHash": hash_})) == 2


def test_too_many_logs_are_refused_not_cut_off(node: EmbeddedNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "MAX_LOGS", 2)
    assert error(node, "eth_getLogs", {"fromBlock": "0x0"}) == rpc.LIMIT_EXCEEDED
    assert len(result(node, "eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x1"})) == 2
    monkeypatch.setattr(methods, "MAX_LOG_BLOCKS", 1)
    assert error(node, "eth_getLogs", {"fromBlock": "0x1"}) == rpc.LIMIT_EXCEEDED


def test_proofs_hold_under_the_header(node: EmbeddedNode) -> None:
    slot = bytes(31) + b"\x09"
    answer = result(node, "eth_getProof", data(NOTARY), [data(slot), "0x1"], "0x1")
    header = parse_header(node.raw_header(1))
    stored = storage_proof(header, Address(NOTARY), [slot, bytes(31) + b"\x01"], answer)[1]
    assert stored.values[slot] == bytes(32)
    only = answer | {"storageProof": answer["storageProof"][:1]}
    with pytest.raises(VerificationError):
        storage_proof(parse_header(node.raw_header(2)), Address(NOTARY), [slot], only)
    with pytest.raises(InvalidRecord):
        storage_proof(header, Address(NOTARY), [bytes(31) + b"\x08"], answer)


def test_a_slot_outside_the_trie_is_no_proof_of_zero(node: EmbeddedNode) -> None:
    answer = result(node, "eth_getProof", data(NOTARY), ["0x9"], "0x1")
    answer["storageProof"][0]["inMPT"] = False
    with pytest.raises(VerificationError, match="outside its state trie"):
        storage_proof(parse_header(node.raw_header(1)), Address(NOTARY), [bytes(31) + b"\x09"], answer)


def test_state_questions_are_answered_as_of_a_block(node: EmbeddedNode) -> None:
    officer = data(OFFICER.address)
    assert result(node, "eth_getTransactionCount", officer, "0x0") == "0x0"
    assert result(node, "eth_getTransactionCount", officer, "latest") == "0x4"
    assert result(node, "eth_getCode", data(NOTARY), "latest") == data(runtime("Notary"))
    call = {"to": data(NOTARY), "data": data(interfaces()["Notary"].encode_call("anchored", [keccak256(b"a")]))}
    sizes = [int(result(node, "eth_call", call, block)[2:66], 16) for block in ("0x0", "0x1", "latest")]
    assert sizes == [0, 9, 9]


def test_a_refused_call_gives_code_3_and_the_reason(node: EmbeddedNode) -> None:
    call = {
        "from": data(OFFICER.address),
        "to": data(NOTARY),
        "data": data(interfaces()["Notary"].encode_call("anchor", anchor("a", 1, 2).args)),
    }
    for method in ("eth_call", "eth_estimateGas"):
        answer = ask(node, method, call)["error"]
        assert answer["code"] == 3
        assert "notary: stale size" in answer["message"]
        assert answer["data"].startswith("0x08c379a0")


def test_constants_of_the_network(node: EmbeddedNode) -> None:
    assert result(node, "eth_chainId") == hex(20261)
    assert result(node, "net_version") == "20261"
    assert result(node, "eth_gasPrice") == "0x0"
    assert result(node, "eth_blockNumber") == "0x2"
    assert result(node, "web3_clientVersion") == "shuxin/1"


def test_a_raw_block_holds_its_header_and_transactions(node: EmbeddedNode) -> None:
    items = rlp.decode(bytes.fromhex(result(node, "debug_getRawBlock", "0x1")[2:]))
    assert rlp.encode(items[0]) == node.raw_header(1)
    assert tuple(map(rlp.encode, items[1])) == node.transactions(1)


def test_transactions_are_admitted_once_and_strangers_never(node: EmbeddedNode) -> None:
    known = node.transactions(1)[0]
    assert result(node, "eth_sendRawTransaction", data(known)) == data(keccak256(known))
    assert error(node, "eth_sendRawTransaction", data(raw_call(0, "a", 0, 5, STRANGER))) == -32003
    assert error(node, "eth_sendRawTransaction", data(raw_call(0, "z", 0, 5))) == -32010
    assert error(node, "eth_sendRawTransaction", "0xc0") == -32602


# --- hostile requests

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["0x", "0x1", "0x01", "latest", "0x" + "00" * 20, "0x" + "00" * 32, data(NOTARY)])
    | st.just("0x" + "f" * 65),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["to", "from", "data", "input", "fromBlock", "toBlock", "blockHash", "topics", "address"]),
        inner, max_size=4,
    ),
    max_leaves=6,
)  # fmt: skip


@pytest.mark.parametrize("method", sorted(set(methods.METHODS) - methods.WAITING))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(params=st.lists(JSON, max_size=3))
def test_no_parameters_break_a_method(node: EmbeddedNode, method: str, params: list[object]) -> None:
    answer = ask(node, method, *params)
    assert answer.get("error", {}).get("code") != -32603, answer


@given(request=JSON)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_breaks_the_dispatcher(node: EmbeddedNode, request: object) -> None:
    json.dumps(rpc.dispatch(node, request))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"id": 1, "method": "eth_sign", "params": []}, -32601),
        ({"id": 1, "method": 5, "params": []}, -32600),
        ({"id": 1, "method": "eth_chainId", "params": {}}, -32600),
        ({"id": {}, "method": "eth_chainId", "params": []}, -32600),
        ({"id": 1, "method": "eth_chainId", "params": [1]}, -32602),
        ({"id": 1, "method": "shuxin_proposal", "params": [0, 1e9]}, -32602),
        ({"id": 1, "method": "shuxin_proposal", "params": [-1, 0]}, -32602),
        ({"id": 1, "method": "shuxin_head", "params": [True, 0]}, -32602),
        ({"id": 1, "method": "shuxin_seal", "params": [3, "0x11", "0x22"]}, -32602),
        ({"id": 1, "method": "shuxin_block", "params": [99]}, -32001),
        ([], -32600),
        ([{"id": 1, "method": "eth_chainId", "params": []}] * 101, -32600),
        ([{"id": 1, "method": "shuxin_head", "params": [0, 1]}], -32600),
        ("eth_chainId", -32600),
    ],
)
def test_requests_out_of_form_are_named(node: EmbeddedNode, request_: object, code: int) -> None:
    answer = rpc.dispatch(node, request_)
    assert isinstance(answer, dict)
    assert answer["error"]["code"] == code


def test_a_batch_is_answered_in_order(node: EmbeddedNode) -> None:
    batch = [{"id": n, "method": "eth_blockNumber", "params": []} for n in range(100)]
    assert [answer["id"] for answer in rpc.dispatch(node, batch)] == list(range(100))


def test_a_fault_inside_tells_the_peer_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def head_number(self) -> int:
            raise RuntimeError("a path or a key")

    answer = rpc.dispatch(Broken(), {"id": 1, "method": "eth_blockNumber", "params": []})
    assert answer["error"] == {"code": -32603, "message": "internal error"}
    assert "eth_blockNumber" in caplog.text
