"""Signature suites behind one interface: Ed25519 for statements, secp256k1 for the chain and its seals.

What it does NOT do: keep keys (``ledger.crypto.keys``) or say who a key belongs to (the register on chain does).
Ed25519 follows RFC 8032 and refuses non-canonical points and points of small order; secp256k1 signatures are 65
bytes r, s, v with low s and v in {0, 1}, so that neither suite has a second form of a valid signature.
Verification uses coincurve and cryptography where present, else ``ledger.crypto.portable``; signing needs them.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import NewType, Protocol

from ledger.errors import BackendError, InvalidRecord, VerificationError
from ledger.hashing import keccak256, tagged

Address = NewType("Address", bytes)
"""20 bytes: the last 20 of the Keccak hash of a secp256k1 public key."""

SUITES = ("ed25519", "secp256k1")
BACKENDS = ("native", "portable")

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # SEC 2 section 2.4.1
_FIELD = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7  # y of the points of order 8
_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _ORDER_8, _FIELD - _ORDER_8})
_MESSAGE_LABEL = "shuxin secp256k1 message v1"  # a digest under it is no transaction's and no seal's


class Signer(Protocol):
    """A key that can sign; the secret stays behind it."""

    @property
    def suite(self) -> str: ...

    @property
    def public(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes: ...


class Ed25519Signer:
    """Sign statements with an Ed25519 seed of 32 bytes."""

    suite = "ed25519"

    def __init__(self, secret: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.public.hex()})"

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of message."""
        return self._key.sign(message)


class Secp256k1Signer:
    """Sign messages with a secp256k1 scalar of 32 bytes; a message is hashed under our label first."""

    suite = "secp256k1"

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.public = public_of(secret)

    def __repr__(self) -> str:
        return f"Secp256k1Signer({self.public.hex()})"

    def sign(self, message: bytes) -> bytes:
        """Return the 65-byte signature of message."""
        return sign_digest(self._secret, tagged(_MESSAGE_LABEL, message))


def verify(suite: str, public: bytes, message: bytes, signature: bytes, *, backend: str | None = None) -> None:
    """Check that the holder of public signed message.

    Args:
        public: 32 bytes for ed25519, 64 (x, y) for secp256k1.
        backend: one of BACKENDS; the fastest installed if None.

    Raises:
        InvalidRecord: unknown suite, wrong lengths or not the one canonical form.
        VerificationError: the signature does not hold.
    """
    if suite == "ed25519":
        _verify_ed25519(public, message, signature, backend)
    elif suite == "secp256k1":
        _length("secp256k1 public key", public, 64)
        if _recover_point(tagged(_MESSAGE_LABEL, message), signature, backend) != public:
            raise VerificationError("secp256k1: signature is of another key or message")
    else:
        raise InvalidRecord(f"signature suite: expected one of {SUITES}, got {suite[:40]!r}")


def sign_digest(private: bytes, digest: bytes) -> bytes:
    """Sign a 32-byte digest with a secp256k1 scalar (deterministic nonce of RFC 6979, low s)."""
    coincurve = _native()
    return bytes(coincurve.PrivateKey(private).sign_recoverable(digest, hasher=None))


def recover(digest: bytes, signature: bytes, *, backend: str | None = None) -> Address:
    """Return the address whose key made a 65-byte signature of a 32-byte digest.

    Raises:
        InvalidRecord: wrong length, v not in {0, 1}, s high, r or s out of range.
        VerificationError: no key belongs to the signature.
    """
    return address_of(_recover_point(digest, signature, backend))


def address_of(public: bytes) -> Address:
    """Return the address of a 64-byte secp256k1 public key (x, y)."""
    _length("secp256k1 public key", public, 64)
    return Address(keccak256(public)[12:])


def public_of(private: bytes) -> bytes:
    """Return the 64-byte secp256k1 public key of a scalar."""
    coincurve = _native()
    return bytes(coincurve.PrivateKey(private).public_key.format(compressed=False)[1:])


def signing_backend() -> str:
    """Return which of BACKENDS verifies when the caller names none."""
    try:
        _native()
    except BackendError:
        return "portable"
    return "native"


@cache
def _native() -> ModuleType:
    """Import coincurve, and see that cryptography is there with it."""
    try:
        import coincurve
        import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401  both or neither
    except ImportError as exc:
        raise BackendError("coincurve and cryptography are not installed") from exc
    return coincurve


def _backend(name: str | None) -> str:
    if name is None:
        return signing_backend()
    if name not in BACKENDS:
        raise ValueError(f"signing backend: expected one of {BACKENDS}, got {name!r}")
    return name


def _length(what: str, value: bytes, expected: int) -> None:
    if len(value) != expected:
        raise InvalidRecord(f"{what}: expected {expected} bytes, got {len(value)}")


def _recover_point(digest: bytes, signature: bytes, backend: str | None) -> bytes:
    _length("digest", digest, 32)
    _length("secp256k1 signature", signature, 65)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if not (0 < r < _ORDER and 0 < s <= _ORDER // 2 and signature[64] < 2):
        raise InvalidRecord("secp256k1 signature: r, s or v out of range, or s is high")
    if _backend(backend) == "portable":
        from ledger.crypto import portable

        return portable.recover_secp256k1(digest, signature)
    coincurve = _native()
    try:
        public = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as exc:  # coincurve raises bare Exception when no point belongs to the signature
        raise VerificationError("secp256k1: no key belongs to the signature") from exc
    return bytes(public.format(compressed=False)[1:])


def _verify_ed25519(public: bytes, message: bytes, signature: bytes, backend: str | None) -> None:
    _length("ed25519 public key", public, 32)
    _length("ed25519 signature", signature, 64)
    for point in (public, signature[:32]):
        if _ordinate(point) in _SMALL_ORDER:  # no honest key or nonce; libraries differ on them
            raise InvalidRecord("ed25519: point of small order")
    if _backend(backend) == "portable":
        from ledger.crypto import portable

        return portable.verify_ed25519(public, message, signature)
    _native()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as exc:
        raise VerificationError("ed25519: signature does not hold") from exc


def _ordinate(point: bytes) -> int:
    """Return y of an encoded point; libraries differ on y >= p and on a signed zero, so refuse both here."""
    encoded = int.from_bytes(point, "little")
    y = encoded & ((1 << 255) - 1)
    if y >= _FIELD or (encoded >> 255 and y in (1, _FIELD - 1)):
        raise InvalidRecord("ed25519: point is not in its canonical form")
    return y
