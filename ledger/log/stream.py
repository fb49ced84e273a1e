"""A stream: a directory with an append-only log of salted record digests.

    checkpoint     name, size, root: the commit point (see ``checkpoint``)
    tiles/0 ..     the tree (see ``tiles``)
    salts          16 bytes a leaf, erasable (see ``salts``)
    lock           held by the one writer

`Stream` reads: it takes no lock, works beside a writer, and sees the state of the checkpoint it was opened
at. `StreamWriter` appends and erases. One call of append is one transaction: either its new checkpoint is
durable when it returns, or nothing of it exists; what a crash left behind is cut off when the stream is
opened next. The records themselves are not kept: their owner keeps them where they are and shows one
together with its proof.

Does not anchor anything on a chain (``anchor`` does), and does not guard against its owner: he can start a
second, different stream, which the anchors then expose.
Trust assumption: what fsync reports as written is written.
"""

import fcntl
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ledger.errors import BackendError, Conflict, NotFound, VerificationError
from ledger.log import checkpoint as checkpoints
from ledger.log import ranges, salts, source
from ledger.log.checkpoint import Checkpoint
from ledger.log.durable import sync_directory
from ledger.log.proof import StreamProof
from ledger.log.record import SALT_BYTES, leaves_of
from ledger.log.tiles import TileReader, TileWriter
from ledger.merkle import EMPTY_ROOT, verify_consistency, verify_inclusion

Progress = Callable[[int], None]
TILES = "tiles"
LOCK = "lock"
TRIES: Final = 100
PAUSE_S: Final = 0.1
"""How often and after which pause a writer tries again while another one writes."""


class Held(Conflict):
    """Another writer holds the stream."""


class Stream:
    """A stream as of one checkpoint, for reading."""

    def __init__(self, directory: Path) -> None:
        """Open a stream; raise NotFound if there is none, InvalidRecord if its checkpoint is damaged."""
        state = checkpoints.load(directory)
        if state is None:
            raise NotFound(f"no stream in {directory.name}")
        self.directory = directory
        self._tiles = TileReader(directory / TILES)
        self.checkpoint = state

    def prove(self, index: int, *, size: int | None = None) -> StreamProof:
        """Prove one leaf in the first ``size`` leaves: a size that was anchored, or the whole stream if None.

        Raises:
            NotFound: there is no such leaf or size, or the leaf's salt was erased.
            VerificationError: the tiles on the disk do not lead to the checkpoint's root.
        """
        name = self.checkpoint.name
        end = self.checkpoint.size if size is None else size
        root = self.root_at(end)
        if not 0 <= index < end:
            raise NotFound(f"stream {name}: no leaf {index}; it has {end}, counted from 0")
        salt = salts.read(self.directory, index)
        path = tuple(self._tiles.root(*sibling) for sibling in ranges.inclusion(index, end))
        verify_inclusion(self._tiles.entries(0, index, 1)[0], index, end, path, root)
        return StreamProof(name, index, end, salt, path, root)

    def root_at(self, size: int) -> bytes:
        """Return the root that the stream had when it held ``size`` leaves."""
        if not 0 <= size <= self.checkpoint.size:
            raise NotFound(f"stream {self.checkpoint.name}: has {self.checkpoint.size} leaves, not {size}")
        root = self._tiles.root(0, size) if size else EMPTY_ROOT
        if size == self.checkpoint.size and root != self.checkpoint.root:
            raise VerificationError(f"stream {self.checkpoint.name}: its tiles do not lead to its checkpoint's root")
        return root

    def consistency(self, old_size: int) -> tuple[bytes, ...]:
        """Prove that the stream at ``old_size`` leaves is a prefix of this one (RFC 9162 section 2.1.4)."""
        state = self.checkpoint
        if not 0 < old_size <= state.size:
            raise NotFound(f"stream {state.name}: has {state.size} leaves, not {old_size}")
        path = tuple(self._tiles.root(*subtree) for subtree in ranges.consistency(old_size, state.size))
        verify_consistency(old_size, state.size, self.root_at(old_size), state.root, path)
        return path


