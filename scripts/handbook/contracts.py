"""The page of all contracts, from the artefacts and the NatSpec of their sources: functions, events, code hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.addresses import NAMES
from contracts.layout import read_artefact

FOLDER = Path(__file__).resolve().parents[2] / "contracts"
_FUNCTION = re.compile(r'^def (\w+)\([^"]*?\)[^"]*?:\n\s+"""\s*\n?(.*?)"""', re.DOTALL | re.MULTILINE)


def page() -> str:
    """Write the page."""
    lines = ["# Contracts", "", "Functions and events of every contract, with the hash of the code that runs.", ""]
    for name in NAMES:
        artefact = json.loads(read_artefact(name))
        lines += [f"## {name}", "", f"Code hash `{artefact['code_hash']}`, {artefact['compiler']}.", ""]
        lines += _functions(name, artefact["abi"])
        lines += _events(artefact["abi"])
    return "\n".join(lines)


def _functions(contract: str, abi: list[dict[str, Any]]) -> list[str]:
    notices = _notices(contract)
    lines = ["| function | reads or changes | what |", "|---|---|---|"]
    for entry in abi:
        if entry["type"] == "function":
            kind = "reads" if entry["stateMutability"] in ("view", "pure") else "changes"
            lines.append(f"| `{_signature(entry)}` | {kind} | {notices.get(entry['name'], '')} |")
    return [*lines, ""]


def _events(abi: list[dict[str, Any]]) -> list[str]:
    found = [entry for entry in abi if entry["type"] == "event"]
    return ["Events: " + ", ".join(f"`{_signature(entry)}`" for entry in found) + ".", ""] if found else []


def _signature(entry: Mapping[str, Any]) -> str:
    return f"{entry['name']}({', '.join(one['name'] or one['type'] for one in entry['inputs'])})"


def _notices(contract: str) -> dict[str, str]:
    """Read what NatSpec says of each function, in the modules that a contract may export and then in its own source."""
    sources = [*sorted((FOLDER / "modules").glob("*.vy")), *sorted((FOLDER / contract.lower()).glob("*.vy"))]
    found = {}
    for source in sources:
        for name, notes in _FUNCTION.findall(source.read_text(encoding="utf-8")):
            notice = re.search(r"@notice (.*?)(?:@|\Z)", notes, re.DOTALL)
            found[name] = " ".join((notice.group(1) if notice else notes).split()).replace("|", "\\|")
    return found
