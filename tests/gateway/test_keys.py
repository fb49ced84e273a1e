"""Keys give way to others by command: the new one acts, the old one is refused, a stranger changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from citygenesis import genesis_of, key
from commandline import say
from foundedchain import START, Ticking, anchor, embedded, open_node, trust_of

from contracts.artefacts import interfaces
from contracts.parties import client as parties
from contracts.parties.client import party_id
from contracts.proven import history_fact
from contracts.world import AgentRole, PartyRole
from gateway.network import epochs
from gateway.network.epochs import PLAN, Epoch, declare, keys_now, next_identity, rotate
from gateway.network.founding import Ports, write_node
from gateway.network.governing import Member, Progress
from gateway.network.membership import party_of
from gateway.network.registration import registered
from gateway.network.succession import (
    agent_of,
    dismiss,
    dismiss_by_vote,
    enrol_by_vote,
    is_member,
    replace_key,
    replace_member,
)
from ledger.chain.port import Operation, Receipt, StateFact
from ledger.crypto import tls
from ledger.crypto.keys import FileKeyStore, PrivateKey
from ledger.crypto.signing import Address
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import keccak256
from ledger.proofs.view import ProvenView
from mpc.node import config as node_config
from mpc.node.config import NodeConfig

TAX, FINANCE = "tax", "finance"
NOW = datetime.fromtimestamp(START, UTC)


class Killed(Exception):
    """The process ends here."""


class Town:
    """A chain in process with two departments, whose keys lie in stores of their own."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.clock = directory, Ticking()
        self.node = open_node(directory / "chain", self.clock, genesis=genesis_of((TAX, FINANCE), PartyRole.OWNER))
        self.node.start()
        self.node.wait_head(above=0, timeout_s=30.0)  # the first block is as old as none between two later ones
        chain = embedded(self.node, None, None)
        now = lambda: float(chain.head().timestamp)  # noqa: E731
        trust = trust_of(self.node.genesis_hash)
        self.view = ProvenView(chain, trust, directory / "view.sqlite", interfaces(), clock=now)

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        return self.view.value(fact.contract, fact.slots)

    def submit(self, who: PrivateKey, operation: Operation) -> Receipt:
        port = embedded(self.node, who, self.directory / f"{who.address.hex()}.sqlite")
        return port.submit(operation)

    def anchored(self, who: PrivateKey, stream: str) -> Receipt:
        """Have somebody anchor a stream, as officers do."""
        return self.submit(who, anchor(stream, 0, 1))

    def member(self, who: PrivateKey) -> Member:
        port = embedded(self.node, who, self.directory / f"{who.address.hex()}.sqlite")
        return Member(port, self.view, who.address, clock=lambda: float(port.head().timestamp))

    def close(self) -> None:
        self.view.close()
        self.node.close()


