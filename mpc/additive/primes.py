"""Random integers and primes from a labelled stream, so that a replay draws the same key.

NOT constant-time. Source: primes by gmpy2's ``next_prime`` above a random start (a slight bias towards
primes after long gaps, which no known attack uses). Trust: gmpy2's probable-prime test.
"""

from __future__ import annotations

import gmpy2
from gmpy2 import mpz

from mpc.groups.group import RandomSource


def random_bits(bits: int, source: RandomSource) -> int:
    """Draw a uniform integer of at most ``bits`` bits."""
    return int.from_bytes(source.read(-(-bits // 8)), "big") >> (-bits % 8)


def random_between(bound: int, source: RandomSource) -> mpz:
    """Draw an integer in 2..bound-2 (bias below 2^-64)."""
    return mpz(random_bits(bound.bit_length() + 64, source)) % (bound - 3) + 2


def random_prime(bits: int, source: RandomSource) -> mpz:
    """Draw a prime of exactly ``bits`` bits with its three top bits set: products of three keep full length."""
    top = mpz(7) << (bits - 3)
    while True:
        candidate = gmpy2.next_prime(mpz(random_bits(bits - 3, source)) | top)
        if candidate.bit_length() == bits:
            return candidate
