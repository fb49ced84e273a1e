"""A proof that somebody knows what a row of commitments holds: one for all of them, which shows nothing of it.

    statement   C_i = x_i*G + r_i*H for i = 1 .. n, in a context (session, party, names of the cells)
    proof       A = a*G + b*H;  z = a + sum of e^i x_i;  w = b + sum of e^i r_i;  e = hash of the statement and A
    verified    z*G + w*H = A + sum of e^i C_i

Without it one could commit to values that one does not know, say to a constant less what others committed to.

Sound: who answers one A for n + 1 different e has n + 1 equations z_j*G + w_j*H = A + sum of e_j^i C_i, whose matrix of
powers (Vandermonde) is invertible modulo the prime order, and so has every x_i and r_i. Who knows no opening of some
C_i answers at most n of all e: n/order, below 2^-240 for 512 cells, times the number of hashes tried. Zero-knowledge:
for any e, uniform z and w give the one A that fits; a and b are uniform and used for nothing else.

The nonces a and b are derived, not drawn: from a secret and the whole statement, in the manner of RFC 6979 section 3.2.
One statement has one proof, whatever restarts, so no two challenges are ever answered with one nonce, which would give
the openings away; and an opened audit, which is shown the secret, reproduces every byte. ``secret`` needs the entropy
of a key and must serve nothing else.

It does NOT show that a value lies in a range or is true.
Source: Okamoto 1992 (CRYPTO '92), proof of a representation; Gennaro, Leigh, Sundaram, Yerazunis 2004 (ASIACRYPT 2004),
one proof for n statements by powers of the challenge; the whole statement in the hash: RFC 8235 section 3.3, Bernhard,
Pereira, Warinschi 2012 (ASIACRYPT 2012); non-interactive with n + 1 transcripts: Attema, Fehr, Klooß 2022 (TCC 2022).
Trust: SHA-512 behaves like a random oracle; nobody knows log_G(H).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged
from mpc.groups.group import SCALAR_BYTES, Element, Group, Scalar
from mpc.stream import Stream, derive

LABEL = "SHUXIN-OPENINGS-V01"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The proof for commitments in one group, under its generator and a second one."""

    group: Group
    second: Element

    @property
    def proof_bytes(self) -> int:
        return self.group.element_bytes + 2 * SCALAR_BYTES

    def prove(
        self,
        points: Sequence[Element],
        openings: Sequence[tuple[int, Scalar]],
        context: bytes,
        secret: bytes,
    ) -> bytes:
        """Prove that the openings, value and randomness of each point, are known.

        Args:
            secret: 32 bytes of this prover's, from which the nonces follow.
        """
        group = self.group
        source = Stream(derive(secret, tagged(LABEL, *self._statement(points, context)), LABEL))
        a, b = group.random_scalar(source), group.random_scalar(source)
        nonces = self._commit(a, b)
        e = self._challenge(points, context, nonces)
        z, w, power = int(a), int(b), 1
        for value, randomness in openings:
            power = power * e % group.order
            z, w = z + power * value, w + power * randomness
        return nonces + b"".join((n % group.order).to_bytes(SCALAR_BYTES, "little") for n in (z, w))

    def verify(self, points: Sequence[Element], context: bytes, proof: bytes) -> None:
        """Hold a proof against commitments that have been decoded.

        Raises:
            InvalidRecord: not the one encoding of a proof. VerificationError: none for these points and this context.
        """
        if len(proof) != self.proof_bytes:
            raise InvalidRecord(f"proof of opening: {self.proof_bytes} bytes expected, got {len(proof)}")
        group, end = self.group, self.group.element_bytes
        nonces = group.decode_element(proof[:end])
        z, w = (int.from_bytes(proof[at : at + SCALAR_BYTES], "little") for at in (end, end + SCALAR_BYTES))
        if max(z, w) >= group.order:
            raise InvalidRecord("proof of opening: response not reduced")
        e = self._challenge(points, context, nonces)
        total = group.identity
        for point in reversed(points):
            total = group.multiply_or_identity(e, group.add(total, point))
        if self._commit(Scalar(z), Scalar(w)) != group.add(nonces, total):
            raise VerificationError("proof of opening does not hold for these commitments and context")

    def _commit(self, value: Scalar, randomness: Scalar) -> Element:
        return self.group.add(self.group.base(value), self.group.multiply_or_identity(randomness, self.second))

    def _statement(self, points: Sequence[bytes], context: bytes) -> tuple[bytes, ...]:
        return (self.group.base(Scalar(1)), self.second, context, *points)

    def _challenge(self, points: Sequence[bytes], context: bytes, nonces: bytes) -> Scalar:
        return self.group.challenge(LABEL.encode(), *self._statement(points, context), nonces)
