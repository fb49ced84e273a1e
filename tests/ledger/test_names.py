"""Names of contracts, over a storage that the test writes and whose readings it counts."""

from collections import Counter

import pytest

from contracts.artefacts import interfaces
from ledger.abi import encode, topic
from ledger.chain.names import MAX_REMEMBERED, Names
from ledger.chain.port import Operation
from ledger.crypto.signing import Address
from ledger.embedded.records import Reverted
from ledger.errors import Conflict, NotFound
from ledger.hashing import keccak256
from ledger.proofs.proof import Log, mapping_slot

DIRECTORY, FIRST, SECOND = (Address(bytes(19) + bytes([last])) for last in (1, 2, 3))
NOTARY = keccak256(b"Notary")


class Storage:
    """What the Directory has written."""

    def __init__(self) -> None:
        self.words: dict[bytes, bytes] = {}
        self.asked: Counter[bytes] = Counter()

    def __call__(self, address: Address, slot: bytes) -> bytes:
        assert address == DIRECTORY
        self.asked[slot] += 1
        return self.words.get(slot, bytes(32))

    def register(self, name: str, account: Address) -> None:
        layout = interfaces()["Directory"].layout
        padded, identifier = account.rjust(32, b"\0"), keccak256(name.encode())
        self.words[mapping_slot(layout["entries"], identifier)] = padded
        self.words[mapping_slot(layout["names"], padded)] = identifier


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_name_is_followed_to_its_new_account_and_both_accounts_keep_it() -> None:
    storage = Storage()
    names = Names(storage, interfaces(), directory=DIRECTORY)
    storage.register("Notary", FIRST)
    assert names.address("Notary") == FIRST
    storage.register("Notary", SECOND)
    assert names.address("Notary") == SECOND
    assert names.name(FIRST) == names.name(SECOND) == "Notary"
    assert names.name(DIRECTORY) == "Directory"


def test_an_account_that_serves_nothing_yet_is_asked_about_again() -> None:
    storage = Storage()
    names = Names(storage, interfaces(), directory=DIRECTORY)
    assert names.name(FIRST) is None
    storage.register("Notary", FIRST)
    assert names.name(FIRST) == "Notary"


def test_an_account_of_a_name_this_build_does_not_know_is_nobodys() -> None:
    storage = Storage()
    storage.register("Lottery", FIRST)
    assert Names(storage, interfaces(), directory=DIRECTORY).name(FIRST) is None


def test_unknown_names_are_not_found() -> None:
    names = Names(Storage(), interfaces(), directory=DIRECTORY)
    with pytest.raises(NotFound, match="directory has no contract 'Notary'"):
        names.address("Notary")
    with pytest.raises(NotFound, match="no interface"):
        names.interface("Lottery")


def test_a_fixed_address_comes_first_and_needs_no_directory() -> None:
    storage = Storage()
    storage.register("Notary", FIRST)
    names = Names(storage, interfaces(), addresses={"Notary": SECOND})
    assert (names.address("Notary"), names.name(SECOND), names.name(FIRST)) == (SECOND, "Notary", None)
    assert not storage.asked


def test_a_word_is_taken_as_said_again_for_its_time_to_live_and_no_longer() -> None:
    storage, clock = Storage(), Clock()
    storage.register("Notary", FIRST)
    names = Names(storage, interfaces(), directory=DIRECTORY, ttl_s=30, clock=clock)
    assert names.address("Notary") == FIRST
    storage.register("Notary", SECOND)
    clock.now = 29.9
    assert names.address("Notary") == FIRST
    clock.now = 30.0
    assert names.address("Notary") == SECOND
    assert set(storage.asked.values()) == {2}


def test_without_a_time_to_live_every_look_is_a_fresh_one() -> None:
    storage = Storage()
    storage.register("Notary", FIRST)
    names = Names(storage, interfaces(), directory=DIRECTORY)
    for _ in range(3):
        names.address("Notary")
    assert set(storage.asked.values()) == {3}


def test_made_up_addresses_do_not_fill_the_memory() -> None:
    names = Names(Storage(), interfaces(), directory=DIRECTORY, ttl_s=30, clock=Clock())
    for number in range(MAX_REMEMBERED + 10):
        assert names.name(number.to_bytes(20, "big")) is (None if number != 1 else "Directory")
    assert len(names._words) <= MAX_REMEMBERED


def test_an_operation_has_one_digest_wherever_its_contract_is() -> None:
    storage = Storage()
    names = Names(storage, interfaces(), directory=DIRECTORY)
    operation = Operation("Notary", "anchor", (NOTARY, 0, 5, NOTARY), bytes(32))
    storage.register("Notary", FIRST)
    before = names.encode(operation)
    storage.register("Notary", SECOND)
    after = names.encode(operation)
    assert (before.to, after.to) == (FIRST, SECOND)
    assert (before.digest, before.payload) == (after.digest, after.payload)
    other = names.encode(Operation("Notary", "anchor", (NOTARY, 0, 6, NOTARY), bytes(32)))
    assert other.digest != after.digest


@pytest.mark.parametrize(("reason", "told"), [("notary: no", "notary: no"), ("", "Notary.anchored: reverted")])
def test_a_view_method_is_called_where_its_contract_is(reason: str, told: str) -> None:
    def answer(to: Address, payload: bytes) -> bytes:
        assert (to, payload) == (FIRST, interfaces()["Notary"].encode_call("anchored", (NOTARY,)))
        return encode(("uint256", "bytes32", "bytes32"), (5, NOTARY, NOTARY))

    def refuse(to: Address, payload: bytes) -> bytes:
        raise Reverted(reason)

    names = Names(Storage(), interfaces(), addresses={"Notary": FIRST})
    assert names.read(answer, "Notary", "anchored", (NOTARY,)) == (5, NOTARY, NOTARY)
    with pytest.raises(Conflict, match=told):
        names.read(refuse, "Notary", "anchored", (NOTARY,))


def test_logs_of_known_contracts_are_decoded_and_others_passed_over() -> None:
    names = Names(Storage(), interfaces(), addresses={"Notary": FIRST})
    topics = (topic("Anchored(bytes32,uint256,bytes32,uint256,uint256,bytes32)"), NOTARY)
    data = encode(("uint256", "bytes32", "uint256", "uint256", "bytes32"), (1, NOTARY, 0, 5, NOTARY))
    known = names.decode(Log(FIRST, topics, data))
    assert known is not None
    assert (known.contract, known.name, known.args["new_size"]) == ("Notary", "Anchored", 5)
    assert names.decode(Log(SECOND, topics, data)) is None
    assert names.decode(Log(FIRST, (topic("Unknown(bytes32)"), NOTARY), data)) is None
