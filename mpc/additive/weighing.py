"""Products of many powers: c_1^w_1 * ... * c_n^w_n modulo m, for weights of few bits.

Weights are cut into windows; in each, ciphertexts of one digit are multiplied together first, and then every bucket
counts as often as its digit says. That costs about n multiplications a window instead of a power for each ciphertext.
The time follows the weights: NOT hardened against a local observer.
Source: Pippenger, On the evaluation of powers and related problems, FOCS 1976; Yao, SIAM J. Computing 1976 (buckets).
"""

from __future__ import annotations

from collections.abc import Sequence

from gmpy2 import mpz

WINDOW = 8


def product_of_powers(ciphertexts: Sequence[int], weights: Sequence[int], modulus: int) -> int:
    """Return the product; weights must not be negative."""
    if any(weight < 0 for weight in weights) or len(weights) != len(ciphertexts):
        raise ValueError("one weight of at least 0 for each ciphertext expected")
    m, product = mpz(modulus), mpz(1)
    for shift in reversed(range(0, max(weights, default=0).bit_length(), WINDOW)):
        for _ in range(WINDOW):
            product = product * product % m
        product = product * _digits(ciphertexts, weights, shift, m) % m
    return int(product)


def _digits(ciphertexts: Sequence[int], weights: Sequence[int], shift: int, m: mpz) -> mpz:
    buckets = [mpz(1)] * (1 << WINDOW)
    for ciphertext, weight in zip(ciphertexts, weights, strict=True):
        if digit := weight >> shift & ((1 << WINDOW) - 1):
            buckets[digit] = buckets[digit] * ciphertext % m
    above, total = mpz(1), mpz(1)
    for bucket in reversed(buckets[1:]):
        above = above * bucket % m
        total = total * above % m
    return total
