"""Paillier encryption through the optional ``phe`` package (extra ``paillier``; GPL, so nothing else imports it).

For owners who refuse the Okamoto-Uchiyama assumption and have few keys: an encryption takes about 30 ms at
3072 bits, over a hundred times longer. The randomiser is uniform modulo n, so a fresh encryption hides any
sum. ``phe`` decrypts 0, n and values above n^2 without complaint: the checks are here.

NOT: secure against chosen ciphertexts; decryptions pass the range guard. Source: Paillier, Eurocrypt 1999.
Trust: decisional composite residuosity; phe's arithmetic.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Protocol, cast

from ledger.canonical import JsonValue
from ledger.errors import BackendError, InvalidRecord
from mpc.additive.primes import random_between, random_prime
from mpc.additive.scheme import SPARE_BITS, check_message, guard, split_ciphertexts
from mpc.group import RandomSource

NAME = "paillier"


class _RawPublic(Protocol):
    def raw_encrypt(self, plaintext: int, r_value: int) -> int: ...


class _RawSecret(Protocol):
    def raw_decrypt(self, ciphertext: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Paillier:
    """Declared size of n: 2048 (112 bits of security) or 3072."""

    bits: int = 3072

    def __post_init__(self) -> None:
        if self.bits not in (2048, 3072):
            raise InvalidRecord(f"{NAME}: key of 2048 or 3072 bits expected, got {self.bits}")

    @property
    def ciphertext_bytes(self) -> int:
        return 2 * self.public_key_bytes

    @property
    def public_key_bytes(self) -> int:
        return -(-self.bits // 8)

    @property
    def plaintext_bits(self) -> int:
        return self.bits - 1 - SPARE_BITS

    def record(self) -> JsonValue:
        return {"scheme": NAME, "bits": self.bits}

    def generate(self, source: RandomSource) -> PaillierSecret:
        """Draw a key. Raises: BackendError if phe is not installed."""
        p, q = random_prime(self.bits // 2, source), random_prime(self.bits - self.bits // 2, source)
        if p == q:
            raise BackendError(f"{NAME}: the random stream repeats itself")
        return PaillierSecret(PaillierPublic(self, int(p * q)), int(p), int(q))

    def decode_public(self, encoded: bytes) -> PaillierPublic:
        """Parse n. Raises: InvalidRecord."""
        if len(encoded) != self.public_key_bytes:
            raise InvalidRecord(f"{NAME}: key of {self.public_key_bytes} bytes expected, got {len(encoded)}")
        n = int.from_bytes(encoded, "big")
        if n.bit_length() != self.bits or n % 2 == 0:
            raise InvalidRecord(f"{NAME}: odd modulus of {self.bits} bits expected")
        return PaillierPublic(self, n)


class InsecurePaillier(Paillier):
    """Keys too small to protect anything, for tests that need many of them."""

    __slots__ = ()

    def __post_init__(self) -> None:
        warnings.warn("InsecurePaillier protects nothing: tests only", stacklevel=3)


@dataclass(frozen=True, slots=True)
class PaillierPublic:
    """n and the sizes it was checked against."""

    parameters: Paillier
    n: int = field(repr=False)

    @property
    def plaintext_bits(self) -> int:
        return self.parameters.plaintext_bits

    @property
    def ciphertext_bytes(self) -> int:
        return self.parameters.ciphertext_bytes

    def encode(self) -> bytes:
        return self.n.to_bytes(self.parameters.public_key_bytes, "big")

    def encrypt(self, message: int, source: RandomSource) -> int:
        check_message(message, self.plaintext_bits)
        randomiser = random_between(self.n, source)
        return _raw_public(self.n).raw_encrypt(message, r_value=int(randomiser))

    def mask(self, message: int, source: RandomSource) -> int:
        return self.encrypt(message, source)  # uniform modulo n already hides every sum

    def add(self, left: int, right: int) -> int:
        return left * right % self.n**2

    def decode_ciphertexts(self, encoded: bytes, count: int) -> Sequence[int]:
        square = self.n**2
        ciphertexts = [int.from_bytes(c, "big") for c in split_ciphertexts(encoded, count, self.ciphertext_bytes)]
        if any(not 0 < c < square or gcd(c, self.n) != 1 for c in ciphertexts):
            raise InvalidRecord(f"{NAME}: ciphertext outside 1..n^2-1 or not invertible")
        return ciphertexts


class PaillierSecret:
    """p and q, held by phe's private key."""

    def __init__(self, public: PaillierPublic, p: int, q: int) -> None:
        self.public = public
        self._raw = _raw_secret(public.n, p, q)

    def __repr__(self) -> str:
        return f"PaillierSecret({self.public.parameters})"

    def encrypt(self, message: int, source: RandomSource, *, bits: int) -> int:
        check_message(message, bits)
        return self.public.encrypt(message, source)

    def decrypt(self, ciphertext: int, *, bits: int) -> int:
        return guard(self._raw.raw_decrypt(ciphertext), min(bits, self.public.plaintext_bits))


def _raw_public(n: int) -> _RawPublic:
    try:
        from phe.paillier import PaillierPublicKey
    except ImportError as exc:
        raise BackendError("Paillier needs the optional package phe (install the extra 'paillier')") from exc
    return cast(_RawPublic, PaillierPublicKey(n))


def _raw_secret(n: int, p: int, q: int) -> _RawSecret:
    from phe.paillier import PaillierPrivateKey

    return cast(_RawSecret, PaillierPrivateKey(_raw_public(n), p, q))
