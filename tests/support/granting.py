"""The four calls that make an authorization: on each side the head agrees, then the officer asks, or says yes."""

from __future__ import annotations

from contracts.authorizations.record import Scope
from contracts.endorsements import client as endorsements
from contracts.requests import client as requests
from contracts.requests.rules import Consent, Submit, act_of
from ledger.chain import Operation
from ledger.hashing import keccak256, tagged

WORDS = (b"basis", b"scenario", b"extent", b"method", b"duration")
Signed = tuple[tuple[str, Operation], ...]
"""Operations in order, each with the use of the key that signs it: head or officer."""


def asked(id: bytes, asset: bytes, owner: bytes, scope: Scope) -> Signed:
    """Build the requester's calls, with five grounds that say nothing."""
    basis, scenario, extent, method, duration = map(keccak256, WORDS)
    call = Submit(id, asset, owner, (basis, scenario, extent, method, duration), scope)
    return (
        ("head", endorsements.endorse(act_of(call, 1), op_id=tagged("test agreed request", id))),
        ("officer", requests.submit(call, op_id=tagged("test request", id))),
    )


def answered(id: bytes, entry: bytes) -> Signed:
    """Build the owner's calls: a yes under a catalogue entry."""
    call = Consent(id, entry)
    return (
        ("head", endorsements.endorse(act_of(call, 2), op_id=tagged("test agreed consent", id))),
        ("officer", requests.consent(call, op_id=tagged("test consent", id))),
    )
