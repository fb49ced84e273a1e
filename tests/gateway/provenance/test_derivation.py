"""What events say: each event of each contract was asked, and zero words name nothing."""

from __future__ import annotations

import pytest

from contracts.artefacts import interfaces
from gateway.provenance import derivation, graph
from gateway.provenance.derivation import BEGINNINGS, ENDINGS, SAYS, edges_of, version
from gateway.provenance.graph import Class, Kind, Node, Relation, block, parse
from gateway.provenance.silence import SILENT
from ledger.chain.port import Event
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord

KNOWN = {(name, event.name) for name, found in interfaces().items() for event in found.events.values()}
QUIET = {(name, event) for name, events in SILENT.items() for event in events.split()}


def test_every_event_of_every_contract_says_something_or_is_named_as_silent() -> None:
    assert SAYS.keys() | BEGINNINGS.keys() | ENDINGS.keys() | QUIET == KNOWN
    assert not QUIET & (SAYS.keys() | ENDINGS.keys())


@pytest.mark.parametrize(("contract", "name"), sorted(SAYS))
def test_every_reading_uses_arguments_that_its_event_has(contract: str, name: str) -> None:
    edges = list(edges_of(event(contract, name)))
    assert edges
    assert all(edge.place.block_number == 7 for edge in edges)


@pytest.mark.parametrize(("contract", "name"), sorted(SAYS))
def test_words_of_zero_name_nobody(contract: str, name: str) -> None:
    assert not [
        e
        for e in edges_of(event(contract, name, zero=True))
        if e.target.kind is not Kind.BLOCK and not any(e.target.id)
    ]


@pytest.mark.parametrize(("contract", "name"), sorted(SAYS))
def test_relations_join_what_prov_lets_them_join(contract: str, name: str) -> None:
    """PROV-DM 5.1 to 5.3: which classes each relation is between."""
    allowed = {
        Relation.USED: (Class.ACTIVITY, Class.ENTITY),
        Relation.WAS_GENERATED_BY: (Class.ENTITY, Class.ACTIVITY),
        Relation.WAS_DERIVED_FROM: (Class.ENTITY, Class.ENTITY),
        Relation.WAS_ASSOCIATED_WITH: (Class.ACTIVITY, Class.AGENT),
        Relation.ACTED_ON_BEHALF_OF: (Class.AGENT, Class.AGENT),
        Relation.WAS_ATTRIBUTED_TO: (Class.ENTITY, Class.AGENT),
    }
    for edge in edges_of(event(contract, name)):
        if edge.relation is not Relation.WAS_INVALIDATED_BY:
            assert (edge.source.kind.prov, edge.target.kind.prov) == allowed[edge.relation], edge


def test_a_version_rests_on_its_asset_and_on_the_one_before() -> None:
    asset = Node(Kind.ASSET, b"\1" * 32)
    made = version(asset.id, 2)
    targets = [e.target for e in edges_of(event("Catalogue", "AssetPublished", version=2)) if e.source == made]
    assert targets[:2] == [asset, version(asset.id, 1)]
    first = edges_of(event("Catalogue", "AssetPublished", version=1))
    assert [edge.role for edge in first if edge.source == version(asset.id, 1)] == ["version", "owner"]


def test_only_the_first_event_of_an_entity_generates_it() -> None:
    def made(n: int) -> list[Node]:
        found = edges_of(event("Notary", "Anchored", n=n))
        return [edge.target for edge in found if edge.relation is Relation.WAS_GENERATED_BY]

    assert made(1) == [block(7)]
    assert made(2) == []


@pytest.mark.parametrize("text", ["block:7", f"asset:{'ab' * 32}", f"agent:{'cd' * 20}", f"job:{'00' * 31}01"])
def test_a_node_s_name_reads_back(text: str) -> None:
    assert parse(text).name == text
    assert graph.node_of(parse(text).key) == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "asset",
        "asset:12",
        f"agent:{'ab' * 32}",
        f"planet:{'ab' * 32}",
        "block:abc",
        f"block:{'1' * 40}",
        "asset:" + "g" * 64,
    ],
)
def test_what_is_no_node_s_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord):
        parse(text)


def event(contract: str, name: str, *, zero: bool = False, **given: object) -> Event:
    """Make an event whose words are ones, or all zero but the entity's."""
    kind = next(found for found in interfaces()[contract].events.values() if found.name == name)
    args: dict[str, object] = {}
    for field in kind.fields:
        word = b"\1" * 32 if field.indexed or not zero else bytes(32)
        args[field.name] = (word,) if field.type == "bytes32[]" else word if field.type == "bytes32" else 1
    args |= given
    topics, address = (kind.topic, b"\1" * 32), Address(b"\2" * 20)
    return Event(contract, name, address, topics, b"", args, 7, 8, 9, 10)  # type: ignore[arg-type]


def test_the_tables_name_relations_by_prov_s_words() -> None:
    assert [relation.term for relation in Relation] == [
        "used", "wasGeneratedBy", "wasDerivedFrom", "wasAssociatedWith", "actedOnBehalfOf", "wasInvalidatedBy",
        "wasAttributedTo",
    ]  # fmt: skip
    assert bytes(32) == derivation.NOTHING
