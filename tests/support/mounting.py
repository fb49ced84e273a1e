"""One department's asset, stated, agreed to and mounted through the product's own officers."""

from __future__ import annotations

from contextlib import closing

from gateway.statute.officers import Officer
from gateway.statute.sharing import entering
from gateway.statute.sharing.entering import Entering
from gateway.statute.sharing.heads import Head
from mpc.node.config import NodeConfig


def enter(config: NodeConfig, asset: str) -> None:
    """Enter an asset whose columns anybody may have, shared on one condition."""
    stated = entering.plain(config.assets[asset], asset, condition="figures only", assessment="no secrets, no persons")
    statement = entering.salted(config.entries, stated)
    with closing(Head(config)) as head:
        head.agree_to_entry(statement)
    with closing(Officer(config)) as officer:
        Entering(officer).mount(statement, f"item-{asset}")
