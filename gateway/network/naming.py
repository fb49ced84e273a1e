"""Names that people know behind the digests on chain, as far as this department can know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.authorizations.terms import identifier, parse
from contracts.oversight.pending.step import EVERYBODY
from contracts.parties.client import party_id
from ledger.errors import InvalidRecord
from ledger.files import read_bounded
from mpc.node.config import NodeConfig

SHORT = 12
MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Names:
    """Codes by their digests: of parties, own assets, and authorizations whose terms lie here."""

    known: Mapping[bytes, str]

    def say(self, digest: bytes) -> str:
        """Return the code, or the first digits of what is only a digest here."""
        return self.known.get(digest) or f"0x{digest.hex()[:SHORT]}"


def names_of(config: NodeConfig) -> Names:
    """Gather what the department's own files name: parties, assets, authorizations, and what their terms are about."""
    known = {party_id(pem.stem): pem.stem for pem in config.parties.glob("*.pem")}
    known |= {party_id(config.party): config.party, EVERYBODY: "-"}
    codes = list(config.assets)
    for path in sorted(config.terms.glob("*.json")):
        codes += [path.stem.replace("--", "/"), *_about(path)]
    return Names({identifier(code): code for code in codes} | known)


def _about(path: Path) -> tuple[str, ...]:
    """Return the codes of asset and purpose in a terms document; a file that is none names nothing."""
    try:
        terms = parse(read_bounded(path, MOST))
    except InvalidRecord:
        return ()
    return terms.asset, terms.purpose
