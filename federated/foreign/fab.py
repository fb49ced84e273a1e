"""A Flower app bundle that others built (``flwr build``): its digest, and the name of its client's app.

Read without running or unpacking anything. It does NOT judge the code: that is the department's to do before it allows
the digest.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
import zipfile
import zlib
from dataclasses import dataclass, field

from ledger.errors import InvalidRecord

MAX_BYTES, MAX_FILES, MAX_UNPACKED, MAX_PROJECT = 10 << 20, 1000, 50 << 20, 64 << 10


@dataclass(frozen=True, slots=True)
class Bundle:
    """client: ``module:name`` of the ClientApp. settings: what the app's own configuration says, texts and numbers."""

    content: bytes = field(repr=False)
    name: str
    client: str
    settings: dict[str, str | int | float | bool]

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()


def read(content: bytes) -> Bundle:
    """Read a bundle; raises InvalidRecord."""
    if len(content) > MAX_BYTES:
        raise InvalidRecord(f"app: a bundle of {MAX_BYTES >> 20} MB at most expected")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise InvalidRecord(f"app: at most {MAX_FILES} files of {MAX_UNPACKED >> 20} MB together expected")
            with archive.open("pyproject.toml") as file:
                text = file.read(MAX_PROJECT + 1)
        if len(text) > MAX_PROJECT:
            raise InvalidRecord("app: its pyproject.toml is too long")
        project = tomllib.loads(text.decode())
    # NotImplementedError is what zipfile raises for a compression it does not know, RuntimeError for an encrypted entry
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError, RuntimeError, OSError) as fault:
        raise InvalidRecord("app: no Flower app bundle with a pyproject.toml") from fault
    match project:
        case {"project": {"name": str(name)}, "tool": {"flwr": {"app": {"components": {"clientapp": str(client)}}}}}:
            module, _, attribute = client.partition(":")
            if all(part.isidentifier() for part in (*module.split("."), attribute)):
                return Bundle(content, name[:100], client, _settings(project))
    raise InvalidRecord("app: its pyproject.toml names no clientapp as module:name")


def _settings(project: dict[str, object]) -> dict[str, str | int | float | bool]:
    match project:
        case {"tool": {"flwr": {"app": {"config": dict(found)}}}}:
            return {str(name): value for name, value in found.items() if isinstance(value, str | int | float | bool)}
    return {}
