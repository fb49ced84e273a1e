"""The second verifier, run by Node for many files."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from contracts.evidence.program import judge
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.proofs import trust as trust_file

FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "evidence" / "independent"
VERIFIER = FOLDER / "verify.mjs"
NODE = shutil.which("node")
BATCH = 40
"""Files of one run of Node, which has two minutes; some take a second each on a busy machine."""
UNREADABLE = "unreadable"
_MANY = """
const { verdict } = await import(process.argv[1]);
const { readFileSync } = await import("node:fs");
const told = (files) => {
  try {
    return verdict(...files.map((file) => Buffer.from(file, "base64"))).failed;
  } catch (fault) {
    return `unreadable ${fault.constructor.name}`;
  }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(told)));
"""
_CALLS = """
const [, module, name] = process.argv;
const found = await import(module);
const { readFileSync } = await import("node:fs");
const revived = (_, value) => (value?.hex === undefined ? value : Buffer.from(value.hex, "hex"));
const told = (args) => {
  try {
    return { found: found[name](...args) ?? null };
  } catch (fault) {
    return { refused: fault.message };
  }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8"), revived).map(told)));
"""

needs_node = pytest.mark.skipif(NODE is None, reason="needs Node.js (Debian package nodejs)")


def run(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """Run the command on files of a folder."""
    assert NODE is not None
    command = [NODE, str(VERIFIER), *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def failures(tries: Sequence[Sequence[bytes]], verifier: Path = VERIFIER) -> list[str | None]:
    """Judge many files: which step fails of each, None where all hold, ``UNREADABLE`` for what is none."""
    told = [[base64.b64encode(file).decode() for file in files] for files in tries]
    batches = [told[start : start + BATCH] for start in range(0, len(told), BATCH)]
    found: list[str | None] = [said for batch in batches for said in _node(_MANY, [verifier.as_uri()], batch)]
    strange = [one for one in found if one and one.startswith(UNREADABLE) and not one.endswith((" Error", " Refused"))]
    assert strange == [], "a fault of the verifier's own"
    return [UNREADABLE if one and one.startswith(UNREADABLE) else one for one in found]


def ours(tries: Sequence[Sequence[bytes]]) -> list[str | None]:
    """What our own verifier says of the same files."""
    return [_judged(*files) for files in tries]


def calls(module: str, name: str, arguments: Sequence[Sequence[Any]]) -> list[Mapping[str, JsonValue]]:
    """Call one function of a module many times: ``{found}`` or ``{refused}`` of each; ``{hex}`` stands for bytes."""
    found: list[Mapping[str, JsonValue]] = _node(_CALLS, [(FOLDER / module).as_uri(), name], arguments)
    return found


def _judged(file: bytes, trust: bytes, beside: bytes | None = None) -> str | None:
    is_certificate = file.startswith((b"eyJ", b"SX1:C"))
    record, status = (None, beside) if is_certificate else (beside, None)
    try:
        return judge(file, trust_file.parse(trust), record, status).failed
    except InvalidRecord:
        return UNREADABLE


def _node(script: str, arguments: Sequence[str], given: Sequence[Any]) -> Any:
    assert NODE is not None
    command = [NODE, "--input-type=module", "-e", script, *arguments]
    ran = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=120, check=True)
    return json.loads(ran.stdout)
