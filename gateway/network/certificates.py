"""The certificate of the chain or of the relay gives way to another, in two steps:

    made      in ``NAME/tls.next``, and for all others to fetch as ``network/NAME.next.pem``
    in force  ``tls.next`` becomes ``tls``, the one before ``tls.until-`` and the moment, ``NAME.next.pem`` becomes
              ``NAME.pem``; both services start again, as each knows the other by its certificate

Between the two every department gets the new file, as nodes know both services by certificate and believe nobody else.
A step that was killed goes on when it is taken again. Departments change theirs on chain: see ``epochs``.
What this does NOT do: carry the file anywhere, or start a process again.
"""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Final

from gateway.network.registration import NEXT
from ledger.crypto import tls
from ledger.crypto.tls import Identity
from ledger.errors import Conflict, NotFound
from mpc.node.whole import write_whole

TLS: Final = "tls"


class Service(Enum):
    """A service of the network whose certificate no register on chain has."""

    CHAIN = "chain"
    RELAY = "relay"


def prepare(directory: Path, service: Service, now: datetime) -> Identity:
    """Make the next certificate, for the same hosts, unless it was made already; nothing changes yet.

    Raises:
        NotFound: no such service in the directory.
        Conflict: the next one is in force already, and its switch was broken off.
    """
    home, coming = _homes(directory, service)
    present, file = tls.load_identity(home), published(directory, service, NEXT)
    if file.is_file() and file.read_bytes() == present.pem:
        raise Conflict(f"{service.value}: a switch to {file.name} was broken off; switch once more")
    made = tls.succeed(present, coming, now=now)
    write_whole(file, made.pem)
    file.chmod(stat.S_IMODE(published(directory, service).stat().st_mode))  # all who read the one read the other
    return made


def switch(directory: Path, service: Service, now: datetime) -> Identity:
    """Put the next certificate in the place of the present one, which is kept.

    Raises:
        NotFound: none was made.
        Conflict: the file that the others were to have is of another certificate; nothing was moved.
    """
    home, coming = _homes(directory, service)
    file = published(directory, service, NEXT)
    if not file.is_file():
        raise NotFound(f"{service.value}: no next certificate in {file.parent}; make it first")
    if tls.load_identity(coming if coming.is_dir() else home).pem != file.read_bytes():
        raise Conflict(f"{file}: not the certificate whose key lies in {coming}; delete both, and make another")
    if coming.is_dir():
        if home.is_dir():
            home.rename(home.with_name(f"{TLS}.until-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"))
        coming.rename(home)
    found = tls.load_identity(home)
    file.replace(published(directory, service))
    return found


def published(directory: Path, service: Service, which: str = "") -> Path:
    """Where everybody finds a service's certificate, the present one or the next."""
    return directory / "network" / f"{service.value}{which}.pem"


def _homes(directory: Path, service: Service) -> tuple[Path, Path]:
    home = directory / service.value / TLS
    return home, home.with_name(TLS + NEXT)
