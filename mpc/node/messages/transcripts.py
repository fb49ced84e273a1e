"""What a node keeps of each attempt for an opened audit: its own part, and every protocol message it sent or received.

One directory an attempt, ``<job>-<attempt>``, with ``head`` (seed, salt, origin, input), sealed to the party's own seal
key, and ``messages``, which only that seed and input make readable; together they are what ``mpc.opened.record`` reads.
Files are readable by the node's account only and never logged. Who holds the seal key reads them: it has to be kept as
long as they are, and so has the statement key beside it, by which an auditor knows who seals them to him. Attempts
older than the retention, and then the oldest beyond the size, are deleted before a new one begins. Keeping is
accountability, not part of the protocol: a full disk or a run beyond the size costs the record of that attempt, which
is deleted and said so, never the job.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord, NotFound, VerificationError
from mpc.opened import envelope
from mpc.opened.envelope import Address
from mpc.opened.record import Head, Way, message
from mpc.sessions.channel import Channel

_NAME = re.compile(r"([0-9a-f]{64})-([1-9][0-9]{0,8})")
_DAY_S, _MIB = 86_400, 1 << 20
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long and how much is kept; no days: nothing."""

    days: int = 365
    mebibytes: int = 4096

    def __post_init__(self) -> None:
        if not 0 <= self.days <= 36_500 or not 1 <= self.mebibytes <= 1 << 20:
            raise InvalidRecord("audit: keep_days of 0..36500 and keep_mib of 1..1048576 expected")


@dataclass(frozen=True, slots=True)
class Kept:
    """One attempt of which a record is kept; ``at``: when it began, in seconds since 1970."""

    job: bytes
    attempt: int
    at: float
    size: int
    path: Path


@dataclass(frozen=True, slots=True)
class Locker:
    """Keys of the party itself that are in use together: a head is sealed from it to it."""

    party: str
    seal: PrivateKey = field(repr=False)
    signer: Signer = field(repr=False)

    def lock(self, head: Head) -> bytes:
        """Seal a head."""
        address = Address(self.party, head.job, head.attempt, self.party)
        return envelope.seal(address, head.encode(), auditor_key=self.seal.public, signer=self.signer)

    def unlock(self, data: bytes) -> bytes:
        """Open a head; raises InvalidRecord, VerificationError."""
        return envelope.unseal(data, auditor=self.party, private=self.seal, keys={self.party: self.signer.public})


class Transcripts:
    """One node's records."""

    def __init__(
        self,
        directory: Path,
        retention: Retention,
        locker: Locker,
        *retired: Locker,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Args: retired: of keys in use before; they open, and nothing more is sealed with them."""
        self._directory, self._retention, self._now = directory, retention, now
        self._locker, self._retired = locker, retired

    def kept(self) -> list[Kept]:
        """List the attempts of which a record is there, oldest first."""
        found = [_kept(path, match) for path in self._paths() if (match := _NAME.fullmatch(path.name))]
        return sorted(found, key=lambda kept: (kept.at, kept.job, kept.attempt))

    def find(self, job: bytes, attempt: int | None) -> Kept:
        """Find an attempt's record; without a number that of the job's last attempt.

        Raises:
            NotFound: none is kept.
        """
        found = [kept for kept in self.kept() if kept.job == job and attempt in (None, kept.attempt)]
        if not found:
            raise NotFound(f"job {job.hex()}: no record of it is kept here; of CKKS sums nobody could repeat one")
        return max(found, key=lambda kept: kept.attempt)

    def read(self, kept: Kept) -> bytes:
        """Return a whole record; raises InvalidRecord as ``locker_of``."""
        return self.locker_of(kept).unlock(_head(kept)) + (kept.path / "messages").read_bytes()

    def locker_of(self, kept: Kept) -> Locker:
        """Return the keys with which a record was sealed, of this node now or before.

        Raises:
            InvalidRecord: it opens with none of them.
        """
        for locker in (self._locker, *self._retired):
            try:
                locker.unlock(_head(kept))
            except VerificationError:
                continue
            return locker
        raise InvalidRecord(
            f"job {kept.job.hex()}, attempt {kept.attempt}: the record opens with none of this party's keys. If they "
            "were changed since, name those of then under [[keys.retired]]; otherwise it is damaged"
        )

    def begin(self, head: Head, channel: Channel) -> Channel:
        """Keep an attempt: return the channel that its run has to use."""
        if self._retention.days == 0:
            return channel
        path = self._directory / f"{head.job.hex()}-{head.attempt}"
        try:
            self._make_room()
            return _Recorder(channel, _Writer(path, self._locker.lock(head), self._retention.mebibytes * _MIB))
        except OSError as fault:
            _give_up(path, fault.strerror or "cannot be written")
        except InvalidRecord as fault:
            _give_up(path, str(fault))
        return channel

    def _make_room(self) -> None:
        kept, oldest = self.kept(), self._now() - self._retention.days * _DAY_S
        left = sum(item.size for item in kept)
        for item in kept:
            if item.at < oldest or left > self._retention.mebibytes * _MIB:
                shutil.rmtree(item.path)
                left -= item.size

    def _paths(self) -> list[Path]:
        return list(self._directory.iterdir()) if self._directory.is_dir() else []


class _Writer:
    """Appends messages to an attempt's record until it is too long or the disk is full."""

    def __init__(self, path: Path, head: bytes, most: int) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        self._path, self._left = path, most - len(head)
        _private(path / "head", head)
        _private(path / "messages", b"")
        self._file: BinaryIO | None = (path / "messages").open("ab", buffering=0)

    def add(self, way: Way, party: str, step: str, body: bytes) -> None:
        if self._file is None:
            return
        self._left -= len(body)
        try:
            if self._left < 0:
                raise OSError(0, "longer than keep_mib")
            self._file.write(message(way, party, step, body))
        except OSError as fault:
            self._file.close()
            self._file = None
            _give_up(self._path, fault.strerror or "cannot be written")


class _Recorder:
    """The port ``Channel`` over another one, noting what passes."""

    def __init__(self, channel: Channel, writer: _Writer) -> None:
        self._channel, self._writer = channel, writer

    def send(self, to: str, step: str, body: bytes) -> None:
        self.send_all(step, {to: body})

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        for to, body in bodies.items():  # noted first: what left and was not noted could not be shown
            self._writer.add(Way.SENT, to, step, body)
        self._channel.send_all(step, bodies)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        body = self._channel.receive(sender, step, limit=limit)
        self._writer.add(Way.RECEIVED, sender, step, body)
        return body


def _kept(path: Path, match: re.Match[str]) -> Kept:
    files = [file.stat() for file in path.iterdir() if file.is_file()]
    at = min((file.st_mtime for file in files), default=path.stat().st_mtime)
    return Kept(bytes.fromhex(match[1]), int(match[2]), at, sum(file.st_size for file in files), path)


def _head(kept: Kept) -> bytes:
    try:
        return (kept.path / "head").read_bytes()
    except FileNotFoundError as fault:
        raise NotFound(f"job {kept.job.hex()}: no record of it is kept here any more") from fault


def _give_up(path: Path, reason: str) -> None:
    shutil.rmtree(path, ignore_errors=True)
    _LOG.warning("%s: nothing is kept of this attempt for an opened audit: %s", path.name, reason)


def _private(path: Path, data: bytes) -> None:
    """Write a file that only this account may read, from its first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
