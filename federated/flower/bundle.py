"""The app bundle of the couriers: what a job's allow-list names by SHA-256, and SuperLink and SuperNodes pass on.

It holds names of ``federated.flower.deployed`` and no code of its own: data and training are with the installed nodes.
Its bytes follow from this file and the pinned version of Flower alone, so every department computes the same digest:
files are stored as they are, because what deflating makes of them depends on the library of the machine.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import cache

from federated.flower.library import build_fab_from_files

PUBLISHER, NAME, EDITION = "shuxin", "courier", "1.0.0"

_PROJECT = f"""
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "{NAME}"
version = "{EDITION}"
description = "Carries rounds between the nodes of departments"
license = "Apache-2.0"
dependencies = []

[tool.flwr.app]
publisher = "{PUBLISHER}"

[tool.flwr.app.components]
serverapp = "shuxincourier:server"
clientapp = "shuxincourier:client"

[tool.flwr.app.config]
run = ""
roster = ""
office = ""
"""
_FILES: Mapping[str, bytes] = {
    "pyproject.toml": _PROJECT.encode(),
    "README.md": b"Carries rounds between the nodes of departments.\n",
    "LICENSE": b"Apache-2.0\n",
    "shuxincourier/__init__.py": b"from federated.flower.deployed import client, server\n",
}


@cache
def bundle() -> bytes:
    """Return the bundle's bytes."""
    packed, stored = zipfile.ZipFile(io.BytesIO(build_fab_from_files(_FILES)[0])), io.BytesIO()
    with packed, zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        for entry in packed.infolist():
            archive.writestr(zipfile.ZipInfo(entry.filename, entry.date_time), packed.read(entry))
    return stored.getvalue()


@cache
def digest() -> bytes:
    """Return the SHA-256 by which a job allows the couriers."""
    return hashlib.sha256(bundle()).digest()
