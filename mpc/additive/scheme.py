"""The port of additively homomorphic encryption: what a protocol may ask of a key, whatever the scheme.

A ``Parameters`` value names scheme and sizes and makes keys; both sides take it from the job record. The
owner of the secret key answers decryptions only below a declared bound (``RangeGuard``): one unguarded
answer to a chosen ciphertext factors an Okamoto-Uchiyama key.

NOT: secure against chosen ciphertexts beyond that guard; no proof that a ciphertext is well formed.
Trust: the factoring-type assumption of the scheme in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError
from mpc.groups.group import RandomSource

SPARE_BITS = 64
"""Plaintext bits that must stay unused, so that an out-of-range plaintext meets the guard with odds 1 - 2^-64."""


class RangeGuard(VerificationError):
    """A decryption lies outside the declared slots; its value is never shown, logged or acted on."""


class PublicKey(Protocol):
    """What everybody may do."""

    @property
    def plaintext_bits(self) -> int:
        """Bits a plaintext may have, spare bits already taken off."""
        ...

    @property
    def ciphertext_bytes(self) -> int: ...

    def encode(self) -> bytes: ...

    def encrypt(self, message: int, source: RandomSource) -> int: ...

    def zeros(self, count: int, source: RandomSource) -> list[int]:
        """Encrypt zero ``count`` times, faster than one by one where there are many."""
        ...

    def mask(self, message: int, source: RandomSource) -> int:
        """Encrypt with a randomiser that also hides the sum of 2^24 others, even from the key owner."""
        ...

    def add(self, left: int, right: int) -> int: ...

    def decode_ciphertexts(self, encoded: bytes, count: int) -> Sequence[int]:
        """Parse exactly ``count`` ciphertexts and check each one, so that no refusal depends on which are used.

        Raises: InvalidRecord.
        """
        ...


class SecretKey(Protocol):
    """What the owner may do."""

    @property
    def public(self) -> PublicKey: ...

    def encrypt(self, message: int, source: RandomSource, *, bits: int) -> int:
        """Encrypt as the public key would, faster; ``bits``, the same for a batch, bounds every message of it."""
        ...

    def decrypt(self, ciphertext: int, *, bits: int) -> int:
        """Decrypt a checked ciphertext whose plaintext has at most ``bits`` bits.

        Raises: RangeGuard.
        """
        ...


class Parameters(Protocol):
    """Scheme and sizes, as the job record declares them."""

    @property
    def ciphertext_bytes(self) -> int: ...

    @property
    def public_key_bytes(self) -> int: ...

    @property
    def plaintext_bits(self) -> int: ...

    def record(self) -> JsonValue: ...

    def generate(self, source: RandomSource) -> SecretKey: ...

    def decode_public(self, encoded: bytes) -> PublicKey:
        """Parse and check a public key. Raises: InvalidRecord."""
        ...


class Sized(Protocol):
    """A public key as large as its parameters say."""

    __slots__ = ()
    parameters: Parameters

    @property
    def plaintext_bits(self) -> int:
        return self.parameters.plaintext_bits

    @property
    def ciphertext_bytes(self) -> int:
        return self.parameters.ciphertext_bytes


def encode_ciphertexts(ciphertexts: Iterable[int], size: int) -> bytes:
    """Write ciphertexts in ``size`` bytes each, big endian."""
    return b"".join(int(c).to_bytes(size, "big") for c in ciphertexts)


def split_ciphertexts(encoded: bytes, count: int, size: int) -> list[bytes]:
    """Cut outside bytes into exactly ``count`` pieces of ``size``. Raises: InvalidRecord."""
    if len(encoded) != count * size:
        raise InvalidRecord(f"ciphertexts: {count} of {size} bytes expected, got {len(encoded)} bytes")
    return [encoded[start : start + size] for start in range(0, len(encoded), size)]


def check_message(message: int, bits: int) -> None:
    """Refuse our own message if it does not fit: a bug in the caller, not outside input."""
    if not 0 <= message < 1 << bits:
        raise ValueError(f"plaintext: 0..2^{bits} expected")


def guard(plaintext: int, bits: int) -> int:
    """Pass a plaintext of at most ``bits`` bits. Raises: RangeGuard."""
    if plaintext < 0 or plaintext >> bits:
        raise RangeGuard("a decrypted sum lies outside the declared slots")
    return plaintext
