"""Paillier's scheme with the randomiser of Damgard, Jurik and Nielsen: c = (1 + n)^m * h^a modulo n^2.

h = (-x^2)^n is fixed with the key, so its powers come from tables and an exponent of half the modulus's length is
enough: fresh encryptions are some ten times faster than with r^n, and decrypt under the same p and q. The exponent has
as many bits as the group it runs through; shorter ones, of 2 x security bits at least, may be declared and are then a
further assumption.

NOT: secure against chosen ciphertexts; decryptions pass the range guard. NOT constant-time. It does NOT prove that h
was formed as declared: an owner that deviates would read the randomisers of sums under its key.
Source: Damgard, Jurik, Nielsen, "A generalization of Paillier's public-key system with applications to electronic
voting", International Journal of Information Security 2010, section 4.2.
Trust: decisional composite residuosity for moduli of primes 3 modulo 4.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import gmpy2
from gmpy2 import mpz

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive.exponents import MASK_BITS, require_sizes
from mpc.additive.paillier import decode_ciphertexts, decode_modulus
from mpc.additive.powers import PowerTable, power_table, powers_of
from mpc.additive.primes import random_between, random_bits, random_prime
from mpc.additive.residues import Residues
from mpc.additive.scheme import SPARE_BITS, Sized, check_message, guard
from mpc.groups.group import RandomSource

NAME = "paillier-djn"
_WINDOW = 8  # tables of 20 MB for either prime at full exponent length


@dataclass(frozen=True, slots=True)
class DamgardJurikNielsen:
    """Declared sizes. randomiser_bits: half the modulus by default, at least twice the security."""

    bits: int = 3072
    randomiser_bits: int = 1536

    def __post_init__(self) -> None:
        require_sizes(NAME, self.bits, self.randomiser_bits)

    @property
    def ciphertext_bytes(self) -> int:
        return 2 * -(-self.bits // 8)

    @property
    def public_key_bytes(self) -> int:
        return 3 * -(-self.bits // 8)

    @property
    def plaintext_bits(self) -> int:
        return self.bits - 1 - SPARE_BITS

    def record(self) -> JsonValue:
        return {"scheme": NAME, "bits": self.bits, "randomiser_bits": self.randomiser_bits}

    def generate(self, source: RandomSource) -> DjnSecret:
        """Draw a key; all its randomness comes from ``source``."""
        half = self.bits // 2
        p, q = _prime(half, source), _prime(self.bits - half, source)
        while gmpy2.gcd(p - 1, q - 1) != 2:
            q = _prime(self.bits - half, source)
        n = p * q
        h = gmpy2.powmod(-(random_between(n, source) ** 2), n, n**2)
        return DjnSecret(DjnPublic(self, int(n), int(h)), int(p), int(q))

    def decode_public(self, encoded: bytes) -> DjnPublic:
        """Parse n and h. Raises: InvalidRecord."""
        size = -(-self.bits // 8)
        n = decode_modulus(encoded[:size], self.bits, NAME)
        (h,) = decode_ciphertexts(encoded[size:], 1, 2 * size, n, NAME)
        if h in (1, n**2 - 1):
            raise InvalidRecord(f"{NAME}: h must be neither 1 nor -1")
        return DjnPublic(self, n, h)


class InsecureDamgardJurikNielsen(DamgardJurikNielsen):
    """Keys too small to protect anything, for tests that need many of them."""

    __slots__ = ()

    def __post_init__(self) -> None:
        warnings.warn("InsecureDamgardJurikNielsen protects nothing: tests only", stacklevel=3)


@dataclass(frozen=True, slots=True)
class DjnPublic(Sized):
    """n, h and the sizes they were checked against."""

    parameters: DamgardJurikNielsen
    n: int = field(repr=False)
    h: int = field(repr=False)

    def encode(self) -> bytes:
        size = self.ciphertext_bytes
        return self.n.to_bytes(size // 2, "big") + self.h.to_bytes(size, "big")

    def encrypt(self, message: int, source: RandomSource) -> int:
        return self._encrypt(message, random_bits(self.parameters.randomiser_bits, source))

    def zeros(self, count: int, source: RandomSource) -> list[int]:
        return powers_of(self.h, self.n**2, self.parameters.randomiser_bits, count, source)

    def mask(self, message: int, source: RandomSource) -> int:
        return self._encrypt(message, random_bits(self.parameters.randomiser_bits + MASK_BITS, source))

    def add(self, left: int, right: int) -> int:
        return int(mpz(left) * right % self.n**2)

    def decode_ciphertexts(self, encoded: bytes, count: int) -> Sequence[int]:
        return decode_ciphertexts(encoded, count, self.ciphertext_bytes, self.n, NAME)

    def _encrypt(self, message: int, randomiser: int) -> int:
        check_message(message, self.plaintext_bits)
        square = mpz(self.n) ** 2
        return int((1 + mpz(self.n) * message) * gmpy2.powmod(self.h, randomiser, square) % square)


class DjnSecret:
    """p and q, and the tables of h modulo their squares."""

    def __init__(self, public: DjnPublic, p: int, q: int) -> None:
        self.public = public
        self._residues = Residues(p, q)
        self._tables: tuple[PowerTable, ...] = ()

    def __repr__(self) -> str:
        return f"DjnSecret({self.public.parameters})"

    def encrypt(self, message: int, source: RandomSource, *, bits: int) -> int:
        check_message(message, min(bits, self.public.plaintext_bits))
        randomiser = random_bits(self.public.parameters.randomiser_bits, source)
        first = 1 + mpz(self.public.n) * message
        low, high = (first * table.power(randomiser) % table.modulus for table in self._prepared())
        return self._residues.combine(low, high)

    def decrypt(self, ciphertext: int, *, bits: int) -> int:
        return guard(self._residues.logarithm(ciphertext), min(bits, self.public.plaintext_bits))

    def _prepared(self) -> tuple[PowerTable, ...]:
        """Build the tables at the first encryption: 40 MB and 0.3 s with 3072-bit keys."""
        if not self._tables:
            exponent = self.public.parameters.randomiser_bits
            self._tables = tuple(
                power_table(self.public.h, int(square), exponent, _WINDOW) for square in self._residues.squares
            )
        return self._tables


def _prime(bits: int, source: RandomSource) -> mpz:
    while True:
        candidate = random_prime(bits, source)
        if candidate % 4 == 3:
            return candidate
