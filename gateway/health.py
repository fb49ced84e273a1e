"""How the gateway stands: what its view of the chain proves now, and how far the index is behind it.

A head that does not hold, or is too old, is told as such and never as a head.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.provenance.explorer import Explorer
from gateway.statute.observation.observing import Observer
from ledger.canonical import JsonValue
from ledger.errors import BackendError, VerificationError
from ledger.proofs.headers import Header
from ledger.proofs.runs import Mark
from ledger.proofs.trust import Trust


@dataclass(frozen=True, slots=True)
class Health:
    """head: proven now, None if nothing holds, and then fault says why."""

    trust: Trust
    head: Header | None
    mark: Mark
    fault: str

    @property
    def lag(self) -> int | None:
        """Blocks that the index is behind the proven head; None where there is no such head."""
        return None if self.head is None else max(0, self.head.number - self.mark.number)

    def json(self) -> JsonValue:
        head = self.head
        shown: JsonValue = None
        if head is not None:
            shown = {
                "number": head.number, "time": head.timestamp, "hash": head.block_hash.hex(),
                "validators": [validator.hex() for validator in head.validators], "seals": len(head.seals),
            }  # fmt: skip
        mark: JsonValue = {
            "number": self.mark.number,
            "time": self.mark.time,
            "hash": self.mark.block_hash.hex(),
            "lag": self.lag,
        }
        return {
            "chain_id": self.trust.chain_id, "genesis": self.trust.genesis_hash.hex(),
            "assurance": self.trust.assurance.value, "head": shown, "index": mark, "fault": self.fault or None,
        }  # fmt: skip


def health_of(observer: Observer, explorer: Explorer, trust: Trust) -> Health:
    """Look at the chain now."""
    try:
        return Health(trust, observer.view.head(), explorer.mark(), "")
    except (VerificationError, BackendError) as fault:
        return Health(trust, None, explorer.mark(), str(fault))
