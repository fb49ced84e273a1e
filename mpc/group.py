"""ristretto255: the prime-order group under the join, the gate and the commitments.

Thin, checked calls into libsodium as shipped by the ``rbcl`` wheel (its ctypes library object; the wheel's
own wrappers neither refuse the identity nor say which input was wrong). Elements are canonical 32-byte
encodings, scalars are integers modulo ``ORDER``. An element that arrives from outside goes through
``decode_element`` or one of the ``multiply`` functions, which refuse everything that is not a canonical
encoding.

It is NOT constant-time in Python terms (scalars are Python integers) and gives no protection against a
local observer.
Source: RFC 9496 (ristretto255), RFC 9380 section 5.3.1 and appendix B (``hash_to_ristretto255`` with
SHA-512).
Trust: libsodium's arithmetic, SHA-512.
"""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NewType, Protocol

from ledger.errors import InvalidRecord

Element = NewType("Element", bytes)
Scalar = NewType("Scalar", int)

ORDER = 2**252 + 27742317777372353535851937790883648493
ELEMENT_BYTES = 32
IDENTITY = Element(bytes(ELEMENT_BYTES))

_HASH_BLOCK_BYTES = 128  # SHA-512 input block: length of Z_pad in RFC 9380 section 5.3.1
_UNIFORM_BYTES = 64


class InvalidElement(InvalidRecord):
    """Bytes that are not a canonical, non-identity group element."""


class RandomSource(Protocol):
    """Where secret randomness comes from; ``mpc.stream.Stream`` is one."""

    def read(self, count: int, /) -> bytes: ...


def scalar(value: int) -> Scalar:
    """Reduce an integer (negative too) modulo the group order."""
    return Scalar(value % ORDER)


def random_scalar(source: RandomSource) -> Scalar:
    """Draw a uniform non-zero scalar (64 bytes reduced: bias below 2^-250)."""
    return Scalar(int.from_bytes(source.read(_UNIFORM_BYTES), "little") % (ORDER - 1) + 1)


def random_element(source: RandomSource) -> Element:
    """Draw a uniform element whose discrete logarithm nobody knows (RFC 9496 section 4.3.4)."""
    return _from_uniform(source.read(_UNIFORM_BYTES))


def hash_to_group(message: bytes, tag: bytes) -> Element:
    """Map a message to an element with no known logarithm, separated by ``tag`` (1..255 bytes).

    >>> hash_to_group(b"1000010010", b"EXAMPLE-V01").hex()[:16]
    'd61850cabf33a980'
    """
    return _from_uniform(expand_message(message, tag))


def expand_message(message: bytes, tag: bytes) -> bytes:
    """Return 64 uniform bytes: ``expand_message_xmd`` with SHA-512, for which one block is enough."""
    if not 0 < len(tag) < 256:
        raise ValueError(f"domain separation tag: 1..255 bytes expected, got {len(tag)}")
    tag_prime = tag + bytes([len(tag)])
    prefix = bytes(_HASH_BLOCK_BYTES) + message + _UNIFORM_BYTES.to_bytes(2, "big") + b"\0" + tag_prime
    first = hashlib.sha512(prefix).digest()
    return hashlib.sha512(first + b"\1" + tag_prime).digest()


def decode_element(encoded: bytes) -> Element:
    """Accept a canonical encoding of an element other than the identity.

    Raises: InvalidElement.
    """
    if len(encoded) != ELEMENT_BYTES:
        raise InvalidElement(f"element: {ELEMENT_BYTES} bytes expected, got {len(encoded)}")
    if encoded == IDENTITY:
        raise InvalidElement("element: the identity is refused")
    if _is_misformed(encoded) or _SODIUM.crypto_core_ristretto255_is_valid_point(encoded) != 1:
        raise InvalidElement("element: not a canonical ristretto255 encoding")
    return Element(encoded)


def base(k: Scalar) -> Element:
    """Multiply the generator."""
    if k == 0:
        return IDENTITY
    out = ctypes.create_string_buffer(ELEMENT_BYTES)
    if _SODIUM.crypto_scalarmult_ristretto255_base(out, _encode_scalar(k)) != 0:
        raise ValueError("scalar: not reduced")
    return Element(out.raw)


def multiply(k: Scalar, element: bytes) -> Element:
    """Multiply an element by a scalar; the identity is neither accepted nor produced.

    Raises: InvalidElement.
    """
    return multiply_all(k, (element,))[0]


def multiply_all(k: Scalar, elements: Iterable[bytes]) -> list[Element]:
    """Multiply many elements by one scalar; ``elements`` are outside bytes of any validity.

    Raises: InvalidElement, and then nothing of the batch is returned.  Cost: about 55 us an element.
    """
    out = ctypes.create_string_buffer(ELEMENT_BYTES)
    call = _SODIUM.crypto_scalarmult_ristretto255
    encoded = _encode_scalar(k)
    products: list[Element] = []
    for element in elements:
        if _is_misformed(element) or call(out, encoded, element) != 0:
            raise InvalidElement("element: not a canonical ristretto255 encoding, or the identity")
        products.append(Element(out.raw))
    return products


def multiply_or_identity(k: Scalar, element: bytes) -> Element:
    """Multiply where the identity may occur: inside ElGamal ciphertexts, whose parts may cancel.

    Raises: InvalidElement.
    """
    if element == IDENTITY or k == 0:
        return IDENTITY
    return multiply(k, element)


def add(left: bytes, right: bytes) -> Element:
    """Add two elements. Raises: InvalidElement."""
    return _combine(_SODIUM.crypto_core_ristretto255_add, left, right)


def subtract(left: bytes, right: bytes) -> Element:
    """Subtract two elements. Raises: InvalidElement."""
    return _combine(_SODIUM.crypto_core_ristretto255_sub, left, right)


def _combine(operation: ctypes._NamedFuncPointer, left: bytes, right: bytes) -> Element:
    out = ctypes.create_string_buffer(ELEMENT_BYTES)
    if _is_misformed(left) or _is_misformed(right) or operation(out, left, right) != 0:
        raise InvalidElement("element: not a canonical ristretto255 encoding")
    return Element(out.raw)


def _from_uniform(uniform: bytes) -> Element:
    if len(uniform) != _UNIFORM_BYTES:
        raise ValueError(f"uniform bytes: {_UNIFORM_BYTES} expected, got {len(uniform)}")
    out = ctypes.create_string_buffer(ELEMENT_BYTES)
    _SODIUM.crypto_core_ristretto255_from_hash(out, uniform)
    return Element(out.raw)


def _is_misformed(encoded: bytes) -> bool:
    """Say whether length or top bit is wrong.

    The bundled libsodium ignores the top bit, so that each element would have a second encoding and a
    repeated element could pass for two.
    """
    return len(encoded) != ELEMENT_BYTES or encoded[-1] > 0x7F


def _encode_scalar(k: Scalar) -> bytes:
    return k.to_bytes(ELEMENT_BYTES, "little")


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
