"""The optional engine in a node's configuration: where it is installed, and where the other engines reach it.

Nothing is looked for until a job needs it, so that a node whose environment was removed still answers everything else;
``fault`` says beforehand what would be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.errors import TrustError
from mpc.engine import environment
from mpc.engine.linked import InstalledEngines
from mpc.engine.links import Address
from mpc.engine.port import Engines
from mpc.section import Section


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Times in seconds. reached: what the others dial, where that is not what this machine listens on."""

    directory: Path
    listen: Address
    reached: Address
    wait_s: float

    def open(self) -> Engines:
        """Return where attempts get their engine from."""
        return InstalledEngines(self.directory, self.listen, self.reached, self.wait_s)

    def fault(self) -> str | None:
        """Say what keeps the engine from being used; None if it is there."""
        try:
            environment.find(self.directory)
        except TrustError as fault:
            return str(fault)
        return None


def read(section: Section) -> EngineConfig:
    """Read ``[engine]``; raises InvalidRecord."""
    listen = section.text("listen")
    return EngineConfig(
        section.path("environment"),
        Address.parse(listen),
        Address.parse(section.text("reached", listen)),
        float(section.integer("wait_s", 600)),
    )
