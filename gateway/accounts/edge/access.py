"""The access log: who asked what and how it went, one canonical JSON line each, and the same lines as a stream.

    access.jsonl   the records, one a line: an account's name, never a password, a token, a query or a body
    stream/        their salted leaves (``ledger.log``): ``shuxin notary anchor`` puts its root on the chain

A record is in the file before the answer ends. The stream follows in batches, by a thread of its own; after a crash it
goes on at the line where it stopped, so none is left out and none comes twice. The file is never read whole: forwards
and backwards it is read in pages, so that memory does not grow with the log. Whoever changes or drops a line later is
at odds with the anchored root. What it does NOT do: show that nothing was left out before a line was written.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from ledger import canonical
from ledger.errors import BackendError, InvalidRecord, TrustError, VerificationError
from ledger.log.stream import StreamWriter

RECORDS: Final = "access.jsonl"
STREAM: Final = "stream"
FIRST: Final = "access"
EVERY_S: Final = 5.0
MOST_PATH: Final = 300
PAGE: Final = 1 << 18
"""Bytes of the file that are read at once."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """One request. account: its name, "" for a visitor. path: without the query, which may hold personal data."""

    time: float
    account: str
    party: str
    source: str
    method: str
    path: str
    status: int

    def record(self) -> bytes:
        time = datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return canonical.encode(
            {"format": "shuxin-access", "version": 1, "time": time, "account": self.account, "party": self.party,
             "source": self.source, "method": self.method[:16], "path": self.path[:MOST_PATH], "status": self.status}
        )  # fmt: skip


class AccessLog:
    """The log of one gateway process; a context manager that holds the stream's lock."""

    def __init__(self, directory: Path, name: str, every_s: float = EVERY_S) -> None:
        """Open or begin the log; raises Conflict if another process writes it, VerificationError if lines are gone."""
        directory.mkdir(parents=True, exist_ok=True)
        self._path, self._lock, self._stop = directory / RECORDS, threading.Lock(), threading.Event()
        self._writer, self._every_s = StreamWriter(directory / STREAM, name), every_s
        try:
            self._mend()
            self._file = open(self._path, "ab", opener=lambda path, flags: os.open(path, flags, 0o600))  # noqa: SIM115
            self._at = self._offset(self._writer.checkpoint.size)
        except BaseException:
            self._writer.close()
            raise
        self._thread = threading.Thread(target=self._run, name="access log", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def note(self, access: Access) -> None:
        """Write a record; raises BackendError, and what cannot be recorded must not be answered."""
        line = access.record() + b"\n"
        with self._lock:
            try:
                self._file.write(line)
                self._file.flush()
            except OSError as fault:
                raise BackendError(f"access log: cannot be written: {fault.strerror}") from fault

    def follow(self) -> int:
        """Take the lines that are new into the stream, durably; return its size."""
        with self._lock:
            self._file.flush()
            end = self._path.stat().st_size
        os.fsync(self._file.fileno())  # nobody who writes a line waits for it
        with self._path.open("rb") as file:
            while self._at < end:
                file.seek(self._at)
                page = file.read(min(PAGE, end - self._at))
                cut = page.rfind(b"\n") + 1
                if not cut:
                    raise VerificationError("access log: a line is longer than any that is written")
                self._writer.append(page[: cut - 1].split(b"\n"))
                self._at += cut
        return self._writer.checkpoint.size

    def close(self) -> None:
        """Take in what is left and let go of the stream."""
        self._stop.set()
        self._thread.join()
        try:
            self.follow()
        finally:
            self._file.close()
            self._writer.close()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self.follow()
            except (TrustError, OSError) as fault:  # as from a full disk; the lines are there to be taken in later
                log.warning("access log: not taken into the stream yet: %s", fault)

    def _mend(self) -> None:
        """Cut off a last line that a crash left half written."""
        if not self._path.exists():
            return
        with self._path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            kept = size
            for start, page in _backwards(file, size):
                if (at := page.rfind(b"\n")) >= 0:
                    kept = start + at + 1
                    break
                kept = start
            if kept < size:
                file.truncate(kept)

    def _offset(self, lines: int) -> int:
        """Return where the line after so many begins; raises VerificationError if the file has fewer."""
        passed, at = 0, 0
        with self._path.open("rb") as file:
            while passed < lines and (page := file.read(PAGE)):
                held = page.count(b"\n")
                if passed + held < lines:
                    passed, at = passed + held, at + len(page)
                    continue
                end = -1
                for _ in range(lines - passed):
                    end = page.index(b"\n", end + 1)
                return at + end + 1
        if passed != lines:
            raise VerificationError(f"access log: the stream has {lines} records, the file {passed}")
        return at


def name_of(number: int) -> str:
    """Name the log of one process of a gateway: its directory, and behind the party's code its stream."""
    return f"{FIRST}-{number}" if number else FIRST


def take_up(state: Path, party: str, processes: int) -> None:
    """Take into their streams the lines of processes that a gateway has no more.

    One that was killed may have left lines that its stream lacks; where fewer processes are begun next, nobody else
    would take them in. Of lines that are gone the log says so: nobody writes there any more who would have to stop.

    Raises:
        Conflict: such a process still writes.
    """
    for directory in sorted(state.glob(f"{FIRST}-*")):
        number = directory.name.removeprefix(f"{FIRST}-")
        if number.isdecimal() and int(number) >= processes and (directory / STREAM).is_dir():
            try:
                AccessLog(directory, f"{party}/{directory.name}").close()
            except VerificationError as fault:
                log.error("%s: %s", directory, fault)


def read(path: Path, most: int, keep: Callable[[dict[str, object]], bool] = lambda _: True) -> list[dict[str, object]]:
    """Return the newest records that are to be kept, the newest first; raises InvalidRecord for a damaged line."""
    if not path.exists():
        return []
    found: list[dict[str, object]] = []
    for line in newest(path):
        record = canonical.decode(line)
        if not isinstance(record, dict):
            raise InvalidRecord("access log: a line is no record")
        known: dict[str, object] = dict(record)
        if keep(known):
            found.append(known)
        if len(found) >= most:
            break
    return found


def newest(path: Path) -> Iterator[bytes]:
    """Read the lines of a file, the last one first, a page at a time; an unfinished last line is left out."""
    with path.open("rb") as file:
        rest, is_first = b"", True
        for _, page in _backwards(file, file.seek(0, os.SEEK_END)):
            rest, *lines = (page + rest).split(b"\n")
            if is_first and lines:
                lines, is_first = lines[:-1], False  # behind the last newline: nothing, or half a line
            yield from reversed(lines)
        if rest and not is_first:
            yield rest


def _backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    """Read a file's pages from the end to the beginning, each with where it begins."""
    while end > 0:
        start = max(0, end - PAGE)
        file.seek(start)
        yield start, file.read(end - start)
        end = start
