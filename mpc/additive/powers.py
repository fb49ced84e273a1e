"""Fixed-base modular exponentiation by a table of windows: 5-8 times faster than a general power.

Every window costs one multiplication, zero digits too, so the time does not tell how many digits are zero.
It is NOT hardened against a local observer of caches. Source: Brickell, Gordon, McCurley, Wilson 1992.
"""

from __future__ import annotations

from dataclasses import dataclass

import gmpy2
from gmpy2 import mpz

from mpc.additive.primes import random_bits
from mpc.groups.group import RandomSource


@dataclass(frozen=True, slots=True)
class PowerTable:
    """base^(digit * 2^(window*i)) for each window i; raises ``base`` to exponents of at most ``bits`` bits."""

    modulus: mpz
    bits: int
    window: int
    rows: tuple[tuple[mpz, ...], ...]

    def power(self, exponent: int) -> mpz:
        """Return base^exponent for 0 <= exponent < 2^bits."""
        if exponent < 0 or exponent >> self.bits:
            raise ValueError(f"exponent: at most {self.bits} bits expected")
        modulus, window = self.modulus, self.window
        mask = (1 << window) - 1
        product = mpz(1)
        for row in self.rows:
            product = product * row[exponent & mask] % modulus
            exponent >>= window
        return product


def power_table(base: int, modulus: int, bits: int, window: int = 10) -> PowerTable:
    """Prepare a table; 10-bit windows for 320 bits modulo 3072 bits take 33k entries, about 13 MB."""
    step, rows, m = mpz(base) % modulus, [], mpz(modulus)
    for _ in range(-(-bits // window)):
        row = [mpz(1)]
        for _ in range((1 << window) - 1):
            row.append(row[-1] * step % m)
        rows.append(tuple(row))
        step = row[-1] * step % m
    return PowerTable(m, bits, window, tuple(rows))


MANY = 512
"""From so many powers on a table pays for itself."""


def powers_of(base: int, modulus: int, bits: int, count: int, source: RandomSource) -> list[int]:
    """Raise one base to ``count`` random exponents of ``bits`` bits."""
    exponents = [random_bits(bits, source) for _ in range(count)]
    if count < MANY:
        return [int(gmpy2.powmod(base, exponent, modulus)) for exponent in exponents]
    table = power_table(base, modulus, bits, window=8)
    return [int(table.power(exponent)) for exponent in exponents]
