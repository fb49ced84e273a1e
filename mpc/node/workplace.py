"""What every run of one node shares: its keys, its belief about the chain, its journal, its post, its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger.chain.port import Chain
from ledger.crypto.signing import Signer
from ledger.errors import Conflict
from mpc.engine.port import NO_ENGINES, Engines
from mpc.node.assets import AssetConfig
from mpc.node.guarding.guard import Guard
from mpc.node.memory.journal import NodeJournal
from mpc.node.messages.post import Post
from mpc.node.messages.sealed_channel import Bounds, Capture
from mpc.node.messages.transcripts import Transcripts
from mpc.node.registry import Registry
from mpc.privacy.noise import Sampler, discrete_gaussian
from mpc.training.port import NO_TRAINER, Trainer

SPECIFICATIONS: Final = "specifications"
"""Where under its state a node keeps them, each by its digest."""


class Superseded(Conflict):
    """The attempt ended on chain, by somebody's refusal or abort."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """One node's surroundings; times in seconds.

    codes: the parties this node knows, by id on chain. rest: waits so long, True when the node is told to stop.
    bounds: what is held in memory of each sender's messages. capture: sees every plaintext message, for traffic tests.
    transcripts: what is kept for opened audits, if anything. sampler: of the noise in private questions.
    engines: where it gets an engine from to compute on shares. trainer: what computes training runs, if anything does.
    """

    party: str
    genesis: bytes
    codes: Mapping[bytes, str]
    chain: Chain
    registry: Registry
    guard: Guard
    journal: NodeJournal
    post: Post
    signer: Signer = field(repr=False)
    assets: Mapping[str, AssetConfig]
    state: Path
    message_timeout_s: float
    step_timeout_s: float
    rest: Callable[[float], bool]
    bounds: Bounds = field(default_factory=Bounds)
    capture: Capture | None = None
    transcripts: Transcripts | None = None
    sampler: Sampler = discrete_gaussian
    engines: Engines = NO_ENGINES
    trainer: Trainer = NO_TRAINER

    def specification_path(self, digest: bytes) -> Path:
        """Where this node keeps a specification: put there by its own officer, or received from the requester."""
        return self.state / SPECIFICATIONS / f"{digest.hex()}.json"
