"""The tree of a stream on disk: one append-only file a level, cut into tiles of 256 hashes.

Level 0 holds the leaf hashes; level L holds the roots of the complete subtrees of 256^L leaves. Tile N of
level L is bytes [8192 N, 8192 (N + 1)) of file L, and its partial form of width W is the first 32 W of
them: byte for byte what C2SP tlog-tiles serves as ``tile/<L>/<N>[.p/<W>]``. One file a level instead of one
a tile, because a day of 298 million records would be a million files and as many fsyncs. 32 bytes a leaf,
and a 255th more for all upper levels together.

Bytes below a durable checkpoint never change, so a torn append is undone by cutting the files, and readers
need no lock.
Source: C2SP tlog-tiles, RFC 9162 section 2.1. This module does not decide what is durable: see
``checkpoint``.
Trust assumption: none in the disk for proofs (`ledger.log.stream` checks each against the checkpoint's root).
"""

from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from ledger.errors import BackendError
from ledger.log import ranges
from ledger.log.durable import open_cut, sync_file
from ledger.merkle import EMPTY_ROOT, node_hash

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
CACHED_TILES = 256  # 2 MiB
LEVELS = 7  # 2^56 leaves: 650,000 years of the largest published load


def fold(nodes: Sequence[bytes], height: int) -> list[bytes]:
    """Combine neighbours ``height`` times; the number of nodes must be a multiple of 2^height."""
    hasher = sha256
    for _ in range(height):
        pairs = iter(nodes)
        nodes = [hasher(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return list(nodes)


def bag(peaks: Sequence[bytes]) -> bytes:
    """Combine the roots of complete subtrees of falling size, left to right, into one root."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


class TileReader:
    """Any subtree root below a durable size, by reading only the tiles that it needs."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._tiles: dict[tuple[int, int], bytes] = {}

    def root(self, start: int, end: int) -> bytes:
        """Return the root over leaves [start, end), a range as `ranges` makes them."""
        return bag([self.node(height, position) for height, position in ranges.complete(start, end)])

    def node(self, height: int, position: int) -> bytes:
        """Return the root of a complete subtree of 2^height leaves."""
        level, within = divmod(height, TILE_HEIGHT)
        return fold(self.entries(level, position << within, 1 << within), within)[0]

    def entries(self, level: int, start: int, count: int) -> list[bytes]:
        """Return hashes of one tile; raise BackendError if the file is too short."""
        number, offset = divmod(start, TILE_WIDTH)
        tile = self._tiles.get((level, number), b"")
        if len(tile) < (offset + count) * HASH_BYTES:
            if len(self._tiles) >= CACHED_TILES:
                self._tiles.clear()
            tile = self._tiles[level, number] = self._read(level, number)
        part = tile[offset * HASH_BYTES : (offset + count) * HASH_BYTES]
        if len(part) != count * HASH_BYTES:
            raise BackendError(
                f"stream tiles: level {level} of {self._directory.name} is shorter than its checkpoint says"
            )
        return _hashes(part)

    def _read(self, level: int, number: int) -> bytes:
        size = TILE_WIDTH * HASH_BYTES
        try:
            with (self._directory / str(level)).open("rb", buffering=0) as file:
                file.seek(number * size)
                return file.read(size)
        except OSError as exc:
            raise BackendError(f"stream tiles: level {level} cannot be read: {exc.strerror}") from exc


class TileWriter:
    """The growing edge of the tree: appends leaves, knows the root, keeps only the last tiles."""

    def __init__(self, directory: Path, size: int, files: ExitStack) -> None:
        """Open the level files and cut them to ``size`` leaves, the last durable size."""
        self._levels = [_Level(directory / str(level), size >> (TILE_HEIGHT * level), files) for level in range(LEVELS)]
        self.size = size

    def append(self, leaves: list[bytes]) -> None:
        """Write leaf hashes and every upper hash they complete; nothing is durable yet."""
        self.size += len(leaves)
        hashes = leaves
        for level in self._levels:
            hashes = level.append(hashes)
            if not hashes:
                return

    def root(self) -> bytes:
        """Return the root over everything appended."""
        peaks: list[bytes] = []
        for level in reversed(self._levels):
            peaks += level.peaks()
        return bag(peaks)

    def sync(self) -> None:
        """Make everything appended durable."""
        for level in self._levels:
            level.sync()


class _Level:
    """One level file and the hashes of its last, partial tile."""

    def __init__(self, path: Path, count: int, files: ExitStack) -> None:
        self._file = open_cut(path, count * HASH_BYTES, files)
        self._file.seek(count // TILE_WIDTH * TILE_WIDTH * HASH_BYTES)
        self._partial = _hashes(self._file.read())
        self._dirty = False

    def append(self, hashes: list[bytes]) -> list[bytes]:
        """Add hashes; return the roots of the tiles which that completes."""
        self._file.write(b"".join(hashes))
        self._dirty = True
        self._partial += hashes
        full = len(self._partial) // TILE_WIDTH * TILE_WIDTH
        if not full:
            return []
        roots = fold(self._partial[:full], TILE_HEIGHT)
        del self._partial[:full]
        return roots

    def peaks(self) -> list[bytes]:
        """Return the roots of the complete subtrees in the partial tile, largest first."""
        return [
            fold(self._partial[position << height : (position + 1) << height], height)[0]
            for height, position in ranges.complete(0, len(self._partial))
        ]

    def sync(self) -> None:
        if self._dirty:
            sync_file(self._file)
            self._dirty = False


def _hashes(data: bytes) -> list[bytes]:
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]
