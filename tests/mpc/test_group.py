"""ristretto255: published vectors hold, and nothing but canonical, non-identity encodings gets in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc import group
from mpc.group import IDENTITY, ORDER, InvalidElement, Scalar, hash_to_group, multiply
from mpc.stream import Stream

VECTORS = Path(__file__).parents[1] / "vectors" / "mpc" / "voprf_rfc9497_ristretto255.json"
SUITES = json.loads(VECTORS.read_text())
TAG = b"TEST-V01"
P = 2**255 - 19

INVALID = {
    "identity": bytes(32),
    "not reduced": P.to_bytes(32, "little"),
    "identity, not reduced": (P + 1).to_bytes(32, "little"),
    "negative": (1).to_bytes(32, "little"),
    "high bit": bytes(31) + b"\x80",
    "short": bytes([2] * 31),
    "long": bytes([2] * 33),
    "empty": b"",
}


def vectors(*names: str):
    for suite in SUITES:
        for vector in suite["vectors"]:
            columns = [vector[name].split(",") for name in names]
            for row in zip(*columns, strict=True):
                yield suite, [bytes.fromhex(value) for value in row]


def test_hash_to_group_reproduces_rfc_9497() -> None:
    seen = 0
    for suite, (blind, message, blinded) in vectors("Blind", "Input", "BlindedElement"):
        k = Scalar(int.from_bytes(blind, "little"))
        assert multiply(k, hash_to_group(message, bytes.fromhex(suite["groupDST"]))) == blinded
        seen += 1
    assert seen == 10


def test_multiplication_reproduces_rfc_9497_evaluations() -> None:
    for suite, (blinded, evaluated) in vectors("BlindedElement", "EvaluationElement"):
        if suite["mode"] < 2:  # POPRF tweaks the key
            assert multiply(Scalar(int.from_bytes(bytes.fromhex(suite["skSm"]), "little")), blinded) == evaluated


def test_another_tag_gives_another_element() -> None:
    assert hash_to_group(b"key", TAG) != hash_to_group(b"key", TAG + b"2")
    with pytest.raises(ValueError, match=r"1\.\.255"):
        hash_to_group(b"key", b"")


def test_generator_is_the_standard_one() -> None:
    assert group.base(Scalar(1)).hex() == "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
    assert group.base(Scalar(0)) == IDENTITY


@pytest.mark.parametrize("name", INVALID)
def test_invalid_encodings_are_refused_everywhere(name: str) -> None:
    bad, good = INVALID[name], group.base(Scalar(7))
    with pytest.raises(InvalidElement):
        group.decode_element(bad)
    with pytest.raises(InvalidElement):
        group.multiply(Scalar(5), bad)
    with pytest.raises(InvalidElement):
        group.multiply_all(Scalar(5), [good, bad])
    if name != "identity":  # a sum may contain it
        with pytest.raises(InvalidElement):
            group.add(good, bad)
        with pytest.raises(InvalidElement):
            group.subtract(bad, good)
        with pytest.raises(InvalidElement):
            group.multiply_or_identity(Scalar(5), bad)


def test_most_random_bytes_are_refused() -> None:
    stream = Stream(bytes(32))
    refused = 0
    for _ in range(400):
        candidate = stream.read(32)
        try:
            assert group.decode_element(candidate) == candidate
        except InvalidRecord:
            refused += 1
            with pytest.raises(InvalidElement):
                group.multiply(Scalar(3), candidate)
    assert 350 < refused < 395  # 15 of 16: half have the top bit, half of the rest are negative


def test_second_encoding_of_an_element_is_refused() -> None:
    """The bundled library ignores the top bit; without our check a repeated element would pass as two."""
    element = group.base(Scalar(7))
    twin = element[:31] + bytes([element[31] | 0x80])
    assert group._SODIUM.crypto_core_ristretto255_is_valid_point(twin) == 1
    assert group._SODIUM.crypto_core_ristretto255_is_valid_point(element) == 1
    with pytest.raises(InvalidElement):
        group.decode_element(twin)
    with pytest.raises(InvalidElement):
        multiply(Scalar(2), twin)


@given(a=st.integers(1, ORDER - 1), b=st.integers(1, ORDER - 1))
@settings(max_examples=25, deadline=None)
def test_exponents_commute_and_add(a: int, b: int) -> None:
    point = hash_to_group(b"x", TAG)
    left, right = multiply(Scalar(a), point), multiply(Scalar(b), point)
    assert multiply(Scalar(b), left) == multiply(Scalar(a), right)
    assert group.add(left, right) == group.multiply_or_identity(group.scalar(a + b), point)
    assert group.subtract(group.add(left, right), right) == left


def test_scalars_are_not_clamped() -> None:
    point = hash_to_group(b"x", TAG)
    assert multiply(Scalar(2), point) == group.add(point, point)


def test_batch_equals_single_multiplications() -> None:
    points = [hash_to_group(bytes([i]), TAG) for i in range(20)]
    assert group.multiply_all(Scalar(99), points) == [multiply(Scalar(99), p) for p in points]


def test_random_scalars_and_elements_follow_from_the_source() -> None:
    assert group.random_scalar(Stream(bytes(32))) == group.random_scalar(Stream(bytes(32)))
    assert group.random_element(Stream(bytes(32))) != group.random_element(Stream(b"\1" * 32))
    assert group.decode_element(group.random_element(Stream(bytes(32))))


def test_loading_leaves_no_library_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "import mpc.group, tempfile; print(tempfile.gettempdir())"
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == str(tmp_path), run.stderr
    assert list(tmp_path.iterdir()) == []
