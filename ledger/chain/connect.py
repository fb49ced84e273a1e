"""One way to reach a chain, whatever engine is behind the address.

    connect("embedded:DIR", ...)             the embedded engine, in this process, on a directory
    connect("http://127.0.0.1:8545", ...)    a node on this machine
    connect("https://host:8545", ...)        a node elsewhere, whose certificate is pinned

It does NOT read configuration or keep keys: everything comes in. Engines are imported only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.chain.interface import Interface
from ledger.chain.port import Chain
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address
from ledger.crypto.tls import Identity
from ledger.errors import InvalidRecord

_EMBEDDED = "embedded:"


@dataclass(frozen=True, slots=True)
class Account:
    """What a party signs transactions with, and where the unsent ones rest."""

    key: PrivateKey = field(repr=False)
    outbox: Path


def connect(
    address: str,
    *,
    interfaces: Mapping[str, Interface],
    directory: Address,
    account: Account | None = None,
    server_pem: bytes | None = None,
    identity: Identity | None = None,
    seal_keys: Sequence[PrivateKey] = (),
) -> Chain:
    """Open a chain.

    Args:
        directory: the account of the Directory, from the trust file.
        account: None for a chain that is only read.
        server_pem, identity: for https, the server's certificate and this party's own.
        seal_keys: for embedded, the validators' keys, for development and single operators only.

    Raises:
        InvalidRecord: an address of no known kind, or one that does not go with the certificates.
        Conflict: another process works on the embedded directory.
    """
    if address.startswith(_EMBEDDED):
        return _embedded(Path(address.removeprefix(_EMBEDDED)), interfaces, directory, account, seal_keys)
    if address.startswith(("http://", "https://")):
        return _remote(address, interfaces, directory, account, server_pem, identity)
    raise InvalidRecord(f"connect: expected embedded:DIR, http:// or https://, got {address[:40]!r}")


def _embedded(
    path: Path,
    interfaces: Mapping[str, Interface],
    directory: Address,
    account: Account | None,
    seal_keys: Sequence[PrivateKey],
) -> Chain:
    from ledger.embedded.engine import EmbeddedChain
    from ledger.embedded.node import EmbeddedNode
    from ledger.embedded.production.sealing import ChainKey, LocalSealers

    node = EmbeddedNode.open(path, LocalSealers([ChainKey(key) for key in seal_keys]))
    key, outbox = (account.key, account.outbox) if account else (None, None)
    try:
        chain = EmbeddedChain(node, interfaces, directory=directory, key=key, outbox=outbox)
    except BaseException:
        node.close()
        raise
    node.start()
    return chain


def _remote(
    url: str,
    interfaces: Mapping[str, Interface],
    directory: Address,
    account: Account | None,
    server_pem: bytes | None,
    identity: Identity | None,
) -> Chain:
    from ledger.chain.jsonrpc import JsonRpcClient
    from ledger.chain.remote import RemoteChain
    from ledger.chain.remote_node import RemoteNode

    client = JsonRpcClient(url, server_pem=server_pem, identity=identity)
    key, outbox = (account.key, account.outbox) if account else (None, None)
    return RemoteChain(RemoteNode(client), interfaces, directory, key=key, outbox=outbox)
