"""A department allows apps by digest, reads bundles without running them, and takes back arrays like those it sent."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from foreignapps import app
from hypothesis import given
from hypothesis import strategies as st

from federated.foreign import fab, outputs
from federated.foreign.outputs import AppFault
from federated.foreign.shelf import NotAllowed, Shelf
from ledger.errors import InvalidRecord

CONTENT = app()
SENT = {"coef": np.zeros((1, 2)), "intercept": np.zeros(1)}


def archive(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, text in files.items():
            written.writestr(name.replace("_toml", ".toml"), text)
    return content.getvalue()


def test_a_bundle_is_taken_while_it_is_allowed_and_no_longer(tmp_path):
    shelf = Shelf(tmp_path / "apps")
    assert shelf.allowed() == []
    allowed = shelf.allow(CONTENT)
    assert (allowed.name, allowed.client) == ("elsewhere", "elsewhere.client:app")
    assert allowed.settings == {"steps": 20, "rate": 0.5}
    assert shelf.take(allowed.digest) == allowed
    assert shelf.allowed() == [allowed]
    shelf.disallow(allowed.digest)
    with pytest.raises(NotAllowed, match=f"{allowed.digest.hex()} is not on this department's allow-list"):
        shelf.take(allowed.digest)
    with pytest.raises(NotAllowed):
        shelf.disallow(allowed.digest)


def test_another_bundle_under_an_allowed_digest_is_refused(tmp_path):
    shelf = Shelf(tmp_path)
    allowed = shelf.allow(CONTENT)
    (tmp_path / f"{allowed.digest.hex()}.fab").write_bytes(app("arrays['coef'] = None"))
    with pytest.raises(InvalidRecord, match="holds another bundle than its name says"):
        shelf.take(allowed.digest)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no Flower app bundle"),
        (archive(readme="x"), "no Flower app bundle"),
        (archive(pyproject_toml="["), "no Flower app bundle"),
        (archive(pyproject_toml="x = 1"), "names no clientapp"),
        (archive(pyproject_toml='project.name="x"\ntool.flwr.app.components.clientapp="os:system();"'), "names no"),
        (archive(pyproject_toml="#" * (fab.MAX_PROJECT + 1)), "too long"),
        (bytes(fab.MAX_BYTES + 1), "10 MB at most"),
        (archive(**{f"f{number}": "" for number in range(fab.MAX_FILES + 1)}), "at most 1000 files"),
    ],
)
def test_what_is_no_bundle_is_not_allowed(tmp_path, content, reason):
    with pytest.raises(InvalidRecord, match=reason):
        Shelf(tmp_path / "apps").allow(content)
    assert not (tmp_path / "apps").exists()


@given(st.binary(max_size=200))
def test_bytes_raise_our_errors_alone(content):
    with pytest.raises(InvalidRecord):
        fab.read(content)
    with pytest.raises(InvalidRecord):
        outputs.unpacked([["x", [26]]], content)


def test_arrays_come_back_as_they_were_written():
    written = {"coef": np.array([[1.5, -2.0]]), "intercept": np.array([3.0])}
    found = outputs.unpacked(outputs.listed(written), outputs.packed(written))
    outputs.require_like(SENT, found)
    assert found["coef"].tolist() == [[1.5, -2.0]]


@pytest.mark.parametrize(
    ("returned", "ground"),
    [
        ({"coef": SENT["coef"]}, "names"),
        (SENT | {"more": np.zeros(1)}, "names"),
        (dict(reversed(SENT.items())), "names"),
        (SENT | {"coef": np.zeros((2, 1))}, "size"),
        (SENT | {"coef": np.array([[0.0, np.inf]])}, "number"),
    ],
)
def test_arrays_that_are_not_those_that_were_sent_are_refused(returned, ground):
    with pytest.raises(AppFault) as refused:
        outputs.require_like(SENT, returned)
    assert refused.value.ground == f"app: {ground}"


@pytest.mark.parametrize(
    "listed",
    [None, [["x", [2]], ["x", [1]]], [["x", [0]]], [["x", [-3]]], [["x", [1 << 21]]], [["x", 3]], [["x", [3], 1]],
     [["x", [2]]], [["x", [4]]], [["x", [1]]] * 65, [["x", [True, 3]]], [["x" * 101, [3]]]],
)  # fmt: skip
def test_lists_of_arrays_out_of_form_are_refused(listed):
    with pytest.raises(InvalidRecord):
        outputs.unpacked(listed, bytes(24))
