"""What the API and the pages open alike from a gateway's settings: the chain proven, the index, accounts and counts.

What it does NOT do: open any signing key, or begin to follow the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.accounts.book import AccountBook
from gateway.accounts.counts import FILE, Counts
from gateway.accounts.membership import Membership
from gateway.accounts.signin.gate import Gate
from gateway.api.settings import GatewaySettings
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.network.naming import Names, names_of
from gateway.property.titles.answer import Registrar, network_of
from gateway.provenance.explorer import Explorer
from gateway.statute.observation.observing import Observer, observer
from ledger.proofs.trust import Trust
from mpc.node import config as node_config
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust

ACCOUNTS: Final = "accounts.sqlite"


@dataclass(frozen=True, slots=True)
class Ground:
    """One network as one department's gateway sees it."""

    config: NodeConfig
    trust: Trust
    names: Names
    observer: Observer
    explorer: Explorer
    counts: Counts
    clock: Callable[[], float]

    def registrar(self, directory: Path) -> Registrar:
        """Open the register under a directory."""
        return Registrar(directory, network_of(self.config, clock=self.clock), clock=self.clock)


@contextmanager
def ground(settings: GatewaySettings, clock: Callable[[], float]) -> Iterator[Ground]:
    """Open what every process of a gateway stands on, and close it afterwards.

    Raises:
        BackendError, VerificationError: the chain cannot be asked, or is not the one of the trust file.
        Conflict: the index belongs to another network.
    """
    config = node_config.load(settings.node)
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        watched = stack.enter_context(observer(config, clock=clock))
        store = Store(settings.database)
        stack.callback(store.close)
        explorer = Explorer(Index(store, watched.view.header(0)), watched.view)
        counts = Counts(settings.state / FILE)
        stack.callback(counts.close)
        yield Ground(config, read_trust(config.trust), names_of(config), watched, explorer, counts, clock)


@contextmanager
def gate(settings: GatewaySettings, found: Ground) -> Iterator[Gate]:
    """Open the accounts, whose parties the chain says."""
    book = AccountBook(settings.state / ACCOUNTS)
    try:
        membership = Membership(found.explorer.view, found.trust.genesis_hash, found.clock)
        yield Gate(book, membership, found.clock, is_secure=settings.is_secure)
    finally:
        book.close()


def keeper_of(settings: GatewaySettings, found: Ground) -> str:
    """Return the code of the party whose register this gateway answers from."""
    return settings.registrar or found.config.party
