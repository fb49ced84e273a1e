"""What the pages read: one department's proven view of the chain, the registrar's book, the gate. No signing key.

Everything is given from outside, so the same pages run over a network of this machine, a remote one, or a chain whose
clock a test moves. What is not there is None, and its page says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from gateway.accounts.signin.gate import Gate
from gateway.accounts.signin.oidc import Oidc
from gateway.network.naming import Names
from gateway.pages.reading import Lists
from gateway.property.titles.answer import Registrar
from gateway.provenance.explorer import Explorer
from gateway.statute.folding import Folding
from gateway.statute.observation.observing import Observer
from ledger.proofs.headers import Header
from ledger.proofs.trust import Trust
from mpc.node.config import NodeConfig

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class House:
    """The sources of all pages.

    Attributes:
        party: code of the department whose view this is.
        config: its configuration, for plans of statistics; where it lies is ``place``.
        registrar: opens the registrar's answers, anew for each query.
        keeper: code of the party whose register that is; its clerks state who asks.
        verifier: the file ``shuxin-verify.pyz`` that is offered.
        is_secure: whether the pages are reached over https.
    """

    trust: Trust
    gate: Gate
    clock: Callable[[], float]
    party: str = ""
    names: Names = field(default_factory=lambda: Names({}))
    observer: Observer | None = None
    config: NodeConfig | None = None
    place: Path | None = None
    registrar: Callable[[], Registrar] | None = None
    keeper: str = ""
    explorer: Explorer | None = None
    verifier: Path | None = None
    oidc: Oidc | None = None
    access: Path | None = None
    is_secure: bool = False
    reading: threading.Lock = field(default_factory=threading.Lock)
    lists: Folding[Lists, None] = field(default_factory=lambda: Folding(lambda _: Lists()), repr=False)

    @property
    def now(self) -> int:
        return int(self.clock())

    def followed(self) -> tuple[Observer, Header]:
        """Bring the observer up to the proven head; raises Unwatched where no chain is followed."""
        if self.observer is None:
            raise Unwatched
        with self.reading:
            return self.observer, self.observer.follow()

    def listed(self, tell: Callable[[Lists, Header], R]) -> tuple[R, Header]:
        """Tell of what pages list, as of the proven head; raises Unwatched where no chain is followed."""
        observer, at = self.followed()
        return self.lists.read(observer.chronicle, at, None, lambda lists: tell(lists, at)), at

    def explored(self) -> Explorer:
        """Bring the index up to the proven head; raises Unwatched where there is none."""
        if self.explorer is None or self.observer is None:
            raise Unwatched
        with self.reading:
            self.explorer.index.follow(self.observer.chain, self.explorer.view)
        return self.explorer


class Unwatched(Exception):
    """This gateway follows no chain, or keeps no register; its pages say so instead of failing."""