class Clerk:
    """Somebody of a party at the chain; ``killed`` ends the process right after a change of that name."""

    def __init__(self, town: Town, party: str, who: PrivateKey, *, killed: str = "") -> None:
        self.party, self._town, self._who, self._killed = party, town, who, killed

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        return self._town.proven(fact)

    def now(self) -> int:
        return self._town.view.head().timestamp

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        fact = history_fact(contract, id)
        done = self.proven(fact)[fact.slots[1]]
        receipt = self._town.submit(self._who, call(keccak256(id + change.encode() + done + self._who.address)))
        if not receipt.accepted:
            raise NotAuthorized(f"the chain refuses to {change}: {receipt.reason}")
        if change == self._killed:
            raise Killed
        return receipt


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Town(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    found = FileKeyStore(tmp_path / "keys", b"a passphrase of the test")
    for name in ("officer", "approver", "statement", "seal"):
        found.add(name, key(TAX, name))
    return found


@pytest.fixture
def config(town: Town, tmp_path: Path) -> NodeConfig:
    """The department's configuration, with the certificate that its first epoch is to have."""
    home = tmp_path / "parties" / TAX
    (home / "keys").mkdir(parents=True)
    (tmp_path / "network" / "parties").mkdir(parents=True)
    shown = tls.create_identity(home / "tls", TAX, now=NOW, hosts=("127.0.0.1", "tax.example"))
    (tmp_path / "network" / "parties" / f"{TAX}.pem").write_bytes(shown.pem)
    return node_config.load(write_node(tmp_path, TAX, Ports(1, 2)))


def approver(town: Town, party: str = TAX, **changes: str) -> Clerk:
    return Clerk(town, party, key(party, "approver"), **changes)


def test_an_officers_key_gives_way_and_the_old_one_is_admitted_no_more(town: Town, store: FileKeyStore) -> None:
    old = store.load("officer")
    assert town.anchored(old, "before").accepted
    found = replace_key(approver(town), store, "officer")
    new = store.load("officer")
    assert (found.old, found.new, new.address) == (old.address, new.address, found.new)
    assert store.load(found.kept) == old
    assert "officer.next" not in store.names()
    assert town.anchored(new, "after").accepted
    with pytest.raises(NotAuthorized, match="not registered or its registration has ended"):
        town.anchored(old, "too late")
    assert agent_of(new.address, town.proven).roles == AgentRole.OFFICER


@pytest.mark.parametrize("killed", ["enroll", "dismiss"])
def test_a_command_that_was_killed_goes_on_with_the_same_new_key(town: Town, store: FileKeyStore, killed: str) -> None:
    with pytest.raises(Killed):
        replace_key(approver(town, killed=killed), store, "officer")
    made = store.load("officer.next")
    found = replace_key(approver(town), store, "officer")
    assert store.load("officer") == made
    assert found.old == key(TAX, "officer").address
    with pytest.raises(NotAuthorized, match="registration has ended"):
        town.anchored(key(TAX, "officer"), "too late")


def test_names_that_were_left_half_way_are_finished_and_nothing_else_is_done(town: Town, store: FileKeyStore) -> None:
    replace_key(approver(town), store, "officer")
    made = store.load("officer")
    store.move("officer", "officer.next")
    assert replace_key(approver(town), store, "officer").new == made.address
    assert store.load("officer") == made


def test_a_key_that_was_stopped_at_once_is_replaced_afterwards(town: Town, store: FileKeyStore) -> None:
    own = approver(town)
    dismiss(own, key(TAX, "officer").address)
    found = replace_key(own, store, "officer")
    assert found.until == party_of(TAX, town.proven).valid_until
    assert town.anchored(store.load("officer"), "after").accepted


def test_a_lost_key_is_replaced_by_its_address_and_a_stranger_appoints_nobody(
    town: Town, store: FileKeyStore, tmp_path: Path
) -> None:
    empty = FileKeyStore(tmp_path / "other", b"a passphrase of the test")
    with pytest.raises(NotFound, match="name the address"):
        replace_key(approver(town), empty, "head")
    assert empty.names() == []
    for stranger in (key(TAX, "officer"), key(FINANCE, "approver")):
        with pytest.raises(NotAuthorized):
            replace_key(Clerk(town, TAX, stranger), empty, "head", lost=key(TAX, "head").address)
    with pytest.raises(Conflict, match="another party"):
        replace_key(approver(town), empty, "officer", lost=key(FINANCE, "officer").address)
    found = replace_key(approver(town), empty, "head", lost=key(TAX, "head").address)
    assert (found.kept, found.old) == ("", key(TAX, "head").address)
    assert empty.load("head").address == found.new


def test_an_approver_whose_key_is_lost_is_replaced_by_members_of_governance_alone(town: Town) -> None:
    governor, new = town.member(key("governor", "officer")), PrivateKey("secp256k1", keccak256(b"new approver"))
    assert enrol_by_vote(governor, TAX, new.address, AgentRole.APPROVER).progress is Progress.IN_FORCE
    assert enrol_by_vote(governor, TAX, new.address, AgentRole.APPROVER).approvals == 0
    assert dismiss_by_vote(governor, key(TAX, "approver").address).progress is Progress.IN_FORCE
    assert dismiss_by_vote(governor, key(TAX, "approver").address).approvals == 0
    enrolled = parties.enroll(b"\x55" * 20, party_id(TAX), 1, START, START + 10**6, op_id=b"e" * 32)
    with pytest.raises(NotAuthorized, match="registration has ended"):
        town.submit(key(TAX, "approver"), enrolled)
    assert town.submit(new, enrolled).accepted
    with pytest.raises(Conflict, match="another party"):
        enrol_by_vote(governor, TAX, key(FINANCE, "approver").address, AgentRole.APPROVER)
    with pytest.raises(NotAuthorized, match="members only"):
        enrol_by_vote(town.member(key(TAX, "officer")), TAX, Address(b"\x56" * 20), AgentRole.OFFICER)


def test_a_member_of_governance_is_replaced_the_new_one_first(town: Town) -> None:
    old, new = key("governor", "officer"), key(TAX, "approver")
    assert replace_member(town.member(old), old.address, new.address).progress is Progress.IN_FORCE
    assert is_member(new.address, town.proven)
    assert replace_member(town.member(new), old.address, new.address).progress is Progress.IN_FORCE
    assert not is_member(old.address, town.proven)
    with pytest.raises(Conflict, match="its own place"):
        replace_member(town.member(new), new.address, new.address)
    assert replace_member(town.member(new), old.address, new.address).approvals == 0
    with pytest.raises(NotFound, match="not of Governance"):
        replace_member(town.member(new), old.address, Address(b"\x57" * 20))


def rotated(town: Town, config: NodeConfig, store: FileKeyStore, *parts: str, killed: str = "") -> Epoch:
    return rotate(approver(town, killed=killed), config, store, parts)


def test_a_new_epoch_has_new_keys_and_the_ones_before_keep_what_they_signed(
    town: Town, config: NodeConfig, store: FileKeyStore
) -> None:
    before, hosts = store.load("statement"), tls.hosts_of(tls.load_identity(config.tls).pem)
    found = rotated(town, config, store, "statement", "seal", "tls")
    number, held = keys_now(approver(town), TAX)
    assert (number, found.number) == (2, 2)
    assert held.statement == store.load("statement").public != before.public
    assert held.tls == tls.load_identity(config.tls).fingerprint
    assert store.load(found.kept["statement"]) == before
    assert "tax.example" in hosts
    assert tls.hosts_of(tls.load_identity(config.tls).pem) == hosts
    first = parties.decode_keys(party_id(TAX), 1, town.proven(parties.keys_fact(party_id(TAX), 1)))
    assert first.is_good_at(held.since - 1)
    assert not first.is_good_at(held.since)
    assert not (config.state / PLAN).exists()


def test_only_the_certificate_is_renewed_where_only_that_is_asked(
    town: Town, config: NodeConfig, store: FileKeyStore
) -> None:
    first = rotated(town, config, store, "statement", "seal", "tls")
    second = rotated(town, config, store, "tls")
    assert (second.keys.statement, second.keys.seal) == (first.keys.statement, first.keys.seal)
    assert second.keys.tls != first.keys.tls
    assert list(second.kept) == ["tls"]


@pytest.mark.parametrize("parts", [("tls",), ("statement", "seal", "tls")])
def test_a_rotation_that_was_killed_goes_on_and_begins_no_third_epoch(
    town: Town, config: NodeConfig, store: FileKeyStore, parts: tuple[str, ...]
) -> None:
    with pytest.raises(Killed):
        rotated(town, config, store, *parts, killed="rotate")
    assert next_identity(config).is_dir()
    found = rotated(town, config, store, "seal")  # what was begun goes first
    assert (found.number, tuple(found.kept)) == (2, parts)
    assert found.keys.tls == tls.load_identity(config.tls).fingerprint
    assert found.keys.seal == store.load("seal").public


@pytest.mark.parametrize("part", ["statement", "tls"])
def test_a_key_that_was_made_before_its_plan_was_written_comes_into_force_with_no_other_part(
    town: Town, config: NodeConfig, store: FileKeyStore, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def used() -> bytes:
        return store.load(part).public if part == "statement" else tls.load_identity(config.tls).fingerprint

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(epochs, "write_whole", killed)
        with pytest.raises(Killed):
            rotated(town, config, store, part)
    before = used()
    found = rotated(town, config, store, "seal")
    assert (list(found.kept), getattr(found.keys, part)) == (["seal"], before)
    again = rotated(town, config, store, part)
    assert getattr(again.keys, part) == used() != before


def test_servers_admit_the_old_certificate_until_the_chain_has_the_new_one(
    town: Town, config: NodeConfig, store: FileKeyStore
) -> None:
    def shown() -> dict[str, bytes]:
        files = {path.stem: path.read_bytes() for path in sorted(config.parties.glob("*.pem"))}
        return registered(files, lambda code: keys_now(approver(town), code)[1].tls)

    rotated(town, config, store, "tls")
    old = shown()[TAX]
    with pytest.raises(Killed):
        rotated(town, config, store, "tls", killed="rotate")
    new = shown()[TAX]
    assert new != old
    assert {path.name for path in config.parties.glob("*.pem")} == {"tax.pem", "tax.next.pem"}
    rotated(town, config, store, "tls")
    assert {path.name for path in config.parties.glob("*.pem")} == {"tax.pem"}
    assert shown()[TAX] == new


def test_who_does_not_appoint_rotates_nothing_and_a_broken_plan_is_named(
    town: Town, config: NodeConfig, store: FileKeyStore
) -> None:
    for stranger in (key(TAX, "officer"), key(FINANCE, "approver")):
        with pytest.raises(NotAuthorized):
            rotate(Clerk(town, TAX, stranger), config, store, ("statement",))
    assert keys_now(approver(town), TAX)[0] == 1
    (config.state / PLAN).write_bytes(b"{}")
    with pytest.raises(InvalidRecord, match="not the plan"):
        rotated(town, config, store, "statement")


def test_what_an_epoch_signed_after_it_was_seen_elsewhere_does_not_count(town: Town) -> None:
    own = approver(town)
    _, held = keys_now(own, TAX)
    declare(own, 1, held.since + 50)
    declare(own, 1, held.since + 60)  # later than declared: nothing to do
    _, after = keys_now(own, TAX)
    assert after.compromised == held.since + 50
    assert after.is_good_at(held.since + 49)
    assert not after.is_good_at(held.since + 50)
    with pytest.raises(NotAuthorized):
        declare(Clerk(town, TAX, key(TAX, "officer")), 1, held.since + 10)


def test_a_key_is_made_by_command_and_never_over_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "parties" / TAX
    home.mkdir(parents=True)
    write_node(tmp_path, TAX, Ports(1, 2))
    (home / "passphrase").write_text("words")
    command = ("keys", "new", "approver", "--config", home / "node.toml")
    code, out, _ = say(capsys, *command)
    made = FileKeyStore(home / "keys", b"words").load("approver")
    assert (code, out.split()[0]) == (0, f"0x{made.address.hex()}")
    assert f"shuxin keys enrol {TAX}" in out
    code, _, err = say(capsys, *command)
    assert (code, err) == (1, "shuxin: key approver: there is one in the store\n")
    assert FileKeyStore(home / "keys", b"words").load("approver") == made
