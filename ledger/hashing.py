"""Hash functions: Keccak-256 for what the chain hashes, SHA-256 for everything of our own.

What it does NOT do: choose hashes by name from outside data. Keccak comes from the first backend present of
``sha3`` (safe-pysha3), pycryptodome and ``ledger.crypto.portable``; all three give the same bytes.
Source: Keccak submission 3, FIPS 180-4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

from ledger.errors import BackendError

KECCAK_BACKENDS = ("sha3", "pycryptodome", "portable")  # in order of speed


def keccak_with(backend: str) -> Callable[[bytes], bytes]:
    """Return the Keccak-256 function of one backend.

    Raises:
        BackendError: the backend is not installed.
    """
    try:
        match backend:
            case "sha3":
                import sha3

                return lambda data: bytes(sha3.keccak_256(data).digest())
            case "pycryptodome":
                from Crypto.Hash import keccak

                return lambda data: keccak.new(digest_bits=256, data=data).digest()
            case "portable":
                from ledger.crypto import portable

                return portable.keccak256
    except ImportError as exc:
        raise BackendError(f"keccak backend {backend} is not installed") from exc
    raise ValueError(f"keccak backend: expected one of {KECCAK_BACKENDS}, got {backend!r}")


@cache
def keccak_backend() -> tuple[str, Callable[[bytes], bytes]]:
    """Return name and function of the fastest backend that is installed."""
    for backend in KECCAK_BACKENDS[:-1]:
        try:
            return backend, keccak_with(backend)
        except BackendError:
            continue
    return KECCAK_BACKENDS[-1], keccak_with(KECCAK_BACKENDS[-1])


def keccak256(data: bytes) -> bytes:
    """Hash data with Keccak-256 (Ethereum's padding, not SHA3-256)."""
    return keccak_backend()[1](data)


def sha256(data: bytes) -> bytes:
    """Hash data with SHA-256."""
    return hashlib.sha256(data).digest()


def tagged(label: str, *parts: bytes) -> bytes:
    """Hash parts with SHA-256 under a label, each behind its 8-byte length, so that no two inputs collide.

    >>> tagged("example v1", b"ab", b"c") == tagged("example v1", b"a", b"bc")
    False
    """
    hasher = hashlib.sha256()
    for part in (label.encode(), *parts):
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.digest()
