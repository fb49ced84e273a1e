"""The port to a group of prime order, as the gate's encryption and the join's blinding use it.

Elements are canonical encodings of one length, scalars integers modulo the order. Bytes that arrive from outside go
through ``decode_element`` or one of the ``multiply`` functions, which refuse everything that is no canonical encoding.
The identity has an encoding of its own, which no honest message contains: it is accepted only where parts of a
ciphertext may cancel (``add``, ``subtract``, ``multiply_or_identity``).

Two implementations, chosen by name in a job's terms (``mpc.groups.suites``). It promises NO protection against a local
observer: scalars are Python integers.
Trust: discrete logarithms and decisional Diffie-Hellman are hard in the group.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import NewType, Protocol

from ledger.errors import InvalidRecord

Element = NewType("Element", bytes)
Scalar = NewType("Scalar", int)

SCALAR_BYTES = 32
"""The orders of the groups here have at most 256 bits."""

UNIFORM_BYTES = 64
"""Random bytes behind one scalar: both orders have at most 256 bits, so the bias is below 2^-250."""


class InvalidElement(InvalidRecord):
    """Bytes that are not a canonical, non-identity group element."""


class RandomSource(Protocol):
    """Where secret randomness comes from; ``mpc.stream.Stream`` is one."""

    def read(self, count: int, /) -> bytes: ...


class Group(Protocol):
    """What a group offers. Implementations subclass it for the functions that are the same in every group."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name in specifications and terms."""

    @property
    @abstractmethod
    def hash_suite(self) -> str:
        """The name of its hash function into the group (RFC 9380 section 8.10), a part of domain separation tags."""

    @property
    @abstractmethod
    def order(self) -> int: ...

    @property
    @abstractmethod
    def element_bytes(self) -> int: ...

    @property
    @abstractmethod
    def identity(self) -> Element: ...

    @abstractmethod
    def decode_element(self, encoded: bytes) -> Element:
        """Accept a canonical encoding of an element other than the identity.

        Raises: InvalidElement.
        """

    @abstractmethod
    def base(self, k: Scalar) -> Element:
        """Multiply the generator."""

    @abstractmethod
    def multiply_all(self, k: Scalar, elements: Iterable[bytes]) -> list[Element]:
        """Multiply many elements by one scalar; ``elements`` are outside bytes of any validity.

        Raises: InvalidElement for the identity too, and then nothing of the batch is returned.
        """

    @abstractmethod
    def multiplier(self, element: Element) -> Callable[[Scalar], Element]:
        """Prepare for multiplying one element by many scalars. Raises: InvalidElement."""

    @abstractmethod
    def add(self, left: bytes, right: bytes) -> Element:
        """Add two elements. Raises: InvalidElement."""

    @abstractmethod
    def subtract(self, left: bytes, right: bytes) -> Element:
        """Subtract two elements. Raises: InvalidElement."""

    @abstractmethod
    def hash_to_group(self, message: bytes, tag: bytes) -> Element:
        """Map a message to an element with no known logarithm, separated by ``tag`` (1..255 bytes)."""

    @abstractmethod
    def random_element(self, source: RandomSource) -> Element:
        """Draw a uniform element whose discrete logarithm nobody knows."""

    def scalar(self, value: int) -> Scalar:
        """Reduce an integer (negative too) modulo the group order."""
        return Scalar(value % self.order)

    def random_scalar(self, source: RandomSource) -> Scalar:
        """Draw a uniform non-zero scalar."""
        return Scalar(int.from_bytes(source.read(UNIFORM_BYTES), "little") % (self.order - 1) + 1)

    def challenge(self, label: bytes, *parts: bytes) -> Scalar:
        """Hash the whole statement of a proof to a scalar, each part behind its length (as RFC 8235 section 3.3)."""
        said = (label, self.name.encode(), *parts)
        digest = hashlib.sha512(b"".join(len(part).to_bytes(4, "big") + part for part in said)).digest()
        return self.scalar(int.from_bytes(digest, "little"))

    def multiply(self, k: Scalar, element: bytes) -> Element:
        """Multiply an element by a scalar; the identity is neither accepted nor produced.

        Raises: InvalidElement.
        """
        return self.multiply_all(k, (element,))[0]

    def multiply_or_identity(self, k: Scalar, element: bytes) -> Element:
        """Multiply where the identity may occur: inside ElGamal ciphertexts, whose parts may cancel.

        Raises: InvalidElement.
        """
        if element == self.identity or k == 0:
            return self.identity
        return self.multiply(k, element)
