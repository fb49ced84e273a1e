"""Okamoto-Uchiyama encryption over gmpy2: c = g^m * h^r modulo n = p^2 q, additive in m modulo p.

The randomiser r has at least 256 bits (320 by default): published implementations take 110 to 128 bits,
which a square-root search of 2^55 to 2^64 breaks for guessable plaintexts. The key owner encrypts by the
Chinese remainder theorem with power tables; the bytes are those that the public key would make of the same
randomness.

NOT: secure against chosen ciphertexts; every decryption passes the range guard. NOT constant-time.
Source: Okamoto and Uchiyama, Eurocrypt 1998; short randomisers: Coron, Naccache, Paillier, ACM CCS 1999.
Trust: factoring p^2 q, and indistinguishability of short exponents of h.
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
from mpc.additive.powers import PowerTable, power_table, powers_of
from mpc.additive.primes import random_between, random_bits, random_prime
from mpc.additive.scheme import SPARE_BITS, Sized, check_message, guard, split_ciphertexts
from mpc.additive.weighing import product_of_powers
from mpc.groups.group import RandomSource

NAME = "okamoto-uchiyama"


@dataclass(frozen=True, slots=True)
class OkamotoUchiyama:
    """Declared sizes: 3072 bits, or 2048 where 112 bits of security are accepted."""

    bits: int = 3072
    randomiser_bits: int = 320

    def __post_init__(self) -> None:
        require_sizes(NAME, self.bits, self.randomiser_bits)

    @property
    def ciphertext_bytes(self) -> int:
        return -(-self.bits // 8)

    @property
    def public_key_bytes(self) -> int:
        return 3 * self.ciphertext_bytes

    @property
    def plaintext_bits(self) -> int:
        return self.bits // 3 - 1 - SPARE_BITS

    def record(self) -> JsonValue:
        return {"scheme": NAME, "bits": self.bits, "randomiser_bits": self.randomiser_bits}

    def generate(self, source: RandomSource) -> OkamotoUchiyamaSecret:
        """Draw a key; all its randomness comes from ``source``."""
        p, q = random_prime(self.bits // 3, source), random_prime(self.bits - 2 * (self.bits // 3), source)
        n, p2 = p * p * q, p * p
        while True:
            g = random_between(n, source)
            root = gmpy2.powmod(g, p - 1, p2)
            if root != 1:  # root = 1 + p*L, so its order is p unless L = 0
                break
        h = gmpy2.powmod(random_between(n, source), n, n)
        public = OkamotoUchiyamaPublic(self, int(n), int(g), int(h))
        return OkamotoUchiyamaSecret(public, int(p), int(q))

    def decode_public(self, encoded: bytes) -> OkamotoUchiyamaPublic:
        """Parse n, g, h. Raises: InvalidRecord."""
        size = self.ciphertext_bytes
        parts = [int.from_bytes(part, "big") for part in split_ciphertexts(encoded, 3, size)]
        n, g, h = parts
        if n.bit_length() != self.bits or n % 2 == 0:
            raise InvalidRecord(f"{NAME}: odd modulus of {self.bits} bits expected")
        if any(not 1 < x < n - 1 or gmpy2.gcd(x, n) != 1 for x in (g, h)):
            raise InvalidRecord(f"{NAME}: g and h must be invertible modulo n, and neither 1 nor -1")
        return OkamotoUchiyamaPublic(self, n, g, h)


class InsecureOkamotoUchiyama(OkamotoUchiyama):
    """Keys too small to protect anything, for tests that need many of them."""

    __slots__ = ()

    def __post_init__(self) -> None:
        warnings.warn("InsecureOkamotoUchiyama protects nothing: tests only", stacklevel=3)


@dataclass(frozen=True, slots=True)
class OkamotoUchiyamaPublic(Sized):
    """n, g, h and the sizes they were checked against."""

    parameters: OkamotoUchiyama
    n: int = field(repr=False)
    g: int = field(repr=False)
    h: int = field(repr=False)

    def encode(self) -> bytes:
        return b"".join(x.to_bytes(self.ciphertext_bytes, "big") for x in (self.n, self.g, self.h))

    def encrypt(self, message: int, source: RandomSource) -> int:
        return self._encrypt(message, random_bits(self.parameters.randomiser_bits, source))

    def zeros(self, count: int, source: RandomSource) -> list[int]:
        return powers_of(self.h, self.n, self.parameters.randomiser_bits, count, source)

    def mask(self, message: int, source: RandomSource) -> int:
        return self._encrypt(message, random_bits(self.parameters.randomiser_bits + MASK_BITS, source))

    def weigh(self, ciphertexts: Sequence[int], weights: Sequence[int], message: int, source: RandomSource) -> int:
        """Encrypt the message plus the sum of ciphertexts, each as often as its weight says, randomised anew.

        The randomiser is wider than that of ``mask`` by what the largest weights may add to it, so that even the key
        owner, who can read the exponents of its own ciphertexts, learns nothing of weights beyond their sum.
        """
        wide = self.parameters.randomiser_bits + MASK_BITS + self.plaintext_bits
        if any(weight >> self.plaintext_bits for weight in weights) or len(weights) >> 24:
            raise ValueError(f"at most 2^24 weights below 2^{self.plaintext_bits} expected")
        fresh = mpz(self._encrypt(message, random_bits(wide, source)))
        return int(fresh * product_of_powers(ciphertexts, weights, self.n) % self.n)

    def combine(self, ciphertexts: Sequence[int], weights: Sequence[int]) -> int:
        """Add up a few ciphertexts, each as often as its weight says; not randomised anew: mask before it leaves."""
        total = mpz(1)
        for ciphertext, weight in zip(ciphertexts, weights, strict=True):
            total = total * gmpy2.powmod(ciphertext, weight, self.n) % self.n
        return int(total)

    def add(self, left: int, right: int) -> int:
        return int(mpz(left) * right % self.n)

    def decode_ciphertexts(self, encoded: bytes, count: int) -> Sequence[int]:
        n = mpz(self.n)
        ciphertexts = [int.from_bytes(c, "big") for c in split_ciphertexts(encoded, count, self.ciphertext_bytes)]
        product = mpz(1)
        for c in ciphertexts:
            if not 0 < c < n:
                raise InvalidRecord(f"{NAME}: ciphertext outside 1..n-1")
            product = product * c % n
        if gmpy2.gcd(product, n) != 1:  # coprime product: every factor is
            raise InvalidRecord(f"{NAME}: ciphertext not invertible modulo n")
        return ciphertexts

    def _encrypt(self, message: int, randomiser: int) -> int:
        check_message(message, self.plaintext_bits)
        return int(gmpy2.powmod(self.g, message, self.n) * gmpy2.powmod(self.h, randomiser, self.n) % self.n)


class OkamotoUchiyamaSecret:
    """p, q and what encryption and decryption precompute from them."""

    def __init__(self, public: OkamotoUchiyamaPublic, p: int, q: int) -> None:
        self.public = public
        self._p, self._p2, self._q = mpz(p), mpz(p) ** 2, mpz(q)
        self._scale = gmpy2.invert(self._logarithm(mpz(public.g)), self._p)
        self._lift = gmpy2.invert(self._p2, self._q)
        self._tables: dict[int, tuple[tuple[PowerTable, PowerTable], ...]] = {}

    def __repr__(self) -> str:
        return f"OkamotoUchiyamaSecret({self.public.parameters})"

    def encrypt(self, message: int, source: RandomSource, *, bits: int) -> int:
        check_message(message, min(bits, self.public.plaintext_bits))
        randomiser = random_bits(self.public.parameters.randomiser_bits, source)
        low, high = [g.power(message) * h.power(randomiser) for g, h in self._prepared(bits)]
        low %= self._p2
        return int(low + self._p2 * ((high - low) * self._lift % self._q))

    def decrypt(self, ciphertext: int, *, bits: int) -> int:
        return guard(self._decrypt_unguarded(ciphertext), min(bits, self.public.plaintext_bits))

    def _decrypt_unguarded(self, ciphertext: int) -> int:
        return int(self._logarithm(mpz(ciphertext)) * self._scale % self._p)

    def _logarithm(self, x: mpz) -> mpz:
        return (gmpy2.powmod(x, self._p - 1, self._p2) - 1) // self._p

    def _prepared(self, bits: int) -> tuple[tuple[PowerTable, PowerTable], ...]:
        """Build tables for messages of ``bits`` bits at the first of them: 40 MB and 0.2 s with 3072-bit keys."""
        if bits not in self._tables:
            public = self.public
            self._tables[bits] = tuple(
                (
                    power_table(public.g, modulus, bits),
                    power_table(public.h, modulus, public.parameters.randomiser_bits),
                )
                for modulus in (self._p2, self._q)
            )
        return self._tables[bits]
