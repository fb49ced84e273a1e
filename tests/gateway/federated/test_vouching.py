"""A link admits the nodes that departments vouch for, and no other; jobs are carried by one run at a time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from echofleet import RUN
from nearlink import NearLink
from vouched import Vouching, Words

from federated.flower import credentials
from federated.flower.control import NodeState
from federated.flower.programs import Link
from gateway.federated.keeping import CONNECT_S, MOST_RUNS, Keeper, begin, of_job, offline
from gateway.federated.places import Place, node_directory
from gateway.federated.settling import settle
from gateway.federated.vouching import STATEMENT, admit, held, read_statement, vouch
from ledger.errors import BackendError, Conflict, NotAuthorized, NotFound, VerificationError
from ledger.log.stream import Stream

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PARTIES = ("tax", "water")


@dataclass
class NearPlace:
    """An office's place whose SuperLink is in this process, or gone."""

    link: NearLink
    nodes: dict[str, int]
    is_gone: bool = False

    def control(self):
        if self.is_gone:
            raise BackendError("the SuperLink cannot be reached")
        return self.link


def keeper(place, said, parties=("tax",), now=lambda: 0.0):
    return Keeper(lambda: place, RUN, list(parties), "/office", said.append, now)


def online(*parties):
    return NearLink({number: NodeState(number, party, "online", b"") for number, party in enumerate(parties, 1)})


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return Words(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def statements(words):
    return {party: words.state(party, NOW) for party in PARTIES}


def test_a_department_vouches_once_again_before_the_end_and_anew_for_another_key(tmp_path):
    tax, anchored = Vouching(tmp_path / "tax"), []

    def vouching(now, **how):
        return vouch(tax, now, anchor=lambda stream, _: anchored.append(Stream(stream).checkpoint.size), **how)

    first = vouching(NOW)
    assert vouching(NOW + timedelta(days=334)) == first == read_statement(node_directory(tax) / STATEMENT)
    renewed = vouching(NOW + timedelta(days=336))
    assert (renewed.statement.key, renewed.proof.size) == (first.statement.key, 2)
    anew = vouching(NOW + timedelta(days=336), is_anew=True)
    assert anew.statement.key != first.statement.key
    assert (anew.proof.stream, anew.proof.size, anchored) == (first.proof.stream, 3, [1, 1, 2, 3])


def test_a_statement_that_could_not_be_anchored_is_not_kept_and_a_later_try_makes_another(tmp_path):
    def refused(*_):
        raise Conflict("anchor refused")

    tax = Vouching(tmp_path / "tax")
    with pytest.raises(Conflict, match="anchor refused"):
        vouch(tax, NOW, anchor=refused)
    with pytest.raises(NotFound, match="no statement"):
        read_statement(node_directory(tax) / STATEMENT)
    assert vouch(tax, NOW, anchor=lambda *_: None).proof.index == 1


def test_nodes_that_are_vouched_for_are_registered_once(words, statements):
    link = NearLink()
    nodes = admit(link, statements.values(), words.standing_of, NOW)
    assert set(nodes) == {"tax", "water"}
    assert admit(link, statements.values(), words.standing_of, NOW) == nodes


def test_a_node_that_nobody_vouches_for_any_more_is_taken_out(words, statements):
    link = NearLink()
    link.register(b"an earlier key", "tax")
    nodes = admit(link, statements.values(), words.standing_of, NOW)
    assert sorted(link.known) == sorted(nodes.values())
    admit(link, [statements["tax"]], words.standing_of, NOW)
    assert [node.name for node in link.nodes()] == ["tax"]


def test_a_statement_of_another_key_or_date_or_replaced_on_chain_registers_nothing(words, statements, tmp_path):
    link, later = NearLink(), Words(tmp_path, words.keys)
    with pytest.raises(VerificationError):
        admit(link, statements.values(), lambda _: words.standing_of("tax"), NOW)
    with pytest.raises(NotAuthorized, match="expired"):
        admit(link, statements.values(), words.standing_of, NOW + timedelta(days=366))
    for node in ("key", "another"):
        later.state("tax", NOW, node=node)
    with pytest.raises(NotAuthorized, match="replaced by a later one on chain"):
        admit(link, [statements["tax"]], later.standing_of, NOW)
    assert link.known == {}


def test_a_department_that_states_the_key_of_anothers_node_takes_no_place_of_it(words, statements, tmp_path):
    link, thief = NearLink(), Words(tmp_path)
    stolen = thief.restate("fire", statements["tax"].statement.key)
    with pytest.raises(VerificationError, match="key that fire states did not sign for fire"):
        admit(link, [stolen], thief.standing_of, NOW)
    assert link.known == {}
    assert set(admit(link, [thief.state("fire", NOW)], thief.standing_of, NOW)) == {"fire"}


def test_without_its_keys_own_signature_it_would_have_the_others_node(words, statements, tmp_path, monkeypatch):
    link, thief = NearLink(), Words(tmp_path)
    own = admit(link, [statements["tax"]], words.standing_of, NOW)
    stolen = thief.restate("fire", statements["tax"].statement.key)
    monkeypatch.setattr(credentials, "_require_possession", lambda *_: None)
    assert admit(link, [stolen], thief.standing_of, NOW) == {"fire": own["tax"]}


def test_a_statement_of_an_earlier_form_is_replaced_when_its_department_vouches_again(tmp_path):
    tax = Vouching(tmp_path / "tax")
    first = vouch(tax, NOW, anchor=lambda *_: None)
    (node_directory(tax) / STATEMENT).write_bytes(first.encode().replace(b"flower-node-v2", b"flower-node-v1"))
    again = vouch(tax, NOW, anchor=lambda *_: None)
    assert (again.statement.key, again.proof.size) == (first.statement.key, 2)


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


def test_a_run_that_was_cut_off_is_started_anew_and_one_that_is_over_is_not():
    link, said = online("tax"), []
    kept = keeper(NearPlace(link, {"tax": 1}), said)
    kept._look()
    kept._look()
    link.end(1, "failed")
    kept._look()
    assert [run.run for run in link.runs()] == [2, 1]
    link.end(2, "completed")
    kept._look()
    assert [run.run for run in link.runs()] == [2, 1]
    assert said == ["flower run 1", "flower run 2"]


class Ending(NearLink):
    """A SuperLink whose runs complete right after it has listed them."""

    def runs(self):
        listed = super().runs()
        for run in listed:
            self.end(run.run, "completed")
        return listed


def test_a_run_that_completes_while_it_is_looked_at_is_not_begun_again():
    said, link = [], Ending({1: NodeState(1, "tax", "online", b"")})
    kept = keeper(NearPlace(link, {"tax": 1}), said)
    for _ in range(3):
        kept._look()
    assert said == ["flower run 1"]


def test_departments_that_are_on_their_way_are_waited_for_and_then_gone_without():
    at, link, said = [0.0], online("tax"), []
    kept = keeper(NearPlace(link, {"tax": 1, "water": 2}), said, ("tax", "water"), lambda: at[0])
    kept._look()
    at[0] = CONNECT_S - 1
    kept._look()
    assert (link.runs(), said) == ([], ["water is missing: its Flower node is not connected"])
    at[0] = CONNECT_S
    kept._look()
    assert said[1:] == ["flower run 1"]


def test_a_job_that_is_cut_off_over_and_over_is_given_up():
    link = online("tax")
    kept = keeper(NearPlace(link, {"tax": 1}), [])
    for number in range(1, MOST_RUNS + 1):
        kept._look()
        link.end(number, "failed")
    with pytest.raises(Conflict, match=f"{MOST_RUNS} runs were cut off"):
        kept._look()
    assert link.runs()[0].outcome == "stopped"


def test_a_superlink_that_is_gone_is_told_and_waited_for():
    said = []
    place = NearPlace(online("tax"), {"tax": 1}, is_gone=True)
    kept = keeper(place, said)
    with pytest.raises(BackendError, match="cannot be reached"):
        kept._look()
    place.is_gone = False
    kept._look()
    assert said[0] == "flower run 1"


def test_a_node_that_a_new_superlink_takes_for_connected_is_named():
    link = NearLink({1: NodeState(1, "tax", "online", b""), 2: NodeState(2, "water", "offline", b"")})
    assert held(link, {"tax": 1, "water": 2}) == ["tax"]
