"""A link admits the nodes that departments vouch for, and no other; jobs are carried by one run at a time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from echofleet import RUN

from federated.flower.control import NodeState, RunState
from federated.flower.credentials import create_key, state
from federated.flower.programs import Link
from gateway.federated.keeping import begin, of_job, offline
from gateway.federated.places import Place
from gateway.federated.settling import settle
from gateway.federated.vouching import admit
from ledger.errors import NotAuthorized, VerificationError
from ledger.keys import generate

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEYS = {party: generate("ed25519") for party in ("tax", "water")}


@dataclass
class NearLink:
    """A SuperLink's Control API, in this process."""

    known: dict[int, NodeState] = field(default_factory=dict)
    listed: list[RunState] = field(default_factory=list)

    def nodes(self):
        return list(self.known.values())

    def register(self, key, name):
        for node in self.known.values():
            if node.key == key:
                return node.node
        number = 100 + len(self.known)
        self.known[number] = NodeState(number, name, "registered", key)
        return number

    def unregister(self, node):
        del self.known[node]

    def runs(self):
        return list(reversed(self.listed))

    def start(self, bundle, settings):
        self.listed.append(RunState(len(self.listed) + 1, "running", "", "", "", settings, 0, 0))
        return len(self.listed)

    def stop(self, number):
        self.listed[number - 1] = replace(self.listed[number - 1], status="finished", outcome="stopped")


@pytest.fixture(scope="module")
def statements(tmp_path_factory):
    home = tmp_path_factory.mktemp("keys")
    return {party: state(party, create_key(home / party), key.signer(), NOW) for party, key in KEYS.items()}


def key_of(party):
    return KEYS[party].public


def test_nodes_that_are_vouched_for_are_registered_once(statements):
    link = NearLink()
    nodes = admit(link, statements.values(), key_of, NOW)
    assert set(nodes) == {"tax", "water"}
    assert admit(link, statements.values(), key_of, NOW) == nodes


def test_a_node_that_nobody_vouches_for_any_more_is_taken_out(statements):
    link = NearLink()
    link.register(b"an earlier key", "tax")
    nodes = admit(link, statements.values(), key_of, NOW)
    assert sorted(link.known) == sorted(nodes.values())
    admit(link, [statements["tax"]], key_of, NOW)
    assert [node.name for node in link.nodes()] == ["tax"]


def test_a_statement_of_another_key_or_date_registers_nothing(statements):
    link = NearLink()
    with pytest.raises(VerificationError):
        admit(link, statements.values(), lambda _: KEYS["tax"].public, NOW)
    with pytest.raises(NotAuthorized, match="expired"):
        admit(link, statements.values(), key_of, NOW + timedelta(days=366))
    assert link.known == {}


def test_a_job_is_carried_by_one_run_at_a_time_and_again_after_it_was_cut_off(tmp_path):
    link, place = NearLink(), Place(Link(tmp_path, 1), {"tax": 1})
    first = begin(link, place, RUN, "/office")
    assert begin(link, place, RUN, "/office") == first
    assert begin(link, place, bytes(32), "/office") != first
    assert settle(link) == [2, 1]
    assert begin(link, place, RUN, "/office") == 3
    assert [run.run for run in of_job(link.runs(), RUN)] == [3, 1]


def test_who_is_not_connected_is_named(tmp_path):
    link, place = NearLink({1: NodeState(1, "tax", "online", b"")}), Place(Link(tmp_path, 1), {"tax": 1, "water": 2})
    assert offline(link, place, ["tax", "water", "fire"]) == ["water", "fire"]