class StreamWriter:
    """The one writer of a stream; a context manager that holds the stream's lock. Not for several threads."""

    checkpoint: Checkpoint
    _salts: salts.SaltWriter
    _tiles: TileWriter

    def __init__(
        self,
        directory: Path,
        name: str | None = None,
        *,
        draw_salts: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Open a stream for writing, make it if ``name`` is given and it does not exist.

        Raises:
            Held, Conflict: another writer holds it, or it has another name.
            NotFound: it does not exist and no name was given.
            BackendError, VerificationError: its files are shorter than, or differ from, its checkpoint.
        """
        self._directory = directory
        self._draw_salts = draw_salts
        self._files = ExitStack()
        self._lock = ExitStack()
        try:
            self._take(name)
            self._recover()
        except OSError as exc:
            self.close()
            raise BackendError(f"stream in {directory.name}: cannot be opened: {exc.strerror}") from exc
        except BaseException:
            self.close()
            raise

    @classmethod
    def in_turn(cls, directory: Path, name: str, *, pause: Callable[[float], None] = time.sleep) -> Self:
        """Open or make a stream for writing as soon as no other writer holds it; raises as opening it does.

        Raises:
            Held: others held it for all of ten seconds. Conflict: it has another name; that is said at once.
        """
        for _ in range(TRIES - 1):
            try:
                return cls(directory, name)
            except Held:
                pause(PAUSE_S)
        return cls(directory, name)

    def append(self, records: Iterable[bytes], *, progress: Progress | None = None) -> Checkpoint:
        """Append each record as a leaf; see `append_batches`."""
        return self.append_batches(source.batches(records), progress=progress)

    def append_batches(self, batches: Iterable[list[bytes]], *, progress: Progress | None = None) -> Checkpoint:
        """Append batches of records as one transaction and return the new durable checkpoint.

        Args:
            batches: as `source.lines` makes them; memory use is that of one batch.
            progress: called with the number of leaves after each batch, before they are durable.

        Raises:
            BackendError: the disk refused; the stream is back at its last checkpoint.
        """
        try:
            for batch in batches:
                self._write(batch)
                if progress is not None:
                    progress(self._tiles.size)
            return self._commit()
        except BaseException as exc:
            try:
                self._recover()
            except OSError as again:
                raise self._disk_fault(again) from exc
            if isinstance(exc, OSError):
                raise self._disk_fault(exc) from exc
            raise

    def erase(self, index: int) -> None:
        """Erase the salt of one leaf, durably and for ever; nobody can prove that leaf afterwards.

        Raises:
            NotFound: there is no such leaf. Erasing twice is no error.
        """
        if not 0 <= index < self.checkpoint.size:
            raise NotFound(f"stream {self.checkpoint.name}: no leaf {index}; it has {self.checkpoint.size}")
        try:
            self._salts.erase(index)
        except OSError as exc:
            raise self._disk_fault(exc) from exc

    def close(self) -> None:
        """Release the files and the lock."""
        self._files.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _disk_fault(self, exc: OSError) -> BackendError:
        return BackendError(f"stream {self.checkpoint.name}: cannot be written: {exc.strerror}")

    def _write(self, records: list[bytes]) -> None:
        drawn = self._draw_salts(SALT_BYTES * len(records))
        self._salts.append(drawn)
        self._tiles.append(leaves_of(drawn, records))

    def _commit(self) -> Checkpoint:
        if self._tiles.size == self.checkpoint.size:
            return self.checkpoint
        new = Checkpoint(self.checkpoint.name, self._tiles.size, self._tiles.root())
        self._salts.sync()
        self._tiles.sync()
        checkpoints.store(self._directory, new)
        self.checkpoint = new
        return new

    def _take(self, name: str | None) -> None:
        """Make the directory if it is new, and hold its lock."""
        if name is None:
            Stream(self._directory)
        else:
            checkpoints.check_name(name)
        (self._directory / TILES).mkdir(parents=True, exist_ok=True)
        lock = self._lock.enter_context((self._directory / LOCK).open("ab"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Held(f"stream in {self._directory.name}: another writer holds it") from exc
        state = checkpoints.load(self._directory)
        if state is None and name is not None:
            sync_directory(self._directory.parent)
            checkpoints.store(self._directory, Checkpoint(name, 0, EMPTY_ROOT))
        elif state is not None and name not in (None, state.name):
            raise Conflict(f"stream in {self._directory.name} is called {state.name}, not {name}")

    def _recover(self) -> None:
        """Return to the durable checkpoint: cut what lies beyond it, and compare the tiles with its root."""
        # a full disk may leave bytes in a buffer that closing cannot write: they lie beyond the checkpoint
        with suppress(OSError):
            self._files.close()
        self.checkpoint = state = Stream(self._directory).checkpoint
        self._salts = salts.SaltWriter(self._directory, state.size, self._files)
        self._tiles = TileWriter(self._directory / TILES, state.size, self._files)
        sync_directory(self._directory / TILES)
        sync_directory(self._directory)
        if self._tiles.root() != state.root:
            raise VerificationError(f"stream {state.name}: its tiles do not lead to its checkpoint's root")
