"""Published documents import or are refused as their suites say, and what is taken in is taken in once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.imports import dcat, openlineage, prov_json
from gateway.imports.book import STREAM, Book, Entry
from gateway.imports.documents import take
from ledger.errors import InvalidRecord
from ledger.log.stream import Stream

VECTORS = Path(__file__).parents[2] / "vectors"
LINEAGE = VECTORS / "lineage"
RUN_ID = "3f5e83fa-3480-44ff-99c5-ff943904e5e8"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LINEAGE / name).read_text(encoding="utf-8").splitlines()]


def test_every_document_of_the_w3c_suite_imports() -> None:
    documents = [json.dumps(line["doc"]).encode() for line in lines("w3c_prov_json_suite.jsonl")]
    assert len(documents) == 160
    for document in documents:
        (stated,) = prov_json.read(document)
        assert json.loads(stated.body) == json.loads(document)


@pytest.mark.parametrize("line", lines("prov_malformed.jsonl"), ids=lambda line: Path(line["_path"]).name)
def test_every_malformed_prov_document_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord):
        prov_json.read(line["text"].encode())


def instantiated(value: Any, name: str = "") -> Any:
    """Put in what the suite's placeholders stand for."""
    if isinstance(value, dict):
        return {key: instantiated(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [instantiated(member, name) for member in value]
    if isinstance(value, str) and value.startswith("{{"):
        return {"runId": RUN_ID, "eventTime": "2026-01-01T00:00:00Z"}.get(name, "x:any")
    return value


def whole(event: dict[str, Any]) -> bytes:
    """Return an event of the suite with the members that its comparisons leave out."""
    said = instantiated(event)
    beside = {"producer": "https://example.org/", "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json"}
    if "run" in said:
        said["run"] = {"runId": RUN_ID, **said["run"]}
    return json.dumps(faceted({"eventTime": "2026-01-01T00:00:00Z", **beside, **said})).encode()


def faceted(value: Any, inside: bool = False) -> Any:
    """Give every facet the two members that the suite leaves out."""
    if isinstance(value, list):
        return [faceted(member) for member in value]
    if not isinstance(value, dict):
        return value
    if inside:
        made = {"_producer": "https://example.org/", "_schemaURL": "https://example.org/f.json"}
        return {name: {**made, **facet} for name, facet in value.items() if isinstance(facet, dict)}
    return {name: faceted(member, "acets" in name) for name, member in value.items()}


def openlineage_events() -> Iterator[dict[str, Any]]:
    directory = os.environ.get("SHUXIN_DATA")
    path = (
        Path(directory) / "catalogue" / "openlineage_events.jsonl"
        if directory
        else LINEAGE / "openlineage_events.jsonl"
    )
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)["event"]
        if {"job", "dataset"} & event.keys():
            yield event


def test_every_openlineage_event_of_the_suite_imports_and_without_what_all_events_have_none_does() -> None:
    events = list(openlineage_events())
    assert len(events) >= 60
    for event in events:
        (stated,) = openlineage.read(whole(event))
        assert stated.kind.startswith("openlineage-")
        if not {"producer", "schemaURL"} <= event.keys():
            with pytest.raises(InvalidRecord):
                openlineage.read(json.dumps(event).encode())


def test_every_facet_of_the_specification_s_tests_is_accepted_and_without_its_schema_refused() -> None:
    for line in lines("openlineage_facet_spec_tests.jsonl"):
        if "run" in line["doc"]:
            openlineage.read(whole(line["doc"]))
            continue
        openlineage.read_facets(line["doc"])
        for name, facet in line["doc"].items():
            with pytest.raises(InvalidRecord):
                openlineage.read_facets({name: {key: facet[key] for key in facet if key != "_schemaURL"}})


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("ny", 1), ("collection-1-parent-2-children", 3), ("null-spatial", 1), ("reserved-title", 1),
        ("missing-dataset-fields", 0), ("missing-identifier-title", 0), ("missing-catalog", 0), ("numerical-title", 0),
    ],
)  # fmt: skip
def test_catalogues_import_and_broken_ones_are_refused(name: str, count: int) -> None:
    data = (VECTORS / "dcat" / f"datagov_{name}.data.json").read_bytes()
    if count:
        assert len(dcat.read(data)) == count
    else:
        with pytest.raises(InvalidRecord):
            dcat.read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[",
        b"1",
        b"{}",
        b"[[]]",
        b'{"a": 1, "a": 2}',
        b'{"dataset": NaN}',
        b"[" * 2000,
        b"\xff\xfe",
        b'{"entity": []}',
    ],
)
def test_bytes_that_are_no_document_are_refused_by_every_reader(data: bytes) -> None:
    for read in (openlineage.read, dcat.read, *(() if data == b"{}" else (prov_json.read,))):
        with pytest.raises(InvalidRecord):
            read(data)


def test_a_statement_is_taken_in_once_and_found_by_its_names(tmp_path: Path) -> None:
    book = Book(tmp_path, "imports")
    data = (VECTORS / "dcat" / "datagov_ny.data.json").read_bytes()
    first, again = take(book, "dcat", data), take(book, "dcat", data)
    assert (first.fresh, first.first, again.fresh, again.first) == (1, 0, 0, None)
    ((record, place),) = book.named("https://data.ny.gov/api/views/22ew-dxez")
    assert (json.loads(record)["kind"], place) == ("dcat", 0)
    assert Stream(tmp_path / "stream").checkpoint.size == 1
    assert book.named("nothing") == []


def test_a_record_whose_leaf_a_crash_prevented_is_taken_in_again(tmp_path: Path) -> None:
    book = Book(tmp_path, "imports")
    book.append([Entry("a", b"one", ("n",))])
    with book._database.transaction() as db:
        db.execute("INSERT INTO taken VALUES ('b', x'02', 1)")  # the crash came before the leaf
    book.close()
    after = Book(tmp_path, "imports")
    assert after.known("b") is None
    assert after.known("a") == (b"one", 0)
    assert after.append([Entry("b", b"two")]) == [1]


def test_a_document_that_two_hands_take_in_at_once_is_taken_in_once_and_neither_is_refused(tmp_path: Path) -> None:
    data = json.dumps(lines("w3c_prov_json_suite.jsonl")[0]["doc"]).encode()
    first = Book(tmp_path, "imports")

    class Second(Book):
        def append(self, entries: Sequence[Entry]) -> list[int]:
            take(first, "prov", data)  # between its look and its writing
            return super().append(entries)

    second = Second(tmp_path, "imports")
    told = take(second, "prov", data)
    assert (told.fresh, told.first, Stream(tmp_path / STREAM).checkpoint.size) == (0, None, 1)
    first.close()
    second.close()
