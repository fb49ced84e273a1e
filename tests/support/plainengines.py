"""Three engines that compute in the open: they put the shares together, as nobody may, and share the results again.

The twin of the real ones for tests of the protocol around them, and its oracle: what they compute is plain numpy.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations_with_replacement

import numpy as np

from ledger.errors import BackendError, NotFound
from mpc.engine.port import OFFER_BYTES, Calculation
from mpc.engine.shares import Ring, combine, split
from mpc.stream import Stream


class PlainEngines:
    """Where all parties of a test get their engines from. missing: parties that have none."""

    def __init__(self, *, missing: Sequence[str] = ()) -> None:
        self._missing = missing
        self._meeting = threading.Barrier(3, timeout=20)
        self._columns: dict[str, dict[int, bytes]] = {}
        self._shares, self._ring = Stream(bytes(32)), Ring.FM64
        self.ran: list[str] = []

    @contextmanager
    def begin(self, party: str) -> Iterator[Calculation]:
        if party in self._missing:
            raise NotFound("engine: none is configured")
        try:
            yield _PlainCalculation(self, party)
        except BaseException:
            self._meeting.abort()
            raise

    def meet(self, ring: Ring | None = None) -> None:
        self._ring = ring or self._ring
        try:
            self._meeting.wait()
        except threading.BrokenBarrierError as fault:
            raise BackendError("engine: a peer is gone") from fault

    def take(self, name: str, rank: int, share: bytes) -> None:
        self._columns.setdefault(name, {})[rank] = share

    def give(self, name: str, rank: int) -> bytes:
        return self._columns[name][rank]

    def run(self, name: str, inputs: Sequence[str], outputs: Sequence[str], numbers: Mapping[str, int]) -> None:
        self.ran.append(name)
        columns = [np.array(self._open(given), dtype=object) for given in inputs]
        for output, value in zip(outputs, _COMPUTED[name](columns, numbers), strict=True):
            pieces = _split(value, self._ring, self._shares)
            self._columns[output] = dict(enumerate(pieces))

    def _open(self, name: str) -> list[int]:
        return combine([self._columns[name][rank] for rank in range(3)], self._ring)


class _PlainCalculation:
    def __init__(self, engines: PlainEngines, party: str) -> None:
        self._engines, self._party, self._rank = engines, party, -1

    @property
    def offer(self) -> bytes:
        return self._party.encode().ljust(OFFER_BYTES)

    def meet(self, parties: Sequence[str], offers: Sequence[bytes], ring: Ring) -> None:
        self._rank = list(parties).index(self._party)
        self._engines.meet(ring)

    def take(self, name: str, share: bytes) -> None:
        self._engines.take(name, self._rank, share)

    def run(self, name: str, inputs: Sequence[str], outputs: Sequence[str], numbers: Mapping[str, int]) -> None:
        self._engines.meet()
        if self._rank == 0:
            self._engines.run(name, inputs, outputs, numbers)
        self._engines.meet()

    def give(self, name: str) -> bytes:
        return self._engines.give(name, self._rank)


def _count(columns: Sequence[np.ndarray], numbers: Mapping[str, int]) -> list[int]:
    rows = [int((column < numbers["end"]).sum()) for column in columns]
    is_enough = sum(rows) >= numbers["least"] and sum(n > 0 for n in rows) >= numbers["owners"]
    return [sum(rows) if is_enough else 0]


def _order(columns: Sequence[np.ndarray], numbers: Mapping[str, int]) -> list[int]:
    return [int(sorted(_distinct(columns))[numbers["rank"]])]


def _block(columns: Sequence[np.ndarray], numbers: Mapping[str, int]) -> list[int]:
    low, high, *owned = columns
    rows = _distinct(owned)
    is_inside = [bool(low[0] <= row <= high[0]) for row in rows]
    owner_of = [owner for owner, column in enumerate(owned) for _ in column]
    owners = len({owner for owner, flag in zip(owner_of, is_inside, strict=True) if flag})
    values = [value for column in owned for value in column]
    total = sum(value for value, flag in zip(values, is_inside, strict=True) if flag)
    return [sum(is_inside) if owners >= numbers["owners"] else 0, int(total)]


def _distinct(columns: Sequence[np.ndarray]) -> list[int]:
    rows = [value for column in columns for value in column]
    return [(value << len(rows).bit_length()) + place for place, value in enumerate(rows)]


def _matched(columns: Sequence[np.ndarray], numbers: Mapping[str, int]) -> list[int]:
    """Match by key in the open; what passes is what the owner of every column would agree to."""
    owners, width = numbers["owners"], numbers["width"]
    tables = []
    for start in range(0, len(columns), 2 + width):
        high, low, *values = columns[start : start + 2 + width]
        keys = zip(high, low, strict=True)
        tables.append(dict(zip(keys, zip(*values, strict=True) if values else [()] * len(high), strict=True)))
    common = set(tables[0]).intersection(*tables[1:])
    names = [(owner, place) for owner in range(owners) for place in range(numbers[f"columns{owner}"])]
    rows = [[tables[owner][key][place] for owner, place in names] for key in common]
    differing = [len(column) - max(Counter(column).values()) for column in zip(*rows, strict=True)]
    passes = len(rows) >= numbers["least"] and not any(0 < number < numbers["minimum"] for number in differing)
    places = range(len(names))
    sums = [sum(row[i] for row in rows) for i in places]
    products = [sum(row[i] * row[j] for row in rows) for i, j in combinations_with_replacement(places, 2)]
    return [int(passes), *(int(passes) * int(figure) for figure in (len(rows), *sums, *products))]


def _split(value: int, ring: Ring, source: Stream) -> Sequence[bytes]:
    """Share any number of the ring: an engine's results may be wider than an owner's numbers."""
    low, high = (value + (1 << 62)) % (1 << 63) - (1 << 62), (value + (1 << 62)) >> 63
    pieces = [np.frombuffer(part, dtype=np.uint8) for part in split(np.array([low], dtype=np.int64), ring, source)]
    if not high:
        return [piece.tobytes() for piece in pieces]
    modulus = 1 << (8 * ring.value)
    return [_raised(piece.tobytes(), rank, high << 63, modulus) for rank, piece in enumerate(pieces)]


def _raised(piece: bytes, rank: int, by: int, modulus: int) -> bytes:
    """Add a number to the first residue, which the first and the last party hold."""
    width = len(piece) // 2
    residues = [int.from_bytes(piece[:width], "little"), int.from_bytes(piece[width:], "little")]
    place = {0: 0, 2: 1}.get(rank)
    if place is not None:
        residues[place] = (residues[place] + by) % modulus
    return b"".join(residue.to_bytes(width, "little") for residue in residues)


_COMPUTED = {"count": _count, "order": _order, "block": _block, "matched": _matched}
