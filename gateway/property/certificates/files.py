"""Certificates as files: read whatever a person has of one, write so that nothing is left half written."""

from __future__ import annotations

from pathlib import Path

from contracts.certificates import sdjwt
from contracts.certificates.sdjwt import SdJwt
from contracts.evidence.register import paper
from ledger.errors import InvalidRecord
from ledger.files import read_bounded
from mpc.node.whole import write_whole


def read_certificate(path: Path) -> SdJwt:
    """Read a certificate's text or the codes of a printed one; raises InvalidRecord."""
    found = paper.read(read_bounded(path, paper.LIMIT))
    if found.certificate is None:
        raise InvalidRecord(f"{path}: no certificate, but the receipt of an entry")
    return sdjwt.parse(found.certificate)


def read_text(path: Path) -> str:
    """Read a list's text; raises InvalidRecord."""
    try:
        return read_bounded(path, sdjwt.LIMIT).decode("ascii").strip()
    except UnicodeDecodeError as fault:
        raise InvalidRecord(f"{path}: expected ASCII text") from fault


def write_text(path: Path, text: str) -> None:
    """Write a file whole, ending in a newline."""
    write_whole(path, f"{text}\n".encode())
