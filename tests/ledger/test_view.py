"""A node believes what is sealed, fresh and proven, whatever the RPC says; every lie here has an honest neighbour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from foundedchain import (
    MEMBERS,
    OFFICER,
    VALIDATORS,
    Standing,
    anchor,
    committee,
    config,
    embedded,
    open_node,
    trust_of,
)

from contracts.artefacts import interfaces
from contracts.governance.client import calls_action, invocation
from contracts.notary.client import decode_stream, stream_fact
from ledger import rlp
from ledger.chain import Capabilities, Chain, EventFact, EvmStorage, Fact, Operation, Proof, Receipt, StateFact
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.sealing import ChainKey, LocalSealers
from ledger.errors import Conflict, InvalidRecord, NotFound, VerificationError
from ledger.hashing import keccak256
from ledger.headers import Header, parse_header, seal_hash, with_seals
from ledger.interface import Interface
from ledger.proofs import mapping_slot
from ledger.signing import Address
from ledger.trust import Trust, follow
from ledger.view import ProvenView

STREAM = keccak256(b"a")
SUCCESSORS = committee("successor")


class Town:
    """A chain that makes blocks when told, and one officer's port to it."""

    def __init__(self, directory: Path, clock: Standing, **genesis: object) -> None:
        self.directory = directory
        self.clock = clock
        sealers = LocalSealers((*VALIDATORS, *SUCCESSORS))
        self.node: EmbeddedNode = open_node(directory / "chain", clock, sealers=sealers, genesis=config(**genesis))
        self.chain = embedded(self.node, None, None)

    def submit(self, operation: Operation, key: object = OFFICER) -> Receipt:
        """Send, make a block, and return the receipt."""
        chain = embedded(self.node, key, self.directory / f"{key.address.hex()}.outbox")
        try:
            with pytest.raises(Exception, match="not final"):
                chain.submit(operation, timeout_s=0)
            self.block()
            receipt = chain.submit(operation, timeout_s=1)
        finally:
            chain.close()
        assert receipt.accepted, receipt.reason
        return receipt

    def block(self) -> int:
        self.clock.now += 1
        height = self.node.step()
        assert height is not None
        return height

    def appoint(self, validators: Sequence[ChainKey], label: str = "appointment") -> int:
        """Have the members replace the validators; return the block that did."""
        proposal, calls = keccak256(label.encode()), [
            invocation("Governance", "set_validators", tuple(key.address for key in validators))
        ]  # fmt: skip
        expires = int(self.clock.now) + 600
        steps = (
            (MEMBERS[0], "propose", (proposal, calls_action(calls), expires)),
            (MEMBERS[1], "approve", (proposal,)),
            (MEMBERS[0], "execute", (proposal, tuple(calls))),
        )
        for key, method, args in steps:
            receipt = self.submit(Operation("Governance", method, args, keccak256(f"{label} {method}".encode())), key)
        return receipt.block_number


class Liar:
    """A chain that tells the truth of another one except where it is told to lie."""

    def __init__(self, honest: Chain) -> None:
        self.honest = honest
        self.heads: Header | None = None
        self.headers: dict[int, Header] = {}
        self.proofs: Proof | None = None
        self.able: Capabilities | None = None

    def head(self) -> Header:
        return self.heads or self.honest.head()

    def header(self, number: int) -> Header:
        return self.headers.get(number) or self.honest.header(number)

    def prove(self, fact: Fact) -> Proof:
        return self.proofs or self.honest.prove(fact)

    def capabilities(self) -> Capabilities:
        return self.able or self.honest.capabilities()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def clock() -> Standing:
    return Standing()


@pytest.fixture
def town(tmp_path: Path, clock: Standing, stack: ExitStack) -> Town:
    town = Town(tmp_path / "town", clock)
    stack.callback(town.node.close)
    town.submit(anchor("a", 0, 5))
    return town


@pytest.fixture
def liar(town: Town) -> Liar:
    return Liar(town.chain)


@pytest.fixture
def trust(town: Town) -> Trust:
    return trust_of(town.node.genesis_hash)


@pytest.fixture
def view(liar: Liar, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack) -> ProvenView:
    return opened(liar, trust, tmp_path / "belief", clock, stack)


def opened(chain: object, trust: Trust, store: Path, clock: Standing, stack: ExitStack) -> ProvenView:
    view = ProvenView(chain, trust, store, interfaces(), clock=clock)
    stack.callback(view.close)
    return view


