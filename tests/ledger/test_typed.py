import gzip
import json
from pathlib import Path

import pytest

from ledger.errors import InvalidRecord
from ledger.hashing import keccak256
from ledger.typed import MAX_DEPTH, Schema, TypedValue, digest, domain_separator

VECTORS = Path(__file__).parents[1] / "vectors" / "ledger" / "eip712_ethers_testcases.json.gz"
CASES = json.loads(gzip.decompress(VECTORS.read_bytes()))
DOMAIN: dict[str, TypedValue] = {"name": "Shuxin", "chainId": 20261}
GRANT = Schema({"Grant": (("id", "bytes32"), ("uses", "uint8"), ("to", "address"), ("columns", "string[]"))})


def grant(**changes: TypedValue) -> dict[str, TypedValue]:
    value: dict[str, TypedValue] = {"id": bytes(32), "uses": 1, "to": bytes(20), "columns": ["price"]}
    return value | changes


def convert(schema: Schema, type_: str, value: object) -> TypedValue:
    """Turn the JSON of the vectors (hex text, decimal text) into values."""
    if type_.endswith("]"):
        assert isinstance(value, list)
        return [convert(schema, type_[: type_.rindex("[")], item) for item in value]
    if type_ in schema.types:
        assert isinstance(value, dict)
        return {name: convert(schema, kind, value[name]) for name, kind in schema.types[type_]}
    if type_.startswith(("bytes", "address")):
        return bytes.fromhex(str(value)[2:])
    if type_.startswith(("int", "uint")):
        return int(str(value), 0)
    assert isinstance(value, str | bool)
    return value


def schema_of(case: dict) -> Schema:
    types = {name: tuple((field["name"], field["type"]) for field in fields) for name, fields in case["types"].items()}
    return Schema(types)


def domain_of(case: dict) -> dict[str, TypedValue]:
    kinds = {
        "name": "string",
        "version": "string",
        "chainId": "uint256",
        "verifyingContract": "address",
        "salt": "bytes32",
    }
    return {
        name: convert(Schema({}), kinds[name], value) for name, value in case["domain"].items() if value is not None
    }


def test_all_published_cases_have_their_encoding_and_digest() -> None:
    assert len(CASES) == 1025
    for case in CASES:
        schema = schema_of(case)
        value = convert(schema, case["primaryType"], case["data"])
        assert isinstance(value, dict)
        assert schema.encode(case["primaryType"], value).hex() == case["encoded"][2:], case["name"]
        assert digest(domain_of(case), schema, case["primaryType"], value).hex() == case["digest"][2:], case["name"]


def test_digests_separate_domains_types_and_values() -> None:
    other = Schema({"Deny": GRANT.types["Grant"]})
    digests = {
        digest(DOMAIN, GRANT, "Grant", grant()),
        digest(DOMAIN | {"chainId": 1}, GRANT, "Grant", grant()),
        digest(DOMAIN, other, "Deny", grant()),
        digest(DOMAIN, GRANT, "Grant", grant(uses=2)),
        digest(DOMAIN, GRANT, "Grant", grant(columns=[])),
    }
    assert len(digests) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"id": bytes(31)},
        {"id": "0x00"},
        {"uses": 256},
        {"uses": -1},
        {"uses": True},
        {"to": bytes(32)},
        {"columns": "price"},
        {"columns": [1]},
        {"columns": ["\ud800"]},
        {"unknown": 1},
    ],
)
def test_values_outside_their_types_are_refused(change: dict[str, TypedValue]) -> None:
    with pytest.raises(InvalidRecord):
        digest(DOMAIN, GRANT, "Grant", grant(**change))


def test_missing_fields_are_refused() -> None:
    value = grant()
    del value["uses"]
    with pytest.raises(InvalidRecord, match="missing"):
        digest(DOMAIN, GRANT, "Grant", value)


@pytest.mark.parametrize("type_", ["uint7", "uint264", "bytes33", "Unknown", "uint", "uint8[", "function"])
def test_unknown_types_are_refused(type_: str) -> None:
    with pytest.raises(InvalidRecord):
        Schema({"S": (("a", type_),)}).encode("S", {"a": 1})


def test_fixed_arrays_have_their_length() -> None:
    schema = Schema({"S": (("a", "uint8[2]"),)})
    schema.encode("S", {"a": [1, 2]})
    with pytest.raises(InvalidRecord, match="2 values"):
        schema.encode("S", {"a": [1]})


def test_unknown_domain_fields_are_refused() -> None:
    domain_separator(DOMAIN)
    with pytest.raises(InvalidRecord):
        domain_separator(DOMAIN | {"purpose": "x"})


def test_types_that_refer_to_themselves_are_read_to_a_bounded_depth() -> None:
    schema = Schema({"Node": (("next", "Node[]"),)})
    assert schema.encode_type("Node") == b"Node(Node[] next)"
    value: dict[str, TypedValue] = {"next": []}
    assert schema.encode("Node", value) == keccak256(b"Node(Node[] next)") + keccak256(b"")
    for _ in range(MAX_DEPTH):
        value = {"next": [value]}
    with pytest.raises(InvalidRecord, match="deeper"):
        schema.encode("Node", value)
