"""What an app of others may return: arrays of the names and shapes it was sent, finite numbers of eight bytes.

Nothing else of a reply is taken: no metrics, no texts, no counts (a department counts its rows itself). Numbers travel
as plain bytes; nothing is unpickled.

It does NOT judge what the numbers mean. An app can write anything it has seen into a number of the right size; only
whoever reads its code, and the sum with other departments, stand against that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotAuthorized

Arrays = Mapping[str, NDArray[np.float64]]
MAX_ARRAYS, MAX_DIMENSIONS, MAX_NUMBERS = 64, 8, 1 << 20


class AppFault(NotAuthorized):
    """An app of others did not return what it may. ground: a short code; reasons hold nothing that the app said."""

    def __init__(self, ground: str, reason: str) -> None:
        super().__init__(f"app: {reason}")
        self.ground = f"app: {ground}"


def listed(arrays: Arrays) -> list[JsonValue]:
    """Write names and shapes."""
    return [[name, list(array.shape)] for name, array in arrays.items()]


def packed(arrays: Arrays) -> bytes:
    """Write the numbers, 8 bytes each, little endian, one array behind the other."""
    return b"".join(np.ascontiguousarray(array, dtype="<f8").tobytes() for array in arrays.values())


def unpacked(found: JsonValue, body: bytes) -> dict[str, NDArray[np.float64]]:
    """Read arrays; raises InvalidRecord."""
    if not isinstance(found, list) or len(found) > MAX_ARRAYS:
        raise InvalidRecord(f"app: at most {MAX_ARRAYS} arrays expected")
    arrays, start = dict[str, NDArray[np.float64]](), 0
    for item in found:
        name, shape = _shape(item)
        end = start + 8 * math.prod(shape)
        if end > len(body) or name in arrays:
            raise InvalidRecord("app: fewer numbers than the arrays have, or two arrays of one name")
        arrays[name] = np.frombuffer(body[start:end], dtype="<f8").astype(np.float64).reshape(shape)
        start = end
    if start != len(body):
        raise InvalidRecord("app: more numbers than the arrays have")
    return arrays


def require_like(sent: Arrays, returned: Arrays) -> None:
    """Refuse arrays that are not those that were sent, improved; raises AppFault."""
    if list(returned) != list(sent):
        raise AppFault("names", f"the {len(sent)} arrays that it was sent expected, in their order and no others")
    for name, array in returned.items():
        if array.shape != sent[name].shape:
            raise AppFault("size", f"{name} of {sent[name].size} numbers expected, in the shape it was sent in")
        if not np.isfinite(array).all():
            raise AppFault("number", f"{name} has a number that is none, or is not finite")


def _shape(item: JsonValue) -> tuple[str, tuple[int, ...]]:
    match item:
        case [str(name), list(found)] if len(name) <= 100 and len(found) <= MAX_DIMENSIONS:
            shape = tuple(size for size in found if type(size) is int and 0 < size <= MAX_NUMBERS)
            if len(shape) == len(found) and math.prod(shape) <= MAX_NUMBERS:
                return name, shape
    raise InvalidRecord(f"app: an array's name and shape expected, of {MAX_NUMBERS} numbers at most")
