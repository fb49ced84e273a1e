"""Exponential ElGamal over a group of prime order: the private threshold test of the release gate runs on it.

A message m is carried as m*G, so ciphertexts add and only "is it zero?" can be asked of a plaintext.
``blind`` turns a ciphertext of m into one of s*m with secret uniform s != 0 and fresh randomness: the key
holder then learns whether m is zero and nothing else. Joint keys are sums of keys, each with a Schnorr
proof of possession, since a party that chooses its key after the others' could otherwise cancel them (rogue
key).

NOT: secure against chosen ciphertexts (it is homomorphic); partial decryptions carry no proof, so a party
that lies is caught by an opened audit, not here.
Source: ElGamal 1985; Cramer, Gennaro, Schoenmakers 1997 (exponential form, joint keys); RFC 8235 (Schnorr
proof).
Trust: decisional Diffie-Hellman in the group; for joint keys, one key holder outside the coalition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ledger.errors import InvalidRecord, VerificationError
from mpc.groups.group import SCALAR_BYTES, Element, Group, RandomSource, Scalar

_POSSESSION_LABEL = b"SHUXIN-ELGAMAL-POSSESSION-V01"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A secret scalar and its public element."""

    secret: Scalar = field(repr=False)
    public: Element


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """(r*G, m*G + r*public)."""

    mask: Element
    body: Element

    def encode(self) -> bytes:
        return self.mask + self.body


@dataclass(frozen=True, slots=True)
class Blinding:
    """What blinds one ciphertext: a secret factor and a fresh encryption of zero with its randomness. Used once."""

    factor: Scalar = field(repr=False)
    randomness: Scalar = field(repr=False)
    zero: Ciphertext = field(repr=False)


