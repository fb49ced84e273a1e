"""The stamp of a cell: a record of what ran under which authorizations and what came out, in a stream on the chain.

    DIR/<evidence id>/record.json           what is stamped; the evidence id is its SHA-256
                      proof.json            that the record stands in the party's stream, anchored on the chain
                      authorization-1.json  that the authorization was in force, its whole history up to that block

All of them are read by ``shuxin verify``. The record has digests alone: source and output stay in the notebook. It is
the word of the party whose officer anchored it; that the output is what this code gives, only who runs it again sees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.notebook.permits import Permits, Wish
from gateway.streams import anchoring, notarizing
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.node.config import NodeConfig
from mpc.node.whole import write_whole

FORMAT: Final = "shuxin-cell-v1"
STREAM: Final = "cells"
LIMIT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that ran. source, output: digests (``gateway.notebook.outputs``). evidence: SHA-256 of its jobs' files."""

    source: bytes
    output: bytes
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a cell's evidence lies. id: the evidence id, in hex."""

    id: str
    directory: Path
    block: int

    @property
    def record(self) -> Path:
        return self.directory / "record.json"

    @property
    def proof(self) -> Path:
        return self.directory / "proof.json"

    @property
    def authorizations(self) -> list[Path]:
        return sorted(self.directory.glob("authorization-*.json"))


def stamp(cell: Cell, wish: Wish, permits: Permits, config: NodeConfig, out: Path) -> Stamp:
    """Write the record, anchor it with the officer's key, and leave it with its proofs.

    Raises:
        BackendError, Conflict: disk or chain; nothing is stamped then.
    """
    record = canonical.encode(document(cell, wish, permits, config.party))
    id = hashlib.sha256(record).hexdigest()
    home, stream = out / id[:16], config.state / STREAM
    home.mkdir(parents=True, exist_ok=True)
    write_whole(home / "record.json", record)
    for number, permit in enumerate(permits.permits, start=1):
        write_whole(home / f"authorization-{number}.json", permit.proof)
    config.state.mkdir(parents=True, exist_ok=True)
    appended = notarizing.append(
        stream, f"{config.party}/{STREAM}", [home / "record.json"], whole=True, advance=lambda _: None
    )
    anchoring.put_on_chain(stream, config)
    notarizing.write_proof(home / "proof.json", anchoring.prove(stream, appended.first, config))
    return Stamp(id, home, permits.head.number)


def document(cell: Cell, wish: Wish, permits: Permits, party: str) -> dict[str, JsonValue]:
    """Write the record."""
    named: Sequence[JsonValue] = [
        {"code": permit.code, "id": permit.id.hex(), "proof": hashlib.sha256(permit.proof).hexdigest()}
        for permit in permits.permits
    ]
    return {
        "format": FORMAT,
        "party": party,
        "purpose": wish.purpose,
        "operations": [operation.name.lower() for operation in wish.operations if operation.name],
        "authorizations": list(named),
        "block": permits.head.number,
        "block_hash": permits.head.block_hash.hex(),
        "time": permits.head.timestamp,
        "source": cell.source.hex(),
        "output": cell.output.hex(),
        "evidence": list(cell.evidence),
    }


def digests(record: bytes) -> tuple[bytes, bytes]:
    """Read from a record which source and which output it is of; raises InvalidRecord."""
    match canonical.decode(record, limit=LIMIT):
        case {"format": "shuxin-cell-v1", "source": str(source), "output": str(output)}:
            try:
                return bytes.fromhex(source), bytes.fromhex(output)
            except ValueError as fault:
                raise InvalidRecord("stamp: expected digests in hex") from fault
    raise InvalidRecord(f"stamp: expected a record of format {FORMAT}")
