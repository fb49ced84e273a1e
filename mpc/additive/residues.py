"""Arithmetic modulo n^2 for who knows n = p q: powers modulo p^2 and q^2, put together again.

Half the length makes a power four times cheaper, and two of them still twice. NOT constant-time.
Source: Paillier, Eurocrypt 1999, section 7.
"""

from __future__ import annotations

import gmpy2
from gmpy2 import mpz


class Residues:
    """p, q and what follows from them."""

    def __init__(self, p: int, q: int) -> None:
        self.p, self.q = mpz(p), mpz(q)
        self.n = self.p * self.q
        self.squares = (self.p**2, self.q**2)
        self._lift = gmpy2.invert(self.squares[0], self.squares[1])
        self._join = gmpy2.invert(self.p, self.q)
        self._scales = tuple(
            gmpy2.invert(_logarithm(1 + self.n, prime, square), prime)
            for prime, square in zip((self.p, self.q), self.squares, strict=True)
        )

    def __repr__(self) -> str:
        return "Residues()"

    def combine(self, low: mpz, high: mpz) -> int:
        """Return the number below n^2 that is ``low`` modulo p^2 and ``high`` modulo q^2."""
        square = self.squares[0]
        return int(low + square * ((high - low) * self._lift % self.squares[1]))

    def power_n(self, base: mpz) -> tuple[mpz, mpz]:
        """Raise an invertible ``base`` to the power n modulo either square."""
        low, high = (
            gmpy2.powmod(base, self.n % (square - prime), square)  # the order of the group divides p (p - 1)
            for prime, square in zip((self.p, self.q), self.squares, strict=True)
        )
        return low, high

    def logarithm(self, element: int) -> int:
        """Return m for an element (1 + n)^m r^n."""
        low, high = (
            _logarithm(mpz(element), prime, square) * scale % prime
            for prime, square, scale in zip((self.p, self.q), self.squares, self._scales, strict=True)
        )
        return int(low + self.p * ((high - low) * self._join % self.q))


def _logarithm(element: mpz, prime: mpz, square: mpz) -> mpz:
    return (gmpy2.powmod(element, prime - 1, square) - 1) // prime
