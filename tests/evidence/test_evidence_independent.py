"""The second verifier (JavaScript, from the specification alone) says of every vector what ours says."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from lines_reached import reached
from secondverifier import FOLDER, UNREADABLE, failures, needs_node, ours, run

from contracts.evidence import leakage
from ledger import canonical

CORE = ("chain.mjs", "job.mjs", "verify.mjs")
"""What judges the chain's side of every kind, a job, and what came."""
LIMIT, MODULE_LIMIT = 500, 260
TAMPERED = [
    "sums.json", "join.json", "ckks.json", "model.json", "model.ridge.json", "model.noised.json",
    "model.softmax.json", "model.trees.json", "boosted.json", "scores.json", "regression.json", "stream.json",
    "voucher.json", "certificate.txt", "receipt.json", "receipt.txt", "act.json", "event.json", "title.json",
    "title.past.json", "title.merged.json",
]  # fmt: skip
"""One file of every kind of evidence that is judged."""


def cases(vectors: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((vectors / "verdicts.json").read_bytes())
    return found


def files_of(vectors: Path, case: dict[str, Any]) -> list[bytes]:
    names = [case["file"], case["trust"], *([case["record"]] if case["record"] else [])]
    return [(vectors / name).read_bytes() for name in names]


@needs_node
def test_both_verifiers_fail_every_vector_at_the_same_step(vectors: Path) -> None:
    found = failures([files_of(vectors, case) for case in cases(vectors)])
    assert found == [case["failed"] for case in cases(vectors)]
    assert UNREADABLE not in found
    assert {"network", "form", "signatures", "authorizations", "budget", "figures", "register", "names"} <= set(found)


@needs_node
def test_no_changed_byte_of_any_kind_passes_either_verifier(vectors: Path) -> None:
    """Digit for digit and letter for letter, so that most changes get past the form."""
    holding = {case["file"]: case for case in reversed(cases(vectors)) if case["failed"] is None}
    assert set(TAMPERED) <= set(holding)
    drawn, tries, named = random.Random(7), list[list[bytes]](), list[str]()
    for name in TAMPERED:
        encoded, *others = files_of(vectors, holding[name])
        for _ in range(6):
            tries.append([_changed(encoded, drawn), *others])
            named.append(name)
    for said in (failures(tries), ours(tries)):
        assert [name for name, failed in zip(named, said, strict=True) if failed is None] == []


def _changed(encoded: bytes, drawn: random.Random) -> bytes:
    place = drawn.randrange(len(encoded))
    letter = encoded[place : place + 1]
    others = b"0123456789" if letter.isdigit() else b"abcdef" if letter in b"abcdef" else b"ABCDghijkl"
    changed = bytes([drawn.choice(others.replace(letter, b""))])
    return encoded[:place] + changed + encoded[place + 1 :]


@needs_node
def test_the_command_names_steps_and_answers_by_its_exit_code(vectors: Path) -> None:
    holds = run(vectors, "sums.json", "trust.json")
    assert holds.returncode == 0
    assert "4 totals are what 3 owners committed to" in holds.stdout
    refused = run(vectors, "sums.json", "other-network.trust.json")
    assert (refused.returncode, refused.stdout.splitlines()[-1].split(":")[0]) == (1, "FAIL network")


@needs_node
@pytest.mark.parametrize("name", ["trust.json", "stream.json", "record.txt", "verdicts.json"])
def test_what_is_no_evidence_or_lacks_what_it_needs_is_refused_and_never_passed(vectors: Path, name: str) -> None:
    ran = run(vectors, name, "trust.json")
    assert ran.returncode == 2
    assert "ok" not in ran.stdout


@needs_node
def test_a_statistic_that_it_does_not_know_is_not_judged_and_says_so(vectors: Path, tmp_path: Path) -> None:
    """A copy of the verifier that knows no sums: what its first steps find counts for nothing."""
    copied = tmp_path / "evidence" / "independent"
    for file in FOLDER.rglob("*.*"):
        target = copied / file.relative_to(FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes().replace(b'"masked-sums": sums,', b""))
    (tmp_path / "artefacts").symlink_to(FOLDER.parent.parent / "artefacts")
    tries = [files_of(vectors, case) for case in cases(vectors) if case["file"] == "sums.json"][:1]
    assert failures(tries, copied / "verify.mjs") == [UNREADABLE]


def test_the_judging_core_stays_under_five_hundred_lines_and_nothing_is_imported_but_nodes_own() -> None:
    lines = {file.relative_to(FOLDER).as_posix(): len(file.read_text().splitlines()) for file in FOLDER.rglob("*.mjs")}
    assert sum(lines[name] for name in CORE) < LIMIT
    assert {name: count for name, count in lines.items() if count > MODULE_LIMIT} == {}
    told = (FOLDER.parents[2] / "docs" / "independent.md").read_text()
    assert f"{sum(lines.values())} lines in all" in told, "docs/independent.md counts them"
    for module in FOLDER.rglob("*.mjs"):
        sources = [line.rsplit(" ", 1)[1] for line in module.read_text().splitlines() if line.startswith("import ")]
        assert all(source.startswith(('"./', '"node:')) for source in sources), module.name


@pytest.mark.parametrize("name", ["stream.json", "voucher.json"])
@needs_node
def test_a_record_of_a_stream_and_a_voucher_are_judged_by_some_five_hundred_lines_in_all(name: str) -> None:
    found = reached(name)
    assert 400 < sum(found.values()) < LIMIT + 20  # versions of V8 tell the ends of blocks apart differently
    assert {"verify.mjs", "chain.mjs", "trees.mjs"} <= {module.name for module, count in found.items() if count}


def test_both_know_the_same_ledgers() -> None:
    """``make_evidence_vectors`` writes them anew, with the vectors, whenever a descriptor changes."""
    known = json.loads((FOLDER / "ledgers.json").read_bytes())
    assert known == {protocol: list(digests) for protocol, digests in leakage.KNOWN.items()}


def _nested_format(file: Any) -> None:
    file["format"], file["holding"]["format"] = "shuxin-voucher-of-another-kind", "shuxin-voucher-proof"


def _unused_node(file: Any) -> None:
    """Put a node there that no proof uses, and count one of the others twice."""
    chain = file["chain"]
    chain["nodes"].append(base64.b64encode(b"\xff" * 40).decode())
    path = chain["states"][0]["account"]
    path[0] = str(path[0])


OTHERWISE: list[tuple[str, str, Any]] = [
    ("voucher", "another version", lambda file: file.update(version=2)),
    ("voucher", "another format", _nested_format),
    ("voucher", "another version of the holding", lambda file: file["holding"].update(version=2)),
    ("voucher", "a state's block as text", lambda file: file["chain"]["states"][0].update(header="2")),
    ("voucher", "a node that nothing uses", _unused_node),
    ("sums", "a disclosure that is none", lambda file: file.update(disclosure="")),
    ("sums", "a receipt's place as text", lambda file: file["chain"]["moments"][0].update(index="0")),
    ("sums", "a log's place as text", lambda file: file["chain"]["moments"][0].update(log="0")),
    ("stream", "a size as text", lambda file: file.update(size=str(file["size"]))),
    ("stream", "a name as a list of its bytes", lambda file: file.update(stream=list(file["stream"].encode()))),
    ("event", "a number as text", lambda file: file.update(n="2")),
    ("event", "an event beyond the history", lambda file: file.update(n=3)),
    ("event", "a contract that is none", lambda file: file["history"].update(contract="../../../package")),
    ("act", "a number as text", lambda file: file["entry"].update(n="3")),
    ("act", "another kind of entry", lambda file: file["entry"].update(kind="deed")),
    ("receipt", "a further member", lambda file: file["entry"].update(unit="house")),
    ("title", "a past without records", lambda file: file["units"][0]["past"].update(records=[])),
    ("title", "a name of a label that is none", lambda file: file["names"][0].update(label="SHUXIN-PAPERS-V1")),
    ("title", "another version", lambda file: file.update(version=2)),
]


@needs_node
def test_what_is_written_otherwise_than_the_format_says_passes_neither(vectors: Path) -> None:
    tries = list[list[bytes]]()
    trusts = {"receipt": "land.trust.json"} | dict.fromkeys(("act", "event", "title"), "title.trust.json")
    for name, _, change in OTHERWISE:
        file = json.loads((vectors / f"{name}.json").read_bytes())
        change(file)
        files = [canonical.encode(file), (vectors / trusts.get(name, "trust.json")).read_bytes()]
        tries.append([*files, (vectors / "record.txt").read_bytes()] if name == "stream" else files)
    found, expected = failures(tries), ours(tries)
    assert [what for (_, what, _), failed in zip(OTHERWISE, found, strict=True) if failed is None] == []
    assert [what for (_, what, _), failed in zip(OTHERWISE, expected, strict=True) if failed is None] == []
