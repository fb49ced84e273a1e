"""What leaves the gateway in others' forms: read by their libraries and schemas, with nothing that runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from gatewaytown import CONTENT, GatewayTown
from prov.model import ProvDocument

from contracts.authorizations.terms import identifier
from gateway.exports import odrl, openlineage, prov_json, sampling
from gateway.exports.bulk import check, files_of
from gateway.exports.published import Published
from gateway.exports.table import csv_of
from gateway.imports import dcat as dcat_import
from gateway.imports import openlineage as openlineage_import
from gateway.imports.prov import judging
from gateway.network.naming import Names
from gateway.provenance.graph import Kind, Node
from gateway.provenance.walking import Way
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import keccak256

SCHEMA = json.loads((Path(__file__).parents[2] / "vectors" / "lineage" / "OpenLineage_spec_v2.json").read_text())


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    made = GatewayTown(tmp_path_factory.mktemp("exports"))
    made.town.propose("audit", "tax", made.held, "counted")
    made.follow()
    yield made
    made.close()


def names() -> Names:
    return Names({identifier(code): code for code in ("tax", "audit", "sales", "houses")})


def test_prov_json_survives_the_round_trip_through_the_prov_library(town: GatewayTown) -> None:
    for start in (
        Node(Kind.DIGEST, CONTENT),
        Node(Kind.AUTHORIZATION, town.ended),
        Node(Kind.JOB, keccak256(b"counted")),
    ):
        found = town.explorer.lineage(start, Way.UPSTREAM, depth=6)
        told = json.dumps(prov_json.document(town.trust.genesis_hash, found.last, found.nodes, found.edges))
        document = ProvDocument.deserialize(content=told, format="json")
        again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
        assert document == again
        relations = [record for record in document.records if record.is_relation()]
        assert len(relations) == len(found.edges)
        assert judging.read(told.encode())[0].kind == "prov-valid"  # by PROV-CONSTRAINTS too


def test_a_job_s_openlineage_events_are_valid_by_the_schema_and_import_again(town: GatewayTown) -> None:
    last = town.index.mark.number
    events = openlineage.events(town.explorer.finder, town.trust.genesis_hash, keccak256(b"counted"), last)
    assert [event["eventType"] for event in events] == ["START"]
    for event in events:
        jsonschema.validate(event, SCHEMA, format_checker=jsonschema.FormatChecker())
        openlineage_import.read(json.dumps(event).encode())
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**event, "eventType": "DONE"}, SCHEMA)
    with pytest.raises(NotFound):
        openlineage.events(town.explorer.finder, town.trust.genesis_hash, keccak256(b"no job"), last)


def test_a_job_of_more_relations_than_are_told_at_once_is_refused_and_not_told_in_part(
    town: GatewayTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, last = keccak256(b"counted"), town.observer.view.head().number
    most = max(
        len(look([Node(Kind.JOB, job)], last, 1000))
        for look in (town.explorer.finder.leaving, town.explorer.finder.arriving)
    )
    monkeypatch.setattr(openlineage, "MOST", most)
    assert openlineage.events(town.explorer.finder, town.trust.genesis_hash, job, last)
    monkeypatch.setattr(openlineage, "MOST", most - 1)
    with pytest.raises(InvalidRecord, match="told at once"):
        openlineage.events(town.explorer.finder, town.trust.genesis_hash, job, last)


def test_the_catalogue_as_dcat_names_every_asset_and_imports_again(town: GatewayTown) -> None:
    last = town.index.mark.number
    published = Published(town.explorer.finder, town.trust.genesis_hash, names())
    document = b"".join(published.newest(last, is_whole=True).sent())
    told = json.loads(document)
    datasets = told["dcat:dataset"]
    assert isinstance(datasets, list)
    assert {one["dcterms:title"] for one in datasets} == {"sales", "houses"}
    (sales,) = [one for one in datasets if one["dcterms:title"] == "sales"]
    assert sales["dcat:version"] == "1"
    assert len(dcat_import.read(document)) == 2


def test_a_catalogue_s_document_is_written_once_a_change_and_tagged_by_its_state(town: GatewayTown) -> None:
    published = Published(town.explorer.finder, town.trust.genesis_hash, names())
    before = published.newest(3, is_whole=True)
    now = published.newest(town.index.mark.number, is_whole=True)
    again = published.newest(town.index.mark.number, is_whole=True)
    assert [one is two for one, two in zip(now.pieces, again.pieces, strict=True)] == [True, True]
    assert now.tag == again.tag != before.tag
    same = published.at(3)
    assert (same.tag, b"".join(same.sent())) == (before.tag, b"".join(before.sent()))
    others = published.newest(town.index.mark.number, is_whole=False)
    assert (json.loads(b"".join(others.sent()))["dcat:dataset"], others.tag != now.tag) == ([], True)
    unnamed = Published(town.explorer.finder, town.trust.genesis_hash, Names({}))
    assert unnamed.newest(town.index.mark.number, is_whole=True).tag != now.tag


def test_an_agreement_says_who_may_do_what_how_long_and_that_it_ended(town: GatewayTown) -> None:
    finder, genesis, last = town.explorer.finder, town.trust.genesis_hash, town.index.mark.number
    now = odrl.agreement(finder, genesis, town.ended, last, names())
    then = odrl.agreement(finder, genesis, town.ended, town.granted, names())
    assert (now["shuxin:standing"], then["shuxin:standing"]) == ("revoked", "granted")
    (permission,) = now["permission"]  # type: ignore[misc]
    assert permission["action"] == ["shuxin:count", "shuxin:export"]  # type: ignore[index, call-overload]
    assert [one["leftOperand"] for one in permission["constraint"]] == ["purpose", "dateTime", "dateTime", "count"]  # type: ignore[index, call-overload, union-attr]
    with pytest.raises(NotFound):
        odrl.agreement(finder, genesis, keccak256(b"none"), last, names())


def test_csv_reads_back_and_runs_nothing() -> None:
    rows: list[dict[str, JsonValue]] = [
        {"a": '=HYPERLINK("x")', "b": {"c": 1}}, {"a": "+1", "b": {"c": -5}}, {"a": "x,\n\"y\"", "b": {}},
    ]  # fmt: skip
    text = csv_of(["a", "b.c"], rows).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["a", "b.c"], ['\'=HYPERLINK("x")', "1"], ["'+1", "-5"], ['x,\n"y"', ""]]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_starts_a_formula_in_full_width_either(start: str) -> None:
    text = csv_of(["a"], [{"a": f"{start}1+1"}, {"a": f"1{start}1"}]).decode("utf-8-sig")
    (_, (told,), (plain,)) = csv.reader(io.StringIO(text, newline=""))
    assert (told, plain) == (f"'{start}1+1", f"1{start}1")


def test_a_sample_follows_from_list_and_block_alone() -> None:
    nodes = [Node(Kind.JOB, bytes([n]) * 32) for n in range(50)]
    drawn = sampling.plan(nodes, 10, 7, b"\7" * 32)
    assert sampling.plan(reversed(nodes), 10, 7, b"\7" * 32) == drawn
    assert set(sampling.plan(nodes, 20, 7, b"\7" * 32).sample) > set(drawn.sample)
    assert sampling.plan(nodes, 10, 7, b"\10" * 32).sample != drawn.sample
    assert sampling.plan(nodes[1:], 10, 7, b"\7" * 32).population != drawn.population
    for few, count in (([], 1), (nodes, 0), (nodes, 10_001)):
        with pytest.raises(InvalidRecord):
            sampling.plan(few, count, 7, b"\7" * 32)


def test_a_folder_is_verified_file_by_file_and_one_changed_byte_is_named(town: GatewayTown, tmp_path: Path) -> None:
    place = town.explorer.finder.history("Authorizations", town.held, 999)[0].cursor
    proof = town.explorer.prove(place)
    (tmp_path / "inner").mkdir()
    (tmp_path / "good.json").write_bytes(proof)
    (tmp_path / "inner" / "bad.json").write_bytes(proof.replace(b'"n":1', b'"n":2'))
    (tmp_path / "inner" / "text.txt").write_bytes(b"no proof")
    found = check(tmp_path, files_of(tmp_path), town.trust)
    assert [(one.name, one.verdict) for one in found] == [
        ("good.json", "holds"), ("inner/bad.json", "unreadable"), ("inner/text.txt", "unreadable"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        files_of(tmp_path / "nowhere")
