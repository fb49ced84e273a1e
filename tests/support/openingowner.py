"""One owner that decides about openings: a journal and some rows in every cell, without protocol or chain."""

from __future__ import annotations

from pathlib import Path

from mpc.kinds.registry import kind_of
from mpc.node.guarding.opening import Opening
from mpc.node.memory.journal import NodeJournal
from mpc.node.memory.versions import OwnRows
from mpc.sessions.session import Seat, Session
from mpc.spec.job import JobSpec


class Signer:
    """A statement key that never signs."""

    suite, public = "ed25519", b"\1" * 32

    def sign(self, message: bytes) -> bytes:
        raise AssertionError("nothing is signed here")


class Owner:
    """One owner's journal, with some rows in every cell."""

    def __init__(self, directory: Path, rows: int) -> None:
        directory.mkdir(exist_ok=True)
        self.journal, self._rows, self._jobs = NodeJournal(directory / "n.sqlite"), rows, 0

    def ask(self, spec: JobSpec) -> set[str]:
        """Decide about a job of which every cell passed."""
        self._jobs += 1
        cells = kind_of(spec).cells([source.asset for source in spec.sources])
        own = OwnRows(
            "permits-1", b"version", spec.minimum, False, {cell.name: bytes(16 * self._rows) for cell in cells}
        )
        owners = [source.party for source in spec.sources]
        seats = tuple(Seat(owner, Signer.public, bytes(32)) for owner in owners)
        job = bytes([self._jobs]) * 32
        session = Session("p", bytes(32), job, 1, seats, "office", b"\2" * 32, {}, owners[0], Signer(), bytes(32))
        decide = Opening(session, cells, {}, self.journal, lambda: None, own)
        decide.begin()
        return set(decide({cell.name: True for cell in cells}))
