"""Command lines and surroundings of a deployment's processes, as pure values; whoever supervises starts them.

    LINK/  tls.crt tls.key token secret state.db home/        beside the office
    NODE/  key statement.json stated/ home/ (and for Flower's own SuperNode tls.crt tls.key)    of each department

Each process has a Flower home of its own, no telemetry, no look for newer versions, and installs nothing. Addresses are
of this machine, but for a SuperLink that has a name: departments on hosts of their own call it by that.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from federated.flower.credentials import fingerprint, public_key
from ledger.crypto import tls
from ledger.errors import Conflict, InvalidRecord

_INHERITED = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR", "TZ")
HOST, ANYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104  the second for links with a name; ``serving`` fences it
COMPLAINT = "ignore:Protobuf gencode version:UserWarning"
_RUN = (sys.executable, "-m", "federated.flower")


@dataclass(frozen=True, slots=True)
class Link:
    """A SuperLink. directory: where its files lie; port: of this machine.

    name: by which other machines call it, a host name or an address; empty for one that only this machine can reach.
    """

    directory: Path
    port: int
    name: str = ""

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def certificate(self) -> Path:
        return self.directory / "tls.crt"

    @property
    def token(self) -> str:
        return (self.directory / "token").read_text(encoding="ascii").strip()

    def prepare(self, now: datetime) -> None:
        """Make what is missing: certificate, token, secret; raises Conflict for a certificate of another name."""
        _prepare(self.directory, "flower-link", now, [self.name] if self.name else [])
        if self.name and not tls.is_for(self.certificate.read_bytes(), self.name):
            raise Conflict(
                f"{self.certificate} is not for {self.name}: move tls.crt and tls.key away to have others made, and "
                "hand the new certificate to every department"
            )
        _write_once(self.directory / "token")

    def commands(self) -> dict[str, list[str]]:
        """Return the command lines of the SuperLink and of its executor of ServerApps."""
        at, secret = self.directory, str(self.directory / "secret")
        own = [*_RUN, "link", str(at / "token"), "--", "--host", ANYWHERE if self.name else HOST]
        own += ["--port", str(self.port), "--isolation", "process", "--superexec-auth-secret-file", secret]
        own += ["--enable-supernode-auth", "--database", str(at / "state.db")]
        own += ["--disable-runtime-dependency-installation", *_certificates(at)]
        runs = [str(Path(sys.executable).parent / "flower-superexec"), "--runtime-api-address", self.address]
        runs += ["--root-certificates", str(self.certificate), "--superexec-auth-secret-file", secret]
        return {"link": own, "apps": runs}


@dataclass(frozen=True, slots=True)
class Node:
    """A SuperNode. courier: socket of the department's node; address, link: of the SuperLink, and its certificate.

    stock_port: where Flower's own SuperNode listens for the processes it starts; 0 for the warm one, which has none.
    """

    directory: Path
    party: str
    courier: Path
    address: str
    link: Path
    stock_port: int = 0

    def __post_init__(self) -> None:
        if any(sign in str(self.courier) for sign in "\"' "):
            raise InvalidRecord(f"{self.courier}: a path without quotes and blanks expected")

    @property
    def key(self) -> Path:
        return self.directory / "key"

    def prepare(self, now: datetime) -> None:
        """Make what is missing."""
        _prepare(self.directory, f"flower-{self.party}", now)

    def commands(self) -> dict[str, list[str]]:
        """Return the command line of the SuperNode."""
        if not self.stock_port:
            return {"node": [*_RUN, "node", self.address, str(self.link), str(self.key), str(self.courier)]}
        own = [str(Path(sys.executable).parent / "flower-supernode"), "--superlink", self.address]
        own += ["--root-certificates", str(self.link), "--auth-supernode-private-key", str(self.key)]
        settings = f'courier="{self.courier}" node="{fingerprint(public_key(self.key)).hex()}"'
        own += ["--node-config", settings, "--host", HOST, "--port", str(self.stock_port)]
        return {"stock": own + _certificates(self.directory)}


def surroundings(directory: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process whose files lie in the directory: of the given one no secret of a node."""
    scripts = str(Path(sys.executable).parent)
    return {
        **{name: given[name] for name in _INHERITED if name in given},
        "FLWR_HOME": str(directory / "home"),
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "FLWR_SUPEREXEC_TASK_POLL_INTERVAL": "0.5",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": os.pathsep.join([scripts, given.get("PATH", "")]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": COMPLAINT,
    }


def _prepare(directory: Path, name: str, now: datetime, hosts: Sequence[str] = ()) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / "home").mkdir(mode=0o700, exist_ok=True)
    if not (directory / "tls.crt").exists():
        tls.create_identity(directory, name, now=now, hosts=hosts)
    _write_once(directory / "secret")


def _write_once(path: Path) -> None:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))


def _certificates(directory: Path) -> list[str]:
    certificate, key = str(directory / "tls.crt"), str(directory / "tls.key")
    return ["--ssl-certfile", certificate, "--ssl-keyfile", key, "--ssl-ca-certfile", certificate]
