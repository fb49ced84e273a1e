"""ristretto255: published vectors hold, and the second encodings that libsodium lets through do not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mpc.groups import ristretto255
from mpc.groups.group import InvalidElement, Scalar
from mpc.groups.ristretto255 import RISTRETTO255

VECTORS = Path(__file__).parents[1] / "vectors" / "mpc" / "voprf_rfc9497_ristretto255.json"
SUITES = json.loads(VECTORS.read_text())
P = 2**255 - 19

SECOND = {
    "not reduced": P.to_bytes(32, "little"),
    "identity, not reduced": (P + 1).to_bytes(32, "little"),
    "negative": (1).to_bytes(32, "little"),
    "high bit": bytes(31) + b"\x80",
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
        point = RISTRETTO255.hash_to_group(message, bytes.fromhex(suite["groupDST"]))
        assert RISTRETTO255.multiply(k, point) == blinded
        seen += 1
    assert seen == 10


def test_multiplication_reproduces_rfc_9497_evaluations() -> None:
    for suite, (blinded, evaluated) in vectors("BlindedElement", "EvaluationElement"):
        if suite["mode"] < 2:  # POPRF tweaks the key
            secret = Scalar(int.from_bytes(bytes.fromhex(suite["skSm"]), "little"))
            assert RISTRETTO255.multiply(secret, blinded) == evaluated


def test_generator_is_the_standard_one() -> None:
    generator = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
    assert RISTRETTO255.base(Scalar(1)).hex() == generator


@pytest.mark.parametrize("name", SECOND)
def test_encodings_that_are_not_canonical_are_refused(name: str) -> None:
    with pytest.raises(InvalidElement):
        RISTRETTO255.decode_element(SECOND[name])
    with pytest.raises(InvalidElement):
        RISTRETTO255.add(RISTRETTO255.base(Scalar(7)), SECOND[name])


def test_most_random_bytes_are_refused() -> None:
    """Half have the top bit, half of the rest are negative, and not every field element is on the curve."""
    accepted = 0
    for number in range(400):
        try:
            RISTRETTO255.decode_element(number.to_bytes(2, "little") * 16)
            accepted += 1
        except InvalidElement:
            continue
    assert 5 < accepted < 150


def test_second_encoding_of_an_element_is_refused() -> None:
    """The bundled library ignores the top bit; without our check a repeated element would pass as two."""
    element = RISTRETTO255.base(Scalar(7))
    twin = element[:31] + bytes([element[31] | 0x80])
    assert ristretto255._SODIUM.crypto_core_ristretto255_is_valid_point(twin) == 1
    assert ristretto255._SODIUM.crypto_core_ristretto255_is_valid_point(element) == 1
    with pytest.raises(InvalidElement):
        RISTRETTO255.decode_element(twin)
    with pytest.raises(InvalidElement):
        RISTRETTO255.multiply(Scalar(2), twin)


def test_loading_leaves_no_library_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "import mpc.groups.ristretto255, tempfile; print(tempfile.gettempdir())"
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == str(tmp_path), run.stderr
    assert list(tmp_path.iterdir()) == []
