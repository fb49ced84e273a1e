"""Keccak-256, secp256k1 recovery and Ed25519 verification in pure Python, for a verifier without extensions.

What it does NOT do: sign. Nothing here runs in constant time, which is harmless for verification, where every
input is public, and ruinous for secret keys.
Source: Keccak submission 3 (pad byte 0x01, as Ethereum has it; FIPS 202 pads with 0x06), SEC 1 section 4.1.6,
RFC 8032 section 5.1.7. Curve arithmetic is the package ``ecdsa``.
Trust assumption: none beyond this code and ``ecdsa``; both are held to the same vectors as the fast backends.
"""

from __future__ import annotations

from ecdsa import SECP256k1, ellipticcurve
from ecdsa.curves import Ed25519
from ecdsa.eddsa import PublicKey
from ecdsa.errors import MalformedPointError

from ledger.errors import VerificationError

_MASK = (1 << 64) - 1
_RATE = 136  # bytes absorbed per permutation: (1600 - 2 * 256) / 8


def _round_constants() -> tuple[int, ...]:
    """Step the degree-8 linear feedback shift register of Keccak section 1.2 through its 24 rounds."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            register = ((register << 1) ^ ((register >> 7) * 0x171)) & 0xFF
            if register & 2:
                constant ^= 1 << ((1 << power) - 1)
        constants.append(constant)
    return tuple(constants)


def _walk() -> tuple[tuple[int, int], ...]:
    """List (target lane, rotation) in the order rho and pi visit the 24 moving lanes; lane = x + 5 * y."""
    steps, x, y = [], 1, 0
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        steps.append((x + 5 * y, (step + 1) * (step + 2) // 2 % 64))
    return tuple(steps)


_CONSTANTS = _round_constants()
_WALK = _walk()


def _permute(lanes: list[int]) -> None:
    """Apply keccak-f[1600] to 25 lanes in place."""
    for constant in _CONSTANTS:
        column = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        for x in range(5):
            right = column[(x + 1) % 5]
            mix = column[x - 1] ^ ((right << 1 | right >> 63) & _MASK)
            for y in range(x, 25, 5):
                lanes[y] ^= mix
        carried = lanes[1]
        for target, rotation in _WALK:
            carried, lanes[target] = lanes[target], (carried << rotation | carried >> (64 - rotation)) & _MASK
        for row in range(0, 25, 5):
            a, b, c, d, e = lanes[row : row + 5]
            lanes[row : row + 5] = a ^ (~b & c), b ^ (~c & d), c ^ (~d & e), d ^ (~e & a), e ^ (~a & b)
        lanes[0] ^= constant


def keccak256(data: bytes) -> bytes:
    """Hash data with Keccak-256 as Ethereum does.

    >>> keccak256(b"").hex()[:16]
    'c5d2460186f7233c'
    """
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % _RATE)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            lanes[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def recover_secp256k1(digest: bytes, signature: bytes) -> bytes:
    """Return the 64-byte public key that made a 65-byte recoverable signature (r, s, v in {0, 1}).

    Raises:
        VerificationError: no curve point belongs to the signature.
    """
    curve, base, order = SECP256k1.curve, SECP256k1.generator, SECP256k1.order
    prime = curve.p()
    r, s, odd = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    square = (pow(r, 3, prime) + 7) % prime
    root = pow(square, (prime + 1) // 4, prime)  # the prime is 3 mod 4
    if root * root % prime != square:
        raise VerificationError("signature: r is not the abscissa of a curve point")
    point = ellipticcurve.PointJacobi(curve, r, root if root % 2 == odd else prime - root, 1, order)
    inverse = pow(r, -1, order)
    public = point.mul_add(s * inverse % order, base, -int.from_bytes(digest, "big") * inverse % order)
    if public == ellipticcurve.INFINITY:
        raise VerificationError("signature: recovers the point at infinity")
    return int(public.x()).to_bytes(32, "big") + int(public.y()).to_bytes(32, "big")


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature.

    Raises:
        VerificationError: it does not hold.
    """
    try:
        valid = PublicKey(Ed25519.generator, public).verify(message, signature)
    except (ValueError, MalformedPointError) as exc:
        raise VerificationError("ed25519: signature does not hold") from exc
    if not valid:
        raise VerificationError("ed25519: signature does not hold")