def sealed(raw: bytes, keys: Sequence[ChainKey], **items: bytes) -> Header:
    """Change header items by position name and seal the result with some keys."""
    places = {"state": 3, "receipts": 5, "number": 8, "timestamp": 11}
    fields = list(rlp.decode(raw))
    for name, value in items.items():
        fields[places[name]] = value
    draft = with_seals(rlp.encode(tuple(fields)), ())
    return parse_header(with_seals(draft, [key.sign_digest(seal_hash(draft)) for key in keys]))


# --- heads


def test_an_honest_fresh_head_is_believed(view: ProvenView, town: Town) -> None:
    assert view.head().block_hash == town.chain.head().block_hash


def test_a_head_of_90_seconds_is_fresh_and_of_91_stale(view: ProvenView, clock: Standing, town: Town) -> None:
    clock.now = town.chain.head().timestamp + 90.0
    view.head()
    clock.now += 1
    with pytest.raises(VerificationError, match="stale"):
        view.head()


def test_a_head_ahead_of_the_clock_is_refused(view: ProvenView, clock: Standing, town: Town) -> None:
    clock.now = town.chain.head().timestamp - 15.0
    view.head()
    clock.now -= 1
    with pytest.raises(VerificationError, match="ahead of the clock"):
        view.head()


def test_a_parsed_header_that_belies_its_bytes_is_not_looked_at(
    view: ProvenView, liar: Liar, town: Town, clock: Standing
) -> None:
    clock.now += 500
    liar.heads = replace(town.chain.head(), timestamp=int(clock.now))
    with pytest.raises(VerificationError, match="stale"):
        view.head()


@pytest.mark.parametrize(
    "keys",
    [(), VALIDATORS[:2], committee("forger"), (*VALIDATORS[:2], committee("forger")[0])],
    ids=["none", "too few", "invented", "two and a stranger"],
)
def test_forged_seals_are_refused(view: ProvenView, liar: Liar, town: Town, keys: Sequence[ChainKey]) -> None:
    liar.heads = sealed(town.chain.head().raw, VALIDATORS[:3])
    view.head()  # three of four are a quorum
    liar.heads = sealed(town.chain.head().raw, keys)
    with pytest.raises(VerificationError):
        view.head()


def test_a_header_changed_after_sealing_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    head = town.chain.head()
    fields = list(rlp.decode(head.raw))
    fields[3] = keccak256(b"another state")
    liar.heads = parse_header(rlp.encode(tuple(fields)))
    with pytest.raises(VerificationError):
        view.head()


