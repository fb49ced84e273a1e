"""Who may connect: certificates lie in files, but only the fingerprint that Parties has for a party makes one count.

A server starts with nobody admitted, looks at the chain, and looks again every few seconds: a rotated or withdrawn key
is out without a restart. A certificate file that the chain does not know is not admitted, whoever put it there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from ledger.crypto import tls
from ledger.errors import InvalidRecord, TrustError

REFRESH_S = 10.0
FIRST_S = 0.5
_LOG = logging.getLogger(__name__)

Lookup = Callable[[str], bytes]
"""The fingerprint that the chain has now for a party's code; zeros for a stranger."""


NEXT = ".next"
"""Behind a party's code in a file's name: its next certificate, which counts once the chain has it."""


def registered(certificates: Mapping[str, bytes], lookup: Lookup) -> dict[str, bytes]:
    """Return the certificates that are the registered ones of their parties; of two, the one that the chain has."""
    found, known = dict[str, bytes](), set[str]()
    for name, pem in certificates.items():
        code = name.removesuffix(NEXT)
        known.add(code)
        try:
            if tls.fingerprint(pem) == lookup(code):
                found[code] = pem
        except InvalidRecord as fault:
            _LOG.warning("certificate of %s: %s", name, fault)
    for code in sorted(known - set(found)):
        _LOG.warning("certificate of %s is not the one registered on chain", code)
    return found


class Registration:
    """A thread that keeps a server's admitted certificates as the chain has them."""

    def __init__(
        self,
        certificates: Callable[[], Mapping[str, bytes]],
        lookup: Lookup,
        admit: Callable[[Mapping[str, bytes]], None],
        *,
        refresh_s: float = REFRESH_S,
    ) -> None:
        self._certificates, self._lookup, self._admit = certificates, lookup, admit
        self._refresh_s = refresh_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._main, name="registration", daemon=True)

    def refresh(self) -> None:
        """Look at the chain once; raises TrustError if it cannot be asked, and then nothing changes."""
        self._admit(registered(self._certificates(), self._lookup))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(2.0)

    def _main(self) -> None:
        pause = FIRST_S
        while True:
            try:
                self.refresh()
                pause = self._refresh_s
            except TrustError as fault:
                _LOG.warning("registered certificates cannot be looked up now: %s", fault)
            if self._stopping.wait(pause):
                return
