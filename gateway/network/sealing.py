"""The service by which a department seals blocks beside the builder. Needs the chain and a validator key, no data."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ledger.errors import InvalidRecord
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, open_rpc
from mpc.node.sealing_service import SealingService


def sealing(config: NodeConfig, *, clock: Callable[[], float] = time.time) -> SealingService:
    """Open the co-signer of a configured department.

    Args:
        clock: what the times of proposed blocks are held against.

    Raises:
        InvalidRecord: the configuration names no validator key or no genesis.
    """
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
    from ledger.embedded.genesis import GenesisConfig
    from ledger.embedded.production.cosign import CoSigner
    from ledger.embedded.production.sealing import ChainKey

    if config.key_names.validator is None or config.genesis is None:
        raise InvalidRecord("config: sealing needs [keys] validator and [chain] genesis")
    genesis = GenesisConfig.parse(config.genesis.read_bytes())
    key = ChainKey(open_keys(config).load(config.key_names.validator))
    signer = CoSigner.open(config.state / "replica", key, genesis=genesis, clock=clock)
    return SealingService(signer, open_rpc(config.chain, config))