@dataclass(frozen=True, slots=True)
class ElGamal:
    """The encryption in one group."""

    group: Group

    @property
    def ciphertext_bytes(self) -> int:
        return 2 * self.group.element_bytes

    @property
    def proof_bytes(self) -> int:
        """Bytes of a proof of possession."""
        return self.group.element_bytes + SCALAR_BYTES

    def decode_ciphertext(self, encoded: bytes) -> Ciphertext:
        """Parse outside bytes; the identity, which no honest ciphertext contains, is refused. Raises: InvalidRecord."""
        if len(encoded) != self.ciphertext_bytes:
            raise InvalidRecord(f"ElGamal ciphertext: {self.ciphertext_bytes} bytes expected, got {len(encoded)}")
        half = self.group.element_bytes
        return Ciphertext(self.group.decode_element(encoded[:half]), self.group.decode_element(encoded[half:]))

    def decode_ciphertexts(self, encoded: bytes, count: int) -> list[Ciphertext]:
        """Parse exactly ``count`` ciphertexts; the length is checked before any curve operation.

        Raises: InvalidRecord.
        """
        size = self.ciphertext_bytes
        if len(encoded) != count * size:
            raise InvalidRecord(f"ElGamal ciphertexts: {count} of {size} bytes expected, got {len(encoded)} bytes")
        return [self.decode_ciphertext(encoded[start : start + size]) for start in range(0, len(encoded), size)]

    def generate_keys(self, source: RandomSource) -> KeyPair:
        """Draw a fresh key pair."""
        secret = self.group.random_scalar(source)
        return KeyPair(secret, self.group.base(secret))

    def encrypt(self, public: Element, message: int, source: RandomSource) -> Ciphertext:
        """Encrypt an integer (negative too)."""
        group, r = self.group, self.group.random_scalar(source)
        return Ciphertext(group.base(r), group.add(group.base(group.scalar(message)), group.multiply(r, public)))

    def add(self, left: Ciphertext, right: Ciphertext) -> Ciphertext:
        """Return a ciphertext of the sum."""
        return Ciphertext(self.group.add(left.mask, right.mask), self.group.add(left.body, right.body))

    def add_constant(self, ciphertext: Ciphertext, value: int) -> Ciphertext:
        """Return a ciphertext of the message plus a known integer (negative: minus). Not re-randomised."""
        return Ciphertext(ciphertext.mask, self.group.add(ciphertext.body, self.group.base(self.group.scalar(value))))

    def countdown(self, ciphertext: Ciphertext, count: int) -> list[Ciphertext]:
        """Return ciphertexts of m, m - 1, .. m - count + 1, one group addition each. Not re-randomised."""
        found, one = [ciphertext], self.group.base(Scalar(1))
        while len(found) < count:
            found.append(Ciphertext(ciphertext.mask, self.group.subtract(found[-1].body, one)))
        return found[:count]

    def zeros(self, public: Element, count: int, source: RandomSource) -> list[Ciphertext]:
        """Draw fresh encryptions of zero: what re-randomises a ciphertext by addition, worked out ahead."""
        group, multiplied = self.group, self.group.multiplier(public)
        drawn = [group.random_scalar(source) for _ in range(count)]
        return [Ciphertext(group.base(t), multiplied(t)) for t in drawn]

    def blindings(self, public: Element, count: int, source: RandomSource) -> list[Blinding]:
        """Draw what blinds ``count`` ciphertexts; needs none of them, so it can be done while waiting for them."""
        group, multiplied = self.group, self.group.multiplier(public)
        drawn = [(group.random_scalar(source), group.random_scalar(source)) for _ in range(count)]
        return [Blinding(s, t, Ciphertext(group.base(t), multiplied(t))) for s, t in drawn]

    def blind(self, ciphertext: Ciphertext, blinding: Blinding) -> Ciphertext:
        """Return a fresh ciphertext of s*m for a secret uniform s: zero stays zero, all else becomes uniform."""
        group, s, zero = self.group, blinding.factor, blinding.zero
        return Ciphertext(
            group.add(group.multiply_or_identity(s, ciphertext.mask), zero.mask),
            group.add(group.multiply_or_identity(s, ciphertext.body), zero.body),
        )

    def is_zero(self, secret: Scalar, ciphertext: Ciphertext) -> bool:
        """Say whether the plaintext is zero."""
        return self.group.multiply_or_identity(secret, ciphertext.mask) == ciphertext.body

    def joint_key(self, publics: Iterable[Element]) -> Element:
        """Add public keys whose possession has been proved. Raises: InvalidElement when they cancel."""
        total = self.group.identity
        for public in publics:
            total = self.group.add(total, public)
        return self.group.decode_element(total)

    def partial_decryption(self, secret: Scalar, ciphertext: Ciphertext) -> Element:
        """Return one key holder's share of the mask, to be given to ``is_zero_jointly``."""
        return self.group.multiply_or_identity(secret, ciphertext.mask)

    def is_zero_jointly(self, ciphertext: Ciphertext, partials: Sequence[bytes]) -> bool:
        """Say whether the plaintext is zero, from the partial decryptions of all key holders.

        Raises: InvalidElement.
        """
        remainder = ciphertext.body
        for partial in partials:
            remainder = self.group.subtract(remainder, partial)
        return remainder == self.group.identity

    def prove_possession(self, keys: KeyPair, context: bytes, source: RandomSource) -> bytes:
        """Return a Schnorr proof that the secret is known, bound to ``context``."""
        nonce = self.group.random_scalar(source)
        commitment = self.group.base(nonce)
        challenge = self.group.challenge(_POSSESSION_LABEL, keys.public, commitment, context)
        response = (nonce + challenge * keys.secret) % self.group.order
        return commitment + response.to_bytes(SCALAR_BYTES, "little")

    def verify_possession(self, public: bytes, context: bytes, proof: bytes) -> Element:
        """Return ``public`` as an element if the proof holds for it. Raises: InvalidRecord, VerificationError."""
        if len(proof) != self.proof_bytes:
            raise InvalidRecord(f"proof of possession: {self.proof_bytes} bytes expected, got {len(proof)}")
        group = self.group
        key = group.decode_element(public)
        commitment = group.decode_element(proof[: group.element_bytes])
        response = int.from_bytes(proof[group.element_bytes :], "little")
        if response >= group.order:
            raise InvalidRecord("proof of possession: response not reduced")
        challenge = group.challenge(_POSSESSION_LABEL, key, commitment, context)
        if group.base(Scalar(response)) != group.add(commitment, group.multiply_or_identity(challenge, key)):
            raise VerificationError("proof of possession does not hold for this key and context")
        return key


__all__ = ["SCALAR_BYTES", "Blinding", "Ciphertext", "ElGamal", "KeyPair"]
