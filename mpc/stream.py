"""Deterministic labelled randomness: every random byte of a protocol run derives from one 32-byte seed.

HKDF-SHA256 (RFC 5869; salt = the session's digest, info = the label) keys one AES-256-CTR stream a label. The
seed is committed on chain beside the input, so that an opened audit (seed and input shown to the auditor
alone) replays each sent byte. Trust assumption: the seed came from the operating system and never leaves the
party otherwise.

It does NOT give fresh randomness: the same seed, context and label give the same bytes, which is the point;
one label therefore serves one purpose and may be opened once per run.
"""

from collections.abc import Sequence
from typing import TypeVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

T = TypeVar("T")

_INFO = b"SHUXIN-STREAM-V1|"


class Stream:
    """One unbounded sequence of uniform bytes, consumed from the front; a ``RandomSource`` of the group."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a stream key has 32 bytes")
        # a zero counter block is safe: the key belongs to this one stream
        self._cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()

    def read(self, count: int, /) -> bytes:
        """Take the next ``count`` bytes."""
        return self._cipher.update(bytes(count))

    def bits(self, count: int, /) -> int:
        """Draw a uniform integer of ``count`` bits."""
        return int.from_bytes(self.read((count + 7) // 8), "little") & ((1 << count) - 1)

    def below(self, bound: int, /) -> int:
        """Draw a uniform integer in [0, bound) by rejection."""
        if bound < 1:
            raise ValueError("the bound must be positive")
        while True:
            candidate = self.bits((bound - 1).bit_length())
            if candidate < bound:
                return candidate

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Permute uniformly (Fisher-Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result


class Randomness:
    """The streams of one run."""

    def __init__(self, seed: bytes, context: bytes = b"") -> None:
        if len(seed) != 32:
            raise ValueError("a seed has 32 bytes")
        self._seed = seed
        self._context = context
        self._opened: set[str] = set()

    def __repr__(self) -> str:
        return f"Randomness(opened={sorted(self._opened)})"

    def stream(self, label: str) -> Stream:
        """Open the stream of a label; a second opening in one run is a bug and refused."""
        if label in self._opened:
            raise ValueError(f"stream {label} was already opened: one label, one purpose")
        self._opened.add(label)
        return Stream(derive(self._seed, self._context, label))


def derive(secret: bytes, salt: bytes, label: str, size: int = 32) -> bytes:
    """HKDF-SHA256 with a labelled info."""
    return HKDF(hashes.SHA256(), size, salt=salt, info=_INFO + label.encode()).derive(secret)
