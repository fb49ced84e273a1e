"""Registrars that stay open between queries: each has its own view of the chain, dearer to open than to ask.

What it does NOT do: share one between two queries at a time, or keep one whose query ended in a fault of the program,
the backend or a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from gateway.property.titles.answer import Registrar
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

IDLE: Final = 8
"""How many are kept open while nobody asks."""


class Registrars:
    """The open ones of one gateway; threads may share it."""

    def __init__(self, opened: Callable[[], Registrar]) -> None:
        self._opened, self._idle = opened, list[Registrar]()

    @contextmanager
    def one(self) -> Iterator[Registrar]:
        """Lend one for one query."""
        try:
            registrar = self._idle.pop()
        except IndexError:
            registrar = self._opened()
        is_sound = False
        try:
            yield registrar
            is_sound = True
        except (NotFound, NotAuthorized, InvalidRecord, Conflict):
            is_sound = True
            raise
        finally:
            if is_sound and len(self._idle) < IDLE:
                self._idle.append(registrar)
            else:
                registrar.close()

    def close(self) -> None:
        """Close those that nobody has."""
        while self._idle:
            self._idle.pop().close()
