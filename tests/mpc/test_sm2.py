"""SM2: the standard's worked examples hold, OpenSSL agrees, and its hash is the method whose P-256 vectors hold."""

import json
import shutil
import subprocess
from math import gcd
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from ecdsa.ellipticcurve import CurveFp, PointJacobi
from gmpy2 import invert, mpz, powmod

from mpc.groups.group import InvalidElement, Scalar
from mpc.groups.hashing import FIELD_BYTES, Weierstrass, expand_message, field_elements
from mpc.groups.sm2 import CURVE, SM2

FOLDER = Path(__file__).parents[1] / "vectors" / "mpc"
MULTIPLES = json.loads((FOLDER / "sm2_multiples.json").read_text())
P256 = json.loads((FOLDER / "hash_to_curve_rfc9380_p256.json").read_text())
EXPANDED = json.loads((FOLDER / "expand_message_rfc9380_sha256.json").read_text())
P, A, B = int(CURVE.p), int(CURVE.a), int(CURVE.b)
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def compressed(x: str, y: str) -> str:
    return ("03" if int(y, 16) % 2 else "02") + x


@pytest.mark.parametrize("vector", MULTIPLES, ids=lambda vector: f"{vector['source'][:24]} {vector['k'][:4]}")
def test_multiples_of_the_generator_are_the_published_ones(vector: dict[str, str]) -> None:
    element = SM2.base(Scalar(int(vector["k"], 16)))
    assert element.hex() == compressed(vector["x"], vector["y"])
    generator = SM2.base(Scalar(1))
    assert SM2.multiply(Scalar(int(vector["k"], 16)), generator) == element


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command here")
def test_openssl_derives_the_same_public_keys(tmp_path: Path) -> None:
    listed = subprocess.run(["openssl", "ecparam", "-list_curves"], capture_output=True, text=True, timeout=60)
    if "SM2" not in listed.stdout:
        pytest.skip("this openssl has no SM2")
    for number in range(3):
        key = tmp_path / "key.pem"
        command = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", str(key)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        command = ["openssl", "pkey", "-in", str(key), "-text", "-noout"]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        secret, public = (shown.split(f"{name}:\n")[1] for name in ("priv", "pub"))
        d, q = (part.replace(" ", "").replace(":", "").replace("\n", "") for part in (secret, public))
        assert SM2.base(Scalar(int(d[:64], 16))).hex() == compressed(q[2:66], q[66:130]), number


SECOND = {
    "uncompressed": b"\x04" + SM2.base(Scalar(1))[1:],
    "hybrid": b"\x06" + SM2.base(Scalar(1))[1:],
    "prefix of the identity": b"\x00" + SM2.base(Scalar(1))[1:],
    "x beside the curve": b"\x02" + (3).to_bytes(32, "big"),
}


@pytest.mark.parametrize("name", SECOND)
def test_encodings_that_are_not_canonical_are_refused(name: str) -> None:
    with pytest.raises(InvalidElement):
        SM2.decode_element(SECOND[name])
    with pytest.raises(InvalidElement):
        SM2.multiply(Scalar(2), SECOND[name])


def test_x_that_is_not_reduced_would_be_a_second_encoding() -> None:
    """Defence off: the curve's equation holds for x + p as well, so a repeated element would pass as two."""
    small = next(x for x in range(1, 100) if CURVE.root(CURVE.right_side(mpz(x))) is not None)
    assert SM2.decode_element(b"\x02" + small.to_bytes(32, "big"))
    twin = b"\x02" + (small + P).to_bytes(32, "big")
    assert CURVE.root(CURVE.right_side(mpz(small + P))) is not None
    with pytest.raises(InvalidElement):
        SM2.decode_element(twin)


def test_scalar_that_is_not_reduced_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not reduced"):
        SM2.base(Scalar(SM2.order))