def test_a_head_below_the_believed_one_is_refused_also_after_a_restart(
    view: ProvenView, liar: Liar, town: Town, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    old = town.chain.head()
    town.block()
    view.head()
    liar.heads = old
    with pytest.raises(VerificationError, match="older than the believed"):
        view.head()
    view.close()
    again = opened(liar, trust, tmp_path / "belief", clock, stack)
    with pytest.raises(VerificationError, match="older than the believed"):
        again.head()


def test_a_head_below_what_another_process_believes_is_refused(
    view: ProvenView, liar: Liar, town: Town, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    old = view.head()
    town.block()
    opened(Liar(town.chain), trust, tmp_path / "belief", clock, stack).head()
    liar.heads = old
    with pytest.raises(VerificationError, match="older than the believed"):
        view.head()


def test_a_second_sealed_block_at_one_height_is_a_fork(view: ProvenView, liar: Liar, town: Town) -> None:
    head = view.head()
    liar.heads = sealed(head.raw, VALIDATORS, state=keccak256(b"another state"))
    with pytest.raises(VerificationError, match="forked"):
        view.head()


def test_a_longer_fork_is_refused_even_with_every_seal(
    view: ProvenView, liar: Liar, town: Town, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    """The whole committee colludes and rewrites history: a node that saw the first one does not follow."""
    view.head()
    fork = Town(tmp_path / "fork", clock)
    stack.callback(fork.node.close)
    fork.submit(anchor("a", 0, 6))
    fork.block()
    liar.honest = fork.chain
    with pytest.raises(VerificationError, match="forked"):
        view.head()
    liar.headers[1] = town.chain.header(1)  # and shows the old block where the node remembers it
    with pytest.raises(VerificationError, match="not the parent"):
        view.head()


def test_a_long_gap_is_crossed_by_seals_and_the_remembered_block(
    view: ProvenView, liar: Liar, town: Town, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    view.head()
    for _ in range(66):
        town.block()
    liar.headers[1] = sealed(town.chain.header(1).raw, VALIDATORS, state=keccak256(b"another state"))
    with pytest.raises(VerificationError, match="forked"):
        view.head()
    liar.headers.clear()
    assert view.head().number == 67


# --- networks


def test_another_chain_id_is_refused(view: ProvenView, liar: Liar) -> None:
    liar.able = Capabilities("embedded", chain_id=1)
    with pytest.raises(VerificationError, match="chain id"):
        view.head()


def test_another_network_of_the_same_validators_is_refused(
    view: ProvenView, liar: Liar, town: Town, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    other = Town(tmp_path / "other", clock, chain_id=20262)
    stack.callback(other.node.close)
    other.block()
    liar.able = town.chain.capabilities()
    liar.honest = other.chain
    with pytest.raises(VerificationError, match="starts with another block"):
        view.head()
    liar.headers[0] = town.chain.header(0)  # the liar shows the right first block before the wrong others
    with pytest.raises(VerificationError, match="another network"):
        view.head()


def test_a_belief_of_another_network_is_not_opened(
    view: ProvenView, liar: Liar, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    with pytest.raises(Conflict):
        opened(liar, replace(trust, genesis_hash=keccak256(b"other")), tmp_path / "belief", clock, stack)


# --- state


def slots() -> tuple[bytes, ...]:
    return stream_fact(STREAM).slots


def test_state_comes_with_its_proof(view: ProvenView) -> None:
    found = view.state("Notary", slots())
    assert decode_stream(STREAM, found.values).size == 5
    assert found.proof.header == found.header.raw
    assert found.directory is not None


def test_absent_state_is_proven_zero(view: ProvenView) -> None:
    assert not any(b"".join(view.value("Notary", stream_fact(keccak256(b"none")).slots).values()))


def test_state_at_a_header_seen_before(view: ProvenView, town: Town) -> None:
    before = view.head()
    town.submit(anchor("a", 5, 9))
    assert decode_stream(STREAM, view.state("Notary", slots(), before).values).size == 5
    assert decode_stream(STREAM, view.state("Notary", slots()).values).size == 9


def test_the_directory_itself_is_proven(view: ProvenView) -> None:
    slot = mapping_slot(interfaces()["Directory"].slot("entries"), keccak256(b"Notary"))
    found = view.state("Directory", [slot])
    assert int.from_bytes(found.values[slot], "big") == 0x5307
    assert found.directory is None


def test_state_of_an_older_block_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    old = town.chain.prove(stream_fact(STREAM))
    town.submit(anchor("a", 5, 9))
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    liar.proofs = old
    with pytest.raises(VerificationError):
        view.state("Notary", slots())


def test_what_was_proven_under_a_head_is_asked_once_and_under_the_next_one_anew(
    view: ProvenView, liar: Liar, town: Town
) -> None:
    known = view.state("Notary", slots())
    liar.proofs = town.chain.prove(EventFact(1, 0, 0))
    assert view.state("Notary", slots()) == known
    town.submit(anchor("a", 5, 9))
    with pytest.raises(VerificationError, match="storage proof"):
        view.state("Notary", slots())


def test_state_of_another_contract_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    liar.proofs = town.chain.prove(StateFact("Jobs", slots()))
    with pytest.raises(VerificationError, match="another account"):
        view.state("Notary", slots())


def test_other_slots_than_asked_for_are_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    liar.proofs = town.chain.prove(StateFact("Notary", slots()[:1]))
    with pytest.raises(VerificationError, match="other slots"):
        view.state("Notary", slots())


def test_an_invented_value_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    honest = town.chain.prove(stream_fact(STREAM))
    assert isinstance(honest, EvmStorage)
    slot = honest.proof.slots[1]
    leaf = slot.nodes[-1][:-1] + bytes([slot.nodes[-1][-1] ^ 1])
    slots_ = (honest.proof.slots[0], replace(slot, nodes=(*slot.nodes[:-1], leaf)), honest.proof.slots[2])
    liar.proofs = replace(honest, proof=replace(honest.proof, slots=slots_))
    with pytest.raises((VerificationError, InvalidRecord)):
        view.state("Notary", slots())


def test_a_receipt_is_no_proof_of_state(view: ProvenView, liar: Liar, town: Town) -> None:
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    liar.proofs = town.chain.prove(EventFact(1, 0, 0))
    with pytest.raises(VerificationError, match="storage proof"):
        view.state("Notary", slots())


@pytest.mark.parametrize("contract", ["Notary", "Directory"])
def test_code_this_build_does_not_know_is_refused(
    contract: str, liar: Liar, trust: Trust, tmp_path: Path, clock: Standing
) -> None:
    known: dict[str, Interface] = dict(interfaces())
    known[contract] = replace(known[contract], runtime_code_hash=keccak256(b"other code"))
    view = ProvenView(liar, trust, tmp_path / "belief", known, clock=clock)
    with pytest.raises(VerificationError, match="other code"):
        view.state("Notary", slots())
    view.close()


def test_a_name_the_directory_does_not_have_is_refused(
    liar: Liar, trust: Trust, tmp_path: Path, clock: Standing
) -> None:
    view = ProvenView(liar, trust, tmp_path / "belief", {**interfaces(), "Titles": interfaces()["Jobs"]}, clock=clock)
    with pytest.raises((VerificationError, NotFound)):
        view.state("Titles", slots())
    with pytest.raises(NotFound):
        view.state("Unknown", slots())
    view.close()


# --- events


def test_an_event_is_proven_under_a_verified_header(view: ProvenView) -> None:
    view.head()
    found = view.event(EventFact(1, 0, 0))
    assert interfaces()["Notary"].decode_event(found.log)[0] == "Anchored"


def test_another_event_than_asked_for_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    town.submit(anchor("a", 5, 9))
    view.head()
    liar.proofs = town.chain.prove(EventFact(1, 0, 0))
    with pytest.raises(VerificationError):
        view.event(EventFact(2, 0, 0))
    with pytest.raises(VerificationError):
        view.event(EventFact(1, 0, 1))


def test_nothing_past_the_believed_head_is_proven(view: ProvenView, town: Town) -> None:
    view.head()
    town.block()
    with pytest.raises(NotFound):
        view.header(2)


# --- validators


def test_a_proven_change_of_validators_is_followed_and_remembered(
    view: ProvenView, liar: Liar, town: Town, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    view.head()
    changed_in = town.appoint(SUCCESSORS)
    town.block()
    town.appoint(VALIDATORS, "back")
    assert view.head().number == changed_in + 4
    town.block()
    assert view.head().validators == tuple(key.address for key in VALIDATORS)
    assert view.header(changed_in + 1).validators == tuple(key.address for key in SUCCESSORS)
    assert len(view.changes()) == 2
    governance, slot = Address((0x5302).to_bytes(20, "big")), interfaces()["Governance"].slot("validators_hash")
    history = follow(trust.validators, view.changes(), governance=governance, slot=slot.to_bytes(32, "big"))
    assert [first for first, _ in history.eras] == [0, changed_in + 1, changed_in + 5]
    changes = view.changes()
    view.close()
    again = opened(liar, trust, tmp_path / "belief", clock, stack)
    assert again.head().number == changed_in + 5
    assert again.changes() == changes


def test_an_unproven_change_of_validators_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    """A set that appoints itself, at the head or with a whole tail of blocks, meets the old set's state."""
    view.head()
    town.block()
    head = town.chain.head()
    forgers = committee("forger")
    members = tuple(key.address for key in forgers)
    fields = list(rlp.decode(head.raw))
    extra = list(rlp.decode(fields[12]))
    fields[12] = rlp.encode((extra[0], members, *extra[2:]))
    forged = sealed(rlp.encode(tuple(fields)), forgers)
    liar.heads = forged
    liar.headers[forged.number] = forged
    with pytest.raises(VerificationError):
        view.head()


def test_a_deposed_committee_is_no_longer_believed(view: ProvenView, liar: Liar, town: Town) -> None:
    town.appoint(SUCCESSORS)
    town.block()
    head = view.head()
    fields = list(rlp.decode(head.raw))
    extra = list(rlp.decode(fields[12]))
    fields[12] = rlp.encode((extra[0], tuple(key.address for key in VALIDATORS), *extra[2:]))
    number = rlp.encode_uint(head.number + 1)
    liar.heads = sealed(rlp.encode(tuple(fields)), VALIDATORS, number=number)
    liar.headers[head.number + 1] = liar.heads
    with pytest.raises(VerificationError):
        view.head()
