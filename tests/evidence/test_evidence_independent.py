"""The second verifier (JavaScript, from the specification alone) says of every vector what ours says."""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contracts.evidence.program import judge
from ledger import canonical
from ledger import trust as trust_file

FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "evidence" / "independent"
VERIFIER = FOLDER / "verify.mjs"
JUDGED = ("chain.mjs", "job.mjs", "verify.mjs")
NOT_TAKEN = ("certificate", "receipt")
NODE = shutil.which("node")
MANY = """
const { verdict } = await import(process.argv[1]);
const { readFileSync } = await import("node:fs");
const told = (files) => verdict(...files.map((file) => Buffer.from(file, "base64"))).failed;
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(told)));
"""

needs_node = pytest.mark.skipif(NODE is None, reason="needs Node.js (Debian package nodejs)")


def run(vectors: Path, case: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    files = [case[name] for name in ("file", "trust", "record") if case[name]]
    assert NODE is not None
    command = [NODE, str(VERIFIER), *files]
    return subprocess.run(command, cwd=vectors, capture_output=True, text=True, timeout=60, check=False)


def failures(tries: list[list[bytes]]) -> list[str | None]:
    """Judge many files in one process: which step fails of each, None where all hold."""
    assert NODE is not None
    told = json.dumps([[base64.b64encode(file).decode() for file in files] for files in tries])
    command = [NODE, "--input-type=module", "-e", MANY, VERIFIER.as_uri()]
    ran = subprocess.run(command, input=told, capture_output=True, text=True, timeout=120, check=True)
    found: list[str | None] = json.loads(ran.stdout)
    return found


@needs_node
def test_both_verifiers_fail_every_vector_at_the_same_step(vectors: Path) -> None:
    cases = json.loads((vectors / "verdicts.json").read_bytes())
    taken = [case for case in cases if not case["file"].startswith(NOT_TAKEN)]
    named = [[case["file"], case["trust"], *([case["record"]] if case["record"] else [])] for case in taken]
    found = failures([[(vectors / name).read_bytes() for name in names] for names in named])
    assert found == [case["failed"] for case in taken]
    assert sum(case["failed"] is None for case in taken) >= 8
    assert {"network", "form", "signatures", "authorizations", "budget", "figures"} <= set(found)


@needs_node
@pytest.mark.parametrize("name", ["sums", "model", "voucher"])
def test_no_changed_byte_passes_the_second_verifier(vectors: Path, name: str) -> None:
    """Digit for digit and letter for letter, so that most changes get past the form."""
    encoded = (vectors / f"{name}.json").read_bytes()
    trust = (vectors / ("model.trust.json" if name == "model" else "trust.json")).read_bytes()
    drawn, tries = random.Random(7), []
    for _ in range(12):
        place = drawn.randrange(len(encoded))
        letter = encoded[place : place + 1]
        others = b"0123456789" if letter.isdigit() else b"abcdef" if letter in b"abcdef" else b"ABCDghijkl"
        changed = bytes([drawn.choice(others.replace(letter, b""))])
        tries.append([encoded[:place] + changed + encoded[place + 1 :], trust])
    assert None not in failures(tries)


@needs_node
def test_the_command_names_steps_and_answers_by_its_exit_code(vectors: Path) -> None:
    holds = run(vectors, {"file": "sums.json", "trust": "trust.json", "record": None})
    assert holds.returncode == 0
    assert "4 totals added up again, and equal to what 3 owners committed to" in holds.stdout
    refused = run(vectors, {"file": "sums.json", "trust": "other-network.trust.json", "record": None})
    assert (refused.returncode, refused.stdout.splitlines()[-1].split(":")[0]) == (1, "FAIL network")


@needs_node
@pytest.mark.parametrize("name", ["certificate.txt", "receipt.json", "trust.json", "stream.json"])
def test_a_kind_that_is_not_taken_is_refused_and_never_passed(vectors: Path, name: str) -> None:
    ran = run(vectors, {"file": name, "trust": "trust.json", "record": None})
    assert ran.returncode == 2
    assert "ok" not in ran.stdout


def test_the_judging_part_stays_under_five_hundred_lines_and_nothing_is_imported_but_nodes_own() -> None:
    assert sum(len((FOLDER / name).read_text().splitlines()) for name in JUDGED) < 500
    for module in FOLDER.glob("*.mjs"):
        sources = [line.rsplit(" ", 1)[1] for line in module.read_text().splitlines() if line.startswith("import ")]
        assert all(source.startswith(('"./', '"node:')) for source in sources), module.name


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
]


@needs_node
def test_what_is_written_otherwise_than_the_format_says_passes_neither(vectors: Path) -> None:
    tries = list[list[bytes]]()
    for name, _, change in OTHERWISE:
        file = json.loads((vectors / f"{name}.json").read_bytes())
        change(file)
        files = [canonical.encode(file), (vectors / "trust.json").read_bytes()]
        tries.append([*files, (vectors / "record.txt").read_bytes()] if name == "stream" else files)
    found = failures(tries)
    assert [what for (_, what, _), failed in zip(OTHERWISE, found, strict=True) if failed is None] == []
    verdicts = [judge(file, trust_file.parse(trust), *record) for file, trust, *record in tries]
    assert [verdict.failed for verdict in verdicts] == found
