import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import abi
from ledger.chain import interface
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import keccak256
from ledger.proofs.proof import Log

PAIR = {
    "name": "pairs",
    "type": "tuple[]",
    "components": [{"name": "a", "type": "bytes32"}, {"name": "b", "type": "uint256"}],
}
ARTEFACT: dict = {
    "name": "Sample",
    "abi": [
        {
            "type": "function",
            "name": "put",
            "inputs": [{"name": "id", "type": "bytes32"}, PAIR],
            "outputs": [],
            "stateMutability": "nonpayable",
        },
        {
            "type": "function",
            "name": "get",
            "inputs": [{"name": "id", "type": "bytes32"}],
            "outputs": [{"name": "", "type": "uint256"}, {"name": "", "type": "address"}],
            "stateMutability": "view",
        },
        {
            "type": "event",
            "name": "Put",
            "anonymous": False,
            "inputs": [
                {"name": "n", "type": "uint256", "indexed": False},
                {"name": "id", "type": "bytes32", "indexed": True},
                {"name": "note", "type": "string", "indexed": True},
                {"name": "text", "type": "string", "indexed": False},
            ],
        },
    ],
    "layout": {"history": 1, "count": 2},
    "code_hash": "0x" + "ab" * 32,
}
SAMPLE = interface.parse(json.dumps(ARTEFACT).encode())
ID = keccak256(b"id")
TOPICS = (abi.topic("Put(uint256,bytes32,string,string)"), ID, keccak256(b"note"))
DATA = abi.encode(["uint256", "string"], (5, "hello"))
HERE = Address(bytes(20))


def test_an_artefact_gives_functions_events_layout_and_code() -> None:
    assert SAMPLE.name == "Sample"
    assert SAMPLE.functions["put"].signature == "put(bytes32,(bytes32,uint256)[])"
    assert SAMPLE.functions["get"].is_view
    assert not SAMPLE.functions["put"].is_view
    assert SAMPLE.slot("count") == 2
    assert SAMPLE.runtime_code_hash == b"\xab" * 32


def test_calls_are_written_and_read() -> None:
    args = (ID, ((ID, 7),))
    data = SAMPLE.encode_call("put", args)
    assert data[:4] == abi.selector("put(bytes32,(bytes32,uint256)[])")
    assert SAMPLE.decode_call(data) == SAMPLE.decode_call(data + bytes(5)) == ("put", args)
    with pytest.raises(InvalidRecord):
        SAMPLE.decode_call(data[:-1])


def test_results_are_read() -> None:
    assert SAMPLE.decode_output("get", abi.encode(["uint256", "address"], (1, HERE))) == (1, HERE)


def test_events_are_read_by_name_in_their_order() -> None:
    name, args = SAMPLE.decode_event(Log(HERE, TOPICS, DATA))
    assert name == "Put"
    assert list(args.items()) == [("n", 5), ("id", ID), ("note", keccak256(b"note")), ("text", "hello")]


@pytest.mark.parametrize(
    ("topics", "data"),
    [(TOPICS[:2], DATA), ((*TOPICS, ID), DATA), (TOPICS, DATA[:-1]), (TOPICS, b""), (TOPICS, DATA + bytes(32))],
)
def test_events_out_of_form_are_refused(topics: tuple[bytes, ...], data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        SAMPLE.decode_event(Log(HERE, topics, data))


def test_an_event_type_reads_no_other_event() -> None:
    event = SAMPLE.events[TOPICS[0]]
    assert event.decode(TOPICS, DATA)["n"] == 5
    with pytest.raises(InvalidRecord, match="another event"):
        event.decode((ID, *TOPICS[1:]), DATA)


def test_unknown_names_are_not_found() -> None:
    for call in (
        lambda: SAMPLE.encode_call("drop", ()),
        lambda: SAMPLE.decode_call(b"\0\0\0\0"),
        lambda: SAMPLE.decode_call(b""),
        lambda: SAMPLE.decode_output("drop", b""),
        lambda: SAMPLE.decode_event(Log(HERE, (ID,), b"")),
        lambda: SAMPLE.decode_event(Log(HERE, (), b"")),
        lambda: SAMPLE.slot("missing"),
    ):
        with pytest.raises(NotFound):
            call()


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidRecord):
        SAMPLE.encode_call("get", (b"short",))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 1},
        {"abi": {}},
        {"abi": [1]},
        {"abi": [{"type": "function"}]},
        {"abi": [ARTEFACT["abi"][1], ARTEFACT["abi"][1]]},
        {"abi": [ARTEFACT["abi"][2] | {"anonymous": True}]},
        {"layout": {"a": "1"}},
        {"layout": {"a": -1}},
        {"layout": []},
        {"code_hash": "0x00"},
        {"code_hash": "zz" * 32},
    ],
)
def test_artefacts_out_of_form_are_refused(changes: dict) -> None:
    with pytest.raises(InvalidRecord):
        interface.parse(json.dumps(ARTEFACT | changes).encode())


@pytest.mark.parametrize("name", ["name", "abi", "layout", "code_hash"])
def test_artefacts_missing_a_part_are_refused(name: str) -> None:
    with pytest.raises(InvalidRecord):
        interface.parse(json.dumps({key: value for key, value in ARTEFACT.items() if key != name}).encode())


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60) | st.sampled_from([b"[]", b"null", b"1", b"[" * 100_000]))
def test_garbage_is_no_artefact(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        interface.parse(data)
