"""Exponential ElGamal over ristretto255: the private threshold test of the release gate runs on it.

A message m is carried as m*G, so ciphertexts add and only "is it zero?" can be asked of a plaintext.
``blind`` turns a ciphertext of m into one of s*m with secret uniform s != 0 and fresh randomness: the key
holder then learns whether m is zero and nothing else. Joint keys are sums of keys, each with a Schnorr
proof of possession, since a party that chooses its key after the others' could otherwise cancel them (rogue
key).

NOT: secure against chosen ciphertexts (it is homomorphic); partial decryptions carry no proof, so a party
that lies is caught by an opened audit, not here.
Source: ElGamal 1985; Cramer, Gennaro, Schoenmakers 1997 (exponential form, joint keys); RFC 8235 (Schnorr
proof).
Trust: decisional Diffie-Hellman in ristretto255; for joint keys, one key holder outside the coalition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ledger.errors import InvalidRecord, VerificationError
from mpc.group import (
    ELEMENT_BYTES,
    IDENTITY,
    ORDER,
    Element,
    InvalidElement,
    RandomSource,
    Scalar,
    add,
    base,
    decode_element,
    multiply,
    multiply_or_identity,
    random_scalar,
    scalar,
    subtract,
)

CIPHERTEXT_BYTES = 2 * ELEMENT_BYTES
PROOF_BYTES = ELEMENT_BYTES + 32
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


def decode_ciphertext(encoded: bytes) -> Ciphertext:
    """Parse 64 outside bytes; the identity, which no honest ciphertext contains, is refused. Raises: InvalidRecord."""
    if len(encoded) != CIPHERTEXT_BYTES:
        raise InvalidRecord(f"ElGamal ciphertext: {CIPHERTEXT_BYTES} bytes expected, got {len(encoded)}")
    return Ciphertext(decode_element(encoded[:ELEMENT_BYTES]), decode_element(encoded[ELEMENT_BYTES:]))


def decode_ciphertexts(encoded: bytes, count: int) -> list[Ciphertext]:
    """Parse exactly ``count`` ciphertexts; the length is checked before any curve operation.

    Raises: InvalidRecord.
    """
    if len(encoded) != count * CIPHERTEXT_BYTES:
        raise InvalidRecord(
            f"ElGamal ciphertexts: {count} of {CIPHERTEXT_BYTES} bytes expected, got {len(encoded)} bytes"
        )
    starts = range(0, len(encoded), CIPHERTEXT_BYTES)
    return [decode_ciphertext(encoded[start : start + CIPHERTEXT_BYTES]) for start in starts]


def generate_keys(source: RandomSource) -> KeyPair:
    """Draw a fresh key pair."""
    secret = random_scalar(source)
    return KeyPair(secret, base(secret))


def encrypt(public: Element, message: int, source: RandomSource) -> Ciphertext:
    """Encrypt an integer (negative too)."""
    r = random_scalar(source)
    return Ciphertext(base(r), add(base(scalar(message)), multiply(r, public)))


def add_ciphertexts(left: Ciphertext, right: Ciphertext) -> Ciphertext:
    """Return a ciphertext of the sum."""
    return Ciphertext(add(left.mask, right.mask), add(left.body, right.body))


def add_constant(ciphertext: Ciphertext, value: int) -> Ciphertext:
    """Return a ciphertext of the message plus a known integer (negative: minus). Not re-randomised."""
    return Ciphertext(ciphertext.mask, add(ciphertext.body, base(scalar(value))))


def blind(ciphertext: Ciphertext, public: Element, source: RandomSource) -> Ciphertext:
    """Return a fresh ciphertext of s*m for a secret uniform s: zero stays zero, all else becomes uniform."""
    s, t = random_scalar(source), random_scalar(source)
    return Ciphertext(
        add(multiply_or_identity(s, ciphertext.mask), base(t)),
        add(multiply_or_identity(s, ciphertext.body), multiply(t, public)),
    )


def is_zero(secret: Scalar, ciphertext: Ciphertext) -> bool:
    """Say whether the plaintext is zero."""
    return multiply_or_identity(secret, ciphertext.mask) == ciphertext.body


def joint_key(publics: Iterable[Element]) -> Element:
    """Add public keys whose possession has been proved. Raises: InvalidElement when they cancel."""
    total = IDENTITY
    for public in publics:
        total = add(total, public)
    return decode_element(total)


def partial_decryption(secret: Scalar, ciphertext: Ciphertext) -> Element:
    """Return one key holder's share of the mask, to be given to ``is_zero_jointly``."""
    return multiply_or_identity(secret, ciphertext.mask)


def is_zero_jointly(ciphertext: Ciphertext, partials: Sequence[bytes]) -> bool:
    """Say whether the plaintext is zero, from the partial decryptions of all key holders.

    Raises: InvalidElement.
    """
    remainder = ciphertext.body
    for partial in partials:
        remainder = subtract(remainder, partial)
    return remainder == IDENTITY


def prove_possession(keys: KeyPair, context: bytes, source: RandomSource) -> bytes:
    """Return a Schnorr proof (64 bytes) that the secret is known, bound to ``context``."""
    nonce = random_scalar(source)
    commitment = base(nonce)
    challenge = _challenge(keys.public, commitment, context)
    response = (nonce + challenge * keys.secret) % ORDER
    return commitment + response.to_bytes(32, "little")


def verify_possession(public: bytes, context: bytes, proof: bytes) -> Element:
    """Return ``public`` as an element if the proof holds for it. Raises: InvalidRecord, VerificationError."""
    if len(proof) != PROOF_BYTES:
        raise InvalidRecord(f"proof of possession: {PROOF_BYTES} bytes expected, got {len(proof)}")
    key = decode_element(public)
    commitment = decode_element(proof[:ELEMENT_BYTES])
    response = int.from_bytes(proof[ELEMENT_BYTES:], "little")
    if response >= ORDER:
        raise InvalidRecord("proof of possession: response not reduced")
    expected = add(commitment, multiply_or_identity(_challenge(key, commitment, context), key))
    if base(Scalar(response)) != expected:
        raise VerificationError("proof of possession does not hold for this key and context")
    return key


def _challenge(public: Element, commitment: Element, context: bytes) -> Scalar:
    parts = (_POSSESSION_LABEL, public, commitment, context)
    digest = hashlib.sha512(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()
    return scalar(int.from_bytes(digest, "little"))


__all__ = [
    "CIPHERTEXT_BYTES",
    "Ciphertext",
    "InvalidElement",
    "KeyPair",
    "add_ciphertexts",
    "add_constant",
    "blind",
    "decode_ciphertext",
    "decode_ciphertexts",
    "encrypt",
    "generate_keys",
    "is_zero",
    "is_zero_jointly",
    "joint_key",
    "partial_decryption",
    "prove_possession",
    "verify_possession",
]
