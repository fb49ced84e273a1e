import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger import canonical
from ledger.crypto import keys
from ledger.crypto.keys import KINDS, FileKeyStore, KeyStore, PrivateKey, generate
from ledger.crypto.signing import verify
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

PASSPHRASE = b"correct horse"


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "keys", PASSPHRASE)


def path_of(tmp_path: Path, name: str) -> Path:
    return tmp_path / "keys" / f"{name}.key"


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_comes_back_with_its_passphrase_and_with_no_other(tmp_path: Path, kind: str) -> None:
    store: KeyStore = FileKeyStore(tmp_path / "keys", PASSPHRASE)
    key = store.create("officer", kind)
    assert store.load("officer") == key
    with pytest.raises(NotAuthorized, match="wrong passphrase"):
        FileKeyStore(tmp_path / "keys", PASSPHRASE + b"!").load("officer")


def test_the_file_is_private_and_hides_the_secret(tmp_path: Path, store: FileKeyStore) -> None:
    key = store.create("node", "ed25519")
    path = path_of(tmp_path, "node")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    data = path.read_bytes()
    assert key.secret not in data
    assert key.secret.hex().encode() not in data
    assert os.listdir(path.parent) == ["node.key"]


def test_a_key_is_never_overwritten(store: FileKeyStore) -> None:
    key = store.create("node", "ed25519")
    with pytest.raises(Conflict):
        store.create("node", "secp256k1")
    assert store.load("node") == key
    assert store.names() == ["node"]


def test_keys_of_one_store_share_the_salt_and_never_a_nonce(tmp_path: Path, store: FileKeyStore) -> None:
    other = FileKeyStore(tmp_path / "keys", PASSPHRASE)
    for made_by, name in ((store, "agent"), (store, "officer"), (other, "head")):
        made_by.create(name, "ed25519")
    agent, officer, head = (json.loads(path_of(tmp_path, name).read_bytes()) for name in ("agent", "officer", "head"))
    assert agent["salt"] == officer["salt"] != head["salt"]
    assert len({record["nonce"] for record in (agent, officer, head)}) == 3


def test_an_existing_key_can_be_added(store: FileKeyStore) -> None:
    key = generate("secp256k1")
    store.add("seal", key)
    assert store.load("seal") == key


def test_names_are_listed_sorted_and_of_an_empty_store_there_are_none(tmp_path: Path, store: FileKeyStore) -> None:
    assert store.names() == []
    for name in ("tax", "finance"):
        store.add(name, PrivateKey("x25519", bytes(range(32))))
    (tmp_path / "keys" / ".draft").write_bytes(b"x")
    (tmp_path / "keys" / "NOT A NAME.key").write_bytes(b"x")
    assert store.names() == ["finance", "tax"]


def test_a_missing_key_is_not_found(store: FileKeyStore) -> None:
    with pytest.raises(NotFound):
        store.load("nobody")


@pytest.mark.parametrize("name", ["", "../escape", "a/b", "UPPER", ".hidden", "a" * 65, "a\0b", "a\n"])
def test_names_that_could_leave_the_directory_are_refused(store: FileKeyStore, name: str) -> None:
    with pytest.raises(InvalidRecord):
        store.load(name)
    with pytest.raises(InvalidRecord):
        store.create(name, "ed25519")


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord):
        FileKeyStore(tmp_path, b"")


def test_a_file_under_another_name_is_refused(tmp_path: Path, store: FileKeyStore) -> None:
    store.create("officer", "ed25519")
    path_of(tmp_path, "auditor").write_bytes(path_of(tmp_path, "officer").read_bytes())
    with pytest.raises(InvalidRecord, match="for this name"):
        store.load("auditor")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("kind", "x25519", NotAuthorized),  # authenticated with the secret
        ("kind", "rsa", InvalidRecord),
        ("n", 1 << 16, NotAuthorized),
        ("n", 1 << 10, InvalidRecord),
        ("n", 1 << 30, InvalidRecord),
        ("n", (1 << 15) + 1, InvalidRecord),
        ("r", 1 << 20, InvalidRecord),
        ("p", 1 << 20, InvalidRecord),
        ("p", True, InvalidRecord),
        ("format", True, InvalidRecord),
        ("salt", "", InvalidRecord),
        ("nonce", "!!!!", InvalidRecord),
        ("sealed", "AAAA", InvalidRecord),
        ("sealed", 7, InvalidRecord),
        ("format", 2, InvalidRecord),
        ("extra", 1, InvalidRecord),
    ],
)
def test_changed_fields_are_refused(
    tmp_path: Path, store: FileKeyStore, field: str, value: object, error: type[Exception]
) -> None:
    store.create("officer", "ed25519")
    path = path_of(tmp_path, "officer")
    record = json.loads(path.read_bytes()) | {field: value}
    path.write_bytes(canonical.encode(record))
    with pytest.raises(error):
        store.load("officer")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff" * 40, b"{" * 3000, b"1" * 5000])
def test_garbage_is_refused(tmp_path: Path, store: FileKeyStore, data: bytes) -> None:
    (tmp_path / "keys").mkdir()
    path_of(tmp_path, "officer").write_bytes(data)
    with pytest.raises(InvalidRecord):
        store.load("officer")


def test_signing_keys_sign_and_others_do_not() -> None:
    for kind in ("secp256k1", "ed25519"):
        key = generate(kind)
        signature = key.signer().sign(b"m")
        verify(kind, key.public, b"m", signature)
    with pytest.raises(ValueError, match="does not sign"):
        generate("x25519").signer()


def test_publics_and_addresses_have_their_form() -> None:
    key = generate("x25519")
    expected = X25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw()
    assert key.public == expected
    assert len(generate("secp256k1").address) == 20
    with pytest.raises(ValueError, match="no address"):
        _ = key.address


@pytest.mark.parametrize(("kind", "size"), [("rsa", 32), ("ed25519", 31), ("ed25519", 33)])
def test_malformed_keys_are_refused(kind: str, size: int) -> None:
    with pytest.raises(InvalidRecord):
        PrivateKey(kind, bytes(size))


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32])
def test_secrets_that_are_no_scalars_are_refused(secret: bytes) -> None:
    assert PrivateKey("ed25519", secret).secret == secret
    with pytest.raises(InvalidRecord, match="scalar"):
        PrivateKey("secp256k1", secret)


def test_representations_hide_the_secret(store: FileKeyStore) -> None:
    key = generate("ed25519")
    assert repr(key) == "PrivateKey(kind='ed25519')"
    assert PASSPHRASE.decode() not in repr(store)


def test_the_cost_written_is_the_least_that_is_read() -> None:
    assert min(keys._COSTS) == keys._SCRYPT[0] == 1 << 15