def test_expansion_reproduces_rfc_9380() -> None:
    assert len(EXPANDED["tests"]) == 10
    for vector in EXPANDED["tests"]:
        size = int(vector["len_in_bytes"], 16)
        uniform = expand_message(SHA256(), vector["msg"].encode(), EXPANDED["DST"].encode(), size)
        assert uniform.hex() == vector["uniform_bytes"]


def test_the_map_and_hash_reproduce_rfc_9380_on_p256() -> None:
    p = int(P256["field"]["p"], 16)
    curve = Weierstrass(mpz(p), mpz(p - 3), mpz(P256_B), mpz(int(P256["Z"], 16)))
    whole = CurveFp(p, p - 3, P256_B, 1)
    for vector in P256["vectors"]:
        uniform = expand_message(SHA256(), vector["msg"].encode(), P256["dst"].encode(), 2 * FIELD_BYTES)
        us = field_elements(uniform, p)
        assert [f"0x{int(u):064x}" for u in us] == vector["u"]
        points = [curve.map_to_curve(u) for u in us]
        for point, expected in zip(points, (vector["Q0"], vector["Q1"]), strict=True):
            assert [f"0x{int(c):064x}" for c in point] == [expected["x"], expected["y"]]
        total = (PointJacobi(whole, *points[0], 1) + PointJacobi(whole, *points[1], 1)).to_affine()
        assert [f"0x{int(c):064x}" for c in (total.x(), total.y())] == [vector["P"]["x"], vector["P"]["y"]]
    assert len(P256["vectors"]) == 5


def is_square(x: int) -> bool:
    return powmod(x, (P - 1) // 2, P) in (0, 1)


def is_irreducible(constant: int) -> bool:
    """Tell whether x^3 + A*x + constant has no root: its common divisor with x^p - x is 1."""
    power, square, exponent = [1, 0, 0], [0, 1, 0], P
    while exponent:
        if exponent & 1:
            power = product(power, square, constant)
        square, exponent = product(square, square, constant), exponent >> 1
    left, right = [constant % P, A, 0, 1], trimmed([power[0], (power[1] - 1) % P, power[2]])
    while right:
        left, right = right, remainder(left, right)
    return len(left) == 1


def product(u: list[int], v: list[int], constant: int) -> list[int]:
    """Multiply two polynomials, lowest degree first, modulo x^3 + A*x + constant."""
    whole = [0] * 5
    for i, c in enumerate(u):
        for j, d in enumerate(v):
            whole[i + j] += c * d
    for degree in (4, 3):
        whole[degree - 2] -= whole[degree] * A
        whole[degree - 3] -= whole[degree] * constant
    return [c % P for c in whole[:3]]


def remainder(left: list[int], right: list[int]) -> list[int]:
    while len(left) >= len(right):
        factor, shift = left[-1] * int(invert(right[-1], P)) % P, len(left) - len(right)
        left = trimmed([(c - factor * right[i - shift]) % P if i >= shift else c for i, c in enumerate(left)])
    return left


def trimmed(u: list[int]) -> list[int]:
    while u and u[-1] == 0:
        u = u[:-1]
    return u


def test_z_is_what_the_standards_procedure_finds() -> None:
    """RFC 9380 appendix H.2: the first of 1, -1, 2, -2, .. that meets its four criteria."""

    def fits(z: int) -> bool:
        x = B * int(invert(z * A % P, P)) % P
        return (
            not is_square(z % P)
            and z != -1
            and is_irreducible((B - z) % P)
            and is_square(int(CURVE.right_side(mpz(x))))
        )

    candidates = (sign * magnitude for magnitude in range(1, 20) for sign in (1, -1))
    z = next(z for z in candidates if fits(z))
    assert z == -9
    assert CURVE.z == z % P


def test_parameters_are_a_curve_of_prime_order_without_cofactor() -> None:
    assert gcd(4 * A**3 + 27 * B**2, P) == 1
    assert (P + 1 - SM2.order) ** 2 <= 4 * P  # Hasse: no second multiple of the order fits
    assert SM2.order > (P + 1) // 2 + 2 * 2**128
