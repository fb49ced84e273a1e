"""The certificate of the chain or of the relay gives way to another, in two steps:

    made      in ``NAME/tls.next``, and for all others to fetch as ``network/NAME.next.pem``
    in force  ``tls.next`` becomes ``tls``, the one before ``tls.until-`` and the moment, ``NAME.next.pem`` becomes
              ``NAME.pem``; the service shows it when it starts again

Between the two every department gets the new file, as nodes know both services by certificate and believe nobody else.
A step that was killed goes on when it is taken again. Departments change theirs on chain: see ``epochs``.
What this does NOT do: carry the file anywhere, or start a process again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Final

from gateway.network.registration import NEXT
from ledger.crypto import tls
from ledger.crypto.tls import Identity
from ledger.errors import NotFound
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
    """
    home, coming = _homes(directory, service)
    made = tls.succeed(tls.load_identity(home), coming, now=now)
    write_whole(published(directory, service, NEXT), made.pem)
    return made


def switch(directory: Path, service: Service, now: datetime) -> Identity:
    """Put the next certificate in the place of the present one, which is kept.

    Raises:
        NotFound: none was made.
    """
    home, coming = _homes(directory, service)
    shown = published(directory, service, NEXT)
    if not shown.is_file():
        raise NotFound(f"{service.value}: no next certificate in {coming}; make it first")
    if coming.is_dir():
        if home.is_dir():
            home.rename(home.with_name(f"{TLS}.until-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"))
        coming.rename(home)
    found = tls.load_identity(home)
    shown.replace(published(directory, service))
    return found


def published(directory: Path, service: Service, which: str = "") -> Path:
    """Where everybody finds a service's certificate, the present one or the next."""
    return directory / "network" / f"{service.value}{which}.pem"


def _homes(directory: Path, service: Service) -> tuple[Path, Path]:
    home = directory / service.value / TLS
    return home, home.with_name(TLS + NEXT)
