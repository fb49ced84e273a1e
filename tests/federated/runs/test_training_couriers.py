"""Runs carried by couriers: what departments refuse, what a revocation ends, and what of it can be proven."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from foundedchain import trust_of
from trainingtown import APP, BANKS, OFFICE, TrainingTown, asked, holdings, rounds_of

from contracts.authorizations import client as authorizations
from contracts.authorizations.record import Operations
from contracts.authorizations.terms import identifier
from contracts.evidence.collect import collect_anchor
from contracts.evidence.records import anchored
from contracts.jobs.record import JobState
from contracts.parties.record import Keys
from federated.courier import message
from federated.courier.client import Courier, Refusal
from federated.courier.message import Message, Wave
from federated.courier.server import CourierServer
from federated.runs import record
from federated.runs.answering import Answers
from ledger.log.stream import Stream
from mpc.kinds.registry import kind_of
from mpc.node.attempts.attempt import Finished
from mpc.node.registry import Facts, Registry
from mpc.spec.training import TrainingSpec
from mpc.training.port import NO_TRAINER

pytestmark = pytest.mark.slow
ROGUE = b"\xee" * 32


@dataclass
class Carriage:
    """A town whose run is carried by a courier of the test's own; ``before`` is asked with every wave."""

    town: TrainingTown
    spec: TrainingSpec
    job: bytes
    sockets: dict[str, Path]
    waves: list[Wave] = field(default_factory=list)
    refused: dict[str, Refusal] = field(default_factory=dict)

    def courier(self, code: str, app: bytes = APP) -> Courier:
        return Courier(self.sockets[code], app, wait_s=60)

    def carry(self, before: Callable[[Wave], None]) -> str:
        """Carry waves until the run is over; return how it ended."""
        wave = self.courier(OFFICE).begin(self.job)
        while wave.messages:
            self.waves.append(wave)
            before(wave)
            bodies, missing = dict[str, bytes](), dict[str, str]()
            for code, data in wave.messages.items():
                try:
                    bodies[code] = self.courier(code).ask(data)
                except Refusal as refusal:
                    self.refused[code], missing[code] = refusal, f"{refusal.ground}: {refusal}"
            wave = self.courier(OFFICE).collect(wave, bodies, missing)
        return wave.outcome

    def run(self, before: Callable[[Wave], None] = lambda wave: None) -> tuple[Finished | None, str]:
        """Run all nodes and the courier beside them."""
        outcome, faults = list[str](), list[BaseException]()

        def carry() -> None:
            try:
                outcome.append(self.carry(before))
            except BaseException as fault:
                faults.append(fault)

        thread = threading.Thread(target=carry)
        thread.start()
        finished = self.town.run(self.spec, self.job, places=self.town.places())
        thread.join(60)
        if faults:
            raise faults[0]
        return finished, outcome[0]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainingTown]:
    with TrainingTown(tmp_path_factory.mktemp("town"), holdings(BANKS[:3])) as town:
        yield town


@pytest.fixture(scope="module")
def spec(town: TrainingTown) -> TrainingSpec:
    found = town.authorized(asked(BANKS[:3]))
    assert isinstance(found, TrainingSpec)
    return found


@pytest.fixture
def carriage(town: TrainingTown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carriage]:
    spec = town.authorized(asked(BANKS[:3], rounds=10, apps=(APP,)))
    assert isinstance(spec, TrainingSpec)
    sockets = {code: tmp_path_factory.mktemp("s") / "own" / "run.sock" for code in spec.parties}
    with ExitStack() as open_:
        for code, path in sockets.items():
            open_.enter_context(CourierServer(path, Answers(town.trainers[code].board, ready_s=60)))
        yield Carriage(town, spec, town.propose(spec), sockets)


