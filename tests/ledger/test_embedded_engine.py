from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from testchain import CHAIN_ID, REGISTER, SENDERS, STRANGER, VALIDATORS, address_of, config, register, transaction, word

from ledger.chain.port import Chain, Cursor, EventFact, EvmReceipt, EvmStorage, Operation, StateFact
from ledger.crypto.keys import PrivateKey
from ledger.embedded.engine import EmbeddedChain
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.builder import Pace
from ledger.embedded.production.sealing import LocalSealers
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.proofs.headers import verify_header
from ledger.proofs.proof import mapping_slot, verify_receipt, verify_storage

ADDRESSES = [key.address for key in VALIDATORS]
EAGER = Pace(heartbeat_s=60.0, linger_s=0.0)


class SteppingClock:
    """Moves on a second whenever somebody asks, so that the loop never waits for the next one."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def open_node(directory: Path, *, start: bool = True) -> EmbeddedNode:
    sealers = LocalSealers(VALIDATORS)
    node = EmbeddedNode.open(directory / "chain", sealers, genesis=config(), clock=SteppingClock(), pace=EAGER)
    if start:
        node.start()
    return node


def open_chain(directory: Path, node: EmbeddedNode, key: PrivateKey = SENDERS[0]) -> EmbeddedChain:
    addresses = {"Register": REGISTER}
    outbox = directory / f"{address_of(key).hex()}.sqlite"
    return EmbeddedChain(node, {"Register": register()[0]}, addresses=addresses, key=key, outbox=outbox)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[EmbeddedChain]:
    opened = open_chain(tmp_path, open_node(tmp_path))
    yield opened
    opened.close()


def write(number: int, *, op_id: bytes | None = None) -> Operation:
    return Operation("Register", "write", (word(number), word(number + 1)), op_id or word(number))


def test_it_is_the_port(chain: EmbeddedChain) -> None:
    port: Chain = chain
    assert port.capabilities().proofs == {"evm-receipt", "evm-storage"}
    assert port.capabilities().chain_id == CHAIN_ID


def test_an_operation_is_final_and_can_be_read_and_followed(chain: EmbeddedChain) -> None:
    receipt = chain.submit(write(1))
    assert receipt.accepted
    assert receipt.op_id == word(1)
    (event,) = receipt.events
    assert (event.name, event.args["key"], event.args["count"]) == ("Written", word(1), 1)
    assert chain.read("Register", "words", word(1)) == (word(2),)
    assert chain.events(None) == [event]
    assert chain.events(event.cursor) == []
    assert chain.header(receipt.block_number).block_hash == receipt.block_hash
    assert chain.head().number >= receipt.block_number


def test_a_refused_operation_is_a_receipt_with_the_reason(chain: EmbeddedChain) -> None:
    chain.submit(write(1))
    receipt = chain.submit(write(1, op_id=word(99)))
    assert (receipt.accepted, receipt.reason, receipt.events) == (False, "register: exists", ())


def test_the_same_op_id_takes_effect_once(chain: EmbeddedChain) -> None:
    first = chain.submit(write(1))
    assert chain.submit(write(1)) == first
    assert chain.read("Register", "count") == (1,)
    with pytest.raises(Conflict, match="op_id"):
        chain.submit(write(2, op_id=word(1)))


def test_the_same_op_id_takes_effect_once_over_a_restart(tmp_path: Path) -> None:
    chain = open_chain(tmp_path, open_node(tmp_path))
    first = chain.submit(write(1))
    chain.close()
    chain = open_chain(tmp_path, open_node(tmp_path))
    assert chain.submit(write(1)) == first
    chain.close()


def test_what_was_queued_and_not_final_is_carried_out_after_a_restart(tmp_path: Path) -> None:
    chain = open_chain(tmp_path, open_node(tmp_path, start=False))
    for number in (1, 2):
        with pytest.raises(BackendError, match="not final"):
            chain.submit(write(number), timeout_s=0.0)
    chain.close()
    chain = open_chain(tmp_path, open_node(tmp_path))
    assert chain.submit(write(2)).accepted
    assert chain.submit(write(1)).accepted
    assert chain.read("Register", "count") == (2,)
    chain.close()


def test_a_nonce_used_up_elsewhere_is_signed_anew(tmp_path: Path) -> None:
    """The same key sent something by another way while the operation waited."""
    node = open_node(tmp_path, start=False)
    chain = open_chain(tmp_path, node)
    with pytest.raises(BackendError):
        chain.submit(write(1), timeout_s=0.0)
    chain.close()
    node = open_node(tmp_path, start=False)
    node.send_raw(transaction(SENDERS[0], 0, "write", word(50), word(51)))
    node.step()
    node.start()
    chain = open_chain(tmp_path, node)
    assert chain.submit(write(1)).accepted
    assert chain.read("Register", "count") == (2,)
    chain.close()


def test_many_threads_share_a_key(chain: EmbeddedChain) -> None:
    accepted: list[bool] = []
    threads = [threading.Thread(target=lambda n=n: accepted.append(chain.submit(write(n)).accepted)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    assert accepted == [True] * 12
    assert chain.read("Register", "count") == (12,)


def test_events_come_in_order_in_pages(chain: EmbeddedChain) -> None:
    for number in range(5):
        chain.submit(write(number))
    everything = chain.events(None)
    assert [event.args["key"] for event in everything] == [word(number) for number in range(5)]
    place: Cursor | None = None
    paged = []
    while page := chain.events(place, limit=2):
        paged += page
        place = page[-1].cursor
    assert paged == everything
    with pytest.raises(InvalidRecord):
        chain.events(None, limit=0)


def test_an_event_is_proven_under_a_sealed_header(chain: EmbeddedChain) -> None:
    (event,) = chain.submit(write(1)).events
    proof = chain.prove(EventFact(event.block_number, event.index, event.log_index))
    assert isinstance(proof, EvmReceipt)
    log = verify_receipt(verify_header(proof.header, ADDRESSES), proof.proof)
    assert (log.address, log.topics, log.data) == (REGISTER, event.topics, event.data)
    with pytest.raises(NotFound):
        chain.prove(EventFact(event.block_number, 7, 0))
    with pytest.raises(NotFound):
        chain.prove(EventFact(10_000, 0, 0))


def test_storage_is_proven_now_and_then_absence_too(chain: EmbeddedChain) -> None:
    receipt = chain.submit(write(1))
    slots = tuple(mapping_slot(register()[0].slot("words"), word(number)) for number in (1, 2))
    proof = chain.prove(StateFact("Register", slots))
    assert isinstance(proof, EvmStorage)
    state = verify_storage(verify_header(proof.header, ADDRESSES), proof.proof)
    assert dict(state.values) == {slots[0]: word(2), slots[1]: bytes(32)}
    before = chain.prove(StateFact("Register", slots, receipt.block_number - 1))
    assert isinstance(before, EvmStorage)
    header = chain.header(receipt.block_number - 1)
    assert dict(verify_storage(header, before.proof).values) == dict.fromkeys(slots, bytes(32))


def test_strangers_and_readers_submit_nothing(tmp_path: Path, chain: EmbeddedChain) -> None:
    node = chain._node
    stranger = EmbeddedChain(
        node,
        {"Register": register()[0]},
        addresses={"Register": REGISTER},
        key=STRANGER,
        outbox=tmp_path / "stranger.sqlite",
        owns_node=False,
    )
    for _ in range(2):
        with pytest.raises(NotAuthorized, match="not registered"):
            stranger.submit(write(1))
    stranger.close()
    reader = EmbeddedChain(node, {"Register": register()[0]}, addresses={"Register": REGISTER}, owns_node=False)
    with pytest.raises(NotAuthorized):
        reader.submit(write(1))
    assert reader.read("Register", "count") == (0,)
    reader.close()


def test_unknown_contracts_and_methods_are_not_found(chain: EmbeddedChain) -> None:
    for question in (
        lambda: chain.read("Nothing", "count"),
        lambda: chain.read("Register", "nothing"),
        lambda: chain.submit(Operation("Nothing", "write", (), word(1))),
        lambda: chain.prove(StateFact("Nothing", ())),
        lambda: chain.header(10_000),
    ):
        with pytest.raises(NotFound):
            question()


def test_a_key_needs_an_outbox(tmp_path: Path, chain: EmbeddedChain) -> None:
    with pytest.raises(InvalidRecord):
        EmbeddedChain(chain._node, {}, key=SENDERS[0])
