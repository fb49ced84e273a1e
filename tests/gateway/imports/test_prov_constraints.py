"""PROV documents are valid or not as the published suite says; each constraint refuses one and accepts a neighbour."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.imports.book import Book
from gateway.imports.documents import take
from gateway.imports.prov import judging, normal
from gateway.imports.prov.model import Bundle, Statement
from gateway.imports.prov.terms import Invalid
from ledger.errors import InvalidRecord

LINEAGE = Path(__file__).parents[2] / "vectors" / "lineage"
OLDER = {"delegation-fail4", "delegation-fail5", "usage-fail1", "usage-fail5", "usage-fail6", "usage-fail7"}
"""What the suite refuses and the Recommendation does not: it has no constraint on how often an activity uses an entity,
and a delegation without activity stands for one that is not named (section 4.1)."""
XML = '<prov:document xmlns:prov="http://www.w3.org/ns/prov#" xmlns:ex="http://example.org/">{}</prov:document>'


def suite() -> Iterator[tuple[str, bool, bytes]]:
    with gzip.open(LINEAGE / "w3c_prov_constraints_suite.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            yield Path(line["_path"]).stem, line["expected"] != "fail", line["text"].encode()


def is_valid(data: bytes, *, is_suite: bool = False) -> bool:
    try:
        judging.judge(judging.bundles(data), is_suite=is_suite)
    except Invalid:
        return False
    return True


def test_all_167_cases_of_the_suite_are_judged_as_it_expects() -> None:
    cases = list(suite())
    assert (len(cases), sum(expected for _, expected, _ in cases)) == (167, 94)
    assert [name for name, expected, data in cases if is_valid(data, is_suite=True) != expected] == []


def test_by_the_recommendation_alone_six_that_the_suite_refuses_are_valid() -> None:
    odd = {name for name, expected, data in suite() if is_valid(data) != expected}
    assert odd == OLDER


def test_of_the_160_documents_of_the_json_suite_all_import_and_45_say_too_little_or_two_things_to_be_valid() -> None:
    lines = (LINEAGE / "w3c_prov_json_suite.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [json.dumps(json.loads(line)["doc"]).encode() for line in lines]
    assert len(documents) == 160
    for document in documents:
        assert judging.read_form(document)[0].kind == "prov"
    assert sum(map(is_valid, documents)) == 115


def document(**kinds: dict[str, Any]) -> bytes:
    told = {
        kind: {name: [{f"prov:{k}": v for k, v in one.items()} for one in _list(record)] for name, record in of.items()}
        for kind, of in kinds.items()
    }
    return json.dumps({"prefix": {"ex": "http://example.org/"}, **told}).encode()


def _list(record: Any) -> list[Any]:
    return record if isinstance(record, list) else [record]


NOON, NIGHT = "2026-01-01T12:00:00Z", "2026-01-01T23:00:00Z"
GEN = {"entity": "ex:e", "activity": "ex:a"}
OF = {"specificEntity": "ex:e", "generalEntity": "ex:f"}
FROM = {"generatedEntity": "ex:e", "usedEntity": "ex:f"}
BACK = {"generatedEntity": "ex:f", "usedEntity": "ex:e"}
EMPTY = {"type": {"$": "prov:EmptyCollection", "type": "prov:QUALIFIED_NAME"}}
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "22 (key-object)",
        {"activity": {"ex:a": [{"startTime": NOON}, {"startTime": NIGHT}]}},
        {"activity": {"ex:a": [{"startTime": NOON}, {"startTime": "2026-01-01T13:00:00+01:00"}]}},
    ),
    (
        "23 (key-properties)",
        {"wasGeneratedBy": {"ex:g": [GEN, GEN | {"entity": "ex:f"}]}},
        {"wasGeneratedBy": {"ex:g": GEN, "ex:h": GEN | {"entity": "ex:f"}}},
    ),
    (
        "24 (unique-generation)",
        {"wasGeneratedBy": {"ex:g": GEN, "ex:h": GEN}},
        {"wasGeneratedBy": {"ex:g": GEN, "ex:h": GEN | {"activity": "ex:b"}}},
    ),
    (
        "25 (unique-invalidation)",
        {"wasInvalidatedBy": {"ex:g": GEN, "ex:h": GEN}},
        {"wasInvalidatedBy": {"ex:g": GEN, "_:h": GEN}},
    ),
    (
        "26 (unique-wasStartedBy)",
        {"wasStartedBy": {f"ex:{n}": {"activity": "ex:a", "starter": "ex:b"} for n in "st"}},
        {"wasStartedBy": {f"ex:{n}": {"activity": "ex:a", "starter": f"ex:{n}{n}"} for n in "st"}},
    ),
    (
        "27 (unique-wasEndedBy)",
        {"wasEndedBy": {f"ex:{n}": {"activity": "ex:a", "ender": "ex:b"} for n in "st"}},
        {"wasEndedBy": {"ex:s": {"activity": "ex:a", "ender": "ex:b"}}},
    ),
    (
        "28 (unique-startTime)",
        {"activity": {"ex:a": {"startTime": NOON}}, "wasStartedBy": {"ex:s": {"activity": "ex:a", "time": NIGHT}}},
        {"activity": {"ex:a": {"endTime": NOON}}, "wasStartedBy": {"ex:s": {"activity": "ex:a", "time": NIGHT}}},
    ),
    (
        "29 (unique-endTime)",
        {"activity": {"ex:a": {"endTime": NOON}}, "wasEndedBy": {"ex:s": {"activity": "ex:a", "time": NIGHT}}},
        {"activity": {"ex:a": {"endTime": NIGHT}}, "wasEndedBy": {"ex:s": {"activity": "ex:a", "time": NIGHT}}},
    ),
    (
        "42 (derivation-generation-generation-ordering)",
        {"entity": {"ex:e": {}, "ex:f": {}}, "wasDerivedFrom": {"_:1": FROM, "_:2": BACK}},
        {"entity": {"ex:e": {}, "ex:f": {}}, "wasDerivedFrom": {"_:1": FROM, "_:2": FROM}},
    ),
    (
        "42 (derivation-generation-generation-ordering)",  # through 37 and 34: made of e by what used its descendant
        {
            "used": {"ex:u": {"activity": "ex:a", "entity": "ex:f"}}, "wasDerivedFrom": {"_:1": BACK},
            "entity": {"ex:f": {}}, "wasGeneratedBy": {"ex:g": GEN}, "wasStartedBy": {"_:s": {"activity": "ex:a"}},
            "wasEndedBy": {"_:t": {"activity": "ex:a", "trigger": "ex:e"}}, "wasInvalidatedBy": {"_:i": GEN},
            "specializationOf": {"_:p": {"specificEntity": "ex:e", "generalEntity": "ex:f"}},
        },
        {
            "used": {"ex:u": {"activity": "ex:a", "entity": "ex:f"}}, "wasDerivedFrom": {"_:1": FROM},
            "entity": {"ex:f": {}}, "wasGeneratedBy": {"ex:g": GEN}, "wasStartedBy": {"_:s": {"activity": "ex:a"}},
        },
    ),
    (
        "42 (derivation-generation-generation-ordering)",  # through 48: its author is made of it
        {"entity": {"ex:e": {}, "ex:f": {}}, "agent": {"ex:e": {}}, "wasDerivedFrom": {"_:1": FROM},
         "wasAttributedTo": {"_:2": {"entity": "ex:f", "agent": "ex:e"}}},
        {"entity": {"ex:e": {}, "ex:f": {}}, "agent": {"ex:f": {}}, "wasDerivedFrom": {"_:1": FROM},
         "wasAttributedTo": {"_:2": {"entity": "ex:e", "agent": "ex:f"}}},
    ),
    (
        "51 (impossible-unspecified-derivation-generation-use)",
        {"wasDerivedFrom": {"_:1": FROM | {"generation": "ex:g"}}},
        {"wasDerivedFrom": {"_:1": FROM | {"generation": "ex:g", "activity": "ex:a"}}},
    ),
    (
        "52 (impossible-specialization-reflexive)",
        {"specializationOf": {"_:1": OF, "_:2": {"specificEntity": "ex:f", "generalEntity": "ex:e"}}},
        {"specializationOf": {"_:1": OF, "_:2": {"specificEntity": "ex:e", "generalEntity": "ex:d"}}},
    ),
    (
        "53 (impossible-property-overlap)",
        {"wasGeneratedBy": {"ex:g": GEN}, "used": {"ex:g": {"activity": "ex:b", "entity": "ex:e"}}},
        {"wasGeneratedBy": {"ex:g": GEN}, "wasInfluencedBy": {"ex:g": {"influencee": "ex:e", "influencer": "ex:a"}}},
    ),
    (
        "54 (impossible-object-property-overlap)",
        {"wasGeneratedBy": {"ex:e": GEN}, "entity": {"ex:e": {}}},
        {"wasGeneratedBy": {"ex:g": GEN}, "entity": {"ex:e": {}}},
    ),
    (
        "55 (entity-activity-disjoint)",
        {"used": {"_:1": {"activity": "ex:a", "entity": "ex:a"}}},
        {"entity": {"ex:a": {}}, "agent": {"ex:a": {}}},
    ),
    (
        "56 (membership-empty-collection)",
        {"entity": {"ex:f": EMPTY}, "specializationOf": {"_:1": OF},
         "hadMember": {"_:2": {"collection": "ex:e", "entity": "ex:x"}}},
        {"entity": {"ex:e": EMPTY}, "specializationOf": {"_:1": OF},
         "hadMember": {"_:2": {"collection": "ex:f", "entity": ["ex:x", "ex:y"]}}},
    ),
    (
        "PROV-LINKS (unique-mention)",
        {"mentionOf": {"_:1": OF | {"bundle": "ex:b"}, "_:2": OF | {"bundle": "ex:c"}}},
        {"mentionOf": {"_:1": OF | {"bundle": "ex:b"}, "_:2": OF | {"bundle": "ex:b"}}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "refused", "accepted"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_a_constraint_refuses_by_its_name_and_accepts_the_neighbour(
    rule: str, refused: dict[str, Any], accepted: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as told:
        judging.read(document(**refused))
    assert rule in str(told.value)
    judging.read(document(**accepted))


@pytest.mark.parametrize("event", ["start", "gen"])
def test_what_only_comes_at_once_is_in_order(event: str) -> None:
    """31 and 39: two starts, two generations at once are no contradiction."""
    many = {f"_:{n}": {"activity": "ex:a", "starter": f"ex:s{n}", "trigger": "ex:e"} for n in range(3)}
    gens = {f"_:{n}": {"entity": "ex:e", "activity": f"ex:s{n}"} for n in range(3)}
    judging.read(document(**({"wasStartedBy": many} if event == "start" else {"wasGeneratedBy": gens})))


def test_bundles_are_judged_by_themselves() -> None:
    inner = {"entity": {"ex:e": {}}}
    other = {"activity": {"ex:e": {}}}
    apart = {"prefix": {"ex": "http://example.org/"}, "bundle": {"ex:b": inner, "ex:c": other}}
    judging.read(json.dumps(apart).encode())
    apart["bundle"] = {"ex:b": {**inner, **other}}
    with pytest.raises(Invalid, match="55"):
        judging.read(json.dumps(apart).encode())


def test_a_long_chain_of_derivations_is_judged_without_recursion_and_too_many_statements_are_refused() -> None:
    chain = [
        Statement("wasDerivedFrom", None, {"generatedEntity": f"e{n + 1}", "usedEntity": f"e{n}"}) for n in range(2000)
    ]
    entities = [Statement("entity", f"e{n}", {}) for n in range(2001)]
    judging.judge([Bundle("", (*entities, *chain))])
    turned = Statement("wasDerivedFrom", None, {"generatedEntity": "e0", "usedEntity": "e2000"})
    with pytest.raises(Invalid, match="42"):
        judging.judge([Bundle("", (*entities, *chain, turned))])
    with pytest.raises(InvalidRecord, match="more than"):
        judging.judge([Bundle("", tuple(Statement("entity", f"e{n}", {}) for n in range(normal.MOST + 1)))])


@pytest.mark.parametrize(
    "data",
    [
        b"<", b"<a/>", XML.encode()[:-5], XML.format("<prov:thing/>").encode(),
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + XML.format('<prov:entity prov:id="ex:&a;"/>').encode(),
        XML.format("<prov:entity/>").encode("utf-16"), XML.format("<prov:bundleContent>" * 20).encode(),
        XML.format('<prov:entity xmlns:ex="http://other/" prov:id="ex:e"/>').encode(),
        XML.format("<prov:used><prov:activity/></prov:used>").encode(),
        XML.format('<prov:used><prov:activity prov:ref="ex:a"/><prov:activity prov:ref="ex:b"/></prov:used>').encode(),
        XML.format('<prov:activity prov:id="ex:a"><prov:startTime>noon</prov:startTime></prov:activity>').encode(),
        document(wasGeneratedBy={"_:1": {"entity": ["ex:e", "ex:f"]}}), document(entity={"_:1": {}}),
    ],
)  # fmt: skip
def test_bytes_that_are_no_valid_document_raise_our_error_alone(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        judging.read(data)


def test_a_valid_document_is_taken_in_once_and_a_contradiction_by_its_form_alone(tmp_path: Path) -> None:
    book = Book(tmp_path, "imports")
    fine = XML.format('<prov:entity prov:id="ex:e"/>').encode()
    assert (take(book, "prov-valid", fine).fresh, take(book, "prov-valid", fine).fresh) == (1, 0)
    ((record, _),) = book.named("http://example.org/e")
    assert json.loads(record)["kind"] == "prov-valid"
    odd = document(entity={"ex:e": {}}, activity={"ex:e": {}})
    with pytest.raises(Invalid):
        take(book, "prov-valid", odd)
    assert take(book, "prov", odd).fresh == 1
    book.close()


LONG = "http://example.org/" + "x" * 300
MANY = {f"p{n}": "http://example.org/" for n in range(1001)}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in MANY.items())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"prefix": {"a": LONG}, "entity": {"a:1": {}}}, "characters"),
        ({"bundle": {"ex:b": {"prefix": {"a": LONG}}}}, "characters"),
        ({"prefix": MANY}, "prefixes"),
        ({"bundle": {f"ex:{n}": {} for n in range(1001)}}, "bundles"),
        ({"bundle": {f"ex:{n}": {"hadMember": {"_:m": [{}] * 500}} for n in range(101)}}, "statements"),
    ],
)
def test_a_short_document_that_would_grow_long_by_its_prefixes_and_bundles_is_refused(
    document: dict[str, Any], said: str
) -> None:
    """A prefix of a megabyte before ten thousand names is ten gigabytes: what XML's entities do, without them."""
    with pytest.raises(InvalidRecord, match=said):
        judging.bundles(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (f'<prov:entity xmlns:a="{LONG}" prov:id="a:1"/>', "characters"),
        (f'<prov:entity prov:id="ex:1" {DECLARED}/>', "prefixes"),
        ('<prov:bundleContent prov:id="ex:b"><prov:entity prov:id="ex:1"/></prov:bundleContent>' * 1001, "bundles"),
        ('<prov:entity prov:id="ex:1"/>' * 50_001, "statements"),
    ],
)
def test_and_so_is_such_a_document_in_xml(inner: str, said: str) -> None:
    with pytest.raises(InvalidRecord, match=said):
        judging.bundles(XML.format(inner).encode())
