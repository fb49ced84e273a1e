"""A training run's model rests on its job, the job on what was contributed; a job that trains nothing has no model."""

from __future__ import annotations

from plaingraph import Plain

from federated.runs.record import stream_name
from gateway.provenance.graph import Edge, Kind, Node, Relation
from gateway.provenance.training import ATTEMPTS, Trained
from gateway.provenance.walking import Way, lineage, path, reasons
from ledger.chain.port import Cursor
from ledger.hashing import keccak256

JOB, OTHER = Node(Kind.JOB, b"\1" * 32), Node(Kind.JOB, b"\2" * 32)
RELEASE, TABLE = Node(Kind.RELEASE, b"\3" * 32), Node(Kind.RELEASE, b"\4" * 32)
MODEL = Node(Kind.MODEL, RELEASE.id)
GRANT, ASSET = Node(Kind.AUTHORIZATION, b"\5" * 32), Node(Kind.ASSET, b"\6" * 32)
OFFICE = Node(Kind.PARTY, b"\7" * 32)


def waves(attempt: int = 0) -> Node:
    return Node(Kind.STREAM, keccak256(stream_name(JOB.id, attempt).encode()))


def town(attempt: int = 0) -> Trained:
    stream = waves(attempt)
    said = (
        (GRANT, Relation.WAS_DERIVED_FROM, ASSET), (JOB, Relation.USED, GRANT), (OTHER, Relation.USED, GRANT),
        (stream, Relation.WAS_ATTRIBUTED_TO, OFFICE), (stream, Relation.WAS_ATTRIBUTED_TO, OFFICE),
        (RELEASE, Relation.WAS_GENERATED_BY, JOB), (TABLE, Relation.WAS_GENERATED_BY, OTHER),
    )  # fmt: skip
    return Trained(Plain([Edge(a, relation, b, "", Cursor(n, 0, 0)) for n, (a, relation, b) in enumerate(said)]))


def test_a_model_rests_on_its_run_and_the_run_on_contributions_and_grants() -> None:
    found = lineage(town(), MODEL, Way.UPSTREAM, depth=4, last=99)
    assert found.nodes == {MODEL: 0, JOB: 1, RELEASE: 1, waves(): 2, GRANT: 2, OFFICE: 3, ASSET: 3}
    (edge,) = [one for one in found.edges if one.target == waves()]
    assert (edge.source, edge.role, edge.place.block_number) == (JOB, "contributions", 3)  # the first anchor
    (why,) = reasons(town(), MODEL, last=99)
    assert why.authorization == GRANT
    assert [edge.target for edge in path(town(), MODEL, ASSET, last=99) or ()] == [JOB, GRANT, ASSET]


def test_from_asset_to_model_the_same_edges_are_walked_the_other_way() -> None:
    down = lineage(town(), ASSET, Way.DOWNSTREAM, depth=4, last=99)
    assert MODEL in down.nodes
    assert Node(Kind.MODEL, TABLE.id) not in down.nodes
    assert set(lineage(town(), RELEASE, Way.DOWNSTREAM, depth=1, last=99).nodes) == {RELEASE, MODEL}


def test_a_statistic_is_no_model_and_before_its_signature_a_run_has_none() -> None:
    for node, last in ((Node(Kind.MODEL, TABLE.id), 99), (MODEL, 4)):
        assert lineage(town(), node, Way.UPSTREAM, depth=3, last=last).edges == ()
    assert waves() in lineage(town(), JOB, Way.UPSTREAM, depth=1, last=4).nodes


def test_a_later_attempt_is_found_and_one_beyond_those_looked_for_is_not() -> None:
    assert waves(ATTEMPTS - 1) in lineage(town(ATTEMPTS - 1), MODEL, Way.UPSTREAM, depth=2, last=99).nodes
    assert lineage(town(ATTEMPTS), MODEL, Way.UPSTREAM, depth=2, last=99).edges == ()
