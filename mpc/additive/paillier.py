"""Paillier encryption over gmpy2: c = (1 + n)^m * r^n modulo n^2, additive in m modulo n.

For owners who refuse the Okamoto-Uchiyama assumption: the randomiser is uniform modulo n, so nothing is assumed of
short exponents, a fresh encryption hides any sum, and keys and ciphertexts are those of other implementations
(``mpc.additive.jwk``). An encryption takes about 16 ms at 3072 bits, a hundred times longer; ``mpc.additive.djn`` is
the faster variant.

NOT: secure against chosen ciphertexts; decryptions pass the range guard. NOT constant-time.
Source: Paillier, Eurocrypt 1999. Trust: decisional composite residuosity.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd

import gmpy2
from gmpy2 import mpz

from ledger.canonical import JsonValue
from ledger.errors import BackendError, InvalidRecord
from mpc.additive.primes import random_between, random_prime
from mpc.additive.residues import Residues
from mpc.additive.scheme import SPARE_BITS, Sized, check_message, guard, split_ciphertexts
from mpc.groups.group import RandomSource

NAME = "paillier"


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
        """Draw a key; all its randomness comes from ``source``."""
        p, q = random_prime(self.bits // 2, source), random_prime(self.bits - self.bits // 2, source)
        if p == q:
            raise BackendError(f"{NAME}: the random stream repeats itself")
        return PaillierSecret(PaillierPublic(self, int(p * q)), int(p), int(q))

    def decode_public(self, encoded: bytes) -> PaillierPublic:
        """Parse n. Raises: InvalidRecord."""
        return PaillierPublic(self, decode_modulus(encoded, self.bits, NAME))


class InsecurePaillier(Paillier):
    """Keys too small to protect anything, for tests that need many of them."""

    __slots__ = ()

    def __post_init__(self) -> None:
        warnings.warn("InsecurePaillier protects nothing: tests only", stacklevel=3)


@dataclass(frozen=True, slots=True)
class PaillierPublic(Sized):
    """n and the sizes it was checked against."""

    parameters: Paillier
    n: int = field(repr=False)

    def encode(self) -> bytes:
        return self.n.to_bytes(self.parameters.public_key_bytes, "big")

    def encrypt(self, message: int, source: RandomSource) -> int:
        check_message(message, self.plaintext_bits)
        square = mpz(self.n) ** 2
        randomiser = random_between(self.n, source)
        return int((1 + mpz(self.n) * message) * gmpy2.powmod(randomiser, self.n, square) % square)

    def zeros(self, count: int, source: RandomSource) -> list[int]:
        return [self.encrypt(0, source) for _ in range(count)]

    def mask(self, message: int, source: RandomSource) -> int:
        return self.encrypt(message, source)  # uniform modulo n already hides every sum

    def add(self, left: int, right: int) -> int:
        return left * right % self.n**2

    def decode_ciphertexts(self, encoded: bytes, count: int) -> Sequence[int]:
        return decode_ciphertexts(encoded, count, self.ciphertext_bytes, self.n, NAME)


class PaillierSecret:
    """p and q."""

    def __init__(self, public: PaillierPublic, p: int, q: int) -> None:
        self.public = public
        self._residues = Residues(p, q)

    def __repr__(self) -> str:
        return f"PaillierSecret({self.public.parameters})"

    @property
    def factors(self) -> tuple[int, int]:
        """The secret itself, for export alone."""
        return int(self._residues.p), int(self._residues.q)

    def encrypt(self, message: int, source: RandomSource, *, bits: int) -> int:
        check_message(message, min(bits, self.public.plaintext_bits))
        residues, first = self._residues, 1 + mpz(self.public.n) * message
        low, high = residues.power_n(random_between(self.public.n, source))
        return residues.combine(first * low % residues.squares[0], first * high % residues.squares[1])

    def decrypt(self, ciphertext: int, *, bits: int) -> int:
        return guard(self._residues.logarithm(ciphertext), min(bits, self.public.plaintext_bits))


def decode_modulus(encoded: bytes, bits: int, name: str) -> int:
    """Parse an odd modulus of exactly ``bits`` bits. Raises: InvalidRecord."""
    if len(encoded) != -(-bits // 8):
        raise InvalidRecord(f"{name}: modulus of {-(-bits // 8)} bytes expected, got {len(encoded)}")
    n = int.from_bytes(encoded, "big")
    if n.bit_length() != bits or n % 2 == 0:
        raise InvalidRecord(f"{name}: odd modulus of {bits} bits expected")
    return n


def decode_ciphertexts(encoded: bytes, count: int, size: int, n: int, name: str) -> list[int]:
    """Parse elements modulo n^2 and check each one. Raises: InvalidRecord."""
    ciphertexts = [int.from_bytes(c, "big") for c in split_ciphertexts(encoded, count, size)]
    product, square = mpz(1), mpz(n) ** 2
    for ciphertext in ciphertexts:
        if not 0 < ciphertext < square:
            raise InvalidRecord(f"{name}: ciphertext outside 1..n^2-1")
        product = product * (ciphertext % n) % n
    if gcd(int(product), n) != 1:  # coprime product: every factor is
        raise InvalidRecord(f"{name}: ciphertext not invertible modulo n")
    return ciphertexts
