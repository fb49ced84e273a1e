"""How a certificate stands, proven: made by whoever follows the chain, without the issuer.

It does NOT verify for others (``contracts.evidence.register.certificate`` does). Trust assumption: none in the chain's
RPC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from contracts.addresses import CERTIFICATES
from contracts.artefacts import interfaces
from contracts.certificates import client
from contracts.certificates.bits import bits_of, root_of
from contracts.certificates.credential import Certified
from contracts.certificates.rules import list_id
from contracts.evidence.collect import Events, View, find_events, gather
from contracts.evidence.register.status import CONTRACTS, Status, slots_of
from contracts.parties.client import party_id
from contracts.proven import history_fact, verify_events
from gateway.network.connecting import reading_chain
from ledger.chain.port import Chain
from ledger.errors import VerificationError
from ledger.proofs.proof import Log
from ledger.proofs.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust


@contextmanager
def reading(config: NodeConfig) -> Iterator[tuple[Chain, ProvenView]]:
    """Connect a department to the chain to read only."""
    chain = reading_chain(config)
    try:
        view = ProvenView(chain, read_trust(config.trust), config.state / "reading-belief.sqlite", interfaces())
        try:
            yield chain, view
        finally:
            view.close()
    finally:
        chain.close()


def status_of(certified: Certified, view: View, list: str | None = None) -> Status:
    """Prove what decides about a certificate, after the newest block.

    Args:
        list: the issuer's status list, to come along.
    """
    head, slots = view.head(), slots_of(certified)
    states = {name: view.state(name, slots[name], head) for name in CONTRACTS}
    return Status(gather(view, head, states, ()), list)


def revoked_bits(registrar: str, number: int, chain: Events, view: View) -> bytes:
    """Return the bits of a list from the chain's events, which a proven history says are all of them.

    Raises:
        VerificationError: they are not, or the contract has another root.
    """
    list, head = list_id(party_id(registrar), number), view.head()
    events = find_events(chain, {(CERTIFICATES, list)}, head)[CERTIFICATES, list]
    facts = (*history_fact(CERTIFICATES, list).slots, *client.status_fact(list, 0).slots)
    values = view.state(CERTIFICATES, facts, head).values
    verify_events(CERTIFICATES, list, events, values)
    interface = interfaces()[CERTIFICATES]
    told = (interface.decode_event(Log(event.address, event.topics, event.data)) for event in events)
    revoked = (args["place"] for name, args in told if name == "CertificateRevoked")
    bits = bits_of(place for place in revoked if isinstance(place, int))
    if root_of(bits) != client.decode_status(list, 0, values).root:
        raise VerificationError("status list: the events give another list than the contract's")
    return bits
