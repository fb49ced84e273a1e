"""Secret keys and where they rest: one encrypted file a key.

What it does NOT do: say whose a key is, rotate keys, or keep them in hardware (another KeyStore would).
A file is scrypt (RFC 7914) + AES-256-GCM with name and kind authenticated, so that files cannot be swapped.
Trust assumption: the passphrase is strong and whoever can read this process's memory is trusted.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ledger import canonical
from ledger.crypto.signing import Address, Ed25519Signer, Secp256k1Signer, Signer, address_of, public_of
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound

KINDS = ("secp256k1", "ed25519", "x25519")

_SUFFIX = ".key"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SCRYPT = (1 << 15, 8, 1)  # n, r, p: 32 MiB and about 0.1 s a guess
_MAX_FILE = 4096
_COSTS = tuple(1 << power for power in range(15, 19))  # accepted on reading: 32 to 256 MiB
_PARTS = (("salt", 16), ("nonce", 12), ("sealed", 48))
_FIELDS = {"format", "name", "kind", "n", "r", "p", "salt", "nonce", "sealed"}


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A secret of 32 bytes and what it is for."""

    kind: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidRecord(f"key: expected a kind of {KINDS}, got {self.kind[:40]!r}")
        if len(self.secret) != 32:
            raise InvalidRecord("key: expected a secret of 32 bytes")
        if self.kind == "secp256k1":
            _check_scalar(self.secret)

    @property
    def public(self) -> bytes:
        """The public key: 64 bytes (x, y) for secp256k1, else 32."""
        if self.kind == "secp256k1":
            return public_of(self.secret)
        if self.kind == "ed25519":
            return Ed25519Signer(self.secret).public
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        return X25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()

    @property
    def address(self) -> Address:
        """The chain address of a secp256k1 key."""
        if self.kind != "secp256k1":
            raise ValueError(f"a {self.kind} key has no address")
        return address_of(self.public)

    def signer(self) -> Signer:
        """Return the signer of a signature key."""
        if self.kind == "secp256k1":
            return Secp256k1Signer(self.secret)
        if self.kind == "ed25519":
            return Ed25519Signer(self.secret)
        raise ValueError(f"a {self.kind} key does not sign")


def generate(kind: str) -> PrivateKey:
    """Draw a fresh key."""
    return PrivateKey(kind, secrets.token_bytes(32))


class KeyStore(Protocol):
    """Where keys rest, by name."""

    def names(self) -> list[str]: ...

    def load(self, name: str) -> PrivateKey: ...

    def create(self, name: str, kind: str) -> PrivateKey: ...


class FileKeyStore:
    """Keys as files ``NAME.key`` of mode 0600 in one directory, all under one passphrase.

    Keys that one instance creates share a salt, so that whoever opens them all stretches the passphrase once.
    """

    def __init__(self, directory: Path, passphrase: bytes) -> None:
        if not passphrase:
            raise InvalidRecord("key store: the passphrase is empty")
        self._directory = directory
        self._lock = _Lock(passphrase)

    def __repr__(self) -> str:
        return f"FileKeyStore({str(self._directory)!r})"

    def names(self) -> list[str]:
        """Return the names of all keys, sorted."""
        found = (path.name.removesuffix(_SUFFIX) for path in self._directory.glob(f"*{_SUFFIX}"))
        return sorted(name for name in found if _NAME.fullmatch(name))

    def load(self, name: str) -> PrivateKey:
        """Decrypt a key.

        Raises:
            NotFound: no key of this name.
            NotAuthorized: the passphrase is wrong, or the file was changed.
            InvalidRecord: not a key file.
        """
        path = self._path(name)
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_FILE + 1)
        except FileNotFoundError as exc:
            raise NotFound(f"key {name}: there is none in the store") from exc
        except OSError as exc:
            raise BackendError(f"key {name}: cannot be read: {exc.strerror}") from exc
        return _open(name, data, self._lock)

    def create(self, name: str, kind: str) -> PrivateKey:
        """Draw a key and keep it; the file appears whole or not at all.

        Raises:
            Conflict: there is a key of this name.
        """
        return self.add(name, generate(kind))

    def add(self, name: str, key: PrivateKey) -> PrivateKey:
        """Keep a key that exists already.

        Raises:
            Conflict: there is a key of this name.
        """
        _write_new(self._path(name), _seal(name, key, self._lock))
        return key

    def move(self, name: str, to: str) -> None:
        """Give a key another name; killed half way, the same key has both, and a repetition goes on.

        Raises:
            NotFound: no key of this name. Conflict: another key has the other name.
        """
        key = self.load(name)
        try:
            self.add(to, key)
        except Conflict:
            if self.load(to) != key:
                raise
        self._path(name).unlink()
        _sync_directory(self._directory)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidRecord(f"key name: expected [a-z0-9] and then [a-z0-9._-], got {name[:80]!r}")
        return self._directory / f"{name}{_SUFFIX}"


