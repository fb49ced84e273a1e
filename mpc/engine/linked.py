"""An engine with its links: what a node runs for one attempt, as the protocol's port wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.engine import environment
from mpc.engine.links import Address, Links
from mpc.engine.port import OFFER_BYTES, Calculation
from mpc.engine.process import Engine, started
from mpc.engine.shares import Ring
from mpc.fields import Fields


@dataclass(frozen=True, slots=True)
class LinkedEngine:
    """One party's engine and its links; see ``mpc.engine.port.Calculation`` for every member."""

    party: str
    engine: Engine
    links: Links
    reached: Address

    @property
    def offer(self) -> bytes:
        about: JsonValue = {"address": str(self.reached), "certificate": self.links.certificate.decode()}
        return canonical.encode(about).ljust(OFFER_BYTES, b" ")

    def meet(self, parties: Sequence[str], offers: Sequence[bytes], ring: Ring) -> None:
        ranks = {party: rank for rank, party in enumerate(parties)}
        peers = {party: _read(offer) for party, offer in zip(parties, offers, strict=True) if party != self.party}
        self.engine.link(ranks[self.party], self.links.meet(ranks, peers), ring)

    def take(self, name: str, share: bytes) -> None:
        self.engine.take(name, share)

    def run(self, name: str, inputs: Sequence[str], outputs: Sequence[str], numbers: Mapping[str, int]) -> None:
        self.engine.run(name, inputs, outputs, numbers)

    def give(self, name: str) -> bytes:
        return self.engine.give(name)


@dataclass(frozen=True, slots=True)
class InstalledEngines:
    """The engine that a node has, looked for anew in each attempt.

    directory: of its environment. listen: where peers' links come in; reached: what they dial, if it is another
    address. wait_s: of one computation.
    """

    directory: Path
    listen: Address
    reached: Address
    wait_s: float = 600.0

    @contextmanager
    def begin(self, party: str) -> Iterator[Calculation]:
        found = environment.find(self.directory)
        with closing(Links(party, self.listen)) as links, started(found, wait_s=self.wait_s) as engine:
            yield LinkedEngine(party, engine, links, self.reached)


def _read(offer: bytes) -> tuple[Address, bytes]:
    fields = Fields(canonical.decode(offer.rstrip(b" ")), "offer")
    address, certificate = Address.parse(fields.text("address")), fields.text("certificate")
    fields.done()
    if not certificate.isascii():
        raise InvalidRecord("offer: the certificate is not PEM")
    return address, certificate.encode()
