"""ristretto255 in pure Python: decode, encode, add, multiply, compare. For a verifier without extensions.

What it does NOT do: hash to the group, or run in constant time, which is harmless for verification, where every input
is public, and ruinous for secrets.
Source: RFC 9496 section 4; point formulas of Hisil, Wong, Carter, Dawson 2008 for a = -1 (extended coordinates).
Trust assumption: none beyond this code, which is held to the RFC's vectors and to libsodium.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ledger.errors import InvalidRecord

Point: TypeAlias = tuple[int, int, int, int]
"""X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z; four points stand for one element, so compare by ``equal``."""

Table: TypeAlias = tuple[tuple[Point, ...], ...]
"""For each two points, all sums of 0 .. 3 times each."""

ELEMENT_BYTES = 32
ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY: Point = (0, 1, 1, 0)

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)
_WINDOW = 2


def decode(encoded: bytes) -> Point:
    """Read a canonical encoding (RFC 9496 section 4.3.1).

    Raises:
        InvalidRecord: not one.
    """
    s = int.from_bytes(encoded, "little")
    if len(encoded) != ELEMENT_BYTES or s >= _P or s & 1:
        raise InvalidRecord("ristretto255: not a canonical encoding")
    square = s * s % _P
    u1, u2 = (1 - square) % _P, (1 + square) % _P
    u2_square = u2 * u2 % _P
    v = (-_D * u1 * u1 - u2_square) % _P
    was_square, inverse = _inverse_root(v * u2_square % _P)
    dx = inverse * u2 % _P
    dy = inverse * dx % _P * v % _P
    x, y = _absolute(2 * s * dx % _P), u1 * dy % _P
    t = x * y % _P
    if not was_square or t & 1 or y == 0:
        raise InvalidRecord("ristretto255: not a canonical encoding")
    return x, y, 1, t


def encode(point: Point) -> bytes:
    """Write the canonical encoding (RFC 9496 section 4.3.2)."""
    x, y, z, t = point
    u1, u2 = (z + y) * (z - y) % _P, x * y % _P
    _, inverse = _inverse_root(u1 * u2 % _P * u2 % _P)
    den1, den2 = inverse * u1 % _P, inverse * u2 % _P
    z_inverse = den1 * den2 % _P * t % _P
    if t * z_inverse % _P & 1:
        x, y, den2 = y * _SQRT_M1 % _P, x * _SQRT_M1 % _P, den1 * _ROOT_A_MINUS_D % _P
    if x * z_inverse % _P & 1:
        y = -y % _P
    return _absolute(den2 * (z - y) % _P).to_bytes(ELEMENT_BYTES, "little")


def equal(left: Point, right: Point) -> bool:
    """Say whether two points stand for one element (RFC 9496 section 4.3.3)."""
    x1, y1, _, _ = left
    x2, y2, _, _ = right
    return (x1 * y2 - y1 * x2) % _P == 0 or (y1 * y2 - x1 * x2) % _P == 0


def add(left: Point, right: Point) -> Point:
    """Add two elements, equal ones too."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * _D * t1 % _P * t2 % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def multiply(k: int, point: Point) -> Point:
    """Multiply an element by an integer."""
    return combine((k,), table((point,)))


def table(points: Sequence[Point]) -> Table:
    """Prepare points for ``combine``, two by two; worth keeping for points that come again."""
    return tuple(_sums(points[place : place + 2]) for place in range(0, len(points), 2))


def combine(scalars: Sequence[int], prepared: Table) -> Point:
    """Add up scalar times point over the points of a table (Straus: all share the doublings).

    Cost: 252 doublings and, for each two points, 14 + 126 additions.
    """
    reduced = [k % ORDER for k in scalars]
    pairs = [(reduced[2 * place :][:2], sums) for place, sums in enumerate(prepared)]
    total = IDENTITY
    for shift in reversed(range(0, ORDER.bit_length(), _WINDOW)):
        for _ in range(_WINDOW):
            total = _double(total)
        for pair, sums in pairs:
            index = sum((k >> shift & (1 << _WINDOW) - 1) << _WINDOW * place for place, k in enumerate(pair))
            if index:
                total = add(total, sums[index])
    return total


def _sums(points: Sequence[Point]) -> tuple[Point, ...]:
    """All sums of 0 .. 3 times each of one or two points."""
    sums = [IDENTITY]
    for point in points:
        rows = [sums]
        for _ in range((1 << _WINDOW) - 1):
            rows.append([add(before, point) for before in rows[-1]])
        sums = [entry for row in rows for entry in row]
    return tuple(sums)


def _double(point: Point) -> Point:
    x, y, z, _ = point
    a, b, c = x * x % _P, y * y % _P, 2 * z * z % _P
    e, g = (x + y) * (x + y) - a - b, b - a
    f, h = g - c, -a - b
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _inverse_root(v: int) -> tuple[bool, int]:
    """Return whether v is a square and 1/sqrt(v), or 1/sqrt(i*v) if it is not; (False, 0) for 0."""
    v3 = v * v % _P * v % _P
    root = v3 * pow(v3 * v3 % _P * v % _P, (_P - 5) // 8, _P) % _P
    check = v * root % _P * root % _P
    if check in (_P - 1, -_SQRT_M1 % _P):
        root = root * _SQRT_M1 % _P
    return check in (1, _P - 1), _absolute(root)


def _absolute(value: int) -> int:
    return _P - value if value & 1 else value


_ROOT_A_MINUS_D = _inverse_root((-1 - _D) % _P)[1]
GENERATOR: Point = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
"""RFC 9496 section 4.2."""
