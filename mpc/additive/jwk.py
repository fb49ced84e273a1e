"""Paillier keys and ciphertexts in the JSON that python-paillier writes and reads, without that library.

A key is {"kty": "DAJ", "alg": "PAI-GN1", "n": ...} in base64url, a secret one has "p", "q" and the public one in "pub";
a ciphertext is {"v": decimal text, "e": exponent of 16}. Others' numbers are integers here: a whole number m with
exponent e <= 0 is encrypted as m * 16^-e, which ``scale`` names and the reader divides by after decryption.

A ciphertext of another library stays what it was: re-randomise it with ``mask`` before it is sent on, and never read a
decryption of it as a negative number, which the range guard refuses. NOT for the protocols: these send raw bytes of
declared length. Source: the file formats of ``pheutil`` in python-paillier 1.5 (read as documentation; GPL code is
neither imported nor copied).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from gmpy2 import is_prime

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive.paillier import Paillier, PaillierPublic, PaillierSecret
from mpc.additive.scheme import encode_ciphertexts
from mpc.fields import Fields

BASE = 16
LEAST_EXPONENT = -64
MAX_DOCUMENT = 1 << 14
_KIND, _ALGORITHM, _WHAT = "DAJ", "PAI-GN1", "paillier key"


def public_document(public: PaillierPublic, name: str) -> bytes:
    """Write a public key; ``name`` becomes its "kid"."""
    return canonical.encode(_public(public, name))


def secret_document(secret: PaillierSecret, name: str) -> bytes:
    """Write a secret key. Whoever holds these bytes decrypts everything."""
    p, q = (_base64(factor) for factor in secret.factors)
    return canonical.encode(
        {"kty": _KIND, "key_ops": ["decrypt"], "p": p, "q": q, "pub": _public(secret.public, name), "kid": name}
    )


def parse_public(document: bytes, parameters: Paillier) -> PaillierPublic:
    """Read a public key of the declared size. Raises: InvalidRecord."""
    return _parse_public(_read(document), parameters, "encrypt")


def parse_secret(document: bytes, parameters: Paillier) -> PaillierSecret:
    """Read a secret key and check that it is the public one's. Raises: InvalidRecord."""
    fields = _read(document)
    _require_kind(fields, "decrypt")
    public = _parse_public(fields.object("pub"), parameters, "encrypt")
    p, q = _integer(fields.text("p")), _integer(fields.text("q"))
    if p * q != public.n or p == q or not (is_prime(p) and is_prime(q)):
        raise InvalidRecord(f"{_WHAT}: p and q are not the two prime factors of n")
    return PaillierSecret(public, p, q)


def ciphertext_document(ciphertext: int) -> bytes:
    """Write a ciphertext of an integer."""
    return canonical.encode({"v": str(ciphertext), "e": 0})


def parse_ciphertext(document: bytes, public: PaillierPublic) -> tuple[int, int]:
    """Read a ciphertext; answer it and by what its plaintext is divided. Raises: InvalidRecord."""
    fields = _read(document, "paillier ciphertext")
    digits, exponent = fields.text("v"), fields.integer("e")
    fields.done()
    if not digits.isascii() or not digits.isdecimal() or len(digits) > public.ciphertext_bytes * 3:
        raise InvalidRecord("paillier ciphertext: decimal digits expected")
    if not LEAST_EXPONENT <= exponent <= 0:
        raise InvalidRecord(f"paillier ciphertext: exponent in {LEAST_EXPONENT}..0 expected, got {exponent}")
    number = int(digits)
    if number.bit_length() > 8 * public.ciphertext_bytes:
        raise InvalidRecord("paillier ciphertext: larger than n^2")
    public.decode_ciphertexts(encode_ciphertexts([number], public.ciphertext_bytes), 1)
    return number, BASE**-exponent


def _public(public: PaillierPublic, name: str) -> dict[str, JsonValue]:
    return {"kty": _KIND, "alg": _ALGORITHM, "key_ops": ["encrypt"], "n": _base64(public.n), "kid": name}


def _parse_public(fields: Fields, parameters: Paillier, operation: str) -> PaillierPublic:
    _require_kind(fields, operation)
    if fields.text("alg") != _ALGORITHM:
        raise InvalidRecord(f"{_WHAT}: algorithm {_ALGORITHM} expected")
    n = _integer(fields.text("n"))
    size = parameters.public_key_bytes
    if n.bit_length() > 8 * size:
        raise InvalidRecord(f"{_WHAT}: modulus of {parameters.bits} bits expected")
    return parameters.decode_public(n.to_bytes(size, "big"))


def _require_kind(fields: Fields, operation: str) -> None:
    if fields.text("kty") != _KIND or operation not in fields.texts("key_ops", 8):
        raise InvalidRecord(f"{_WHAT}: a key of kind {_KIND} for {operation}ion expected")


def _read(document: bytes, what: str = _WHAT) -> Fields:
    return Fields(canonical.parse(document, limit=MAX_DOCUMENT), what)


def _base64(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(-(-number.bit_length() // 8), "big")).decode().rstrip("=")


def _integer(text: str) -> int:
    try:
        return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
    except (Error, ValueError) as exc:
        raise InvalidRecord(f"{_WHAT}: base64url expected") from exc
