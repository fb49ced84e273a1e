"""Where the engine is: the environment that ``scripts/install-spu`` made, and whether what is in it is what we know.

The environment is the engine's own, because its wheel asks for other versions of numpy than the product does. It
records its version when it is made, and only the version we have measured is used. Nothing is installed from here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import InvalidRecord, NotFound

VERSION = "0.9.5"
RECORD = "shuxin-engine.json"
INSTALL = "scripts/install-spu"


@dataclass(frozen=True, slots=True)
class Environment:
    """An installed engine."""

    directory: Path
    version: str

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"


def find(directory: Path | None) -> Environment:
    """Open the environment of a directory.

    Raises:
        NotFound: none is configured, or nothing was installed there.
        InvalidRecord: something else is there, or another version.
    """
    if directory is None:
        raise NotFound(f"engine: none is configured; {INSTALL} makes one, [engine] of node.toml names it")
    try:
        record = json.loads((directory / RECORD).read_text(encoding="utf-8"))
    except OSError as fault:
        raise NotFound(f"engine: nothing is installed in {directory}; run {INSTALL} {directory}") from fault
    except (ValueError, RecursionError) as fault:
        raise InvalidRecord(f"engine: {directory / RECORD} is not JSON") from fault
    version = record.get("spu") if isinstance(record, dict) else None
    if version != VERSION:
        raise InvalidRecord(f"engine: {directory} holds version {version!r}, {VERSION} expected; run {INSTALL} again")
    found = Environment(directory.absolute(), VERSION)  # the engine starts in a folder of its own
    if not found.python.exists():
        raise NotFound(f"engine: {found.python} is gone; run {INSTALL} {directory}")
    return found
