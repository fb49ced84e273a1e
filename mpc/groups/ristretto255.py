"""ristretto255: the group of prime order that jobs compute in unless they name another.

Thin, checked calls into libsodium as shipped by the ``rbcl`` wheel (its ctypes library object; the wheel's
own wrappers neither refuse the identity nor say which input was wrong). An encoding has 32 bytes.

It is NOT constant-time in Python terms (scalars are Python integers) and gives no protection against a
local observer.
Source: RFC 9496 (ristretto255), RFC 9380 appendix B (``hash_to_ristretto255`` with SHA-512).
Trust: libsodium's arithmetic, SHA-512.
"""

from __future__ import annotations

import ctypes
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cryptography.hazmat.primitives.hashes import SHA512

from mpc.groups.group import Element, Group, InvalidElement, RandomSource, Scalar
from mpc.groups.hashing import expand_message

_BYTES = 32
_UNIFORM_BYTES = 64
_IDENTITY = Element(bytes(_BYTES))


@dataclass(frozen=True, slots=True)
class Ristretto255(Group):
    """The group; it has no state."""

    name: ClassVar[str] = "ristretto255"
    hash_suite: ClassVar[str] = "ristretto255_XMD:SHA-512_R255MAP_RO_"
    order: ClassVar[int] = 2**252 + 27742317777372353535851937790883648493
    element_bytes: ClassVar[int] = _BYTES
    identity: ClassVar[Element] = _IDENTITY

    def decode_element(self, encoded: bytes) -> Element:
        if len(encoded) != _BYTES:
            raise InvalidElement(f"element: {_BYTES} bytes expected, got {len(encoded)}")
        if encoded == _IDENTITY:
            raise InvalidElement("element: the identity is refused")
        if _is_misformed(encoded) or _SODIUM.crypto_core_ristretto255_is_valid_point(encoded) != 1:
            raise InvalidElement("element: not a canonical ristretto255 encoding")
        return Element(encoded)

    def base(self, k: Scalar) -> Element:
        if k == 0:
            return _IDENTITY
        out = ctypes.create_string_buffer(_BYTES)
        if _SODIUM.crypto_scalarmult_ristretto255_base(out, _encode_scalar(k)) != 0:
            raise ValueError("scalar: not reduced")
        return Element(out.raw)

    def multiply_all(self, k: Scalar, elements: Iterable[bytes]) -> list[Element]:
        """See the port. Cost: about 55 us an element."""
        out = ctypes.create_string_buffer(_BYTES)
        call = _SODIUM.crypto_scalarmult_ristretto255
        encoded = _encode_scalar(k)
        products: list[Element] = []
        for element in elements:
            if _is_misformed(element) or call(out, encoded, element) != 0:
                raise InvalidElement("element: not a canonical ristretto255 encoding, or the identity")
            products.append(Element(out.raw))
        return products

    def multiplier(self, element: Element) -> Callable[[Scalar], Element]:
        """See the port; libsodium has no table for an element of one's own, so nothing is gained."""
        known = self.decode_element(element)
        return lambda k: self.multiply_or_identity(k, known)

    def add(self, left: bytes, right: bytes) -> Element:
        return _combine(_SODIUM.crypto_core_ristretto255_add, left, right)

    def subtract(self, left: bytes, right: bytes) -> Element:
        return _combine(_SODIUM.crypto_core_ristretto255_sub, left, right)

    def hash_to_group(self, message: bytes, tag: bytes) -> Element:
        """See the port.

        >>> RISTRETTO255.hash_to_group(b"1000010010", b"EXAMPLE-V01").hex()[:16]
        'd61850cabf33a980'
        """
        return _from_uniform(expand_message(SHA512(), message, tag, _UNIFORM_BYTES))

    def random_element(self, source: RandomSource) -> Element:
        """See the port (RFC 9496 section 4.3.4)."""
        return _from_uniform(source.read(_UNIFORM_BYTES))


def _combine(operation: ctypes._NamedFuncPointer, left: bytes, right: bytes) -> Element:
    out = ctypes.create_string_buffer(_BYTES)
    if _is_misformed(left) or _is_misformed(right) or operation(out, left, right) != 0:
        raise InvalidElement("element: not a canonical ristretto255 encoding")
    return Element(out.raw)


def _from_uniform(uniform: bytes) -> Element:
    if len(uniform) != _UNIFORM_BYTES:
        raise ValueError(f"uniform bytes: {_UNIFORM_BYTES} expected, got {len(uniform)}")
    out = ctypes.create_string_buffer(_BYTES)
    _SODIUM.crypto_core_ristretto255_from_hash(out, uniform)
    return Element(out.raw)


def _is_misformed(encoded: bytes) -> bool:
    """Say whether length or top bit is wrong.

    The bundled libsodium ignores the top bit, so that each element would have a second encoding and a
    repeated element could pass for two.
    """
    return len(encoded) != _BYTES or encoded[-1] > 0x7F


def _encode_scalar(k: Scalar) -> bytes:
    return k.to_bytes(_BYTES, "little")


def _load_sodium() -> ctypes.CDLL:
    """Load libsodium from the wheel and remove the copy that the wheel leaves in the temporary folder.

    The wheel writes its library to ``tempfile.gettempdir()`` on each import and never deletes it; a folder
    mounted ``noexec`` refuses to load it, so the user's cache folder is tried next.
    """
    previous = tempfile.tempdir
    failure: OSError | None = None
    for parent in (Path(tempfile.gettempdir()), Path.home() / ".cache"):
        try:
            parent.mkdir(parents=True, exist_ok=True)
            private = tempfile.mkdtemp(prefix="ristretto-", dir=parent)
        except OSError as exc:
            failure = exc
            continue
        tempfile.tempdir = private
        try:
            import rbcl

            library: ctypes.CDLL = rbcl._sodium
            return library
        except OSError as exc:
            failure = exc
        finally:
            tempfile.tempdir = previous
            shutil.rmtree(private, ignore_errors=True)
    raise ImportError("libsodium could not be loaded from the rbcl wheel: no executable folder") from failure


_SODIUM = _load_sodium()
RISTRETTO255 = Ristretto255()
