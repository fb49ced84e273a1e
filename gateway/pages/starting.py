"""Putting the pages together from the gateway's settings: a department's view, the index, a register, accounts.

The same file as the API's (``gateway.api.settings``); both share index and accounts, each has an access log of its
own. What it does NOT do: open any signing key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gateway.accounts.book import AccountBook
from gateway.accounts.counts import FILE, Counts
from gateway.accounts.edge.access import AccessLog
from gateway.accounts.edge.shield import Shield
from gateway.accounts.membership import Membership
from gateway.accounts.signin.gate import Gate
from gateway.accounts.signin.oidc import Oidc, Provider
from gateway.api.settings import GatewaySettings
from gateway.api.tracing import tracing
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.network.naming import names_of
from gateway.pages.house import House
from gateway.pages.serving import shielded
from gateway.property.titles.answer import Registrar, network_of
from gateway.provenance.explorer import Explorer
from gateway.statute.observation.observing import observer
from ledger.errors import InvalidRecord
from mpc.node import config as node_config
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust

ACCESS = "pages-access"
ACCOUNTS = "accounts.sqlite"


@contextmanager
def opened(settings: GatewaySettings, *, clock: Callable[[], float] = time.time) -> Iterator[Shield]:
    """Open everything the pages need and close it afterwards.

    Raises:
        BackendError, VerificationError: the chain cannot be asked, or is not the one of the trust file.
        Conflict: the index or the access log belongs to another network or process.
    """
    config = node_config.load(settings.node)
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        watched = stack.enter_context(observer(config, clock=clock))
        store, book = Store(settings.database), AccountBook(settings.state / ACCOUNTS)
        stack.callback(store.close)
        stack.callback(book.close)
        trust = read_trust(config.trust)
        explorer = Explorer(Index(store, watched.view.header(0)), watched.view)
        membership = Membership(watched.view, trust.genesis_hash, clock)
        gate = Gate(book, membership, clock, is_secure=settings.is_secure)
        house = House(
            trust, gate, clock, config.party, names_of(config), watched, config, settings.node,
            registrar=_registrar(settings.register_directory, config, clock), explorer=explorer,
            verifier=settings.verifier, oidc=_oidc(settings, gate), is_secure=settings.is_secure,
        )  # fmt: skip
        access = stack.enter_context(AccessLog(settings.state / ACCESS, f"{config.party}/{ACCESS}"))
        traced = stack.enter_context(tracing(settings.telemetry, "shuxin-pages"))
        counts = Counts(settings.state / FILE)
        stack.callback(counts.close)
        yield shielded(house, access, traced, counts)


def _registrar(
    directory: Path | None, config: NodeConfig, clock: Callable[[], float]
) -> Callable[[], Registrar] | None:
    if directory is None:
        return None
    return lambda: Registrar(directory, network_of(config, clock=clock), clock=clock)


def _oidc(settings: GatewaySettings, gate: Gate) -> Oidc | None:
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client or not settings.public_url:
        raise InvalidRecord("oidc: needs oidc_client and public_url, the address at which browsers reach the pages")
    redirect = settings.public_url.rstrip("/") + "/auth/callback"
    title, client = settings.oidc_title or settings.oidc_issuer, (settings.oidc_client, settings.oidc_secret)
    return Oidc(Provider(settings.oidc_issuer, *client, redirect, title, settings.oidc_person), gate)