def test_a_revocation_in_round_3_of_10_ends_the_run_by_round_4_and_it_can_be_proven(carriage: Carriage) -> None:
    town, spec, revoked = carriage.town, carriage.spec, carriage.spec.sources[1]
    tried: dict[str, Refusal] = {}
    earlier: list[bytes] = []

    def refused(name: str, code: str, data: bytes, app: bytes = APP) -> None:
        with pytest.raises(Refusal) as found:
            carriage.courier(code, app).ask(data)
        tried[name] = found.value

    def before(wave: Wave) -> None:
        first, second = (wave.messages[code] for code in BANKS[:2])
        earlier.append(message.parse_message(first).body)
        if wave.number == 2:
            asked_ = message.parse_message(first)
            body = bytes([asked_.body[0] ^ 1]) + asked_.body[1:]
            refused("app", BANKS[0], first, app=ROGUE)
            refused("rogue", BANKS[0], Message(asked_.run, asked_.attempt, 2, "round", body).encode())
            assert first == second, "what all are told is signed once"
            refused("earlier wave's", BANKS[0], Message(asked_.run, asked_.attempt, 2, "round", earlier[0]).encode())
            refused("replayed", BANKS[0], Message(asked_.run, asked_.attempt, 1, "round", body).encode())
            refused("ahead", BANKS[0], Message(asked_.run, asked_.attempt, 9, "round", asked_.body).encode())
            refused("attempt", BANKS[0], Message(asked_.run, 2, 2, "round", asked_.body).encode())
            refused("role", OFFICE, first)
            assert carriage.courier(BANKS[0]).ask(first) == carriage.courier(BANKS[0]).ask(first)
        if wave.number == 4:  # the third round; its replies are on their way when the owner revokes
            for code in BANKS[:3]:
                carriage.courier(code).ask(wave.messages[code])
            town.file_end(revoked.party, OFFICE, revoked.authorization)
            town.call(revoked.party, authorizations.revoke(revoked.authorization, b"\2" * 32, op_id=town.number()))

    finished, outcome = carriage.run(before)
    assert finished is None
    assert {name: refusal.ground for name, refusal in tried.items()} == {
        "app": "run: app",
        "rogue": "run: message",
        "earlier wave's": "run: message",
        "replayed": "run: replayed",
        "ahead": "run: order",
        "attempt": "run: attempt",
        "role": "run: role",
    }
    assert town.job(carriage.job).state is JobState.ABORTED
    assert town.reason(carriage.job) == "authorization: revoked"
    assert "authorization: revoked" in outcome
    assert max(wave.number for wave in carriage.waves) <= 5, "no message of a round after the fourth was asked"

    stream = Stream(rounds_of(town[OFFICE], carriage.job))
    waves = stream.checkpoint.size - 1
    assert waves in (3, 4)
    proof = anchored.encode(
        stream.prove(waves), collect_anchor(town[OFFICE].view, stream.checkpoint.name, stream.checkpoint.size)
    )
    trust = trust_of(town.node.genesis_hash)
    ended = [record.stopped(wave, "authorization: revoked") for wave in (4, 5)]
    assert any(anchored.verify_record(proof, leaf, trust).failed is None for leaf in ended)
    assert anchored.verify_record(proof, record.stopped(9, "authorization: revoked"), trust).failed == "inclusion"
    assert spec.waves == 12


class _WithoutKeys:
    """Facts in which a party's registered keys have run out."""

    def __init__(self, facts: Facts, party: str) -> None:
        self._facts, self._party = facts, party

    def __getattr__(self, name: str) -> object:
        return getattr(self._facts, name)

    def keys(self, party: bytes) -> Keys:
        found = self._facts.keys(party)
        return replace(found, until=self._facts.time) if party == identifier(self._party) else found


@dataclass
class _Expired:
    registry: Registry
    party: str

    def now(self) -> Facts:
        return _WithoutKeys(self.registry.now(), self.party)  # type: ignore[return-value]


def test_a_party_whose_registered_key_has_run_out_ends_the_run_before_anything_is_accepted(
    town: TrainingTown, spec: TrainingSpec
) -> None:
    job = town.propose(spec)
    expired = _Expired(town[BANKS[0]].workplace().registry, BANKS[1])
    assert town.run(spec, job, places=town.places(**{BANKS[0]: {"registry": expired}})) is None
    assert town.reason(job) == "party: keys"
    assert "upload/1" not in town[BANKS[0]].sent()


def test_a_node_without_the_service_refuses_the_run_by_that_reason(town: TrainingTown, spec: TrainingSpec) -> None:
    job = town.propose(spec)
    assert town.run(spec, job, places=town.places(**{BANKS[0]: {"trainer": NO_TRAINER}})) is None
    assert town.reason(job) == "job: training"


def test_an_authorization_without_train_does_not_let_a_model_be_fitted(town: TrainingTown) -> None:
    spec = asked(BANKS[:3])
    columns = sorted(kind_of(spec).columns(BANKS[0]))
    sources = [
        replace(s, authorization=town.authorize(s.party, OFFICE, spec.purpose, columns, Operations.SUM))
        for s in spec.sources
    ]
    with pytest.raises(AssertionError, match="operation"):
        town.propose(spec.supplied(sources))
