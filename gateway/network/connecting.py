"""An officer's connection to the chain, from the configuration of the officer's own department, and calls over it."""

from __future__ import annotations

from collections.abc import Callable

from contracts.artefacts import interfaces
from ledger.chain.connect import Account, connect
from ledger.chain.port import Chain, Operation, Receipt
from ledger.crypto import tls
from ledger.errors import Conflict, NotAuthorized
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, read_trust

MAX_AGAIN = 64


OFFICER, DEPUTY, HEAD = "officer", "deputy", "head"
"""Names in the key store of a department's two officers and of the head of its sharing body."""


def officer_chain(config: NodeConfig, name: str = OFFICER) -> Chain:
    """Connect with the key of one of the department's officers."""
    key = open_keys(config).load(name)
    config.state.mkdir(parents=True, exist_ok=True)
    return _connect(config, Account(key, config.state / f"{name}.sqlite"))


def reading_chain(config: NodeConfig) -> Chain:
    """Connect to read only, without any of the department's signing keys."""
    config.state.mkdir(parents=True, exist_ok=True)
    return _connect(config, None)


def _connect(config: NodeConfig, account: Account | None) -> Chain:
    pem = config.chain.certificate
    return connect(
        config.chain.url,
        interfaces=interfaces(),
        directory=read_trust(config.trust).directory,
        account=account,
        server_pem=pem.read_bytes() if pem else None,
        identity=tls.load_identity(config.tls) if pem else None,
    )


def submit_anew(chain: Chain, call: Callable[[int], Operation], seen: int) -> Receipt:
    """Submit a call under the first op_id that earlier refusals have left; what was refused once stays refused.

    Args:
        call: the operation, its op_id following from the number of tries before.
        seen: a block known before; what was refused after it is refused now.

    Raises:
        NotAuthorized: the chain refuses; the message has the contract's reason.
    """
    for again in range(MAX_AGAIN):
        operation = call(again)
        try:
            receipt = chain.submit(operation)
        except Conflict:
            continue  # this op_id was refused with other arguments
        if receipt.accepted:
            return receipt
        if receipt.block_number > seen:
            raise NotAuthorized(f"the chain refuses to {operation.method}: {receipt.reason}")
    raise NotAuthorized(f"the chain has refused this {MAX_AGAIN} times")
