"""An officer's connection to the chain, from the configuration of the officer's own department."""

from __future__ import annotations

from contracts.artefacts import interfaces
from ledger import tls
from ledger.chain import Chain
from ledger.connect import Account, connect
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, read_trust


def officer_chain(config: NodeConfig) -> Chain:
    """Connect with the officer's key."""
    keys, trust = open_keys(config), read_trust(config.trust)
    config.state.mkdir(parents=True, exist_ok=True)
    pem = config.chain.certificate
    return connect(
        config.chain.url,
        interfaces=interfaces(),
        directory=trust.directory,
        account=Account(keys.load("officer"), config.state / "officer.sqlite"),
        server_pem=pem.read_bytes() if pem else None,
        identity=tls.load_identity(config.tls) if pem else None,
    )
