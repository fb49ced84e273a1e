"""Putting the pages together from the gateway's settings: a department's view, the index, a register, accounts.

The same file as the API's (``gateway.api.settings``); both share index and accounts, each has an access log of its
own. What it does NOT do: open any signing key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from gateway.accounts.edge.access import AccessLog
from gateway.accounts.edge.shield import Shield
from gateway.accounts.signin.gate import Gate
from gateway.accounts.signin.oidc import Oidc, Provider
from gateway.api.opening import gate, ground, keeper_of
from gateway.api.settings import GatewaySettings
from gateway.api.tracing import tracing
from gateway.pages.house import House
from gateway.pages.serving import shielded
from ledger.errors import InvalidRecord

ACCESS = "pages-access"


@contextmanager
def opened(settings: GatewaySettings, *, clock: Callable[[], float] = time.time) -> Iterator[Shield]:
    """Open everything the pages need and close it afterwards.

    Raises:
        BackendError, VerificationError: the chain cannot be asked, or is not the one of the trust file.
        Conflict: the index or the access log belongs to another network or process.
    """
    directory = settings.register_directory
    with ExitStack() as stack:
        found = stack.enter_context(ground(settings, clock))
        accounts, party = stack.enter_context(gate(settings, found)), found.config.party
        house = House(
            found.trust, accounts, clock, party, found.names, found.observer, found.config, settings.node,
            registrar=None if directory is None else lambda: found.registrar(directory), explorer=found.explorer,
            keeper=keeper_of(settings, found), verifier=settings.verifier, oidc=_oidc(settings, accounts),
            is_secure=settings.is_secure,
        )  # fmt: skip
        access = stack.enter_context(AccessLog(settings.state / ACCESS, f"{party}/{ACCESS}"))
        traced = stack.enter_context(tracing(settings.telemetry, "shuxin-pages"))
        yield shielded(house, access, traced, found.counts)


def _oidc(settings: GatewaySettings, gate: Gate) -> Oidc | None:
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client or not settings.public_url:
        raise InvalidRecord("oidc: needs oidc_client and public_url, the address at which browsers reach the pages")
    redirect = settings.public_url.rstrip("/") + "/auth/callback"
    title, client = settings.oidc_title or settings.oidc_issuer, (settings.oidc_client, settings.oidc_secret)
    return Oidc(Provider(settings.oidc_issuer, *client, redirect, title, settings.oidc_person), gate)