def _check_scalar(secret: bytes) -> None:
    """Refuse zero and numbers past the group order (a random one is with a chance below 2^-127)."""
    try:
        public_of(secret)
    except ValueError as exc:
        raise InvalidRecord("key: the secret is no secp256k1 scalar") from exc


class _Lock:
    """A passphrase and what was stretched of it, by salt and cost; as secret as the passphrase."""

    def __init__(self, passphrase: bytes) -> None:
        self._passphrase = passphrase
        self._stretched: dict[tuple[bytes, int], bytes] = {}
        self.salt = secrets.token_bytes(16)  # of new files; the nonce of 96 bits is what differs between them

    def key(self, salt: bytes, n: int) -> bytes:
        """Return the key of AES-256 that this salt and cost give."""
        if (salt, n) not in self._stretched:
            _, r, p = _SCRYPT
            key = hashlib.scrypt(self._passphrase, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
            self._stretched[salt, n] = key
        return self._stretched[salt, n]


def _seal(name: str, key: PrivateKey, lock: _Lock) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = lock.salt, secrets.token_bytes(12)
    n, r, p = _SCRYPT
    sealed = AESGCM(lock.key(salt, n)).encrypt(nonce, key.secret, _bound_to(name, key.kind))
    record: dict[str, canonical.JsonValue] = {
        "format": 1, "name": name, "kind": key.kind, "n": n, "r": r, "p": p,
        "salt": _text(salt), "nonce": _text(nonce), "sealed": _text(sealed),
    }  # fmt: skip
    return canonical.encode(record) + b"\n"


def _open(name: str, data: bytes, lock: _Lock) -> PrivateKey:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    record = canonical.decode(data.removesuffix(b"\n"), limit=_MAX_FILE)
    if not isinstance(record, dict) or set(record) != _FIELDS or (record["format"], record["name"]) != (1, name):
        raise InvalidRecord(f"key {name}: not a key file of format 1 for this name")
    if any(isinstance(part, bool) for part in record.values()):  # True would pass for 1
        raise InvalidRecord(f"key {name}: a number or a text is missing")
    kind, n, r, p = record["kind"], record["n"], record["r"], record["p"]
    if kind not in KINDS or not isinstance(kind, str):
        raise InvalidRecord(f"key {name}: expected a kind of {KINDS}")
    if (r, p) != _SCRYPT[1:] or n not in _COSTS or not isinstance(n, int):
        raise InvalidRecord(f"key {name}: scrypt parameters out of bounds")
    salt, nonce, sealed = (_bytes(name, record[part], size) for part, size in _PARTS)
    cipher = AESGCM(lock.key(salt, n))
    try:
        secret = cipher.decrypt(nonce, sealed, _bound_to(name, kind))
    except InvalidTag as exc:
        raise NotAuthorized(f"key {name}: wrong passphrase, or the file was changed") from exc
    return PrivateKey(kind, secret)


def _bound_to(name: str, kind: str) -> bytes:
    return f"shuxin key v1\0{name}\0{kind}".encode()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(name: str, value: canonical.JsonValue, size: int) -> bytes:
    try:
        decoded = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError as exc:
        raise InvalidRecord(f"key {name}: malformed base64") from exc
    if len(decoded) != size or _text(decoded) != value:
        raise InvalidRecord(f"key {name}: expected {size} bytes in base64")
    return decoded


def _write_new(path: Path, data: bytes) -> None:
    """Create a file of mode 0600 durably; link() refuses an existing name and shows only a whole file."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        _sync_directory(path.parent)
    except FileExistsError as exc:
        raise Conflict(f"key {path.name.removesuffix(_SUFFIX)}: there is one in the store") from exc
    except OSError as exc:
        raise BackendError(f"key file {path.name}: cannot be written: {exc.strerror}") from exc
    finally:
        draft.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
