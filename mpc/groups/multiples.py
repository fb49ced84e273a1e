"""A proof that ciphertexts are secret multiples of given ones, re-randomised, and nothing else.

    statement   B_i = s_i*T_i + t_i*(G, Y) for i = 1 .. n, in a context (session, keys, party); T_i, B_i ciphertexts
    proof       A_i = a_i*T_i + b_i*(G, Y);  e = hash of the statement and all A_i;
                z_i = a_i + e*s_i;  w_i = b_i + e*t_i
    verified    e = hash of the statement and all z_i*T_i + w_i*(G, Y) - e*B_i

Without it the last one to answer could subtract the others' answers from any ciphertext it likes and have that one
decrypted by all, exactly, instead of a multiple of the tested one that nobody can choose.

Sound: who answers one A_i for two different e knows s_i and t_i by division. Zero-knowledge: for any e, uniform z_i and
w_i give the one A_i that fits. The nonces a_i, b_i are derived from a secret and the whole statement, in the manner of
RFC 6979 section 3.2, so that one statement has one proof (see ``mpc.groups.knowledge``).

It does NOT show that the T_i hold what they should, nor that s_i is not zero: a zero factor adds nothing to a sum.
Source: Schnorr 1991; Chaum and Pedersen 1992 (CRYPTO '92), one witness in two bases; the whole statement in the hash:
RFC 8235 section 3.3. Trust: SHA-512 behaves like a random oracle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged
from mpc.groups.elgamal import SCALAR_BYTES, Blinding, Ciphertext, ElGamal
from mpc.groups.group import Element, Scalar
from mpc.stream import Stream, derive

LABEL = "SHUXIN-MULTIPLES-V01"


@dataclass(frozen=True, slots=True)
class Multiples:
    """The proof under one public key."""

    scheme: ElGamal
    public: Element

    @staticmethod
    def proof_bytes(count: int) -> int:
        """Return the length of a proof for so many ciphertexts."""
        return SCALAR_BYTES * (1 + 2 * count)

    def prove(
        self,
        tested: Sequence[Ciphertext],
        found: Sequence[Ciphertext],
        blindings: Sequence[Blinding],
        context: bytes,
        secret: bytes,
    ) -> bytes:
        """Prove that each found ciphertext is the tested one blinded by a known blinding.

        Args:
            secret: 32 bytes of this prover's, from which the nonces follow.
        """
        group = self.scheme.group
        source = Stream(derive(secret, tagged(LABEL, *self._statement(tested, found, context)), LABEL))
        nonces = [(group.random_scalar(source), group.random_scalar(source)) for _ in tested]
        masked = [self._combine(t, a, b) for t, (a, b) in zip(tested, nonces, strict=True)]
        e = self._challenge(tested, found, context, masked)
        answers = [int(e)]
        for (a, b), blinding in zip(nonces, blindings, strict=True):
            answers += [a + e * blinding.factor, b + e * blinding.randomness]
        return b"".join((n % group.order).to_bytes(SCALAR_BYTES, "little") for n in answers)

    def verify(self, tested: Sequence[Ciphertext], found: Sequence[Ciphertext], context: bytes, proof: bytes) -> None:
        """Hold a proof against ciphertexts that have been decoded.

        Raises:
            InvalidRecord: not the one encoding of a proof. VerificationError: none for these ciphertexts and context.
        """
        if len(proof) != self.proof_bytes(len(tested)) or len(tested) != len(found):
            raise InvalidRecord(f"proof of multiples: {self.proof_bytes(len(tested))} bytes expected, got {len(proof)}")
        group = self.scheme.group
        starts = range(0, len(proof), SCALAR_BYTES)
        e, *answers = [int.from_bytes(proof[start : start + SCALAR_BYTES], "little") for start in starts]
        if max(e, *answers, 0) >= group.order:
            raise InvalidRecord("proof of multiples: a number is not reduced")
        masked = []
        for t, b, z, w in zip(tested, found, answers[::2], answers[1::2], strict=True):
            left, right = self._combine(t, Scalar(z), Scalar(w)), self._times(Scalar(e), b)
            masked.append(Ciphertext(group.subtract(left.mask, right.mask), group.subtract(left.body, right.body)))
        if self._challenge(tested, found, context, masked) != e:
            raise VerificationError("proof of multiples does not hold for these ciphertexts and context")

    def _combine(self, ciphertext: Ciphertext, factor: Scalar, randomness: Scalar) -> Ciphertext:
        group = self.scheme.group
        zero = Ciphertext(group.base(randomness), group.multiply_or_identity(randomness, self.public))
        return self.scheme.add(self._times(factor, ciphertext), zero)

    def _times(self, factor: Scalar, ciphertext: Ciphertext) -> Ciphertext:
        group = self.scheme.group
        return Ciphertext(
            group.multiply_or_identity(factor, ciphertext.mask), group.multiply_or_identity(factor, ciphertext.body)
        )

    def _statement(
        self, tested: Sequence[Ciphertext], found: Sequence[Ciphertext], context: bytes
    ) -> tuple[bytes, ...]:
        pairs = (c.encode() for c in (*tested, *found))
        return (self.scheme.group.base(Scalar(1)), self.public, context, len(tested).to_bytes(4, "big"), *pairs)

    def _challenge(
        self,
        tested: Sequence[Ciphertext],
        found: Sequence[Ciphertext],
        context: bytes,
        masked: Sequence[Ciphertext],
    ) -> Scalar:
        said = (*self._statement(tested, found, context), *(c.encode() for c in masked))
        return self.scheme.group.challenge(LABEL.encode(), *said)
