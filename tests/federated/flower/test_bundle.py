"""The couriers' bundle: the same bytes everywhere, loadable by Flower, without code of its own."""

import hashlib
import io
import zipfile

from federated.flower import bundle
from federated.flower.library import _module


def test_the_digest_is_the_same_whenever_it_is_built():
    assert bundle.digest() == hashlib.sha256(bundle.bundle()).digest()
    bundle.bundle.cache_clear()
    assert hashlib.sha256(bundle.bundle()).digest() == bundle.digest()


def test_nothing_in_it_depends_on_a_compressor():
    entries = zipfile.ZipFile(io.BytesIO(bundle.bundle())).infolist()
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}


def test_its_only_code_names_the_installed_apps():
    archive = zipfile.ZipFile(io.BytesIO(bundle.bundle()))
    code = {name: archive.read(name) for name in archive.namelist() if name.endswith(".py")}
    assert code == {"shuxincourier/__init__.py": b"from federated.flower.deployed import client, server\n"}


def test_flower_installs_it(tmp_path):
    installed = _module("flwr.cli.install").install_from_fab(bundle.bundle(), tmp_path, skip_prompt=True)
    assert bundle.digest().hex()[:8] in installed.name
    assert (installed / "shuxincourier" / "__init__.py").is_file()
