"""Notarizing: records out of files into a stream on this disk. The records stay where they are; a stream keeps their
salted digests.

It does NOT touch a chain (``gateway.streams.anchoring`` does), so that appending stays quick to start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import BackendError, InvalidRecord, NotFound
from ledger.log import source
from ledger.log.checkpoint import Checkpoint
from ledger.log.proof import StreamProof
from ledger.log.stream import Stream, StreamWriter

Advance = Callable[[int], None]
"""Called with the number of bytes read since the last call."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What one append made: the leaves from ``first`` up to the checkpoint's size."""

    first: int
    checkpoint: Checkpoint

    @property
    def records(self) -> int:
        return self.checkpoint.size - self.first


def append(directory: Path, name: str | None, files: Sequence[Path], *, whole: bool, advance: Advance) -> Appended:
    """Append every line of the files, or each file as one record, as one transaction.

    Raises:
        NotFound: a file is not there, or no stream and no name for a new one.
        InvalidRecord, Conflict, BackendError: as `StreamWriter` says; nothing was appended.
    """
    missing = next((path for path in files if not path.is_file()), None)
    if missing is not None:
        raise NotFound(f"{missing}: no such file")
    if name is None and not (directory / "checkpoint").exists():
        raise NotFound(f"{directory}: no stream here; name a new one with --stream")
    batches = source.whole(files) if whole else _lines(files)
    with StreamWriter(directory, name) as writer:
        first = writer.checkpoint.size
        return Appended(first, writer.append_batches(_counted(batches, advance)))


def opened(directory: Path) -> Stream:
    """Open a stream for reading; raises NotFound if there is none, InvalidRecord if it is damaged."""
    if not directory.is_dir():
        raise NotFound(f"{directory}: no stream here")
    return Stream(directory)


def write_proof(path: Path, proof: StreamProof) -> None:
    """Write a proof file; raises BackendError if the disk refuses."""
    try:
        path.write_bytes(proof.encode())
    except OSError as fault:
        raise BackendError(f"{path}: cannot be written: {fault.strerror}") from fault


def erase(directory: Path, index: int) -> str:
    """Erase the salt of one record for ever and return the stream's name; raises NotFound if there is none."""
    opened(directory)
    with StreamWriter(directory) as writer:
        writer.erase(index)
        return writer.checkpoint.name


def _lines(files: Iterable[Path]) -> Iterator[list[bytes]]:
    for path in files:
        try:
            yield from source.lines(path)
        except InvalidRecord as fault:
            raise InvalidRecord(f"{path}: {fault}") from fault


def _counted(batches: Iterable[list[bytes]], advance: Advance) -> Iterator[list[bytes]]:
    for batch in batches:
        yield batch
        advance(sum(map(len, batch)) + len(batch))
