"""SM2: the curve of the Chinese national standard as a group of prime order.

Point arithmetic is the package ``ecdsa``'s (Jacobian coordinates over gmpy2 integers), which the portable verifier
uses already; encodings, refusals and hashing are here. An element is the compressed point, 02 or 03 and the 32 bytes of
x; the identity is 33 zero bytes. The curve has no cofactor, so every point but the identity generates the group.

It is NOT constant-time and cannot be made so in Python: multiplication takes steps that follow the scalar, so whoever
measures this process's time or caches may learn it. It is some fifteen times slower than ristretto255. No hash into SM2
is registered; this one is the method of RFC 9380 with SM3 and the z that its appendix H.2 derives for the curve, -9.
Source: GB/T 32918.5-2017 (parameters, also in RFC 8998), GB/T 32918.1-2016 (compressed points), RFC 9380.
Trust: the arithmetic of ``ecdsa`` and gmpy2, SM3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from cryptography.hazmat.primitives.hashes import SM3
from ecdsa.ellipticcurve import INFINITY, CurveFp, PointJacobi
from gmpy2 import mpz

from mpc.groups.group import Element, Group, InvalidElement, RandomSource, Scalar
from mpc.groups.hashing import FIELD_BYTES, Weierstrass, expand_message, field_elements

_BYTES = 33
_IDENTITY = Element(bytes(_BYTES))
_P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
_N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
_B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
_X = 0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7
_Y = 0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0

CURVE = Weierstrass(mpz(_P), mpz(_P - 3), mpz(_B), mpz(_P - 9))
_CURVE = CurveFp(_P, _P - 3, _B, 1)
_GENERATOR = PointJacobi(_CURVE, _X, _Y, 1, _N, generator=True)


@dataclass(frozen=True, slots=True)
class Sm2(Group):
    """The group; it has no state."""

    name: ClassVar[str] = "sm2"
    hash_suite: ClassVar[str] = "SM2_XMD:SM3_SSWU_RO_"
    order: ClassVar[int] = _N
    element_bytes: ClassVar[int] = _BYTES
    identity: ClassVar[Element] = _IDENTITY

    def decode_element(self, encoded: bytes) -> Element:
        _decode(encoded)
        return Element(encoded)

    def base(self, k: Scalar) -> Element:
        return _encode(_GENERATOR * _reduced(k))

    def multiply_all(self, k: Scalar, elements: Iterable[bytes]) -> list[Element]:
        """See the port. Cost: about 0.9 ms an element."""
        factor = _reduced(k)
        if factor == 0:
            raise InvalidElement("element: the product would be the identity")
        return [_encode(_decode(element) * factor) for element in elements]

    def multiplier(self, element: Element) -> Callable[[Scalar], Element]:
        """See the port; the doublings are done once, so a product costs some 0.35 ms."""
        point = _decode(element)
        known = PointJacobi(_CURVE, point.x(), point.y(), 1, _N, generator=True)
        return lambda k: _encode(known * _reduced(k))

    def add(self, left: bytes, right: bytes) -> Element:
        return _encode(_decode_any(left) + _decode_any(right))

    def subtract(self, left: bytes, right: bytes) -> Element:
        return _encode(_decode_any(left) + -_decode_any(right))

    def hash_to_group(self, message: bytes, tag: bytes) -> Element:
        return _from_uniform(expand_message(SM3(), message, tag, 2 * FIELD_BYTES))

    def random_element(self, source: RandomSource) -> Element:
        return _from_uniform(source.read(2 * FIELD_BYTES))


def _from_uniform(uniform: bytes) -> Element:
    first, second = (CURVE.map_to_curve(u) for u in field_elements(uniform, _P))
    return _encode(_point(*first) + _point(*second))


def _point(x: mpz, y: mpz) -> PointJacobi:
    return PointJacobi(_CURVE, x, y, 1, _N)


def _decode_any(encoded: bytes) -> PointJacobi:
    return PointJacobi(_CURVE, 0, 1, 0, _N) if encoded == _IDENTITY else _decode(encoded)


def _decode(encoded: bytes) -> PointJacobi:
    if len(encoded) != _BYTES:
        raise InvalidElement(f"element: {_BYTES} bytes expected, got {len(encoded)}")
    if encoded == _IDENTITY:
        raise InvalidElement("element: the identity is refused")
    x = mpz(int.from_bytes(encoded[1:], "big"))
    y = CURVE.root(CURVE.right_side(x)) if encoded[0] in (2, 3) and x < _P else None
    if y is None:
        raise InvalidElement("element: not a canonical SM2 encoding")
    return _point(x, y if y % 2 == encoded[0] % 2 else _P - y)


def _encode(point: PointJacobi) -> Element:
    if point == INFINITY:
        return _IDENTITY
    affine = point.to_affine()
    x, y = affine.x() % _P, affine.y() % _P  # the package leaves a negated y negative
    return Element(bytes([2 + int(y % 2)]) + int(x).to_bytes(_BYTES - 1, "big"))


def _reduced(k: Scalar) -> int:
    if not 0 <= k < _N:
        raise ValueError("scalar: not reduced")
    return k


SM2 = Sm2()
