"""Names that people know behind the digests on chain, as far as this department can know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.authorizations.terms import identifier
from contracts.oversight.step import EVERYBODY
from contracts.parties.client import party_id
from mpc.node.config import NodeConfig

SHORT = 12


@dataclass(frozen=True, slots=True)
class Names:
    """Codes by their digests: of parties, own assets, and authorizations whose terms lie here."""

    known: Mapping[bytes, str]

    def say(self, digest: bytes) -> str:
        """Return the code, or the first digits of what is only a digest here."""
        return self.known.get(digest) or f"0x{digest.hex()[:SHORT]}"


def names_of(config: NodeConfig) -> Names:
    """Gather what the department's own files name."""
    known = {party_id(pem.stem): pem.stem for pem in config.parties.glob("*.pem")}
    known |= {party_id(config.party): config.party, EVERYBODY: "-"}
    known |= {identifier(code): code for code in config.assets}
    terms = [path.stem.replace("--", "/") for path in config.terms.glob("*.json")]
    return Names(known | {identifier(code): code for code in terms})
