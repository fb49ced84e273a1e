"""Artefacts: what the sources give, wherever they are built. That all committed files are so is a step of the gate."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from contracts import build
from contracts.addresses import DIRECTORY, GENESIS_ADDRESSES, GOVERNANCE, NAMES, NOTARY, PARTIES, name_id
from contracts.artefacts import code_hash, initcode, interfaces, runtime
from contracts.layout import layout_of, read_artefact
from ledger.abi import topic
from ledger.errors import NotFound
from ledger.hashing import keccak256

EVENT = "event Anchored:\n    stream: indexed(bytes32)\n    n: uint256\n    owner: bytes32\n"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    root = tmp_path / "elsewhere" / "contracts"
    shutil.copytree(build.ROOT, root, ignore=shutil.ignore_patterns("__pycache__", "artefacts", "*.py"))
    return root


def rewrite(root: Path, old: str, new: str) -> Path:
    source = root / "notary" / "notary.vy"
    text = source.read_text()
    assert old in text
    source.write_text(text.replace(old, new))
    return source


def test_a_copy_elsewhere_gives_the_same_bytes(copied: Path) -> None:
    artefact = build.build(copied / "notary" / "notary.vy", copied)
    assert build.render(artefact).encode() == read_artefact(NOTARY)


def test_a_changed_source_gives_another_artefact(copied: Path) -> None:
    source = rewrite(copied, "notary: root missing", "notary: root absent!")
    artefact = build.build(source, copied)
    assert artefact["code_hash"] != code_hash(NOTARY).hex()
    assert artefact["layout"] == json.loads(read_artefact(NOTARY))["layout"]


def test_a_changed_comment_in_a_module_changes_the_source_digest_only(copied: Path) -> None:
    module = copied / "modules" / "journal.vy"
    module.write_text(module.read_text() + "# a remark\n")
    artefact = build.build(copied / "notary" / "notary.vy", copied)
    assert artefact["runtime"] == runtime(NOTARY).hex()
    assert artefact["source_sha256"] != json.loads(read_artefact(NOTARY))["source_sha256"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (EVENT, EVENT.replace("owner: bytes32", "owner: indexed(bytes32)"), "entity: indexed"),
        (EVENT, EVENT.replace("    n: uint256\n", "") + "    n: uint256\n", "entity: indexed"),
        (EVENT, f"event Forgotten:\n    stream: indexed(bytes32)\n    n: uint256\n\n{EVENT}", "never recorded"),
        ("# @title Notary", "# a title", "no line"),
        ('''    """
    @notice The root anchored for exactly this size, zero if there was no anchor at it.
    """
''', "", "NatSpec"),
        ("@external\n@view\ndef root_at", "#\n" * 250 + "@external\n@view\ndef root_at", "at most 250"),
        ("\nstreams: HashMap", "\nlimit: immutable(uint256)\n\n@deploy\ndef __init__():\n    limit = 1\n\n"
         "@external\n@view\ndef limited() -> uint256:\n    return limit\n\nstreams: HashMap", "immutables"),
    ],
)  # fmt: skip
def test_a_source_that_breaks_a_convention_is_not_built(copied: Path, old: str, new: str, complaint: str) -> None:
    source = rewrite(copied, old, new)
    with pytest.raises(ValueError, match=complaint):
        build.build(source, copied)


@pytest.mark.parametrize("name", NAMES)
def test_an_artefact_is_consistent_with_itself(name: str) -> None:
    artefact = json.loads(read_artefact(name))
    assert artefact["name"] == name
    assert (artefact["compiler"], artefact["evm_version"]) == ("vyper 0.4.3", "london")
    assert keccak256(runtime(name)) == code_hash(name) == bytes.fromhex(artefact["code_hash"])
    assert runtime(name) in initcode(name)
    assert "history" in artefact["layout"]
    assert "count" in artefact["layout"]


@pytest.mark.parametrize("name", NAMES)
def test_the_reentrancy_slot_of_the_pinned_target_stays_free(name: str) -> None:
    assert min(interfaces()[name].layout.values()) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_declared_event_can_be_recorded(name: str) -> None:
    for event in interfaces()[name].events.values():
        assert topic(event.signature) in runtime(name)


def test_the_source_digest_can_be_made_with_sha256sum() -> None:
    paths = ["modules/journal.vy", "modules/registry.vy", "notary/notary.vy"]
    lines = [f"{hashlib.sha256((build.ROOT / path).read_bytes()).hexdigest()}  {path}\n" for path in paths]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert json.loads(read_artefact(NOTARY))["source_sha256"] == expected


def test_fixed_addresses_are_those_the_sources_know() -> None:
    assert GENESIS_ADDRESSES[DIRECTORY] == bytes(18) + b"\x53\x01"
    assert GENESIS_ADDRESSES[NOTARY] == bytes(18) + b"\x53\x07"
    assert name_id(GOVERNANCE) in runtime(NOTARY)
    assert name_id(PARTIES) in runtime(NOTARY)


def test_an_unknown_contract_has_no_artefact() -> None:
    with pytest.raises(NotFound):
        layout_of("Nowhere")
